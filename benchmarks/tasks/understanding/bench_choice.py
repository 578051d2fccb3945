"""Invented questions of one line, for the benchmarks."""

from __future__ import annotations

from harness import families
from harness.cards import Card
from harness.metrics.labels.classification import ACCURACY, MACRO_F1
from harness.rows import Row
from harness.types import Example, Input, Task


def example(row: Row, card: Card) -> Example[str]:
    """One question."""
    return Example(
        id=row.identifier("id"),
        input=Input(text=row.text("question"), choices=card.labels),
        target=row.text("answer"),
        group=row.identifier("id"),
        tags={"organ": row.text("organ")},
    )


def task(card: Card) -> Task[str]:
    """The task of a card."""
    return families.choose(card, example, (ACCURACY, MACRO_F1))
