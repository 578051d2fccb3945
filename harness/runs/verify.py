"""Verification: recompute every number of a finished run from what lies beside it, and say which claim does not hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from msgspec import structs

from harness.base import collecting
from harness.data import catalog, further
from harness.errors import CorruptData, VerificationError
from harness.runs import pseudonyms
from harness.runs import record as records
from harness.runs.against_data import from_data
from harness.runs.claims import claims
from harness.runs.journal import Journal, reply_digest
from harness.runs.pseudonyms import Naming
from harness.runs.recomputed import Check, numbers
from harness.runs.record import Record
from harness.runs.releases import Releases
from harness.types import Response, Task

_OTHER = "; nothing of it can be confirmed or refuted here: run it again, or verify it with the version that it names"


@collecting.seldom()
def verify(folder: Path, *, data_root: Path | None = None, task_dirs: Sequence[Path] = (), releases: Releases | None = None) -> list[Check]:
    """Check a run's folder from its statistics up, and from its replies and data up where these are present.

    Args:
        folder: Holds run.json and samples.csv, and on the machine that made them replies.jsonl.
        data_root: Where the release lies; without it the targets are not checked (an invented sample always is).
        task_dirs: Folders of the user's own tasks.
        releases: Those that were read for other runs of this call of a command; None reads them anew.

    Returns:
        Every check in the order in which it was made. The first that fails ends the ones that depend on it.
    """
    releases = releases or Releases()
    try:
        record = records.read(folder)
    except (VerificationError, CorruptData) as error:
        return [Check(name="files", status="fails", detail=str(error))]
    checks = [Check(name="files", status="holds", detail=f"run.json and samples.csv are as they were written{_unfinished(folder)}")]
    task = further.recorded(catalog.task(record.full_name, task_dirs), [estimate.signature for estimate in record.estimates])
    record, foreign = _without_foreign(record, task)
    checks += [*foreign, *_definitions(record, task)]
    if checks[-1].status == "fails":
        return checks
    checks += [claims(record, task, releases), *numbers(record, task)]
    replies = _replies(folder)
    named = pseudonyms.of_record(task.card, record.data, data_root)
    checks.append(_reply_hashes(record, named, replies))
    checks += from_data(record, task, replies, data_root, named, releases)
    return checks


def _unfinished(folder: Path) -> str:
    left = (folder / records.NEW_TABLE).exists()
    return f"; {records.NEW_TABLE} is left from a write that was interrupted, and the next run here puts it right" if left else ""


def _without_foreign(record: Record, task: Task[Any]) -> tuple[Record, list[Check]]:
    """The record without the metrics that were modules of the evaluate library named for one run: their code is not part of it."""
    own = {metric.signature for metric in task.metrics}
    foreign = [estimate for estimate in record.estimates if estimate.variant.startswith("evaluate") and estimate.signature not in own]
    if not foreign:
        return record, []
    ours = tuple(estimate for estimate in record.estimates if estimate not in foreign)
    names = dict.fromkeys(f"{estimate.metric}/{estimate.variant}" for estimate in foreign)
    detail = f"{', '.join(names)}: a module of the evaluate library is code from elsewhere; score the replies again to check it"
    return structs.replace(record, estimates=ours), [Check(name="modules", status="not checked", detail=detail)]


def _definitions(record: Record, task: Task[Any]) -> Iterator[Check]:
    """Whether the record's metrics are still defined as they were, and its scoring ids follow from them."""
    claimed = {(estimate.metric, estimate.variant): estimate.signature for estimate in record.estimates}
    here = {(metric.name, metric.variant): metric.signature for metric in task.metrics}
    if record.card_version != task.card.version:
        yield Check(
            name="definitions",
            status="fails",
            detail=f"the card of {record.full_name} is at version {task.card.version}, the run was made with {record.card_version}{_OTHER}",
        )
        return
    for key, signature in claimed.items():
        if here.get(key) != signature:
            now = here.get(key, "no longer a metric of this task")
            yield Check(
                name="definitions", status="fails", detail=f"metric {'/'.join(key)}: the run says {signature}, here it is {now}{_OTHER}"
            )
            return
    yield Check(name="definitions", status="holds", detail=f"{len(claimed)} metrics are defined as they were")


def _replies(folder: Path) -> dict[str, list[Response]]:
    """All journalled replies by sample id; a sample asked under several prompts has several."""
    by_sample: dict[str, list[Response]] = {}
    for (sample, _), response in Journal(folder).read().items():
        by_sample.setdefault(sample, []).append(response)
    return by_sample


def _reply_hashes(record: Record, named: Naming | None, replies: dict[str, list[Response]]) -> Check:
    """Whether each reply at hand is the one that was scored."""
    if not replies:
        return Check(name="replies", status="not checked", detail="replies.jsonl is not here; it stays on the machine that made it")
    if named is None:
        detail = f"the samples are named by another secret than is here ({record.data.ids}); pass --data-root with the root of that run"
        return Check(name="replies", status="not checked", detail=detail)
    hashes = {named(sample): {reply_digest(response) for response in responses} for sample, responses in replies.items()}
    for sample in record.samples:
        if sample.id not in hashes:
            return Check(name="replies", status="fails", detail=f"sample '{sample.id}': its reply is missing from replies.jsonl")
        if sample.reply_sha256 not in hashes[sample.id]:
            return Check(name="replies", status="fails", detail=f"sample '{sample.id}': its reply in replies.jsonl is not the one scored")
    return Check(name="replies", status="holds", detail=f"{len(record.samples)} replies have the hashes in samples.csv")
