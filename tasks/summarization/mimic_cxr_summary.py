"""MIMIC-CXR: the impression of a chest X-ray report, from its findings (Johnson et al., 2019)."""

from __future__ import annotations

from harness import families
from harness.cards import Card
from harness.metrics.clinical import reports
from harness.metrics.texts import summaries
from harness.rows import Row, Unusable
from harness.types import Example, Input, Task

_WANTED = "Summarise the findings above as the impression of the radiology report."


def example(row: Row) -> Example[str]:
    """One report that has both sections."""
    missing = [name for name in ("findings", "impression") if not row.text(name, blank=True)]
    if missing:
        raise Unusable(f"the report has no {' and no '.join(missing)} section")
    return Example(
        id=row.identifier("study_id"),
        input=Input(text=row.text("findings")),
        target=row.text("impression"),
        group=row.identifier("subject_id"),
    )


def task(card: Card) -> Task[str]:
    """The task of a card."""
    return families.summarise(card, example, (*summaries.SUMMARIES, *reports.REPORTS), _WANTED, tokens=128)
