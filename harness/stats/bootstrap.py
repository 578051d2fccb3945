"""The group bootstrap: how often each group is drawn, and the rows of a slice in the form in which that is one call.

The resampled unit is the group (image, patient, report, topic): rows of one group are drawn together, because they are not
independent. One seeded stream of draws serves all metrics, all slices and, for the same groups, all systems, so that a paired
difference costs nothing more and means something. Where each sample is a group of its own and only a few distinct ones exist (the cells
of a confusion table), how often each is drawn comes from one multinomial, which is the same distribution.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from harness.metrics.base import Floats, Measure, Metric, Statistics

_DRAWS_PER_BLOCK = 4_000_000
_DRAWS_AT_ONCE = 1 << 15
"""Stays in the processor's cache."""
_WEIGHTS_PER_CALL = 4_000_000
_MOST_ATOMS = 1024
"""Distinct rows up to which drawing how often each occurs is cheaper than drawing groups."""
_ATOMS_STREAM = 0xA705
_OURS = "harness.metrics."

MOST_RESAMPLES = 10_000_000
"""More say nothing more of an interval, and take a day."""

Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bootstrap:
    """How intervals are made; part of every record."""

    resamples: Annotated[int, Meta(ge=0, le=MOST_RESAMPLES)] = 1000
    seed: Annotated[int, Meta(ge=0, le=2**63 - 1)] = 0
    level: Annotated[float, Meta(gt=0, lt=1)] = 0.95
    """Coverage of the interval."""


def group_index(groups: Sequence[Hashable]) -> tuple[NDArray[np.intp], int]:
    """The group of each sample as a number, in order of first appearance, and how many groups there are."""
    numbers: dict[Hashable, int] = {}
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
    statistics = [replace(system, table=table) for system, table in zip(systems, tables, strict=True)]
    atom = None
    if measure.expand is not None:
        atom, first = _distinct(np.hstack(tables))
        statistics = [measure.expand(replace(system, table=table[first])) for system, table in zip(systems, tables, strict=True)]
        if alone and len(first) <= _MOST_ATOMS:
            sizes = np.bincount(atom, minlength=len(first)).astype(np.int64)
            return Rows(systems=tuple(statistics), columns=None, sizes=sizes, n_groups=n_groups, n_all=n_all)
    columns = index[inside]
    if measure.additive and not (alone and atom is None):
        statistics = [replace(system, table=_summed(system.table, atom, local, n_groups)) for system in statistics]
        columns = present
    return Rows(systems=tuple(statistics), columns=columns, sizes=np.ones(len(columns), dtype=np.int64), n_groups=n_groups, n_all=n_all)


class Weights:
    """Blocks of weights, [b, m], in the forms in which metrics take them; each is made once, whoever asks."""

    def __init__(self, counts: Counts) -> None:
        """Take them as they were drawn."""
        self.counts = counts

    def __len__(self) -> int:
        return len(self.counts)

    @functools.cached_property
    def floats(self) -> Floats:
        """The same as floating-point numbers."""
        return self.counts.astype(np.float64)


def resample(takers: Sequence[tuple[Rows, Callable[[Weights], None]]], n_all: int, plan: Bootstrap) -> None:
    """Give each taker the weights of its rows in every resample, block by block; those of the same rows, as an object, share them.

    Args:
        takers: Rows, and what takes blocks of their weights.
        n_all: How many groups there are.
        plan: Number of resamples and seed.
    """
    alike: dict[int, tuple[Rows, list[Callable[[Weights], None]]]] = {}
    for rows, take in takers:
        alike.setdefault(id(rows), (rows, []))[1].append(take)

    def give(rows: Rows, blocks: Iterator[Counts]) -> None:
        for weights in map(Weights, blocks):
            for take in alike[id(rows)][1]:
                take(weights)

    by_group = [rows for rows, _ in alike.values() if rows.columns is not None]
    for rows, _ in alike.values():
        if rows.columns is None:
            give(rows, rows.weights(plan))
    for counts in draws(n_all, plan) if by_group else ():
        for rows in by_group:
            give(rows, rows.gathered(counts))


def function(metric: Metric, statistics: Statistics) -> Callable[[Weights], Floats]:
    """The metric on these statistics, as a function of weights, [b, m] to [b]."""
    if metric.bind is not None:
        bound = metric.bind(statistics)
        return lambda weights: bound(weights.counts)
    if getattr(metric.value, "__module__", "").startswith(_OURS):
        return lambda weights: np.asarray(metric.value(statistics, weights.floats))
    # Anybody's code may write where it should read.
    return lambda weights: np.asarray(metric.value(statistics, weights.floats.copy()))


def _distinct(table: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """For each row the number of its kind, and for each kind its first row; kinds in order of first appearance."""
    kind = np.zeros(len(table), dtype=np.int64)
    n = min(1, len(table))
    for column in table.T:
        codes, values = _coded(column)
        kind, n = _coded(kind * values + codes)
    first = np.full(n, len(kind), dtype=np.intp)
    np.minimum.at(first, kind, np.arange(len(kind)))
    order = np.argsort(first)[: np.count_nonzero(first < len(kind))]
    rank = np.empty(n, dtype=np.intp)
    rank[order] = np.arange(len(order))
    return rank[kind], first[order]


def _coded(values: NDArray[Any]) -> tuple[NDArray[np.int64], int]:
    """Each value as a number from 0, equal for equal ones and for every NaN, and how many there are at most."""
    if len(values):
        low, high = values.min(), values.max()
        if low >= 0 and high < max(_MOST_ATOMS, len(values)) and bool((values == (whole := values.astype(np.int64))).all()):
            return whole, int(high) + 1  # class numbers and counts, as nearly every table holds: nothing to sort
    distinct, codes = np.unique(values, return_inverse=True)
    return codes.astype(np.int64), len(distinct)


def _summed(table: Floats, atom: NDArray[np.intp] | None, group: NDArray[np.intp], n: int) -> Floats:
    """Sums of rows by group, column by column; where rows are given by kind, each row is that of its kind."""
    sums = np.empty((n, table.shape[1]))
    for place, column in enumerate(table.T):
        sums[:, place] = np.bincount(group, weights=column if atom is None else column[atom], minlength=n)
    return sums
