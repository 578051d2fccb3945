"""MIMIC-CXR: the findings of a chest X-ray study (Johnson et al., 2019)."""

from __future__ import annotations

from harness import families
from harness.cards import Card
from harness.metrics.clinical import reports
from harness.metrics.texts import captions
from harness.rows import Row, Unusable
from harness.types import Example, Input, Task


def example(row: Row) -> Example[str]:
    """One study with all its pictures, frontal views first; its view is the first picture's."""
    findings = row.text("findings", blank=True)
    if not findings:
        raise Unusable("the report has no findings section")
    first = row.texts("views")[0]
    view = first if first in ("PA", "AP") else "lateral" if first in ("LATERAL", "LL") else "other"
    return Example(
        id=row.identifier("study_id"),
        input=Input(
            text="the findings",
            images=tuple(row.image(name) for name in row.texts("images")),
            context={"view": view, "indication": row.text("indication", blank=True) or row.text("history", blank=True)},
        ),
        target=findings,
        group=row.identifier("subject_id"),  # a patient's studies repeat each other
        tags={"view": view},
    )


def task(card: Card) -> Task[str]:
    """The task of a card."""
    metrics = (*captions.CAPTIONS, *captions.R2GEN_MIMIC, *captions.MULTIMEDEVAL, *reports.REPORTS)
    return families.describe(card, example, metrics, tokens=256)
