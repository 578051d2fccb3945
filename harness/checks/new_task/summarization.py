"""$title: one line that says what it is (and who made it)."""

from __future__ import annotations

from harness import families
from harness.cards import Card
from harness.metrics import summaries
from harness.rows import Row
from harness.text import one_line
from harness.types import Example, Input, Task


def example(row: Row) -> Example[str]:
    """One row of the release: what is asked, what is right, what is resampled together."""
    return Example(
        id=row.identifier("id"),
        input=Input(text=one_line(row.text("note"))),
        target=one_line(row.text("summary")),
        group=row.identifier("id"),
        tags={},
    )


def task(card: Card) -> Task[str]:
    """The task of a card: asked and read as its family is; the first of the metrics ranks."""
    return families.summarise(card, example, summaries.SUMMARIES, "Summarise the note above in one sentence.")
