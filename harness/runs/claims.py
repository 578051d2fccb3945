"""What a record says of itself beside its numbers: whether it is whole, of which data, and why it is not ranked, derived once more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from harness.data import examples as loading
from harness.data import fingerprints
from harness.data.examples import Dataset
from harness.runs import shortfalls
from harness.runs.recomputed import Check
from harness.runs.record import Record
from harness.runs.releases import Releases
from harness.types import Task

_LIMITED = re.compile(r"(?:limited to the first \d+|drawn by seed \d+: \d+) of (?P<whole>\d+) examples")


def claims(record: Record, task: Task[Any], releases: Releases) -> Check:
    """Whether what the record says of the run follows from the facts that it gives, from the card and from the invented sample."""
    wrong = next(_contradictions(record, task, releases), "")
    if wrong:
        return Check(name="claims", status="fails", detail=wrong)
    return Check(name="claims", status="holds", detail=f"{record.status}, {told(record.not_ranked)}: as its counts and the card have it")


def told(not_ranked: tuple[str, ...]) -> str:
    """Whether a run is ranked, in words."""
    return f"not ranked ({'; '.join(not_ranked)})" if not_ranked else "ranked"


def _contradictions(record: Record, task: Task[Any], releases: Releases) -> Iterator[str]:
    data, counts = record.data, record.counts
    real = data.kind == "real"
    if (
        real
        and data.comparable
        and loading.has_sample(task.card)
        and data.fingerprint == fingerprint(_sample(record, task, releases), record)
    ):
        yield "kind is real in the record, and its fingerprint is that of the invented sample"
    expected = task.card.splits[record.split].n if real and record.split in task.card.splits else None
    whole = expected is not None and data.comparable and data.complete
    if whole and not data.excerpt.is_said and counts.examples != expected:
        yield f"the record is of {counts.examples:,} examples, the {record.split} split has {expected:,}, and no limit is said"
    if sum(failure.n for failure in record.failures) not in (0, counts.failed):
        yield f"failures are {sum(failure.n for failure in record.failures):,} by reason and {counts.failed:,} in the counts"
    yield from _conclusions(record, expected if whole and expected is not None else _said_whole(record))


def _conclusions(record: Record, whole: int) -> Iterator[str]:
    """Whether the run is as whole, and as fit to be ranked, as its facts make it."""
    counts, data = record.counts, record.data
    missing = shortfalls.missing(
        n=counts.examples,
        whole=whole,
        excerpt=data.excerpt,
        failed=counts.failed,
        refused=counts.refused if record.prompting.refusals != "wrong" else 0,
        complete=data.complete,
    )
    status = "partial" if missing else "complete"
    if record.status != status:
        yield f"status is {record.status} in the record, and {status} by its facts ({'; '.join(missing) or 'nothing is missing'})"
    own = shortfalls.unranked(
        missing, synthetic=data.kind == "synthetic", comparable=data.comparable, reads_targets=record.model.reads_targets
    )
    # An older version may have said the same in other words.
    if len(own) != len(record.not_ranked):
        yield f"the record says that the run is {told(record.not_ranked)}, its facts that it is {told(own)}"


def _said_whole(record: Record) -> int:
    """The size of the split as far as the record alone says it: a limit may have been as large as that."""
    limit = next((match for reason in record.not_ranked if (match := _LIMITED.match(reason))), None)
    return int(limit["whole"]) if limit else record.counts.examples


def against(record: Record, dataset: Dataset) -> str:
    """What the record says of the release that the release at hand does not; empty where they agree."""
    data = record.data
    whole = len(dataset.examples)
    if data.comparable and not dataset.comparable:
        return f"the record calls the release the one on the card; it differs: {'; '.join(dataset.differences)}"
    if data.complete and not dataset.complete:
        return "the record calls the release whole; a part of it is absent"
    if record.counts.skipped != len(dataset.skipped):
        return f"the record counts {record.counts.skipped:,} rows that are no examples, the release has {len(dataset.skipped):,}"
    return next(_conclusions(record, whole), "")


def fingerprint(dataset: Dataset, record: Record) -> str:
    """The dataset's digest as the record's schema takes it."""
    return fingerprints.of_schema_1(dataset.examples) if record.data.schema == 1 else dataset.fingerprint


def _sample(record: Record, task: Task[Any], releases: Releases) -> Dataset:
    split = record.split if record.split in loading.place(task.card, None, synthetic=True)[0].splits else "test"
    return releases.of(task, split, None)[0]
