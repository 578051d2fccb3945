"""Paired comparison of two systems on the same samples: the difference with its interval, and whether it could be chance.

Both systems get the same draws of the same groups, and whole groups are swapped in the permutation test, because samples of one
group are not independent. McNemar's test is given beside it where a metric is right or wrong per sample; it ignores groups and is
labelled so.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from harness.metrics.base import Floats, Metric, Statistics
from harness.metrics.measuring import quiet
from harness.stats import intervals, permutation
from harness.stats.bootstrap import Bootstrap, Rows, Weights, function, group_index, resample, rows_of
from harness.stats.swaps import ALPHA as ALPHA

_SAMPLES_AT_ONCE = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The second system minus the first, under one metric on one slice."""

    first: float | None
    second: float | None
    value: float | None
    """None where either is undefined."""
    low: float | None = None
    """The interval holds the difference; None with fewer than two groups, or where most resamples have no difference."""
    high: float | None = None
    p: float | None
    """Two-sided permutation test over whole groups, above 0 and at most 1; None without at least two groups."""
    mcnemar_p: float | None = None
    """Exact McNemar test over samples, groups ignored; None where the metric is not right-or-wrong per sample."""
    n: int
    n_groups: int
    method: str = ""
    """How the interval was made; empty where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One comparison of two systems on n samples."""

    metric: Metric
    """What turns statistics into a value."""
    first: Statistics
    """[n, k]"""
    second: Statistics
    """[n, k], of the same samples in the same order."""
    rows: NDArray[np.bool_]
    """[n]; the slice."""


@dataclass(slots=True, kw_only=True)
class _Prepared:
    """A test: its rows, which tests of one measure and slice share, both values and the differences drawn so far."""

    metric: Metric
    rows: Rows
    calls: tuple[Callable[[Weights], Floats], ...]
    values: tuple[float, ...]
    drawn: list[Floats] = field(default_factory=list)
    p: float | None = None

    @property
    def observed(self) -> float:
        return self.values[1] - self.values[0]

    def add(self, weights: Weights) -> None:
        """The differences of a block of resamples."""
        left, right = self.calls
        self.drawn.append(right(weights) - left(weights))


def compare(
    metric: Metric,
    first: Statistics,
    second: Statistics,
    *,
    rows: NDArray[np.bool_],
    groups: Sequence[Hashable],
    plan: Bootstrap,
    family: int = 1,
    whole: bool = True,
) -> Difference:
    """Compare two tables of statistics of the same n samples in the same order: one `Comparison`; the rest as in `compare_all`."""
    [difference] = compare_all(
        [Comparison(metric=metric, first=first, second=second, rows=rows)], groups=groups, plan=plan, family=family, whole=whole
    )
    return difference


def compare_all(
    tests: Sequence[Comparison], *, groups: Sequence[Hashable], plan: Bootstrap, family: int = 1, whole: bool = True
) -> list[Difference]:
    """Make several comparisons on the same n samples; what they share is drawn, and set in the form that they take, once.

    Args:
        tests: In any order. Those with the same statistics and rows, as objects, share most.
        groups: The resampled unit of each sample.
        plan: Number of resamples and of permutations, seed, level.
        family: Tests among which the p-values will be adjusted. A p-value cannot be smaller than one over the number of permutations, so a
            small one is drawn out until an adjusted one could fall below `swaps.ALPHA`.
        whole: With the interval and McNemar's test; else with the permutation test alone.
    """
    index, n_all = group_index(groups)
    shared: dict[tuple[int, ...], Rows] = {}
    with np.errstate(all="ignore"):
        prepared = [_prepared(test, index, n_all, shared) for test in tests]
        drawn = [one for one in prepared if math.isfinite(one.observed) and one.rows.n_groups > 1 and plan.resamples]
        if whole:
            resample([(one.rows, one.add) for one in drawn], n_all, plan)
        trials = [permutation.Trial(metric=one.metric, rows=one.rows, observed=one.observed) for one in drawn]
        for one, p in zip(drawn, permutation.p_values(trials, plan, family), strict=True):
            one.p = p
    return [_difference(test, one, plan, whole=whole) for test, one in zip(tests, prepared, strict=True)]


