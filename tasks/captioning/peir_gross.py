"""PEIR Gross: photographs of gross pathology and their captions (Jing et al., 2018), as bioCaption crawls and splits them."""

from __future__ import annotations

from harness import families
from harness.cards import Card
from harness.metrics.texts import captions
from harness.rows import Row, Unusable
from harness.text import one_line
from harness.types import Example, Input, Task


def example(row: Row) -> Example[str]:
    """One picture and its caption."""
    name, caption = row.identifier("image"), one_line(row.text("caption", blank=True))
    if not caption:
        raise Unusable("the picture has no caption")
    return Example(
        id=name,
        input=Input(text="a one-sentence caption", images=(row.image(name),)),
        target=caption,
        group=name,
    )


def task(card: Card) -> Task[str]:
    """The task of a card."""
    return families.caption(card, example, captions.CAPTIONS)
