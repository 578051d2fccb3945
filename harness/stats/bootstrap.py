"""Point estimates and group-bootstrap intervals for every metric and slice, from statistics measured once.

The resampled unit is the group (image, patient, report, topic): rows of one group are drawn together, because they are not
independent. One seeded stream of draws serves all metrics, all slices and, for the same groups, all systems, so that a paired
difference costs nothing more and means something. Where each sample is a group of its own and only a few distinct ones exist (the cells
of a confusion table), how often each is drawn comes from one multinomial, which is the same distribution.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from harness.metrics.base import Floats, Measure, Metric, Statistics
from harness.metrics.measuring import FAULT, Broken, numbers, raised, what
from harness.metrics.units import FRACTION
from harness.stats import intervals
from harness.stats.intervals import Interval

_DRAWS_PER_BLOCK = 4_000_000
_DRAWS_AT_ONCE = 1 << 15
"""Stays in the processor's cache."""
_WEIGHTS_PER_CALL = 4_000_000
_MOST_ATOMS = 1024
"""Distinct rows up to which drawing how often each occurs is cheaper than drawing groups."""
_ATOMS_STREAM = 0xA705

Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bootstrap:
    """How intervals are made; part of every record."""

    resamples: int = 1000
    seed: int = 0
    level: float = 0.95
    """Coverage of the interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One thing to estimate: a metric on the rows of one slice."""

    metric: Metric
    statistics: Statistics
    rows: NDArray[np.bool_]
    """[n]; which samples belong to the slice."""


def group_index(groups: Sequence[str]) -> tuple[NDArray[np.intp], int]:
    """The group of each sample as a number, in order of first appearance, and how many groups there are."""
    numbers: dict[str, int] = {}
    index = np.fromiter((numbers.setdefault(group, len(numbers)) for group in groups), dtype=np.intp, count=len(groups))
    return index, len(numbers)


