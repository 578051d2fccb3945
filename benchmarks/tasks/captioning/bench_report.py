"""Invented reports with a picture each, for the benchmarks."""

from __future__ import annotations

from harness import families
from harness.cards import Card
from harness.metrics.texts.summaries import SUMMARIES
from harness.rows import Row
from harness.types import Example, Input, Task


def example(row: Row) -> Example[str]:
    """One report."""
    return Example(
        id=row.identifier("id"),
        input=Input(text="chest radiograph", images=(row.image(row.text("picture")),)),
        target=row.text("report"),
        group=row.identifier("patient"),
    )


def task(card: Card) -> Task[str]:
    """The task of a card."""
    return families.describe(card, example, SUMMARIES)
