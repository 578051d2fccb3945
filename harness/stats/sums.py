"""Systems as sums by group: a pair is then a subtraction, or one evaluation of the metric; a system's part of a draw is made once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from harness.metrics.base import Floats, Metric, Statistics
from harness.metrics.measuring import quiet
from harness.stats.bootstrap import Counts, rows_of
from harness.stats.swaps import Differences

Pair = tuple[int, int]
_SUMS_AT_ONCE = 4_000_000
_PROBED = 32
"""Draws of each system in which a metric is seen to be a mean before it is taken for one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """The systems as sums by group."""

    metric: Metric
    statistics: tuple[Statistics, ...]
    """[G, k] each."""
    values: Floats
    """[N]"""
    unit: Floats
    """[k, k], a row for each column that any system's table has something in."""

    def of_sums(self, system: int, sums: Floats) -> Floats:
        """The metric of sums of the columns, [b, k] to [b], as the system's own fixed facts have it.

        One row per column that is ever above nothing, weighted by its sum: what depends on weighted sums alone cannot tell the difference.
        """
        return np.asarray(self.metric.value(replace(self.statistics[system], table=self.unit), sums))


def field_of(metric: Metric, systems: Sequence[Statistics], index: NDArray[np.intp], n_groups: int) -> Field | None:
    """The systems as sums; None where pairs depend on more: on ranks, on which samples are alike, on values that are absent."""
    metric = quiet(metric)
    alone = n_groups == len(index)
    if not metric.measure.additive or metric.bind is not None or (alone and metric.measure.expand is not None):
        return None
    everything = np.arange(len(index))
    with np.errstate(all="ignore"):
        statistics = tuple(rows_of(metric.measure, (own,), everything, index, n_groups).systems[0] for own in systems)
    return field_from(metric, statistics, np.ones(n_groups, dtype=np.int64))


def field_from(metric: Metric, systems: tuple[Statistics, ...], sizes: Counts) -> Field | None:
    """The systems whose rows, [m, k], stand for as many samples or groups as the sizes say, [m]; None as in `field_of`."""
    if not metric.measure.additive or metric.bind is not None or len({(own.names, own.table.shape) for own in systems}) > 1:
        return None
    if not all(np.isfinite(own.table).all() for own in systems):
        return None
    weights = sizes[None].astype(np.float64)
    with np.errstate(all="ignore"):
        values = np.array([float(metric.value(own, weights)[0]) for own in systems])
        holds = np.any([own.table.any(axis=0) for own in systems], axis=0)
        field = Field(metric=metric, statistics=systems, values=values, unit=np.diag(holds.astype(np.float64)))
        again = np.array([field.of_sums(place, weights @ own.table)[0] for place, own in enumerate(systems)])
    return field if np.allclose(again, values, rtol=0, atol=1e-9, equal_nan=True) else None


def of_mean(weights: Floats, swapped: Counts, places: Sequence[int], pairs: Sequence[Pair]) -> Differences:
    """Of a metric that is a mean of the groups' own shares, [N, G]."""
    shares = np.ascontiguousarray((weights.sum(axis=1) - 2 * (swapped.astype(np.float64) @ weights.T)).T)
    difference = np.empty(len(swapped))
    for place in places:
        a, b = pairs[place]
        np.subtract(shares[b], shares[a], out=difference)
        yield place, np.abs(difference, out=difference), len(swapped)


def of_sums(field: Field, swapped: Counts, places: Sequence[int], pairs: Sequence[Pair]) -> Differences:
    """Of any other metric of sums."""
    columns = field.statistics[0].table.shape[1]
    step = max(1, _SUMS_AT_ONCE // max(1, len(field.statistics) * columns))
    whole = [own.table.sum(axis=0) for own in field.statistics]
    for start in range(0, len(swapped), step):
        block = swapped[start : start + step].astype(np.float64)
        moved = [block @ own.table for own in field.statistics]
        for place in places:
            a, b = pairs[place]
            right, left = field.of_sums(b, moved[a] + whole[b] - moved[b]), field.of_sums(a, moved[b] + whole[a] - moved[a])
            difference = np.abs(right - left)
            yield place, difference, int(np.count_nonzero(~np.isnan(difference)))


def as_mean(field: Field, swapped: Counts) -> Floats | None:
    """What each group of each system adds to its value, [N, G]; None where the value is no sum of such shares.

    A mean over samples is one: what all systems have in common (how many samples) is its divisor. Whether the metric is, is seen on the
    systems' own values and on draws of each.

    Args:
        field: The systems.
        swapped: Which groups are swapped, [b, G]; the first of these draws are looked at.
    """
    first = field.statistics[0]
    if any(own.fixed != first.fixed for own in field.statistics):
        return None
    tables = np.stack([own.table for own in field.statistics])
    differ = np.flatnonzero((tables != tables[0]).any(axis=(0, 1)))
    total = first.table.sum(axis=0)
    slopes = np.zeros(tables.shape[2])
    for column in differ:
        moved = np.stack([total, total])
        moved[1, column] = tables[:, :, column].sum(axis=1).mean() + 1.0
        low, high = field.of_sums(0, moved)
        slopes[column] = (high - low) / (moved[1, column] - moved[0, column]) if moved[1, column] != moved[0, column] else np.nan
    if not np.isfinite(slopes).all():
        return None
    weights = tables @ slopes
    base = field.values[0] - weights[0].sum()
    seen = swapped[:_PROBED].astype(np.float64)
    for place, table in enumerate(tables):
        sums = np.concatenate([table.sum(axis=0)[None], seen @ table + (1 - seen) @ tables[0]])
        expected = base + np.append(weights[place].sum(), seen @ weights[place] + (1 - seen) @ weights[0])
        if not np.allclose(field.of_sums(place, sums), expected, rtol=0, atol=1e-10 * max(1.0, abs(base))):
            return None
    return weights
