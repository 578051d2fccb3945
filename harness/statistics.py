"""Point estimates and group-bootstrap intervals for every metric and slice, from statistics measured once.

The resampled unit is the group (image, patient, report, topic): rows of one group are drawn together, because they are not
independent. One seeded stream of draws serves all metrics, all slices and, for the same groups, all systems, so that a paired
difference costs nothing more and means something.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.metrics.base import Floats, Metric, Statistics

_DRAWS_PER_BLOCK = 4_000_000
_WEIGHTS_PER_CALL = 4_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Bootstrap:
    """How intervals are made; part of every record."""

    resamples: int = 1000
    seed: int = 0
    level: float = 0.95
    """Coverage of the percentile interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A value with its interval, None where undefined."""

    value: float | None
    low: float | None
    high: float | None
    note: str = ""


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


def draws(n_groups: int, plan: Bootstrap) -> Iterator[Floats]:
    """Blocks of bootstrap counts, [b, n_groups]: how often each group was drawn in each resample.

    Blocks keep memory flat. Each block has a random stream of its own, derived from the seed and the block's number, and its size
    depends on ``n_groups`` alone, so the draws are the same whatever is computed from them.
    """
    size = max(1, min(plan.resamples, _DRAWS_PER_BLOCK // max(n_groups, 1)))
    for number, start in enumerate(range(0, plan.resamples, size)):
        b = min(size, plan.resamples - start)
        generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence((plan.seed, number))))
        picked = generator.integers(0, n_groups, size=(b, n_groups))
        picked += np.arange(b)[:, None] * n_groups
        yield np.bincount(picked.ravel(), minlength=b * n_groups).reshape(b, n_groups).astype(np.float64)


class _Prepared:
    """A cell brought into the form in which resampling is one call per block."""

    def __init__(self, cell: Cell, index: NDArray[np.intp], n_groups: int) -> None:
        self.metric = cell.metric
        rows = np.flatnonzero(cell.rows)
        table = cell.statistics.table[rows]
        if cell.metric.measure.additive:
            summed = np.zeros((n_groups, table.shape[1]))
            np.add.at(summed, index[rows], table)
            self.columns = np.unique(index[rows])
            table = summed[self.columns]
        else:
            self.columns = index[rows]
        self.statistics = Statistics(names=cell.statistics.names, table=table, fixed=cell.statistics.fixed, note=cell.statistics.note)
        self.n_groups = len(np.unique(index[rows]))
        self.values: list[Floats] = []

    def point(self) -> float:
        with np.errstate(all="ignore"):
            return float(self.metric.value(self.statistics, np.ones((1, len(self.columns))))[0])

    def add(self, counts: Floats) -> None:
        step = max(1, _WEIGHTS_PER_CALL // max(len(self.columns), 1))
        with np.errstate(all="ignore"):
            for start in range(0, len(counts), step):
                self.values.append(np.asarray(self.metric.value(self.statistics, counts[start : start + step, self.columns])))

    def interval(self, value: float, plan: Bootstrap) -> Interval:
        if not np.isfinite(value):
            return Interval(value=None, low=None, high=None, note="undefined on this set")
        if not self.values:
            return Interval(value=value, low=None, high=None, note="no interval: fewer than two groups" if plan.resamples else "")
        values = np.concatenate(self.values)
        defined = values[np.isfinite(values)]
        undefined = len(values) - len(defined)
        if len(defined) < len(values) / 2:
            return Interval(value=value, low=None, high=None, note=f"no interval: undefined in {undefined} of {len(values)} resamples")
        tail = (1 - plan.level) / 2
        low, high = np.quantile(defined, [tail, 1 - tail])
        return Interval(
            value=value,
            low=float(low),
            high=float(high),
            note=f"undefined in {undefined} of {len(values)} resamples, left out of the interval" if undefined else "",
        )


def estimate(cells: Sequence[Cell], groups: Sequence[str], plan: Bootstrap) -> list[Interval]:
    """The value and interval of each cell, in their order.

    Args:
        cells: Metric and slice pairs over the same n samples.
        groups: The group of each of the n samples.
        plan: Number of resamples, seed and level. Zero resamples give values alone.
    """
    index, n_groups = group_index(groups)
    prepared = [_Prepared(cell, index, n_groups) for cell in cells]
    values = [cell.point() if len(cell.columns) else float("nan") for cell in prepared]
    sampled = [cell for cell, value in zip(prepared, values, strict=True) if cell.n_groups > 1 and np.isfinite(value)]
    if sampled:
        for counts in draws(n_groups, plan):
            for cell in sampled:
                cell.add(counts)
    return [cell.interval(value, plan) for cell, value in zip(prepared, values, strict=True)]


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
