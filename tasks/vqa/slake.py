"""SLAKE: questions about radiology images in English and in Chinese (Liu et al., 2021)."""

from __future__ import annotations

from harness import parsing, prompts
from harness.cards import Card
from harness.metrics.answers import chinese, lists, published
from harness.rows import Row, Unusable
from harness.text import one_line
from harness.types import Decoding, Example, Input, Response, Task


def example(row: Row) -> Example[str]:
    """One question; the modality stays out of the context, because one in ten questions asks for it."""
    answer = str(row["answer"])  # as released: published evaluations compare it so, blanks included
    if not answer.strip():
        raise Unusable("the release gives no answer")
    tags = {name: one_line(str(row[name])).lower() for name in ("answer_type", "content_type", "modality")}
    if row["q_lang"] == "en":  # Chinese affirms and denies with the verb of the question
        tags["yes_no"] = "yes_no" if answer.strip().lower() in ("yes", "no") else "free_form"
    return Example(
        id=row["id"],
        input=Input(
            text=one_line(str(row["question"])),
            images=(row.image(row["img_name"]),),
            context={"location": one_line(str(row["location"]))},
        ),
        target=answer,
        group=row["img_name"],  # several questions share one image
        tags=tags,
    )


def prompt(item: Input) -> str:
    """The question, to be answered shortly."""
    return prompts.short_answer(item.text)


def prompt_in_chinese(item: Input) -> str:
    """The same in the language of the question."""
    return f"{item.text}\n请只用一个词或一个短语回答。"


def parse(response: Response, item: Input) -> str | None:  # noqa: ARG001  one reading serves every question
    """The first line; whether it answers a closed question is the metric's to say."""
    return parsing.first_line(response.text) or None


def task(card: Card) -> Task[str]:
    """The task of a card, in its language."""
    english = card.source["language"] == "en"
    return Task(
        card=card,
        example=example,
        prompt=prompt if english else prompt_in_chinese,
        parse=parse,
        metrics=published.SLAKE if english else (*chinese.VQA, lists.ANY_ORDER_CHINESE),
        decoding=Decoding(max_new_tokens=16 if english else 32),
    )
