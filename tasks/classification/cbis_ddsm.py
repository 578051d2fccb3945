"""CBIS-DDSM: is a mass or a calcification in a mammogram malignant? (Lee et al., 2017)."""

from __future__ import annotations

from harness import families
from harness.cards import Card
from harness.metrics.labels import classification
from harness.rows import Row, Unusable
from harness.types import Example, Input, Task

_DENSITIES = ("1", "2", "3", "4")
"""BI-RADS categories; the tables also hold 0, which is none."""


def example(row: Row, card: Card) -> Example[str]:
    """One abnormality in one view, shown as its crop."""
    label = row.text("pathology").replace("_", " ").lower()
    if label not in card.labels:
        raise Unusable(f"the pathology is '{row.text('pathology')}', no class of this task")
    density, view = row.text("density"), row.text("image view").lower()
    return Example(
        id=row.identifier("case"),
        input=Input(
            text=f"Which of these is {card.facts['subject']}?",
            images=(row.image(row.text("case")),),
            context={"view": view},
            choices=card.labels,
        ),
        target=label,
        group=row.identifier("patient_id"),  # both views of both breasts, and several abnormalities in each
        tags={"label": label, "density": f"density {density if density in _DENSITIES else 'unknown'}", "view": view},
    )


def task(card: Card) -> Task[str]:
    """The task of a card."""
    return families.choose(card, example, classification.MULTICLASS)
