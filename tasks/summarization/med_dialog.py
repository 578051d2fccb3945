"""MedDialog: what a patient asked a doctor online, from their dialogue (Zeng et al., 2020)."""

from __future__ import annotations

from harness import prompts
from harness.cards import Card
from harness.metrics.texts import summaries
from harness.rows import Row
from harness.text import one_line
from harness.types import Decoding, Example, Input, Response, Task


def example(row: Row) -> Example[str]:
    """One dialogue; line breaks become blanks, and an empty reference stays, because the published split counts it."""
    return Example(id=row["id"], input=Input(text=one_line(row["src"])), target=one_line(row["tgt"]), group=row["id"])


def prompt(item: Input) -> str:
    """The dialogue and what is wanted."""
    return prompts.summarise(item.text, "Summarise the dialogue above as one short description of what the patient asks.")


def parse(response: Response, item: Input) -> str | None:  # noqa: ARG001  any text is a summary
    """The whole reply on one line."""
    return one_line(response.text) or None


def task(card: Card) -> Task[str]:
    """The task of a card."""
    return Task(card=card, example=example, prompt=prompt, parse=parse, metrics=summaries.SUMMARIES, decoding=Decoding(max_new_tokens=64))
