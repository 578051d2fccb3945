"""Permutation tests of two systems, any number of metrics at a time: whole groups change sides, and all tests see the same swaps.

A test that depends on sums is made from them, which the metrics of one measure share; one whose difference is a sum over groups is a
product with the swaps; any other is computed after every swap.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from harness.metrics.base import Floats, Metric, Statistics
from harness.stats import sums
from harness.stats.bootstrap import Bootstrap, Counts, Rows, Weights, function
from harness.stats.swaps import Differences, drawn_out, swaps

_SEEN = 8
"""Swaps after which a test from sums must give what the metric itself gives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One test to make."""

    metric: Metric
    rows: Rows
    """Of both systems; shared by the metrics of one measure and slice."""
    observed: float
    """The second system's value minus the first's, finite."""


class _Block:
    """Swaps, [b, m] of rows or [b, G] of groups, and what the trials make of them together."""

    def __init__(self, counts: Counts) -> None:
        self.counts = counts
        self._moved: dict[int, list[Floats]] = {}

    @functools.cached_property
    def floats(self) -> Floats:
        return self.counts.astype(np.float64)

    def moved(self, rows: Rows) -> list[Floats]:
        """Of each system the sums of what is swapped, [b, k]."""
        if id(rows) not in self._moved:
            self._moved[id(rows)] = [self.floats @ own.table for own in rows.systems]
        return self._moved[id(rows)]


def p_values(trials: Sequence[Trial], plan: Bootstrap, family: int) -> list[float]:
    """The p of each trial, as in `swaps.drawn_out`.

    Args:
        trials: All over the same samples.
        plan: Number of swaps and seed.
        family: Tests among which the p-values will be adjusted.
    """
    alike: dict[tuple[int, ...], list[int]] = {}
    for place, trial in enumerate(trials):
        rows = trial.rows
        alike.setdefault((id(rows),) if rows.columns is None else (len(rows.sizes), _groups(rows)), []).append(place)
    found = np.empty(len(trials))
    with np.errstate(all="ignore"):
        for places in alike.values():
            own = [trials[place] for place in places]
            rows = own[0].rows
            if rows.columns is None:
                blocks = swaps(len(rows.sizes), plan, family, of=rows.sizes)
            else:
                blocks = swaps(len(rows.sizes), plan, family, groups=_groups(rows))
            found[places] = _drawn_out(own, blocks, plan)
    return [float(p) for p in found]


def _drawn_out(trials: Sequence[Trial], blocks: Iterator[Counts], plan: Bootstrap) -> Floats:
    calls: list[Callable[[_Block], Floats]] = []

    def differences(counts: Counts, places: list[int]) -> Differences:
        block = _Block(counts)
        if not calls:
            calls.extend(_differences(trial, counts) for trial in trials)
        for place in places:
            difference = calls[place](block)
            yield place, np.abs(difference), int(np.count_nonzero(~np.isnan(difference)))

    return drawn_out(np.array([trial.observed for trial in trials]), blocks, differences, plan)


def _differences(trial: Trial, first: Counts) -> Callable[[_Block], Floats]:
    """The differences of a trial after each swap of a block, in the cheapest of the ways that give them."""
    metric, rows = trial.metric, trial.rows
    itself = _by_the_metric(metric, rows)
    if rows.columns is not None:
        shares = swap_shares(metric, rows.systems[0], rows.systems[1], _local(rows))
        if shares is not None:
            return lambda block: trial.observed + block.floats @ shares
    field = sums.field_from(metric, rows.systems, rows.sizes)
    if field is None:
        return itself
    known = field
    whole = [rows.sizes @ own.table for own in rows.systems]

    def of_sums(block: _Block) -> Floats:
        a, b = block.moved(rows)
        return known.of_sums(1, a + whole[1] - b) - known.of_sums(0, b + whole[0] - a)

    few = _Block(first[:_SEEN])
    return of_sums if np.allclose(of_sums(few), itself(few), rtol=0, atol=1e-9, equal_nan=True) else itself


def _by_the_metric(metric: Metric, rows: Rows) -> Callable[[_Block], Floats]:
    table = np.concatenate([own.table for own in rows.systems])
    left, right = (function(metric, replace(own, table=table)) for own in rows.systems)
    local = None if rows.columns is None else _local(rows)

    def differences(block: _Block) -> Floats:
        swapped = block.counts if local is None else block.counts[:, local]
        kept = rows.sizes - swapped
        return right(Weights(np.concatenate([swapped, kept], axis=1))) - left(Weights(np.concatenate([kept, swapped], axis=1)))

    return differences


def swap_shares(metric: Metric, first: Statistics, second: Statistics, group: NDArray[np.intp]) -> Floats | None:
    """What each group adds to the difference when it changes sides, [G]; None where the difference is not known to be such a sum.

    Args:
        metric: As in `Trial`.
        first: [m, k]
        second: [m, k]
        group: [m], from 0.
    """
    if metric.swap is None:
        return None
    each = metric.swap(first, second)
    return np.asarray(np.bincount(group, weights=each, minlength=int(group.max(initial=-1)) + 1)) if np.isfinite(each).all() else None


def _groups(rows: Rows) -> int:
    """How many groups the rows are of."""
    return len(np.unique(_columns(rows)))


def _local(rows: Rows) -> NDArray[np.intp]:
    """The group of each row, from 0 and without gaps."""
    return np.unique(_columns(rows), return_inverse=True)[1]


def _columns(rows: Rows) -> NDArray[np.intp]:
    assert rows.columns is not None
    return rows.columns
