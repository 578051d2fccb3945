"""Runs against runs: the same samples under the same metrics, paired; refused with the reason where they are not the same.

Everything comes from the statistics in the records; neither models nor data are needed.

Whether one run is better is said by adjusted p-values alone (Holm, 1979). Two families are adjusted apart: the leading tests, which are
the metric that ranks (or the one that was asked for) on the whole set, one of each pair and task; and all other metrics and slices.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from harness.metrics.base import Metric, Statistics
from harness.runs import scoring
from harness.runs.record import Record
from harness.runs.table import by_dimension
from harness.stats import paired
from harness.stats.estimates import slices
from harness.stats.paired import Comparison, Difference
from harness.types import Task
from harness.views import pairing
from harness.views.beside_published import matches

Family = Literal["leading", "further"]
"""Which p-values are adjusted together: the leading test of each pair and task; everything else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """The second run minus the first, under one metric on one slice; or why they are not compared."""

    task: str
    metric: str
    metric_variant: str
    slice: str
    unit: str
    higher_is_better: bool
    first: str
    """What the run is called: its system's name, and what tells it from other runs of that name."""
    second: str
    difference: Difference | None
    p_holm: float | None
    """The permutation test's p, adjusted over its family; None before `adjusted`, and where there is no p."""
    family: Family
    family_size: int
    """Tests that were adjusted together; 0 before `adjusted`."""
    refused: str
    """Why the two do not compare; empty where they do."""

    @property
    def is_significant(self) -> bool:
        """Whether the permutation test tells the two apart at 5 %, adjusted where that was done."""
        if self.difference is None or not self.difference.value:
            return False
        p = self.difference.p if self.p_holm is None else self.p_holm
        return p is not None and p <= paired.ALPHA

    @property
    def is_second_better(self) -> bool:
        """Whether the second system is significantly better."""
        return self.is_significant and self.difference is not None and ((self.difference.value or 0.0) > 0) == self.higher_is_better

    @property
    def better(self) -> str:
        """The system that is significantly better; empty where neither is."""
        return "" if not self.is_significant else self.second if self.is_second_better else self.first

    def as_json(self) -> dict[str, Any]:
        """The contrast as ``--json`` prints it."""
        return {**asdict(self), "better": self.better}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One test to make."""

    test: Comparison
    """Of both runs in the order of the first one's samples."""
    slice: str
    family: Family


def versus(
    first: Record, second: Record, task: Task[Any], *, metric: str = "", names: tuple[str, str] | None = None, family: int = 1
) -> list[Contrast]:
    """Compare two runs of a task: the metric that ranks on every slice, the others on the whole set; not adjusted yet.

    Args:
        first: The baseline.
        second: What is set against it.
        task: The task of both, whose metrics give statistics their meaning.
        metric: Only the metrics of this name, or of this ``name/variant``; the first of them takes the place of the one that ranks.
        names: What the two are called; their systems' names where it is None.
        family: Tests among which the p-values will be adjusted.
    """
    why = pairing.refusal(first, second)
    if why:
        return [_refused(first, second, task, why, metric, names)]
    groups = [sample.group for sample in first.samples]
    made = list(cells(first, second, task, metric))
    found = [
        _contrast(first, second, cell.test.metric, names, slice=cell.slice, difference=difference, family=cell.family)
        for cell, difference in zip(
            made, paired.compare_all([cell.test for cell in made], groups=groups, plan=first.bootstrap, family=family), strict=True
        )
    ]
    if not any(contrast.family == "leading" for contrast in found):
        found.append(_refused(first, second, task, _without_values(first, second, task, metric), metric, names))
    return found


def compared(
    found: Sequence[tuple[Record, Record]], tasks: Mapping[str, Task[Any]], *, metric: str = "", names: Mapping[int, str]
) -> list[Contrast]:
    """The contrasts of several pairs, adjusted.

    Args:
        found: From `pairs`.
        tasks: By full name.
        metric: As in `versus`.
        names: What each record is called, by its ``id()``.
    """
    sizes = [0 if pairing.refusal(first, second) else _size(first, second, tasks[first.full_name], metric) for first, second in found]
    # The larger of both families, so that no p-value is too coarse for either.
    family = max(len(sizes), sum(sizes) - len(sizes), 1)
    return adjusted(
        [
            contrast
            for first, second in found
            for contrast in versus(
                first, second, tasks[first.full_name], metric=metric, names=(names[id(first)], names[id(second)]), family=family
            )
        ]
    )


