"""VQA-RAD: short questions about radiology images (Lau et al., 2018)."""

from __future__ import annotations

from harness import families
from harness.cards import Card
from harness.metrics.answers import published
from harness.rows import Row
from harness.text import one_line
from harness.types import Example, Input, Task


def example(row: Row) -> Example[str]:
    """One question; its answer is as released, and five answers are numbers in the file."""
    answer = row.text("answer", numbers=True)
    organ = one_line(row.text("image_organ")).lower()
    return Example(
        id=row.identifier("qid"),
        input=Input(text=one_line(row.text("question")), images=(row.image(row.text("image_name")),), context={"organ": organ}),
        target=answer,
        group=row.identifier("image_name"),  # several questions share one image
        tags={
            "answer_type": row.text("answer_type").strip().lower(),
            "yes_no": families.yes_no(answer),
            "organ": organ,
            "question_type": _question_type(row.text("question_type")),
        },
    )


def _question_type(text: str) -> str:
    """The first of comma-joined types, with the release's misspellings mended."""
    first = text.split(",")[0].strip().lower()
    return {"atrib": "attrib", "prse": "pres", "othe": "other"}.get(first, first)


def task(card: Card) -> Task[str]:
    """The task of a card."""
    return families.answer(card, example, published.VQA_RAD)
