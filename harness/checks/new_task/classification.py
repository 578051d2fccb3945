"""$title: one line that says what it is (and who made it)."""

from __future__ import annotations

from harness import families
from harness.cards import Card
from harness.metrics import classification
from harness.rows import Row
from harness.types import Example, Input, Task


def example(row: Row, card: Card) -> Example[str]:
    """One row of the release: what is asked, what is right, what is resampled together."""
    return Example(
        id=row.identifier("id"),
        input=Input(text="Which of these does this picture show?", images=(row.image(row.text("image")),), choices=card.labels),
        target=row.text("label"),
        group=row.identifier("$grouped"),
        tags={"label": row.text("label")},
    )


def task(card: Card) -> Task[str]:
    """The task of a card: asked and read as its family is; the first of the metrics ranks."""
    return families.choose(card, example, classification.BINARY)
