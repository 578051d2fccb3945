"""ReXrank's tests of IU X-ray and MIMIC-CXR: all pictures of a study and the findings by ReXrank's cut (Zhang et al., 2024)."""

from __future__ import annotations

from harness import families
from harness.cards import Card
from harness.metrics.clinical import radcliq, reports
from harness.metrics.texts import captions
from harness.rows import Row, Unusable
from harness.types import Example, Input, Task


def example(row: Row) -> Example[str]:
    """One study, the picture for models of one picture first."""
    findings = row.text("findings", blank=True)
    if not findings:
        raise Unusable("the report has no findings section")
    return Example(
        id=row.identifier("study_id"),
        input=Input(
            text="the findings",
            images=tuple(row.image(name) for name in row.texts("images")),
            context={"indication": row.text("indication", blank=True)},
        ),
        target=findings,
        group=row.identifier("subject_id"),
    )


def task(card: Card) -> Task[str]:
    """The task of a card."""
    return families.describe(card, example, (*captions.CAPTIONS, *reports.REPORTS, *radcliq.REXRANK), tokens=256)
