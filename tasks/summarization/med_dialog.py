"""MedDialog: what a patient asked a doctor online, from their dialogue (Zeng et al., 2020)."""

from __future__ import annotations

from harness import families
from harness.cards import Card
from harness.metrics.texts import summaries
from harness.rows import Row
from harness.text import one_line
from harness.types import Example, Input, Task

_WANTED = "Summarise the dialogue above as one short description of what the patient asks."


def example(row: Row) -> Example[str]:
    """One dialogue; line breaks become blanks, and an empty reference stays, because the published split counts it."""
    return Example(
        id=row.identifier("id"),
        input=Input(text=one_line(row.text("src"))),
        target=one_line(row.text("tgt", blank=True)),
        group=row.identifier("id"),
    )


def task(card: Card) -> Task[str]:
    """The task of a card."""
    return families.summarise(card, example, summaries.SUMMARIES, _WANTED)