def adjusted(contrasts: Sequence[Contrast]) -> list[Contrast]:
    """The contrasts with Holm's adjustment, the leading tests of all tasks and pairs among themselves and the further ones likewise."""
    found = list(contrasts)
    for family in ("leading", "further"):
        places = [
            place
            for place, contrast in enumerate(found)
            if contrast.family == family and contrast.difference is not None and contrast.difference.p is not None
        ]
        p_values = [found[place].difference.p for place in places]  # type: ignore[union-attr]
        for place, p in zip(places, paired.holm(p_values), strict=True):
            found[place] = replace(found[place], p_holm=p, family_size=len(places))
    return found


def cells(first: Record, second: Record, task: Task[Any], metric: str) -> Iterator[Cell]:
    """The tests of two runs that compare, the leading one first where there is one; those of one measure share its statistics."""
    order = pairing.aligned(first, second)
    rows = slices(by_dimension(first.samples), len(first.samples))
    moved: dict[str, Statistics] = {}
    for position, found in _asked(first, second, task, metric):
        name = found.measure.name
        left, right = first.measures[name].statistics, second.measures[name].statistics
        assert left is not None
        assert right is not None
        if name not in moved:
            moved[name] = replace(right, table=right.table[order])
        for part, (dimension, inside) in rows.items():
            if not _left_out(found, position, part, dimension):
                family: Family = "leading" if position == 0 and part == _whole(found) else "further"
                yield Cell(test=Comparison(metric=found, first=left, second=moved[name], rows=inside), slice=part, family=family)


def _asked(first: Record, second: Record, task: Task[Any], metric: str) -> list[tuple[int, Metric]]:
    """The metrics that both runs have statistics of, each with its place among those that were asked for."""
    shared = pairing.shared(first, second, task)
    asked = [found for found in task.metrics if matches(metric, found.name, found.variant)]
    both = [found for found in shared if all(run.measures[found.measure.name].statistics is not None for run in (first, second))]
    return [(position, found) for position, found in enumerate(asked) if found in both]


def _size(first: Record, second: Record, task: Task[Any], metric: str) -> int:
    """How many tests of two runs there are."""
    rows, asked = slices(by_dimension(first.samples), len(first.samples)), _asked(first, second, task, metric)
    return sum(not _left_out(found, position, part, of) for position, found in asked for part, (of, _) in rows.items())


def _without_values(first: Record, second: Record, task: Task[Any], metric: str) -> str:
    """Why two runs that compare have no test of the leading metric."""
    leading = next((found for found in task.metrics if matches(metric, found.name, found.variant)), None)
    if leading is None or leading not in pairing.shared(first, second, task):
        name = metric if leading is None else f"{leading.name}/{leading.variant}"
        return f"{name}: the two were not both scored under the definition that holds here; score them again"
    notes = [note for record in (first, second) if (note := record.measures[leading.measure.name].note)]
    return f"{leading.name}/{leading.variant}: {notes[0] if notes else 'it is not tested between runs'}"


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


def _contrast(
    first: Record,
    second: Record,
    metric: Metric,
    names: tuple[str, str] | None,
    *,
    slice: str,
    difference: Difference | None,
    family: Family,
    refused: str = "",
) -> Contrast:
    left, right = names or (first.model.name, second.model.name)
    return Contrast(
        task=first.full_name,
        metric=metric.name,
        metric_variant=metric.variant,
        slice=slice,
        unit=metric.unit,
        higher_is_better=metric.higher_is_better,
        first=left,
        second=right,
        difference=difference,
        p_holm=None,
        family=family,
        family_size=0,
        refused=refused,
    )


def _refused(first: Record, second: Record, task: Task[Any], why: str, metric: str, names: tuple[str, str] | None) -> Contrast:
    asked = next((found for found in task.metrics if matches(metric, found.name, found.variant)), task.metrics[0])
    return _contrast(first, second, asked, names, slice="all", difference=None, family="leading", refused=why)
