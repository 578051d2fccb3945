"""ChestMNIST: any number of fourteen findings per picture (Yang et al., 2023; Wang et al., 2017)."""

from __future__ import annotations

import math
from collections.abc import Sequence

from harness import parsing, prompts
from harness.cards import Card
from harness.metrics.labels.multilabel import MULTILABEL, SEPARATOR
from harness.rows import Row
from harness.types import Decoding, Example, Input, Response, Task

_NOTHING = "none"


def example(row: Row, card: Card) -> Example[str]:
    """One picture; its target is its findings in the labels' order, empty where there are none."""
    present = row.present("label", card.labels)
    question = f"Which of these findings does {card.facts['subject']} show?"
    return Example(
        id=f"{row['index']:05d}",
        input=Input(text=question, images=(row.image(row["image"]),), choices=card.labels),
        target=SEPARATOR.join(present),
        group=str(row["index"]),
        tags={"findings": "some" if present else "none"},
    )


def prompt(item: Input) -> str:
    """The question with its labels."""
    return prompts.choose_all(item.text, item.choices, _NOTHING)


def parse(response: Response, item: Input) -> str | None:
    """All labels of a list that holds nothing else, in the labels' order; the empty text for "none"."""
    found = parsing.labels(response.text, item.choices, _NOTHING)
    return None if found is None else SEPARATOR.join(label for label in item.choices if label in found)


def decide(scores: Sequence[float], item: Input) -> str:
    """Every label whose probability is above one half."""
    return SEPARATOR.join(label for label, score in zip(item.choices, scores, strict=True) if math.exp(score) > 0.5)


def task(card: Card) -> Task[str]:
    """The task of a card."""
    return Task(
        card=card,
        example=lambda row: example(row, card),
        prompt=prompt,
        parse=parse,
        decide=decide,
        say=lambda target: target or _NOTHING,
        metrics=MULTILABEL,
        decoding=Decoding(max_new_tokens=64, score_choices=True),
    )
