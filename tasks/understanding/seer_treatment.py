"""SEER: which treatment was given, from the facts of a tumour and its patient, in a user's own export."""

from __future__ import annotations

from harness import families
from harness.cards import Card
from harness.metrics.labels import classification
from harness.rows import Row, Unusable
from harness.text import one_line
from harness.types import Example, Input, Task

_TREATMENTS = ("surgery", "radiation", "chemotherapy")
_METRICS = (
    classification.ACCURACY, classification.MACRO_F1, classification.MACRO_AUC, classification.BALANCED_ACCURACY,
    classification.WEIGHTED_F1, classification.BRIER, classification.CALIBRATION, classification.UNPARSED, classification.RECALL,
)  # fmt: skip


def example(row: Row, card: Card) -> Example[str]:
    """One tumour; the label names the treatments that were given, or none."""
    unknown = [name for name in _TREATMENTS if row.text(name) == "unknown"]
    if unknown:
        raise Unusable(f"unknown whether {' and '.join(unknown)} was given")
    label = " and ".join(name for name in _TREATMENTS if row.text(name) == "yes") or card.labels[0]
    facts = "\n".join(f"{name}: {one_line(value)}" for name, value in row["facts"].items())
    return Example(
        id=f"{row.identifier('patient')}:{row.identifier('record')}",
        input=Input(text=f"{facts}\nWhich treatment was given as the first course?", choices=card.labels),
        target=label,
        group=row.identifier("patient"),
        tags={"label": label},
    )


def task(card: Card) -> Task[str]:
    """The task of a card."""
    return families.choose(card, example, _METRICS)
