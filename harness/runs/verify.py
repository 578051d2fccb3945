"""Verification: recompute every number of a finished run from what lies beside it, and say which claim does not hold."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

from msgspec import structs

from harness.base import environment
from harness.data import catalog, further
from harness.data import examples as loading
from harness.errors import HarnessError, MissingData, PrerequisiteError, VerificationError
from harness.images import digests as picture_digests
from harness.metrics.base import Metric
from harness.runs import privacy, scoring
from harness.runs import record as records
from harness.runs.journal import Journal, reply_digest
from harness.runs.record import Record
from harness.types import Estimate, Example, Outcome, Response, Task

_OTHER = "; nothing of it can be confirmed or refuted here: run it again, or verify it with the version that it names"
_TOLERANCE = 1e-12
"""Relative; sums of floating-point numbers may differ in their last digit between machines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One claim of a record, and whether it holds."""

    name: str
    status: Literal["holds", "fails", "not checked"]
    detail: str


def verify(folder: Path, *, data_root: Path | None = None, task_dirs: Sequence[Path] = ()) -> list[Check]:
    """Check a run's folder from its statistics up, and from its replies and data up where these are present.

    Args:
        folder: Holds run.json and samples.csv, and on the machine that made them replies.jsonl.
        data_root: Where the release lies; without it the targets are not checked (an invented sample always is).
        task_dirs: Folders of the user's own tasks.

    Returns:
        Every check in the order in which it was made. The first that fails ends the ones that depend on it.
    """
    try:
        record = records.read(folder)
    except VerificationError as error:
        return [Check(name="files", status="fails", detail=str(error))]
    checks = [Check(name="files", status="holds", detail=f"run.json and samples.csv are as they were written{_unfinished(folder)}")]
    task = further.recorded(catalog.task(record.full_name, task_dirs), [estimate.signature for estimate in record.estimates])
    record, foreign = _without_foreign(record, task)
    checks += [*foreign, *_definitions(record, task)]
    if checks[-1].status == "fails":
        return checks
    checks += _numbers(record, task)
    replies = _replies(folder)
    checks.append(_reply_hashes(record, task, replies))
    checks += _from_data(record, task, replies, data_root)
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


def _numbers(record: Record, task: Task[Any]) -> Iterator[Check]:
    """Whether the estimates follow from the statistics."""
    found = Counter(sample.outcome for sample in record.samples)
    for outcome, n in {"examples": found.total(), **{name: found[name] for name in get_args(Outcome)}}.items():
        if getattr(record.counts, outcome) != n:
            detail = f"counts: {outcome} is {getattr(record.counts, outcome)} in the record, and samples.csv holds {n}"
            yield Check(name="numbers", status="fails", detail=detail)
            return
    ids = {estimate.signature: estimate.scoring_id for estimate in record.estimates}
    metrics = _claimed(record, task)
    try:
        again = scoring.estimates(
            metrics,
            dict(record.measures),
            tags={name: [sample.tags.get(name, "") for sample in record.samples] for name in record.dimensions},
            groups=[sample.group for sample in record.samples],
            plan=record.bootstrap,
            identify=lambda signature: ids[signature],
        )
    except (KeyError, ValueError, IndexError) as error:
        yield Check(name="numbers", status="fails", detail=f"the statistics do not fit the metrics ({type(error).__name__}: {error})")
        return
    detail = f"{len(again)} values and intervals follow from the statistics of samples.csv"
    yield from _compared("numbers", record, record.estimates, again, detail)


def _claimed(record: Record, task: Task[Any]) -> list[Metric]:
    wanted = {(estimate.metric, estimate.variant) for estimate in record.estimates}
    return [metric for metric in task.metrics if (metric.name, metric.variant) in wanted]


_VALUES = ("value", "n", "n_groups", "level", "higher_is_better", "scoring_id")
_BOUNDS = ("low", "high", "method")
"""What rests on the draws, and on quantiles: NumPy and SciPy may give others in another version."""
_DRAWN_BY = ("numpy", "scipy")


def _compared(name: str, record: Record, claimed: Sequence[Estimate], again: Sequence[Estimate], detail: str) -> Iterator[Check]:
    """Whether estimates are the same when recomputed; bounds alone may differ where other versions draw them."""
    if len(claimed) != len(again):
        detail = f"the record holds {len(claimed)} estimates, recomputing gives {len(again)}"
        yield Check(name=name, status="fails", detail=detail)
        return
    versions = _other_versions(record)
    unlike = []
    for old, new in zip(claimed, again, strict=True):
        where = f"{old.metric}/{old.variant} on '{old.slice}'"
        if (old.metric, old.variant, old.slice) != (new.metric, new.variant, new.slice):
            detail = f"{where} stands where {new.metric}/{new.variant} on '{new.slice}' belongs"
            yield Check(name=name, status="fails", detail=detail)
            return
        for field in (*_VALUES, *_BOUNDS):
            said, found = getattr(old, field), getattr(new, field)
            if _equal(said, found) or (field == "method" and not said):  # an older record does not say how
                continue
            difference = f"{where}: {field} is {said} in the record, {found} when recomputed"
            if field in _VALUES or not versions:
                why = f" ({new.note})" if found is None and new.note else ""
                yield Check(name=name, status="fails", detail=difference + why)
                return
            unlike.append(difference)
    yield Check(name=name, status="holds", detail=detail if not unlike else detail.replace("values and intervals", "values"))
    if unlike:
        found = f"{unlike[0]}, and {len(unlike) - 1} more" if len(unlike) > 1 else unlike[0]
        yield Check(name="intervals", status="not checked", detail=f"{versions}: other versions may draw other resamples ({found})")


def _other_versions(record: Record) -> str:
    """What bounds were drawn with there and is another version here, by its first two numbers; empty where nothing is."""
    here = environment.versions()
    pairs = [(name, record.environment.get(name, "a version that is not recorded"), here.get(name, "absent")) for name in _DRAWN_BY]
    return "; ".join(f"{name}: {then} then, {now} here" for name, then, now in pairs if then.split(".")[:2] != now.split(".")[:2])


def _equal(old: Any, new: Any) -> bool:
    if isinstance(old, float) and isinstance(new, float):
        return math.isclose(old, new, rel_tol=_TOLERANCE, abs_tol=_TOLERANCE)
    return bool(old == new)


def _replies(folder: Path) -> dict[str, list[Response]]:
    """All journalled replies by sample id; a sample asked under several prompts has several."""
    found: dict[str, list[Response]] = {}
    for (sample, _), response in Journal(folder).read().items():
        found.setdefault(sample, []).append(response)
    return found


def _reply_hashes(record: Record, task: Task[Any], replies: dict[str, list[Response]]) -> Check:
    """Whether each reply at hand is the one that was scored."""
    if not replies:
        return Check(name="replies", status="not checked", detail="replies.jsonl is not here; it stays on the machine that made it")
    synthetic = record.data.kind == "synthetic"
    hashes = {
        privacy.shareable_id(task.card, sample, synthetic=synthetic): {reply_digest(response) for response in responses}
        for sample, responses in replies.items()
    }
    for sample in record.samples:
        if sample.id not in hashes:
            return Check(name="replies", status="fails", detail=f"sample '{sample.id}': its reply is missing from replies.jsonl")
        if sample.reply_sha256 not in hashes[sample.id]:
            return Check(name="replies", status="fails", detail=f"sample '{sample.id}': its reply in replies.jsonl is not the one scored")
    return Check(name="replies", status="holds", detail=f"{len(record.samples)} replies have the hashes in samples.csv")


def _from_data(record: Record, task: Task[Any], replies: dict[str, list[Response]], data_root: Path | None) -> Iterator[Check]:
    """Whether the targets are the ones scored against, and the statistics follow from replies and targets."""
    synthetic = record.data.kind == "synthetic"
    if data_root is None and not synthetic:
        yield Check(name="targets", status="not checked", detail="no data root given; pass --data-root to check against the release")
        return
    try:
        dataset = loading.load(task, split=record.split, data_root=data_root, sample=synthetic, accept_different=True)
        train = loading.train_reader(dataset, data_root=data_root, sample=synthetic)
    except MissingData as error:
        yield Check(name="targets", status="not checked", detail=str(error).splitlines()[0])
        return
    except PrerequisiteError as error:
        yield Check(name="targets", status="fails", detail=str(error))
        return
    examples = dataset.examples[: record.data.limit]
    expected = [privacy.shareable_id(task.card, example.id, synthetic=synthetic) for example in examples]
    found = loading.fingerprint_of_schema_1(dataset.examples) if record.data.schema == 1 else dataset.fingerprint
    if found != record.data.fingerprint or expected != [sample.id for sample in record.samples]:
        yield Check(
            name="targets", status="fails", detail="the examples or targets of the release are not those the run was scored against"
        )
        return
    yield Check(name="targets", status="holds", detail=f"{len(examples)} examples and targets are those of the release")
    if record.data.pictures:
        yield _pictures(record, examples, complete=dataset.complete)
    scored = _matched(record, examples, replies)
    if scored is None:
        yield Check(name="statistics", status="not checked", detail="without all replies the statistics cannot be measured again")
        return
    try:
        with privacy.staying(task.card, synthetic=synthetic, allowed=False):
            again = scoring.score(
                replace(task, metrics=tuple(_claimed(record, task))),  # a task may have gained metrics since the run
                examples,
                scored,
                split=record.split,
                info=record.model,
                complete=record.status == "complete",
                train=train,
                plan=record.bootstrap,
            )
    except HarnessError as error:
        yield Check(name="statistics", status="fails", detail=str(error))
        return
    claimed, anew, left_out = _both_computed(record.estimates, again.estimates)
    rest = f"; not checked, because one of the two machines could not compute it: {', '.join(left_out)}" if left_out else ""
    yield from _compared("statistics", record, claimed, anew, f"every number follows from replies and targets, measured anew{rest}")


def _pictures(record: Record, examples: Sequence[Example[Any]], *, complete: bool) -> Check:
    """Whether the pictures of the release are those that the model saw."""
    try:
        with picture_digests.digesting() as digests:
            found = picture_digests.of_pictures(((e.id, e.input.images) for e in examples), digests, complete=complete)
    except MissingData as error:
        return Check(name="pictures", status="not checked", detail=str(error).splitlines()[0])
    except PrerequisiteError as error:
        return Check(name="pictures", status="fails", detail=str(error))
    if found != record.data.pictures:
        return Check(name="pictures", status="fails", detail="the pictures of the release differ from those that the model was shown")
    return Check(name="pictures", status="holds", detail="the pictures are those of the release")


def _both_computed(claimed: Sequence[Estimate], again: Sequence[Estimate]) -> tuple[list[Estimate], list[Estimate], list[str]]:
    """The estimates of metrics that were computed then and can be computed here, and the names of the others.

    What a machine lacks (Java, weights) is no fault of a record; nor is what stands in for it there.
    """
    computed = [{(e.metric, e.variant) for e in found if not e.note.startswith("not computed")} for found in (claimed, again)]
    present = [{(e.metric, e.variant) for e in found} for found in (claimed, again)]
    left_out = (computed[0] ^ computed[1]) | (present[0] ^ present[1])
    kept = [[e for e in found if (e.metric, e.variant) not in left_out] for found in (claimed, again)]
    return kept[0], kept[1], sorted("/".join(key) for key in left_out)


def _matched(record: Record, examples: Sequence[Example[Any]], replies: dict[str, list[Response]]) -> list[Response] | None:
    """The reply that was scored for each example, found by its hash; None where one is absent."""
    found = []
    for example, sample in zip(examples, record.samples, strict=True):
        same = [response for response in replies.get(example.id, ()) if reply_digest(response) == sample.reply_sha256]
        if not same:
            return None
        found.append(same[0])
    return found
