"""SEER: which treatment was given, from the facts of a tumour and its patient, in a user's own export."""

from __future__ import annotations

from functools import partial

from harness import parsing, prompts
from harness.cards import Card
from harness.metrics.labels import classification
from harness.rows import Row, Unusable
from harness.text import one_line
from harness.types import Decoding, Example, Input, Response, Task

_TREATMENTS = ("surgery", "radiation", "chemotherapy")
_METRICS = (
    classification.ACCURACY,
    classification.MACRO_F1,
    classification.MACRO_AUC,
    classification.BALANCED_ACCURACY,
    classification.WEIGHTED_F1,
    classification.BRIER,
    classification.CALIBRATION,
    classification.UNPARSED,
    classification.RECALL,
)


def example(row: Row, card: Card) -> Example[str]:
    """One tumour; the label names the treatments that were given, or none."""
    unknown = [name for name in _TREATMENTS if row[name] == "unknown"]
    if unknown:
        raise Unusable(f"unknown whether {' and '.join(unknown)} was given")
    label = " and ".join(name for name in _TREATMENTS if row[name] == "yes") or card.labels[0]
    facts = "\n".join(f"{name}: {one_line(value)}" for name, value in row["facts"].items())
    return Example(
        id=f"{row['patient']}:{row['record']}",
        input=Input(text=f"{facts}\nWhich treatment was given as the first course?", choices=card.labels),
        target=label,
        group=row["patient"],
        tags={"label": label},
    )


def prompt(item: Input) -> str:
    """The facts, the question and its options."""
    return prompts.choose(item.text, item.choices)


def parse(response: Response, item: Input) -> str | None:
    """The one treatment that the reply names."""
    return parsing.choice(response.text, item.choices)


def task(card: Card) -> Task[str]:
    """The task of a card."""
    decoding = Decoding(max_new_tokens=16, score_choices=True)
    return Task(card=card, example=partial(example, card=card), prompt=prompt, parse=parse, metrics=_METRICS, decoding=decoding)
