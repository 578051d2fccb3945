"""SLAKE: questions about radiology images in English and in Chinese (Liu et al., 2021)."""

from __future__ import annotations

from harness import families
from harness.cards import Card
from harness.metrics.answers import chinese, lists, published
from harness.rows import Row, Unusable
from harness.text import one_line
from harness.types import Example, Input, Task


def example(row: Row) -> Example[str]:
    """One question; the modality stays out of the context, because one in ten questions asks for it."""
    answer = row.text("answer", numbers=True, blank=True)  # as released: published evaluations compare it so, blanks included
    if not answer.strip():
        raise Unusable("the release gives no answer")
    tags = {name: one_line(row.text(name)).lower() for name in ("answer_type", "content_type", "modality")}
    if row.text("q_lang") == "en":  # Chinese affirms and denies with the verb of the question
        tags["yes_no"] = families.yes_no(answer)
    context = {"location": one_line(row.text("location"))}
    return Example(
        id=row.identifier("id"),
        input=Input(text=one_line(row.text("question")), images=(row.image(row.text("img_name")),), context=context),
        target=answer,
        group=row.identifier("img_name"),  # several questions share one image
        tags=tags,
    )


def task(card: Card) -> Task[str]:
    """The task of a card, in its language."""
    if card.source["language"] == "en":
        return families.answer(card, example, published.SLAKE)
    metrics = (*chinese.VQA, lists.ANY_ORDER_CHINESE)
    return families.answer(card, example, metrics, prompt=lambda item: f"{item.text}\n请只用一个词或一个短语回答。", tokens=32)