def draws(n_groups: int, plan: Bootstrap) -> Iterator[Counts]:
    """Blocks of bootstrap counts, [b, n_groups]: how often each group was drawn in each resample.

    Blocks keep memory flat. Each block has a random stream of its own, derived from the seed and the block's number, and its size
    depends on ``n_groups`` alone, so the draws are the same whatever is computed from them.
    """
    size = max(1, min(plan.resamples, _DRAWS_PER_BLOCK // max(n_groups, 1)))
    for number, start in enumerate(range(0, plan.resamples, size)):
        b = min(size, plan.resamples - start)
        generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence((plan.seed, number))))
        counts = np.empty((b, n_groups), dtype=np.int64)
        step = max(1, _DRAWS_AT_ONCE // max(n_groups, 1))
        for first in range(0, b, step):
            part = counts[first : first + step]
            picked = generator.integers(0, n_groups, size=part.shape)
            picked += np.arange(len(part))[:, None] * n_groups
            part[:] = np.bincount(picked.ravel(), minlength=part.size).reshape(part.shape)
        yield counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """What one slice of a measure is resampled by: samples, groups, or distinct samples with how many there are of each."""

    systems: tuple[Statistics, ...]
    """The statistics of one system, or of two that are compared, each of m rows."""
    columns: NDArray[np.intp] | None
    """[m], the group of each row; None for distinct samples, each a group of its own."""
    sizes: Counts
    """[m], how many samples each row stands for: the weights of the point estimate."""
    n_groups: int
    """Groups in the slice."""
    n_all: int
    """Groups in the whole set: the size of a resample."""

    def weights(self, plan: Bootstrap) -> Iterator[Counts]:
        """Blocks of weights, [b, m], of rows that are distinct samples; together they are one draw from the multinomial."""
        generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence((plan.seed, _ATOMS_STREAM))))
        shares = np.append(self.sizes, self.n_all - self.sizes.sum()) / self.n_all
        yield generator.multinomial(self.n_all, shares, size=plan.resamples)[:, :-1]

    def gathered(self, counts: Counts) -> Iterator[Counts]:
        """Blocks of weights, [b, m], from counts of all groups."""
        assert self.columns is not None
        everything = len(self.columns) == counts.shape[1] and bool((self.columns == np.arange(counts.shape[1])).all())
        step = max(1, _WEIGHTS_PER_CALL // max(len(self.columns), 1))
        for start in range(0, len(counts), step):
            block = counts[start : start + step]
            yield block if everything else block.take(self.columns, axis=1)


def rows_of(measure: Measure, systems: Sequence[Statistics], inside: NDArray[np.intp], index: NDArray[np.intp], n_all: int) -> Rows:
    """A slice in the form in which resampling is one call per block.

    Args:
        measure: Where the statistics come from.
        systems: One system's statistics, or those of two on the same samples.
        inside: The slice's rows.
        index: The group of each sample.
        n_all: How many groups there are.
    """
    present, local = np.unique(index[inside], return_inverse=True)
    n_groups, alone = len(present), len(present) == len(inside)
    tables = [system.table[inside] for system in systems]
    found = [replace(system, table=table) for system, table in zip(systems, tables, strict=True)]
    atom = None
    if measure.expand is not None:
        atom, first = _distinct(np.hstack(tables))
        found = [measure.expand(replace(system, table=table[first])) for system, table in zip(systems, tables, strict=True)]
        if alone and len(first) <= _MOST_ATOMS:
            sizes = np.bincount(atom, minlength=len(first)).astype(np.int64)
            return Rows(systems=tuple(found), columns=None, sizes=sizes, n_groups=n_groups, n_all=n_all)
    columns = index[inside]
    if measure.additive and not (alone and atom is None):
        found = [replace(system, table=_summed(system.table, atom, local, n_groups)) for system in found]
        columns = present
    return Rows(systems=tuple(found), columns=columns, sizes=np.ones(len(columns), dtype=np.int64), n_groups=n_groups, n_all=n_all)


def function(metric: Metric, statistics: Statistics) -> Callable[[Counts], Floats]:
    """The metric on these statistics, as a function of weights, [b, m] to [b]."""
    if metric.bind is not None:
        return metric.bind(statistics)
    return lambda weights: np.asarray(metric.value(statistics, weights.astype(np.float64)))


class _Prepared:
    """A cell: its rows, which cells of one measure and slice share, and the values drawn so far.

    A metric may be anybody's code: what it raises, or returns against its contract, becomes the note of its own number.
    """

    def __init__(self, cell: Cell, rows: Rows | str) -> None:
        self.metric = cell.metric
        self.rows = None if isinstance(rows, str) else rows
        self.fault = rows if isinstance(rows, str) else ""
        self.unsampled = ""
        self.values: list[Floats] = []
        self.value = float("nan")
        if self.rows is None or not len(self.rows.sizes):
            return
        try:
            self.call = function(cell.metric, self.rows.systems[0])
            self.value = float(self._called(self.rows.sizes[None])[0])
        except Exception as error:  # noqa: BLE001
            self.fault = raised("value()", error)
        if math.isinf(self.value):
            self.fault = f"{FAULT}value() gave an infinite value"

    def _called(self, weights: Counts) -> Floats:
        found = numbers(self.call(weights), "values")
        if found.shape != (len(weights),):
            raise Broken(f"returned values of shape {found.shape} for {len(weights)} weightings")
        return found

    def add(self, weights: Counts) -> None:
        """The values of a block of resamples; the first that cannot be had ends the interval and leaves the value."""
        if not self.unsampled:
            try:
                self.values.append(self._called(weights))
            except Exception as error:  # noqa: BLE001
                self.unsampled = f"no interval: on resamples value() {what(error)}"

    def interval(self, plan: Bootstrap) -> Interval:
        if self.fault or self.rows is None or not math.isfinite(self.value):
            return Interval(value=None, low=None, high=None, note=self.fault or "undefined on this set")
        if self.unsampled or not self.values:
            note = self.unsampled or ("no interval: fewer than two groups" if plan.resamples else "")
            return Interval(value=self.value, low=None, high=None, note=note)
        try:
            groups, of, classes = _basis(self.metric, self.rows)
        except Exception as error:  # noqa: BLE001
            return Interval(value=self.value, low=None, high=None, note=f"no interval: basis() {what(error)}")
        return intervals.make(
            self.value,
            np.concatenate(self.values),
            level=plan.level,
            groups=groups,
            of=of,
            fraction=self.metric.unit == FRACTION.name,
            scale=self.metric.interval,
            two=0 < classes <= 2,
        )


def _basis(metric: Metric, rows: Rows) -> tuple[int, str, int]:
    """How many groups decide the value, which, and of how many classes the metric says so; of none, every row counts."""
    if metric.basis is None:
        return rows.n_groups, "", 0
    holds = metric.basis(rows.systems[0])
    fewest = min((_held(rows, holds[:, number]) for number in range(holds.shape[1])), default=0)
    if not 0 < fewest < rows.n_groups:
        return rows.n_groups, "", holds.shape[1]
    return fewest, "of its class" if holds.shape[1] == 1 else "of the rarest class", holds.shape[1]


def _held(rows: Rows, holds: NDArray[np.bool_]) -> int:
    return int(rows.sizes[holds].sum()) if rows.columns is None else len(np.unique(rows.columns[holds]))


def estimate(cells: Sequence[Cell], groups: Sequence[str], plan: Bootstrap) -> list[Interval]:
    """The value and interval of each cell, in their order.

    Args:
        cells: Metric and slice pairs over the same n samples.
        groups: The group of each of the n samples.
        plan: Number of resamples, seed and level. Zero resamples give values alone.
    """
    index, n_groups = group_index(groups)
    shared: dict[tuple[int, int, int], Rows | str] = {}
    prepared = []
    with np.errstate(all="ignore"):
        for cell in cells:
            key = id(cell.metric.measure), id(cell.statistics), id(cell.rows)
            if key not in shared:
                try:
                    shared[key] = rows_of(cell.metric.measure, [cell.statistics], np.flatnonzero(cell.rows), index, n_groups)
                except Exception as error:  # noqa: BLE001  the measure's own expand()
                    shared[key] = raised("expand()", error)
            prepared.append(_Prepared(cell, shared[key]))
        alike: dict[int, tuple[Rows, list[_Prepared]]] = {}
        for one in prepared:
            if one.rows is not None and plan.resamples and one.rows.n_groups > 1 and math.isfinite(one.value):
                alike.setdefault(id(one.rows), (one.rows, []))[1].append(one)
        for rows, mine in alike.values():
            if rows.columns is None:
                _add(mine, rows.weights(plan))
        by_group = [(rows, mine) for rows, mine in alike.values() if rows.columns is not None]
        for counts in draws(n_groups, plan) if by_group else ():
            for rows, mine in by_group:
                _add(mine, rows.gathered(counts))
        return [one.interval(plan) for one in prepared]


def _add(cells: Sequence[_Prepared], blocks: Iterable[Counts]) -> None:
    for weights in blocks:
        for cell in cells:
            cell.add(weights)


def _distinct(table: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """For each row the number of its kind, and for each kind its first row; kinds in order of first appearance."""
    import pandas

    kind = np.zeros(len(table), dtype=np.int64)
    for column in table.T:
        codes, values = pandas.factorize(column, use_na_sentinel=False)
        kind, _ = pandas.factorize(kind * len(values) + codes)
    n = int(kind.max()) + 1 if len(kind) else 0
    first = np.empty(n, dtype=np.intp)
    first[kind[::-1]] = np.arange(len(kind))[::-1]
    return kind.astype(np.intp), first


def _summed(table: Floats, atom: NDArray[np.intp] | None, group: NDArray[np.intp], n: int) -> Floats:
    """Sums of rows by group, column by column; where rows are given by kind, each row is that of its kind."""
    columns = (column if atom is None else column[atom] for column in table.T)
    return np.column_stack([np.bincount(group, weights=column, minlength=n) for column in columns])


def slices(tags: Mapping[str, Sequence[str]], n: int) -> dict[str, tuple[str, NDArray[np.bool_]]]:
    """Name of slice to its dimension and rows: ``all`` first, then each value of each dimension, sorted.

    A slice is named by its value; where two dimensions share a value it is ``dimension=value``. The empty value is no slice.
    """
    found: dict[str, tuple[str, NDArray[np.bool_]]] = {"all": ("", np.ones(n, dtype=np.bool_))}
    owners: dict[str, set[str]] = {}
    for dimension, values in tags.items():
        for value in set(values):
            owners.setdefault(value, set()).add(dimension)
    for dimension in sorted(tags):
        column = np.asarray(tags[dimension], dtype=object)
        for value in sorted(set(tags[dimension]) - {""}):
            taken = len(owners[value]) > 1 or value == "all"
            found[f"{dimension}={value}" if taken else value] = (dimension, np.asarray(column == value, dtype=np.bool_))
    return found
