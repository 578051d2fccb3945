"""Tuberculosis in chest X-rays: Montgomery County and Shenzhen (Jaeger et al., 2014)."""

from __future__ import annotations

from harness import families
from harness.cards import Card
from harness.metrics.labels import classification
from harness.rows import Row
from harness.types import Example, Input, Task


def example(row: Row, card: Card) -> Example[str]:
    """One picture; its id is the reader's, because the release's names end in the label."""
    label = row.label("label", card.labels)
    return Example(
        id=row.identifier("id"),
        input=Input(text="Which of these does this chest X-ray show?", images=(row.image(row.text("image")),), choices=card.labels),
        target=label,
        group=row.identifier("id"),
        tags={"label": label, "sex": row.text("sex")},
    )


def task(card: Card) -> Task[str]:
    """The task of a card."""
    return families.choose(card, example, classification.BINARY)
