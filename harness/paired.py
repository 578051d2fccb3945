"""Paired comparison of two systems on the same samples: the difference with its interval, and whether it could be chance.

Both systems get the same draws of the same groups, and whole groups are swapped in the permutation test, because samples of one
group are not independent. McNemar's test is given beside it where a metric is right or wrong per sample; it ignores groups and is
labelled so.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.metrics.base import Floats, Metric, Statistics
from harness.statistics import Bootstrap, draws, group_index

_CELLS_PER_CALL = 4_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The second system minus the first, under one metric on one slice."""

    first: float | None
    second: float | None
    value: float | None
    """None where either is undefined."""
    low: float | None
    high: float | None
    p: float | None
    """Two-sided permutation test over whole groups; None without at least two groups."""
    mcnemar_p: float | None
    """Exact McNemar test over samples, groups ignored; None where the metric is not right-or-wrong per sample."""
    n: int
    n_groups: int


def compare(
    metric: Metric,
    first: Statistics,
    second: Statistics,
    *,
    rows: NDArray[np.bool_],
    groups: Sequence[str],
    plan: Bootstrap,
) -> Difference:
    """Compare two tables of statistics of the same n samples in the same order.

    Args:
        metric: What turns statistics into a value.
        first: [n, k] of the first system.
        second: [n, k] of the second.
        rows: [n]; the slice.
        groups: The resampled unit of each sample.
        plan: Number of resamples and of permutations, seed, level.
    """
    inside = np.flatnonzero(rows)
    index, n_groups = group_index(groups)
    columns, local = np.unique(index[inside], return_inverse=True)
    a, b = first.table[inside], second.table[inside]
    if metric.measure.additive:
        a, b = _summed(a, local, len(columns)), _summed(b, local, len(columns))
        local = np.arange(len(columns))
    ones = np.ones((1, len(a)))
    value_a, value_b = float(_value(metric, first, a, ones)[0]), float(_value(metric, second, b, ones)[0])
    observed = value_b - value_a
    low = high = p = None
    if math.isfinite(observed) and len(columns) > 1 and plan.resamples:
        drawn = np.concatenate(
            [
                _value(metric, second, b, weights) - _value(metric, first, a, weights)
                for counts in draws(n_groups, plan)
                for weights in _blocks(counts[:, columns][:, local])
            ]
        )
        drawn = drawn[np.isfinite(drawn)]
        if len(drawn):
            tail = (1 - plan.level) / 2
            low, high = (float(bound) for bound in np.quantile(drawn, [tail, 1 - tail]))
        p = _permutation(metric, first, second, a, b, local, len(columns), observed, plan)
    return Difference(
        first=_finite(value_a),
        second=_finite(value_b),
        value=_finite(observed),
        low=low,
        high=high,
        p=p,
        mcnemar_p=_mcnemar(metric, first, second, inside),
        n=len(inside),
        n_groups=len(columns),
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
    n = only_first + only_second
    if n == 0:
        return 1.0
    tail: float = sum(math.comb(n, k) for k in range(min(only_first, only_second) + 1)) / 2**n
    return min(1.0, 2 * tail)


def _permutation(
    metric: Metric,
    first: Statistics,
    second: Statistics,
    a: Floats,
    b: Floats,
    local: NDArray[np.intp],
    n: int,
    observed: float,
    plan: Bootstrap,
) -> float:
    """Share of random swaps of whole groups whose difference is as large; the observed one counts as a draw of its own."""
    generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence((plan.seed, 0x9E37))))
    both = np.concatenate([a, b])
    as_large = done = 0
    step = max(1, _CELLS_PER_CALL // max(2 * len(a), 1))
    while done < plan.resamples:
        size = min(step, plan.resamples - done)
        swapped = generator.integers(0, 2, size=(size, n)).astype(np.float64)[:, local]
        left = _value(metric, first, both, np.concatenate([1 - swapped, swapped], axis=1))
        right = _value(metric, second, both, np.concatenate([swapped, 1 - swapped], axis=1))
        # A difference that equals the observed one up to rounding is as large.
        as_large += int(np.sum(np.abs(right - left) >= abs(observed) - 1e-12))
        done += size
    return (1 + as_large) / (1 + plan.resamples)


def _mcnemar(metric: Metric, first: Statistics, second: Statistics, inside: NDArray[np.intp]) -> float | None:
    if not metric.measure.additive or not len(inside):
        return None
    a, b = (_each(metric, statistics, inside) for statistics in (first, second))
    if not all(np.isin(values, (0.0, 1.0)).all() for values in (a, b)):
        return None
    return mcnemar_exact(int(np.sum((a == 1) & (b == 0))), int(np.sum((a == 0) & (b == 1))))


def _each(metric: Metric, statistics: Statistics, inside: NDArray[np.intp]) -> Floats:
    """The metric's value on each sample alone."""
    table = statistics.table[inside]
    return np.concatenate([_value(metric, statistics, table[i : i + 1], np.ones((1, 1))) for i in range(len(table))])


def _value(metric: Metric, like: Statistics, table: Floats, weights: Floats) -> Floats:
    with np.errstate(all="ignore"):
        return np.asarray(metric.value(Statistics(names=like.names, table=table, fixed=like.fixed, note=like.note), weights))


def _blocks(weights: Floats) -> Sequence[Floats]:
    step = max(1, _CELLS_PER_CALL // max(weights.shape[1], 1))
    return [weights[start : start + step] for start in range(0, len(weights), step)]


def _summed(table: Floats, index: NDArray[np.intp], n: int) -> Floats:
    total = np.zeros((n, table.shape[1]))
    np.add.at(total, index, table)
    return total


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
