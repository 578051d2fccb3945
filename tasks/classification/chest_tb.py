"""Tuberculosis in chest X-rays: Montgomery County and Shenzhen (Jaeger et al., 2014)."""

from __future__ import annotations

from functools import partial

from harness import parsing, prompts
from harness.cards import Card
from harness.metrics.labels import classification
from harness.rows import Row
from harness.types import Decoding, Example, Input, Response, Task


def example(row: Row, card: Card) -> Example[str]:
    """One picture; its id is the reader's, because the release's names end in the label."""
    label = row.label("label", card.labels)
    return Example(
        id=row["id"],
        input=Input(text="Which of these does this chest X-ray show?", images=(row.image(row["image"]),), choices=card.labels),
        target=label,
        group=row["id"],
        tags={"label": label, "sex": row["sex"]},
    )


def prompt(item: Input) -> str:
    """The question with its options."""
    return prompts.choose(item.text, item.choices)


def parse(response: Response, item: Input) -> str | None:
    """The one option that the reply names."""
    return parsing.choice(response.text, item.choices)


def task(card: Card) -> Task[str]:
    """The task of a card."""
    return Task(
        card=card,
        example=partial(example, card=card),
        prompt=prompt,
        parse=parse,
        metrics=classification.BINARY,
        decoding=Decoding(max_new_tokens=16, score_choices=True),
    )
