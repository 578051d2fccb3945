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
from harness.stats.sums import Field
from harness.stats.swaps import Differences, drawn_out, swaps

_CELLS_AT_ONCE = 4_000_000
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
        self._moved: dict[int, Floats] = {}
        self._shared: dict[int, Floats] = {}

    @functools.cached_property
    def floats(self) -> Floats:
        return self.counts.astype(np.float64)

    def prepare(self, together: Sequence[tuple[Rows, object]]) -> None:
        """Make what some trials need in few products, for which the swaps are read once, and forget that of others."""
        tables = {id(own.table): own.table for rows, call in together if isinstance(call, _OfSums) for own in rows.systems}
        self._moved, self._shared = {}, {}
        if tables:
            ends = np.cumsum([table.shape[1] for table in tables.values()])
            product = self.floats @ np.concatenate(list(tables.values()), axis=1)
            self._moved = dict(zip(tables, np.split(product, ends[:-1], axis=1), strict=True))
        shares = {id(call): call.shares for _, call in together if isinstance(call, _OfShares)}
        if shares:
            self._shared = dict(zip(shares, np.stack(list(shares.values())) @ self.floats.T, strict=True))

    def moved(self, table: Floats) -> Floats:
        """The sums of what is swapped of a system, [b, k]."""
        return self._moved[id(table)] if id(table) in self._moved else self.floats @ table

    def shared(self, call: _OfShares) -> Floats:
        """What all that is swapped adds to a difference, [b]."""
        return self._shared[id(call)] if id(call) in self._shared else self.floats @ call.shares


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
    p_by_trial = np.empty(len(trials))
    with np.errstate(all="ignore"):
        for places in alike.values():
            own = [trials[place] for place in places]
            rows = own[0].rows
            if rows.columns is None:
                blocks = swaps(len(rows.sizes), plan, family, of=rows.sizes)
            else:
                blocks = swaps(len(rows.sizes), plan, family, groups=_groups(rows))
            p_by_trial[places] = _drawn_out(own, blocks, plan)
    return [float(p) for p in p_by_trial]


def _drawn_out(trials: Sequence[Trial], blocks: Iterator[Counts], plan: Bootstrap) -> Floats:
    calls: list[Callable[[_Block], Floats]] = []

    def differences(counts: Counts, places: list[int]) -> Differences:
        block = _Block(counts)
        if not calls:
            calls.extend(_differences(trial, counts) for trial in trials)
        for some in _batches(trials, calls, places, len(counts)):
            block.prepare([(trials[place].rows, calls[place]) for place in some])
            for place in some:
                difference = calls[place](block)
                yield place, np.abs(difference), int(np.count_nonzero(~np.isnan(difference)))

    return drawn_out(np.array([trial.observed for trial in trials]), blocks, differences, plan)


def _batches(
    trials: Sequence[Trial], calls: Sequence[Callable[[_Block], Floats]], places: Sequence[int], swapped: int
) -> Iterator[list[int]]:
    """The trials in their order, so many at a time as are held together after so many swaps."""
    some: list[int] = []
    known: set[int] = set()
    columns = 0
    for place in places:
        tables = [own.table for own in trials[place].rows.systems] if isinstance(calls[place], _OfSums) else []
        wide = 1 + sum(table.shape[1] for table in tables if id(table) not in known)
        if some and (columns + wide) * swapped > _CELLS_AT_ONCE:
            yield some
            some, known, columns = [], set(), 0
        known.update(map(id, tables))
        columns += wide
        some.append(place)
    if some:
        yield some


@dataclass(frozen=True, slots=True)
class _OfShares:
    """The differences of a trial that are sums over groups."""

    whole: float
    """The difference before any swap."""
    shares: Floats
    """What each group adds when it changes sides, [G]."""

    def __call__(self, block: _Block) -> Floats:
        return self.whole + block.shared(self)


@dataclass(frozen=True, slots=True)
class _OfSums:
    """The differences of a trial from the sums of what is swapped."""

    field: Field
    rows: Rows
    whole: list[Floats]
    """Of each system the sums of everything, [k]."""

    def __call__(self, block: _Block) -> Floats:
        a, b = (block.moved(own.table) for own in self.rows.systems)
        return self.field.of_sums(1, a + self.whole[1] - b) - self.field.of_sums(0, b + self.whole[0] - a)


def _differences(trial: Trial, first: Counts) -> Callable[[_Block], Floats]:
    """The differences of a trial after each swap of a block, in the cheapest of the ways that give them."""
    metric, rows = trial.metric, trial.rows
    itself = _by_the_metric(metric, rows)
    if rows.columns is not None:
        shares = swap_shares(metric, rows.systems[0], rows.systems[1], _local(rows))
        if shares is not None:
            return _OfShares(trial.observed, shares)
    field = sums.field_from(metric, rows.systems, rows.sizes)
    if field is None:
        return itself
    if rows.columns is not None and (weights := sums.as_mean(field, first)) is not None:
        apart = weights[1] - weights[0]
        return _OfShares(float(apart.sum()), -2 * apart)
    of_sums = _OfSums(field, rows, [rows.sizes @ own.table for own in rows.systems])
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
