"""PathVQA, and every set in its record shape: an image, a question, an answer (He et al., 2020)."""

from __future__ import annotations

from harness import families
from harness.cards import Card
from harness.metrics.answers import published
from harness.rows import Row, Unusable
from harness.text import one_line
from harness.types import Example, Input, Task


def example(row: Row) -> Example[str]:
    """One question; the release states no answer type, so that the closed ones are those answered yes or no."""
    answer = row.text("answer", numbers=True, blank=True)  # as released: published evaluations compare it so, blanks included
    if not answer.strip():
        raise Unusable("the release gives no answer")
    kind = families.yes_no(answer)
    return Example(
        id=row.identifier("id" if "id" in row else "row_number"),
        input=Input(text=one_line(row.text("question")), images=(row.image(row.text("image")),)),
        target=answer,
        group=row.identifier("image"),  # several questions share one image
        tags={"answer_type": "closed" if kind == "yes_no" else "open", "yes_no": kind},
    )


def task(card: Card) -> Task[str]:
    """The task of a card; published protocols are those of its name."""
    return families.answer(card, example, published.VQA_RAD if card.name == "vqa_rad" else published.PATH_VQA)
