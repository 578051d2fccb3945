"""$title: one line that says what it is (and who made it)."""

from __future__ import annotations

from harness import families
from harness.cards import Card
from harness.metrics import answers
from harness.rows import Row
from harness.text import one_line
from harness.types import Example, Input, Task

LETTERS = "ABCDEFGH"


def example(row: Row, card: Card) -> Example[str]:  # noqa: ARG001  options are the row's own, the card has no labels
    """One row of the release: what is asked of its pictures, what is right, what is resampled together."""
    options = row.listed("options")
    return Example(
        id=row.identifier("id"),
        input=Input(text=one_line(row.text("question")), images=row.images("image"), choices=options),
        target=options[LETTERS.index(row.choice("answer", LETTERS[: len(options)]))],
        group=row.identifier("image_1"),
        tags={"subject": row.text("subject")},
    )


def task(card: Card) -> Task[str]:
    """The task of a card: asked and read as its family is; the first of the metrics ranks."""
    return families.choose(card, example, answers.VQA)
