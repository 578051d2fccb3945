"""MedMNIST: small pictures, one class each (Yang et al., 2023)."""

from __future__ import annotations

from harness import families
from harness.cards import Card
from harness.metrics.labels import classification
from harness.rows import Row
from harness.types import Example, Input, Task


def example(row: Row, card: Card) -> Example[str]:
    """One picture; the release gives it no id but its place."""
    label = row.label("label", card.labels)
    return Example(
        id=f"{row.integer('index'):05d}",
        input=Input(text=f"Which of these does {card.facts['subject']} show?", images=(row.image(row.text("image")),), choices=card.labels),
        target=label,
        group=str(row.integer("index")),
        tags={"label": label},
    )


def task(card: Card) -> Task[str]:
    """The task of a card."""
    return families.choose(card, example, classification.ORDINAL if card.facts.get("ordinal") else classification.MEDMNIST)
