"""The numbers of a record, recomputed from the statistics beside it and compared with what it says."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from harness.base import environment
from harness.metrics.base import Metric
from harness.runs import scoring
from harness.runs.record import Record
from harness.runs.table import by_dimension
from harness.types import Estimate, Outcome, Task

_TOLERANCE = 1e-12
"""Relative; sums of floating-point numbers may differ in their last digit between machines."""


Status = Literal["holds", "fails", "not checked"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One claim of a record, and whether it holds."""

    name: str
    status: Status
    detail: str


def numbers(record: Record, task: Task[Any]) -> Iterator[Check]:
    """Whether the estimates follow from the statistics."""
    outcomes = Counter(sample.outcome for sample in record.samples)
    for outcome, n in {"examples": outcomes.total(), **{name: outcomes[name] for name in get_args(Outcome)}}.items():
        if getattr(record.counts, outcome) != n:
            detail = f"counts: {outcome} is {getattr(record.counts, outcome)} in the record, and samples.csv holds {n}"
            yield Check(name="numbers", status="fails", detail=detail)
            return
    ids = {estimate.signature: estimate.scoring_id for estimate in record.estimates}
    metrics = claimed_metrics(record, task)
    try:
        again = scoring.estimates(
            metrics,
            dict(record.measures),
            tags=by_dimension(record.samples),
            groups=[sample.group for sample in record.samples],
            plan=record.bootstrap,
            identify=lambda signature: ids[signature],
        )
    except (KeyError, ValueError, IndexError) as error:
        yield Check(name="numbers", status="fails", detail=f"the statistics do not fit the metrics ({type(error).__name__}: {error})")
        return
    detail = f"{len(again)} values and intervals follow from the statistics of samples.csv"
    yield from compared("numbers", record, record.estimates, again, detail)


def claimed_metrics(record: Record, task: Task[Any]) -> list[Metric]:
    """The task's metrics of which the record has an estimate."""
    wanted = {(estimate.metric, estimate.variant) for estimate in record.estimates}
    return [metric for metric in task.metrics if (metric.name, metric.variant) in wanted]


_VALUES = ("value", "unit", "n", "n_groups", "level", "higher_is_better", "scoring_id")
_BOUNDS = ("low", "high", "method")
"""What rests on the draws, and on quantiles: NumPy and SciPy may give others in another version."""
_DRAWN_BY = ("numpy", "scipy")


def compared(name: str, record: Record, claimed: Sequence[Estimate], again: Sequence[Estimate], detail: str) -> Iterator[Check]:
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
            recorded, recomputed = getattr(old, field), getattr(new, field)
            if _equal(recorded, recomputed) or (field == "method" and not recorded):  # an older record does not say how
                continue
            difference = f"{where}: {field} is {recorded} in the record, {recomputed} when recomputed"
            if field in _VALUES or not versions:
                why = f" ({new.note})" if recomputed is None and new.note else ""
                yield Check(name=name, status="fails", detail=difference + why)
                return
            unlike.append(difference)
    yield Check(name=name, status="holds", detail=detail if not unlike else detail.replace("values and intervals", "values"))
    if unlike:
        differences = f"{unlike[0]}, and {len(unlike) - 1} more" if len(unlike) > 1 else unlike[0]
        yield Check(name="intervals", status="not checked", detail=f"{versions}: other versions may draw other resamples ({differences})")


def _other_versions(record: Record) -> str:
    """What bounds were drawn with there and is another version here, by its first two numbers; empty where nothing is."""
    here = environment.versions()
    pairs = [(name, record.environment.get(name, "a version that is not recorded"), here.get(name, "absent")) for name in _DRAWN_BY]
    return "; ".join(f"{name}: {then} then, {now} here" for name, then, now in pairs if then.split(".")[:2] != now.split(".")[:2])


def _equal(old: Any, new: Any) -> bool:
    if isinstance(old, float) and isinstance(new, float):
        return math.isclose(old, new, rel_tol=_TOLERANCE, abs_tol=_TOLERANCE)
    return bool(old == new)
