"""Runs against runs: the same samples under the same metrics, paired; refused with the reason where they are not the same.

Everything comes from the statistics in the records; neither models nor data are needed.

Whether one run is better is said by adjusted p-values alone (Holm, 1979). Two families are adjusted apart: the leading tests, which are
the metric that ranks (or the one that was asked for) on the whole set, one of each pair and task; and all other metrics and slices.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from harness.metrics.base import Metric
from harness.runs.record import Record
from harness.stats import paired
from harness.stats.paired import Difference
from harness.types import Task
from harness.views import pairing
from harness.views.beside_published import matches
from harness.views.cells import Family, cells, parts, size

_SAMPLES_AT_ONCE = 200_000


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
    return _against(first, [second], task, metric, [names], family)


def _against(
    first: Record, others: Sequence[Record], task: Task[Any], metric: str, names: Sequence[tuple[str, str] | None], family: int
) -> list[Contrast]:
    """A run against others, as by `versus` each: what all of them share is drawn once."""
    refused = {place: why for place, other in enumerate(others) if (why := pairing.refusal(first, other))}
    rows = parts(first)
    made = {place: list(cells(first, other, task, metric, rows)) for place, other in enumerate(others) if place not in refused}
    tests = [cell.test for own in made.values() for cell in own]
    groups = [sample.group for sample in first.samples]
    differences = iter(paired.compare_all(tests, groups=groups, plan=first.bootstrap, family=family))
    contrasts: list[Contrast] = []
    for place, (other, called) in enumerate(zip(others, names, strict=True)):
        own = [
            _contrast(first, other, cell.test.metric, called, slice=cell.slice, difference=next(differences), family=cell.family)
            for cell in made.get(place, ())
        ]
        contrasts += own
        if not any(contrast.family == "leading" for contrast in own):
            why = refused.get(place) or _without_values(first, other, task, metric)
            contrasts.append(_refused(first, other, task, why, metric, called))
    return contrasts


def compared(
    pairs: Sequence[tuple[Record, Record]], tasks: Mapping[str, Task[Any]], *, metric: str = "", names: Mapping[int, str]
) -> list[Contrast]:
    """The contrasts of several pairs, adjusted.

    Args:
        pairs: From `pairs`.
        tasks: By full name.
        metric: As in `versus`.
        names: What each record is called, by its ``id()``.
    """
    rows = {id(first): parts(first) for first in {id(first): first for first, _ in pairs}.values()}
    sizes = [
        0 if pairing.refusal(first, second) else size(first, second, tasks[first.full_name], metric, rows[id(first)])
        for first, second in pairs
    ]
    # The larger of both families, so that no p-value is too coarse for either.
    family = max(len(sizes), sum(sizes) - len(sizes), 1)
    contrasts = []
    for first, others in _together(pairs):
        called = [(names[id(first)], names[id(other)]) for other in others]
        contrasts += _against(first, others, tasks[first.full_name], metric, called, family)
    return adjusted(contrasts)


def _together(pairs: Sequence[tuple[Record, Record]]) -> Iterator[tuple[Record, list[Record]]]:
    """The pairs with one first run after the other, as many at a time as have samples that are held together."""
    for _, alike in itertools.groupby(pairs, lambda pair: id(pair[0])):
        of_first = list(alike)
        first = of_first[0][0]
        step = max(1, _SAMPLES_AT_ONCE // max(1, len(first.samples)))
        for start in range(0, len(of_first), step):
            yield first, [other for _, other in of_first[start : start + step]]


def adjusted(contrasts: Sequence[Contrast]) -> list[Contrast]:
    """The contrasts with Holm's adjustment, the leading tests of all tasks and pairs among themselves and the further ones likewise."""
    with_holm = list(contrasts)
    for family in ("leading", "further"):
        places = [
            place
            for place, contrast in enumerate(with_holm)
            if contrast.family == family and contrast.difference is not None and contrast.difference.p is not None
        ]
        p_values = [with_holm[place].difference.p for place in places]  # type: ignore[union-attr]
        for place, p in zip(places, paired.holm(p_values), strict=True):
            with_holm[place] = replace(with_holm[place], p_holm=p, family_size=len(places))
    return with_holm


def _without_values(first: Record, second: Record, task: Task[Any], metric: str) -> str:
    """Why two runs that compare have no test of the leading metric."""
    leading = next((candidate for candidate in task.metrics if matches(metric, candidate.name, candidate.variant)), None)
    if leading is None or leading not in pairing.shared(first, second, task):
        name = metric if leading is None else f"{leading.name}/{leading.variant}"
        return f"{name}: the two were not both scored under the definition that holds here; score them again"
    notes = [note for record in (first, second) if (note := record.measures[leading.measure.name].note)]
    return f"{leading.name}/{leading.variant}: {notes[0] if notes else 'it is not tested between runs'}"


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
    asked = next((candidate for candidate in task.metrics if matches(metric, candidate.name, candidate.variant)), task.metrics[0])
    return _contrast(first, second, asked, names, slice="all", difference=None, family="leading", refused=why)
