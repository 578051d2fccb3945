"""Which tests two runs ask for: the metric that ranks on every slice, the others on the whole set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from harness.metrics.base import Metric, Statistics
from harness.runs import scoring
from harness.runs.record import Record
from harness.runs.table import by_dimension
from harness.stats.estimates import slices
from harness.stats.paired import Comparison
from harness.types import Task
from harness.views import pairing
from harness.views.beside_published import matches

Family = Literal["leading", "further"]
"""Which p-values are adjusted together: the leading test of each pair and task; everything else."""


Parts = Mapping[str, tuple[str, NDArray[np.bool_]]]
"""Slices by their names: the dimension of each, and which samples are in it, [n]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One test to make."""

    test: Comparison
    """Of both runs in the order of the first one's samples."""
    slice: str
    family: Family


def parts(first: Record) -> Parts:
    """The slices of a run's samples."""
    return slices(by_dimension(first.samples), len(first.samples))


def cells(first: Record, second: Record, task: Task[Any], metric: str, rows: Parts | None = None) -> Iterator[Cell]:
    """The tests of two runs that compare, the leading one first where there is one; those of one measure share its statistics.

    Args:
        first: The baseline.
        second: What is set against it.
        task: Of both.
        metric: As in `between_runs.versus`.
        rows: From `parts` of the baseline, where it is set against several.
    """
    order = pairing.aligned(first, second)
    rows = parts(first) if rows is None else rows
    moved: dict[str, Statistics] = {}
    for position, tested in _asked(first, second, task, metric):
        name = tested.measure.name
        left, right = first.measures[name].statistics, second.measures[name].statistics
        assert left is not None
        assert right is not None
        if name not in moved:
            moved[name] = replace(right, table=right.table[order])
        for part, (dimension, inside) in rows.items():
            if not _left_out(tested, position, part, dimension):
                family: Family = "leading" if position == 0 and part == _whole(tested) else "further"
                yield Cell(test=Comparison(metric=tested, first=left, second=moved[name], rows=inside), slice=part, family=family)


def size(first: Record, second: Record, task: Task[Any], metric: str, rows: Parts) -> int:
    """How many tests of two runs there are."""
    asked = _asked(first, second, task, metric)
    return sum(not _left_out(tested, position, part, of) for position, tested in asked for part, (of, _) in rows.items())


def _asked(first: Record, second: Record, task: Task[Any], metric: str) -> list[tuple[int, Metric]]:
    """The metrics that both runs have statistics of, each with its place among those that were asked for."""
    shared = pairing.shared(first, second, task)
    asked = [candidate for candidate in task.metrics if matches(metric, candidate.name, candidate.variant)]
    both = [
        candidate for candidate in shared if all(run.measures[candidate.measure.name].statistics is not None for run in (first, second))
    ]
    return [(position, candidate) for position, candidate in enumerate(asked) if candidate in both]


def _whole(metric: Metric) -> str:
    """The slice that stands for the whole set: for a metric of some slices alone, the first of these."""
    return metric.slices[0] if metric.slices and "all" not in metric.slices else "all"


def _left_out(metric: Metric, position: int, name: str, dimension: str) -> bool:
    """Slices are for the leading metric; what is made for label slices means nothing on the whole set."""
    if metric.slices and name not in metric.slices:
        return True
    if name == "all":
        return metric.scope in scoring.PER_LABEL
    return position > 0 or metric.scope != "everywhere" or dimension == scoring.LABEL_DIMENSION
