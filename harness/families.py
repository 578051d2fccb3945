"""The families of tasks: how each one asks, how its replies are read, and how much a model may write.

An adapter brings its card, what it makes of a row, and its metrics. One that asks or reads otherwise changes what it is given here, with
`dataclasses.replace`, or fills a `Task` of its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias

from harness import parsing, prompts
from harness.cards import Card
from harness.rows import Row
from harness.text import one_line
from harness.types import Decoding, Example, Input, Response, Task

if TYPE_CHECKING:
    from harness.metrics.base import Metric

Metrics: TypeAlias = "tuple[Metric, ...]"
OfRow: TypeAlias = Callable[[Row], Example[str]]
OfRowAndCard: TypeAlias = Callable[[Row, Card], Example[str]]
"""Where there are choices, they are the card's labels."""
Prompt: TypeAlias = Callable[[Input], str]

NOTHING = "none"
"""What is said where no label holds."""


def choose(card: Card, example: OfRowAndCard, metrics: Metrics) -> Task[str]:
    """Exactly one of the labels, offered with letters and scored where a model gives probabilities."""
    return Task(
        card=card,
        example=lambda row: example(row, card),
        prompt=lambda item: prompts.choose(item.text, item.choices),
        parse=lambda response, item: parsing.choice(response.text, item.choices),
        metrics=metrics,
        decoding=Decoding(max_new_tokens=16, score_choices=True),
    )


def choose_all(card: Card, example: OfRowAndCard, metrics: Metrics) -> Task[str]:
    """Any number of the labels; a target is those that hold, in the card's order, between `parsing.SEPARATOR`, and may be empty."""

    def parse(response: Response, item: Input) -> str | None:
        named = parsing.labels(response.text, item.choices, NOTHING)
        return None if named is None else parsing.SEPARATOR.join(label for label in item.choices if label in named)

    def decide(scores: Sequence[float], item: Input) -> str:
        likely = [label for label, score in zip(item.choices, scores, strict=True) if math.exp(score) > 0.5]
        return parsing.SEPARATOR.join(likely)

    return Task(
        card=card,
        example=lambda row: example(row, card),
        prompt=lambda item: prompts.choose_all(item.text, item.choices, NOTHING),
        parse=parse,
        decide=decide,
        say=lambda target: target or NOTHING,
        metrics=metrics,
        decoding=Decoding(max_new_tokens=64, score_choices=True),
    )


def answer(card: Card, example: OfRow, metrics: Metrics, *, prompt: Prompt | None = None, tokens: int = 16) -> Task[str]:
    """A word or a phrase: the first line of a reply. Whether it answers a closed question is the metric's to say."""
    return Task(
        card=card,
        example=example,
        prompt=prompt or (lambda item: prompts.short_answer(item.text)),
        parse=lambda response, item: parsing.first_line(response.text) or None,  # noqa: ARG005  one reading serves every question
        metrics=metrics,
        decoding=Decoding(max_new_tokens=tokens),
    )


def yes_no(target: str) -> str:
    """The value of the tag ``yes_no``: whether an English question is answered by one of these words."""
    return "yes_no" if target.strip().lower() in ("yes", "no") else "free_form"


def caption(card: Card, example: OfRow, metrics: Metrics, *, tokens: int = 64) -> Task[str]:
    """A caption of one picture; the input's text says of what kind."""
    return _written(card, example, metrics, lambda item: prompts.caption(item.text), tokens)


def describe(card: Card, example: OfRow, metrics: Metrics, *, tokens: int = 160) -> Task[str]:
    """A report on one picture, or on all of a study; the input's text says of what."""
    return _written(
        card, example, metrics, lambda item: (prompts.describe if len(item.images) == 1 else prompts.describe_views)(item.text), tokens
    )


def summarise(card: Card, example: OfRow, metrics: Metrics, wanted: str, *, tokens: int = 64) -> Task[str]:
    """A summary of a text; ``wanted`` is the sentence that asks for it."""
    return _written(card, example, metrics, lambda item: prompts.summarise(item.text, wanted), tokens)


def _written(card: Card, example: OfRow, metrics: Metrics, prompt: Prompt, tokens: int) -> Task[str]:
    """Free text: the whole reply on one line."""
    return Task(
        card=card,
        example=example,
        prompt=prompt,
        parse=lambda response, item: one_line(response.text) or None,  # noqa: ARG005  any text is one
        metrics=metrics,
        decoding=Decoding(max_new_tokens=tokens),
    )
