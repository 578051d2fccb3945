"""Columns of statistics: a table of them from its rows or its columns, and the ratio of two, which most metrics are."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from harness.base.arrays import np
from harness.metrics.base import Floats, Statistics


def of_rows(names: Sequence[str], rows: Sequence[Sequence[float]]) -> Statistics:
    """One row per sample, which may be none."""
    return Statistics(names=tuple(names), table=np.array(rows, dtype=np.float64).reshape(len(rows), len(names)))


def columns(**values: Floats) -> Statistics:
    """One value per sample and column, and the column ``n`` of ones that means are divided by."""
    n = len(next(iter(values.values())))
    return Statistics(names=("n", *values), table=np.column_stack([np.ones(n), *values.values()]))


def mean(column: str, of: str = "n") -> Callable[[Statistics, Floats], Floats]:
    """A metric's value: the weighted sum of a column as a share of that of another, the number of samples; NaN where that is none."""

    def value(statistics: Statistics, weights: Floats) -> Floats:
        above, below = (weights @ statistics.table[:, statistics.names.index(name)] for name in (column, of))
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(np.where(below != 0, above / below, np.nan))

    return value
