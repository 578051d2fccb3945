"""Paired comparison of two systems on the same samples: the difference with its interval, and whether it could be chance.

Both systems get the same draws of the same groups, and whole groups are swapped in the permutation test, because samples of one
group are not independent. McNemar's test is given beside it where a metric is right or wrong per sample; it ignores groups and is
labelled so.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from harness.metrics.base import Floats, Metric, Statistics
from harness.metrics.measuring import quiet
from harness.stats import intervals
from harness.stats.bootstrap import Bootstrap, Counts, Rows, draws, function, group_index, rows_of

ALPHA = 0.05
"""Of two-sided tests, after adjustment."""
_CELLS_PER_CALL = 4_000_000
_SAMPLES_AT_ONCE = 256
UNDECIDED = 5
"""Swaps as large as the observed difference below which more of them are drawn, where a family of tests asks for more."""
_MOST_PERMUTATIONS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The second system minus the first, under one metric on one slice."""

    first: float | None
    second: float | None
    value: float | None
    """None where either is undefined."""
    low: float | None
    """The interval holds the difference; None with fewer than two groups, or where most resamples have no difference."""
    high: float | None
    p: float | None
    """Two-sided permutation test over whole groups, above 0 and at most 1; None without at least two groups."""
    mcnemar_p: float | None
    """Exact McNemar test over samples, groups ignored; None where the metric is not right-or-wrong per sample."""
    n: int
    n_groups: int
    method: str = ""
    """How the interval was made; empty where there is none."""


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
    """Compare two tables of statistics of the same n samples in the same order.

    Args:
        metric: What turns statistics into a value.
        first: [n, k] of the first system.
        second: [n, k] of the second.
        rows: [n]; the slice.
        groups: The resampled unit of each sample.
        plan: Number of resamples and of permutations, seed, level.
        family: Tests among which the p-value will be adjusted. A p-value cannot be smaller than one over the number of permutations, so a
            small one is drawn out until an adjusted one could fall below `ALPHA`.
        whole: With the interval and McNemar's test; else with the permutation test alone.
    """
    metric = quiet(metric)
    inside = np.flatnonzero(rows)
    index, n_all = group_index(groups)
    found = rows_of(metric.measure, (first, second), inside, index, n_all)
    low = high = p = None
    with np.errstate(all="ignore"):
        left, right = (function(metric, statistics) for statistics in found.systems)
        value_a, value_b = (float(call(found.sizes[None])[0]) for call in (left, right))
        observed = value_b - value_a
        if math.isfinite(observed) and found.n_groups > 1 and plan.resamples:
            if whole:
                blocks = found.weights(plan) if found.columns is None else chain.from_iterable(map(found.gathered, draws(n_all, plan)))
                drawn = np.concatenate([right(weights) - left(weights) for weights in blocks])
                low, high = _interval(observed, drawn, plan.level)
            p = _permutation(metric, found, observed, plan, family)
    return Difference(
        first=finite(value_a),
        second=finite(value_b),
        value=finite(observed),
        low=low,
        high=high,
        p=p,
        mcnemar_p=_mcnemar(metric, first, second, inside) if whole else None,
        n=len(inside),
        n_groups=found.n_groups,
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


def _interval(observed: float, drawn: Floats, level: float) -> tuple[float, float] | tuple[None, None]:
    """The percentile interval of a difference, the difference itself included; none where most draws have no value."""
    defined = drawn[np.isfinite(drawn)]
    if not len(defined) or len(defined) < len(drawn) / 2:
        return None, None
    low, high = intervals.percentiles(defined, (1 - level) / 2)
    return (min(low, observed), max(high, observed)) if math.isfinite(low) and math.isfinite(high) else (None, None)


def _permutation(metric: Metric, found: Rows, observed: float, plan: Bootstrap, family: int) -> float:
    """Share of random swaps of whole groups whose difference is as large; the observed one counts as a draw of its own.

    Swaps without a difference are left out: counted as small ones, they would make chance look smaller than it is.
    """
    local = None if found.columns is None else np.unique(found.columns, return_inverse=True)[1]
    shares = None if local is None else swap_shares(metric, found.systems[0], found.systems[1], local)
    m, as_large, known, done = len(found.sizes), 0, 0, 0
    for difference in _swapped(metric, found, local, plan, family) if shares is None else _added(observed, shares, m, plan, family):
        as_large += int(np.sum(np.abs(difference) >= nearly(np.array(observed))))
        known += int(np.sum(~np.isnan(difference)))
        done += len(difference)
        if done >= plan.resamples and as_large >= UNDECIDED:
            break
    return (1 + as_large) / (1 + known)


def _swapped(metric: Metric, found: Rows, local: NDArray[np.intp] | None, plan: Bootstrap, family: int) -> Iterator[Floats]:
    """Blocks of differences after swaps, each by the metric itself."""
    table = np.concatenate([statistics.table for statistics in found.systems])
    left, right = (function(metric, replace(statistics, table=table)) for statistics in found.systems)
    groups = None if local is None else _n(local)
    for block in swaps(len(found.sizes), plan, family, of=found.sizes if local is None else None, groups=groups):
        swapped = block if local is None else block[:, local]
        kept = found.sizes - swapped
        yield right(np.concatenate([swapped, kept], axis=1)) - left(np.concatenate([kept, swapped], axis=1))


def _added(observed: float, shares: Floats, m: int, plan: Bootstrap, family: int) -> Iterator[Floats]:
    """The same of m rows where what their groups add to the difference, [G], is known."""
    for block in swaps(m, plan, family, groups=len(shares)):
        yield observed + block.astype(np.float64) @ shares


def swap_shares(metric: Metric, first: Statistics, second: Statistics, group: NDArray[np.intp]) -> Floats | None:
    """What each group adds to the difference when it changes sides, [G]; None where the difference is not known to be such a sum.

    Args:
        metric: As in `compare`.
        first: [m, k]
        second: [m, k]
        group: [m], from 0.
    """
    if metric.swap is None:
        return None
    each = metric.swap(first, second)
    return np.asarray(np.bincount(group, weights=each, minlength=_n(group))) if np.isfinite(each).all() else None


def _n(group: NDArray[np.intp]) -> int:
    return int(group.max(initial=-1)) + 1


def nearly(observed: Floats) -> Floats:
    """From where on a swap's difference is as large as the observed one: one that equals it up to rounding is."""
    return np.asarray(np.abs(observed) - 1e-12 * np.maximum(1.0, np.abs(observed)))


def most_swaps(plan: Bootstrap, family: int) -> int:
    """How many swaps a test that nothing decides before draws."""
    return max(plan.resamples, min(_MOST_PERMUTATIONS, math.ceil(2 * family / ALPHA)))


def swaps(m: int, plan: Bootstrap, family: int, *, of: Counts | None = None, groups: int | None = None) -> Iterator[Counts]:
    """Blocks of how much of each of m rows is swapped, [b, m], or which groups are, [b, G].

    The first `Bootstrap.resamples`, then as many as a family asks for.

    Equal for equal arguments, and so for all pairs of systems on the same groups.

    Args:
        m: Rows.
        plan: Number of swaps and seed.
        family: As in `compare`.
        of: [m], how many equal samples each row stands for; of these it matters only how many are swapped.
        groups: How many there are where several rows are swapped together; None swaps row by row.
    """
    generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence((plan.seed, 0x9E37))))
    step = max(1, _CELLS_PER_CALL // max(2 * m, 1))
    most, done = most_swaps(plan, family), 0
    while done < most:
        size = min(step, (plan.resamples if done < plan.resamples else most) - done)
        if of is not None:
            yield generator.binomial(of, 0.5, size=(size, m))
        else:
            yield generator.integers(0, 2, size=(size, m if groups is None else groups))
        done += size


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
