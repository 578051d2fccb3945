"""A whole set estimated or compared at once: every row of it, each a group of its own, where nothing else is said."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from harness.metrics.base import Metric, Statistics
from harness.stats.bootstrap import Bootstrap
from harness.stats.estimates import Cell, estimate
from harness.stats.intervals import Interval
from harness.stats.paired import Difference, compare


def alone(n: int) -> list[str]:
    """A group for each of n samples."""
    return [str(i) for i in range(n)]


def estimated(
    metric: Metric, statistics: Statistics, *, groups: Sequence[str] | None = None, rows: Any = None, plan: Bootstrap | None = None
) -> Interval:
    n = len(statistics.table)
    inside = np.ones(n, dtype=np.bool_) if rows is None else np.array(rows)
    [found] = estimate([Cell(metric=metric, statistics=statistics, rows=inside)], groups or alone(n), plan or Bootstrap())
    return found


def compared(
    metric: Metric,
    first: Statistics,
    second: Statistics,
    *,
    groups: Sequence[Hashable] | None = None,
    plan: Bootstrap | None = None,
    **further: Any,
) -> Difference:
    n = len(first.table)
    rows = np.ones(n, dtype=np.bool_)
    return compare(metric, first, second, rows=rows, groups=groups or alone(n), plan=plan or Bootstrap(), **further)


def bounds(found: Interval | Difference) -> tuple[float, float]:
    """The ends of an interval that must be there."""
    assert found.low is not None
    assert found.high is not None
    return found.low, found.high


def width(found: Interval | Difference) -> float:
    low, high = bounds(found)
    return high - low
