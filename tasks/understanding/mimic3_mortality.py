"""MIMIC-III in-hospital mortality from what is known on admission (Johnson et al., 2016; task of van Aken et al., 2021)."""

from __future__ import annotations

from functools import partial

from harness import parsing, prompts
from harness.cards import Card
from harness.metrics.labels import classification
from harness.rows import Row, Unusable
from harness.text import one_line
from harness.types import Decoding, Example, Input, Response, Task

_QUESTION = "Did the patient survive this stay in hospital, or die during it?"
_METRICS = (
    classification.AUC,
    classification.AUPRC,
    classification.ACCURACY,
    classification.BINARY_F1,
    classification.SENSITIVITY,
    classification.SPECIFICITY,
    classification.BALANCED_ACCURACY,
    classification.BRIER,
    classification.CALIBRATION,
    classification.UNPARSED,
    classification.RECALL,
)


def example(row: Row, card: Card) -> Example[str]:
    """One admission: its note's sections from before the outcome."""
    lines = [one_line(line) for line in row["text"].splitlines()]
    note = "\n".join(line for line in lines if line)
    if not note:
        raise Unusable("the admission has no text")
    label = row.label("hospital_expire_flag", card.labels)
    return Example(
        id=row["id"],
        input=Input(text=f"Admission note:\n{note}\n\n{_QUESTION}", choices=card.labels),
        target=label,
        group=row["patient"],
        tags={"label": label},
    )


def prompt(item: Input) -> str:
    """The note, the question and its options."""
    return prompts.choose(item.text, item.choices)


def parse(response: Response, item: Input) -> str | None:
    """The one outcome that the reply names."""
    return parsing.choice(response.text, item.choices)


def task(card: Card) -> Task[str]:
    """The task of a card."""
    decoding = Decoding(max_new_tokens=16, score_choices=True)
    return Task(card=card, example=partial(example, card=card), prompt=prompt, parse=parse, metrics=_METRICS, decoding=decoding)
