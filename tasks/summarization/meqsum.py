"""MeQSum: a consumer's health question, shortened to what is asked (Ben Abacha and Demner-Fushman, 2019)."""

from __future__ import annotations

from harness import families
from harness.cards import Card
from harness.metrics.texts import summaries
from harness.rows import Row
from harness.text import one_line
from harness.types import Example, Input, Task

_WANTED = "Summarise the health question above as one short question."


def example(row: Row) -> Example[str]:
    """One question; the id is its row in the sheet, which pins the split."""
    number = row.identifier("row_number")
    lines = [one_line(line) for line in row.text("CHQ").splitlines()]
    return Example(
        id=number,
        input=Input(text="\n".join(line for line in lines if line)),
        target=one_line(row.text("Summary")),
        group=number,
    )


def task(card: Card) -> Task[str]:
    """The task of a card."""
    return families.summarise(card, example, summaries.SUMMARIES, _WANTED)
