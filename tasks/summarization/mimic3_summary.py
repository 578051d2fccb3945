"""MIMIC-III radiology: the impression of a CT or MRI report, from its findings (Johnson et al., 2016; lists of Chen et al., 2023)."""

from __future__ import annotations

from harness import families
from harness.cards import Card
from harness.metrics.clinical import reports
from harness.metrics.texts import captions, summaries
from harness.rows import Row, Unusable
from harness.text import one_line
from harness.types import Example, Input, Task

_WANTED = "Summarise the findings above as the impression of the radiology report."
# MultiMedEval scores this summary as it scores reports; CheXbert reads chest X-rays alone, and these are CT and MRI
_METRICS = (*summaries.SUMMARIES, *captions.MULTIMEDEVAL, *reports.OF_ANY_MODALITY)


def example(row: Row) -> Example[str]:
    """One report that has both sections."""
    findings, impression = one_line(row.text("findings", blank=True)), one_line(row.text("impression", blank=True))
    if not findings or not impression:
        raise Unusable("the report has no findings, or not exactly one impression")
    tags = {"modality": _modality(row.text("description", blank=True))}
    return Example(id=row.identifier("id"), input=Input(text=findings), target=impression, group=row.identifier("patient"), tags=tags)


def _modality(description: str) -> str:
    """CT or MR by the words of the order: 'CTA HEAD W&W/O C', 'MR-ANGIO NECK'; unknown where there is none."""
    names = description.upper().replace("-", " ").split()
    modalities = [name[:2] for name in names if name in ("CT", "CTA", "MR", "MRI", "MRA", "MRV")]
    return modalities[0] if modalities else "other" if names else "unknown"


def task(card: Card) -> Task[str]:
    """The task of a card."""
    return families.summarise(card, example, _METRICS, _WANTED, tokens=128)
