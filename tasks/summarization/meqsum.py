"""MeQSum: a consumer's health question, shortened to what is asked (Ben Abacha and Demner-Fushman, 2019)."""

from __future__ import annotations

from harness import prompts
from harness.cards import Card
from harness.metrics.texts import summaries
from harness.rows import Row
from harness.text import one_line
from harness.types import Decoding, Example, Input, Response, Task


def example(row: Row) -> Example[str]:
    """One question; the id is its row in the sheet, which pins the split."""
    number = str(row["row_number"])
    lines = [one_line(line) for line in str(row["CHQ"]).splitlines()]
    return Example(
        id=number,
        input=Input(text="\n".join(line for line in lines if line)),
        target=one_line(str(row["Summary"])),
        group=number,
    )


def prompt(item: Input) -> str:
    """The question and what is wanted."""
    return prompts.summarise(item.text, "Summarise the health question above as one short question.")


def parse(response: Response, item: Input) -> str | None:  # noqa: ARG001  any text is a summary
    """The whole reply on one line."""
    return one_line(response.text) or None


def task(card: Card) -> Task[str]:
    """The task of a card."""
    return Task(card=card, example=example, prompt=prompt, parse=parse, metrics=summaries.SUMMARIES, decoding=Decoding(max_new_tokens=64))
