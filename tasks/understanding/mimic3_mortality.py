"""MIMIC-III in-hospital mortality from what is known on admission (Johnson et al., 2016; task of van Aken et al., 2021)."""

from __future__ import annotations

from harness import families
from harness.cards import Card
from harness.metrics.labels import classification
from harness.rows import Row, Unusable
from harness.text import one_line
from harness.types import Example, Input, Task

_QUESTION = "Did the patient survive this stay in hospital, or die during it?"
_AREAS = (classification.AUC, classification.AUPRC)
_METRICS = (*_AREAS, *(metric for metric in classification.BINARY if metric not in _AREAS))
"""An area ranks: few patients die."""


def example(row: Row, card: Card) -> Example[str]:
    """One admission: its note's sections from before the outcome."""
    lines = [one_line(line) for line in row.text("text", blank=True).splitlines()]
    note = "\n".join(line for line in lines if line)
    if not note:
        raise Unusable("the admission has no text")
    label = row.label("hospital_expire_flag", card.labels)
    return Example(
        id=row.identifier("id"),
        input=Input(text=f"Admission note:\n{note}\n\n{_QUESTION}", choices=card.labels),
        target=label,
        group=row.identifier("patient"),
        tags={"label": label},
    )


def task(card: Card) -> Task[str]:
    """The task of a card."""
    return families.choose(card, example, _METRICS)