def _prepared(test: Comparison, index: NDArray[np.intp], n_all: int, shared: dict[tuple[int, ...], Rows]) -> _Prepared:
    metric = quiet(test.metric)
    key = id(test.metric.measure), id(test.first), id(test.second), id(test.rows)
    if key not in shared:
        made = rows_of(metric.measure, (test.first, test.second), np.flatnonzero(test.rows), index, n_all)
        alone = id(test.metric.measure), id(test.first), id(test.rows)
        if test.metric.measure.expand is None:  # a system's rows are its own, whatever it is compared with
            made = replace(made, systems=(shared[alone].systems[0] if alone in shared else made.systems[0], made.systems[1]))
        shared[key] = shared[alone] = made
    rows = shared[key]
    left, right = (function(metric, statistics) for statistics in rows.systems)
    once = Weights(rows.sizes[None])
    return _Prepared(metric=metric, rows=rows, calls=(left, right), values=(float(left(once)[0]), float(right(once)[0])))


def _difference(test: Comparison, one: _Prepared, plan: Bootstrap, *, whole: bool) -> Difference:
    low = high = None
    if one.drawn:
        low, high = intervals.of_difference(one.observed, np.concatenate(one.drawn), plan.level)
    inside = np.flatnonzero(test.rows)
    return Difference(
        first=finite(one.values[0]),
        second=finite(one.values[1]),
        value=finite(one.observed),
        low=low,
        high=high,
        p=one.p,
        mcnemar_p=_mcnemar(one.metric, test.first, test.second, inside) if whole else None,
        n=len(inside),
        n_groups=one.rows.n_groups,
        method="" if low is None else intervals.PAIRED,
    )


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Holm's step-down adjustment for several comparisons; None stays None and counts for nothing."""
    known = sorted((p, position) for position, p in enumerate(p_values) if p is not None)
    adjusted: list[float | None] = [None] * len(p_values)
    highest = 0.0
    for rank, (p, position) in enumerate(known):
        highest = max(highest, min(1.0, p * (len(known) - rank)))
        adjusted[position] = highest
    return adjusted


def mcnemar_exact(only_first: int, only_second: int) -> float:
    """Two-sided exact McNemar p-value from the two discordant counts (binomial with one half)."""
    from scipy.special import bdtr  # scipy.stats would cost a second to import

    n = only_first + only_second
    p = 2 * float(bdtr(min(only_first, only_second), n, 0.5)) if n else 1.0
    return min(1.0, max(p, sys.float_info.min))  # a probability too small for a number is not 0


def _mcnemar(metric: Metric, first: Statistics, second: Statistics, inside: NDArray[np.intp]) -> float | None:
    if not metric.measure.additive or not len(inside):
        return None
    a, b = (_each(metric, statistics, inside) for statistics in (first, second))
    if a is None or b is None:
        return None
    return mcnemar_exact(int(np.sum((a == 1) & (b == 0))), int(np.sum((a == 0) & (b == 1))))


def _each(metric: Metric, statistics: Statistics, inside: NDArray[np.intp]) -> Floats | None:
    """The metric's value on each sample alone, [n], where it is right or wrong and their mean is the whole's; None otherwise."""
    table = statistics.table[inside]
    blocks = [replace(statistics, table=table[start : start + _SAMPLES_AT_ONCE]) for start in range(0, len(table), _SAMPLES_AT_ONCE)]
    with np.errstate(all="ignore"):
        each = np.concatenate([metric.value(block, np.eye(len(block.table))) for block in blocks])
        whole = float(metric.value(replace(statistics, table=table), np.ones((1, len(table))))[0])
    return each if np.isin(each, (0.0, 1.0)).all() and abs(each.mean() - whole) < 1e-9 else None


def finite(value: float) -> float | None:
    """The number; None for one that is none."""
    return float(value) if math.isfinite(value) else None
