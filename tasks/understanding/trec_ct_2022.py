"""TREC Clinical Trials 2022: is this trial for this patient? (Roberts et al., 2022)."""

from __future__ import annotations

from harness import families
from harness.cards import Card
from harness.metrics.labels import ranking
from harness.rows import Row
from harness.text import one_line
from harness.types import Example, Input, Task

_QUESTION = (
    "Is this trial for this patient? Not relevant: the trial is not about the patient's condition."
    " Excluded: it is, but the patient does not meet its criteria. Eligible: the patient may take part."
)


def example(row: Row, card: Card) -> Example[str]:
    """One judged pair; judgements 0, 1 and 2 are the labels in their order."""
    label = row.label("label", card.labels)
    trial = [
        f"Trial: {one_line(row.text('title'))}",
        f"Summary: {one_line(row.text('summary', blank=True))}",
        f"Inclusion criteria: {one_line(row.text('inclusion', blank=True))}",
        f"Exclusion criteria: {one_line(row.text('exclusion', blank=True))}",
    ]
    return Example(
        id=f"{row.identifier('topic')}:{row.identifier('trial')}",
        input=Input(text="\n".join([f"Patient: {one_line(row.text('patient'))}", *trial, _QUESTION]), choices=card.labels),
        target=label,
        group=row.identifier("topic"),
        tags={"label": label},
    )


def task(card: Card) -> Task[str]:
    """The task of a card."""
    return families.choose(card, example, ranking.TRIAL_MATCHING)
