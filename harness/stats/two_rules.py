"""The same replies under two rules: by how much the value changes, with its interval over the same draws of the same groups."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.metrics.base import Floats, Metric, Statistics
from harness.stats import intervals
from harness.stats.bootstrap import Bootstrap, Counts, Weights, draws, function, group_index, rows_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """The second rule's value minus the first's, in the metrics' unit."""

    first: float
    second: float
    value: float
    low: float | None
    """The percentile interval holds the effect; None with fewer than two groups, without resamples, or where most have no value."""
    high: float | None
    n: int
    n_groups: int


def effect(
    first: tuple[Metric, Statistics],
    second: tuple[Metric, Statistics],
    *,
    rows: NDArray[np.bool_],
    groups: Sequence[str],
    plan: Bootstrap,
) -> Effect | None:
    """Compare two metrics on the same n samples of one system.

    Args:
        first: A metric and its statistics, [n, k].
        second: Another.
        rows: [n]; the slice.
        groups: The resampled unit of each sample.
        plan: Number of resamples, seed, level.

    Returns:
        None where either metric has no value on the slice, or is one whose samples are not resampled by their groups.
    """
    inside = np.flatnonzero(rows)
    index, n_all = group_index(groups)
    rows_of_each = [rows_of(metric.measure, (statistics,), inside, index, n_all) for metric, statistics in (first, second)]
    if any(one.columns is None for one in rows_of_each):
        return None
    with np.errstate(all="ignore"):
        calls = [function(metric, one.systems[0]) for (metric, _), one in zip((first, second), rows_of_each, strict=True)]
        left, right = (float(call(Weights(one.sizes[None]))[0]) for call, one in zip(calls, rows_of_each, strict=True))
        if not math.isfinite(right - left):
            return None
        drawn = [np.empty(0)]
        if plan.resamples and rows_of_each[0].n_groups > 1:
            for counts in draws(n_all, plan):
                one, other = (_all(call, own.gathered(counts)) for call, own in zip(calls, rows_of_each, strict=True))
                drawn.append(other - one)
    low, high = intervals.of_difference(right - left, np.concatenate(drawn), plan.level)
    return Effect(first=left, second=right, value=right - left, low=low, high=high, n=len(inside), n_groups=rows_of_each[0].n_groups)


def _all(call: Callable[[Weights], Floats], blocks: Iterable[Counts]) -> Floats:
    return np.concatenate([call(weights) for weights in map(Weights, blocks)])
