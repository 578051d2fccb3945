"""MIMIC-CXR: the impression of a chest X-ray report, from its findings (Johnson et al., 2019)."""

from __future__ import annotations

from harness import prompts
from harness.cards import Card
from harness.metrics.clinical import reports
from harness.metrics.texts import summaries
from harness.rows import Row, Unusable
from harness.text import one_line
from harness.types import Decoding, Example, Input, Response, Task


def example(row: Row) -> Example[str]:
    """One report that has both sections."""
    missing = [name for name in ("findings", "impression") if not row[name]]
    if missing:
        raise Unusable(f"the report has no {' and no '.join(missing)} section")
    return Example(id=row["study_id"], input=Input(text=row["findings"]), target=row["impression"], group=row["subject_id"])


def prompt(item: Input) -> str:
    """The findings and what is wanted."""
    return prompts.summarise(item.text, "Summarise the findings above as the impression of the radiology report.")


def parse(response: Response, item: Input) -> str | None:  # noqa: ARG001  any text is a summary
    """The whole reply on one line."""
    return one_line(response.text) or None


def task(card: Card) -> Task[str]:
    """The task of a card."""
    metrics = (*summaries.SUMMARIES, *reports.REPORTS)
    return Task(card=card, example=example, prompt=prompt, parse=parse, metrics=metrics, decoding=Decoding(max_new_tokens=128))
