"""PathVQA, and every set in its record shape: an image, a question, an answer (He et al., 2020)."""

from __future__ import annotations

from harness import parsing, prompts
from harness.cards import Card
from harness.metrics.answers import published
from harness.rows import Row, Unusable
from harness.text import one_line
from harness.types import Decoding, Example, Input, Response, Task


def example(row: Row) -> Example[str]:
    """One question; the release states no answer type, so that the closed ones are those answered yes or no."""
    answer = str(row["answer"])  # as released: published evaluations compare it so, blanks included
    if not answer.strip():
        raise Unusable("the release gives no answer")
    yes_no = answer.strip().lower() in ("yes", "no")
    return Example(
        id=str(row["id"] if "id" in row else row["row_number"]),
        input=Input(text=one_line(str(row["question"])), images=(row.image(row["image"]),)),
        target=answer,
        group=row["image"],  # several questions share one image
        tags={"answer_type": "closed" if yes_no else "open", "yes_no": "yes_no" if yes_no else "free_form"},
    )


def prompt(item: Input) -> str:
    """The question, to be answered shortly."""
    return prompts.short_answer(item.text)


def parse(response: Response, item: Input) -> str | None:  # noqa: ARG001  one reading serves every question
    """The first line; whether it answers a closed question is the metric's to say."""
    return parsing.first_line(response.text) or None


def task(card: Card) -> Task[str]:
    """The task of a card; published protocols are those of its name."""
    metrics = published.VQA_RAD if card.name == "vqa_rad" else published.PATH_VQA
    return Task(card=card, example=example, prompt=prompt, parse=parse, metrics=metrics, decoding=Decoding(max_new_tokens=16))
