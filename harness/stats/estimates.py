"""Point estimates and intervals for every metric and slice, from statistics measured once."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.metrics.base import Floats, Metric, Statistics
from harness.metrics.measuring import FAULT, Broken, numbers, raised, what
from harness.metrics.units import FRACTION
from harness.stats import intervals
from harness.stats.bootstrap import Bootstrap, Rows, Weights, function, group_index, resample, rows_of
from harness.stats.intervals import Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One thing to estimate: a metric on the rows of one slice."""

    metric: Metric
    statistics: Statistics
    rows: NDArray[np.bool_]
    """[n]; which samples belong to the slice."""


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
            self.value = float(self._called(Weights(self.rows.sizes[None]))[0])
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001
            self.fault = raised("value()", error)
        if math.isinf(self.value):
            self.fault = f"{FAULT}value() gave an infinite value"

    def _called(self, weights: Weights) -> Floats:
        values = numbers(self.call(weights), "values")
        if values.shape != (len(weights),):
            raise Broken(f"returned values of shape {values.shape} for {len(weights)} weightings")
        return values

    def add(self, weights: Weights) -> None:
        """The values of a block of resamples; the first that cannot be had ends the interval and leaves the value."""
        if not self.unsampled:
            try:
                self.values.append(self._called(weights))
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # noqa: BLE001
                self.unsampled = f"no interval: on resamples value() {what(error)}"

    def interval(self, plan: Bootstrap) -> Interval:
        if self.fault or self.rows is None or not math.isfinite(self.value):
            return Interval(value=None, low=None, high=None, note=self.fault or "undefined on this set")
        if self.unsampled or not self.values:
            note = self.unsampled or ("no interval: fewer than two groups" if plan.resamples else "")
            return Interval(value=self.value, low=None, high=None, note=note)
        try:
            groups, of, classes = _basis(self.metric, self.rows)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001
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
                except KeyboardInterrupt:
                    raise
                except BaseException as error:  # noqa: BLE001  the measure's own expand()
                    shared[key] = raised("expand()", error)
            prepared.append(_Prepared(cell, shared[key]))
        sampled = (one for one in prepared if plan.resamples and math.isfinite(one.value))
        resample([(one.rows, one.add) for one in sampled if one.rows is not None and one.rows.n_groups > 1], n_groups, plan)
        return [one.interval(plan) for one in prepared]


def slices(tags: Mapping[str, Sequence[str]], n: int) -> dict[str, tuple[str, NDArray[np.bool_]]]:
    """Name of slice to its dimension and rows: ``all`` first, then each value of each dimension, sorted.

    A slice is named by its value; where two dimensions share a value it is ``dimension=value``. The empty value is no slice.
    """
    by_name: dict[str, tuple[str, NDArray[np.bool_]]] = {"all": ("", np.ones(n, dtype=np.bool_))}
    owners: dict[str, set[str]] = {}
    for dimension, values in tags.items():
        for value in set(values):
            owners.setdefault(value, set()).add(dimension)
    for dimension in sorted(tags):
        kinds = {value: number for number, value in enumerate(sorted(set(tags[dimension])))}
        column = np.fromiter((kinds[value] for value in tags[dimension]), dtype=np.intp, count=n)
        for value, number in kinds.items():
            if value:
                taken = len(owners[value]) > 1 or value == "all"
                by_name[f"{dimension}={value}" if taken else value] = (dimension, column == number)
    return by_name
