"""On which samples two runs of a task differ, under the metric that leads."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from harness.metrics.base import Floats, Metric, Statistics
from harness.metrics.measuring import quiet
from harness.runs.record import Record
from harness.types import Task
from harness.views import between_runs, pairing


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A sample on which the ranking metric gives two runs different values."""

    task: str
    id: str
    first: float
    second: float
    outcomes: tuple[str, str]
    place: int
    """Of the sample in the record."""


def changes(first: Record, second: Record, task: Task[Any], *, metric: str = "") -> list[Change]:
    """The samples whose value under the leading metric differs, the largest losses of the second run first.

    Samples of which alone the metric is undefined are left out.
    """
    cell = next((cell for cell in between_runs.cells(first, second, task, metric) if cell.family == "leading"), None)
    if cell is None:
        return []
    leading, order = cell.metric, pairing.aligned(first, second)
    a, b = per_sample(leading, cell.left), per_sample(leading, cell.right)
    found = [
        Change(
            task=first.full_name,
            id=sample.id,
            first=float(a[place]),
            second=float(b[place]),
            outcomes=(sample.outcome, second.samples[order[place]].outcome),
            place=place,
        )
        for place, sample in enumerate(first.samples)
        if np.isfinite(a[place]) and np.isfinite(b[place]) and a[place] != b[place]
    ]
    sign = 1 if leading.higher_is_better else -1
    return sorted(found, key=lambda change: (sign * (change.second - change.first), change.place))


def per_sample(metric: Metric, statistics: Statistics) -> Floats:
    """The metric's value on each sample alone, [n]; NaN where it has none."""
    metric = quiet(metric)
    known: dict[bytes, float] = {}  # of right and wrong answers there are few different rows
    keys = [row.tobytes() for row in statistics.table]
    with np.errstate(all="ignore"):
        for key, row in zip(keys, statistics.table, strict=True):
            if key not in known:
                known[key] = float(metric.value(replace(statistics, table=row[None, :]), np.ones((1, 1)))[0])
    found = np.array([known[key] for key in keys])
    return np.where(np.isinf(found), np.nan, found)
