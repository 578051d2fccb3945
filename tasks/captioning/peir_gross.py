"""PEIR Gross: photographs of gross pathology and their captions (Jing et al., 2018), as bioCaption crawls and splits them."""

from __future__ import annotations

from harness import prompts
from harness.cards import Card
from harness.metrics.texts import captions
from harness.rows import Row, Unusable
from harness.text import one_line
from harness.types import Decoding, Example, Input, Response, Task


def example(row: Row) -> Example[str]:
    """One picture and its caption."""
    caption = one_line(row["caption"])
    if not caption:
        raise Unusable("the picture has no caption")
    return Example(
        id=row["image"],
        input=Input(text="a one-sentence caption", images=(row.image(row["image"]),)),
        target=caption,
        group=row["image"],
    )


def prompt(item: Input) -> str:
    """What to write."""
    return prompts.caption(item.text)


def parse(response: Response, item: Input) -> str | None:  # noqa: ARG001  any text is a caption
    """The whole reply on one line."""
    return one_line(response.text) or None


def task(card: Card) -> Task[str]:
    """The task of a card."""
    return Task(card=card, example=example, prompt=prompt, parse=parse, metrics=captions.CAPTIONS, decoding=Decoding(max_new_tokens=64))
