"""Runs against runs: the same samples under the same metrics, paired; refused with the reason where they are not the same.

Everything comes from the statistics in the records; neither models nor data are needed. The text of samples that changed is added
where replies and release are at hand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from harness import paired, scoring
from harness.errors import UsageError
from harness.metrics.base import Floats, Metric, Statistics
from harness.paired import Difference
from harness.records import Record
from harness.statistics import slices
from harness.types import Task

_ALPHA = 0.05


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
    """Name of the system."""
    second: str
    difference: Difference | None
    p_holm: float | None
    """The permutation test's p, adjusted over the tasks that were compared (Holm, 1979); for the metric that ranks alone."""
    refused: str
    """Why the two do not compare; empty where they do."""

    @property
    def is_significant(self) -> bool:
        """Whether the permutation test tells the two apart at 5 %."""
        return self.difference is not None and bool(self.difference.value) and self.difference.p is not None and self.difference.p <= _ALPHA

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
class Change:
    """A sample on which the ranking metric gives two runs different values."""

    task: str
    id: str
    first: float
    second: float
    outcomes: tuple[str, str]
    place: int
    """Of the sample in the record."""


def versus(first: Record, second: Record, task: Task[Any]) -> list[Contrast]:
    """Compare two runs of a task: the metric that ranks on every slice, the others on the whole set.

    Args:
        first: The baseline.
        second: What is set against it.
        task: The task of both, whose metrics give statistics their meaning.
    """
    why = refusal(first, second)
    if why:
        return [_refused(first, second, task, why)]
    order = _aligned(first, second)
    tags = {name: [sample.tags.get(name, "") for sample in first.samples] for name in first.dimensions}
    groups = [sample.group for sample in first.samples]
    rows = slices(tags, len(first.samples))
    found = []
    for position, metric in enumerate(_shared(first, second, task)):
        left, right = first.measures[metric.measure.name].statistics, second.measures[metric.measure.name].statistics
        if left is None or right is None:
            continue
        right = replace(right, table=right.table[order])
        for name, (dimension, inside) in rows.items():
            if _left_out(metric, position, name, dimension):
                continue
            difference = paired.compare(metric, left, right, rows=inside, groups=groups, plan=first.bootstrap)
            found.append(_contrast(first, second, metric, name, difference))
    return found


def ranking(first: Record, second: Record, task: Task[Any]) -> Contrast | None:
    """The metric that ranks on the whole set; None where the two do not compare under it."""
    metric = task.metrics[0]
    if refusal(first, second) or metric not in _shared(first, second, task):
        return None
    left, right = first.measures[metric.measure.name].statistics, second.measures[metric.measure.name].statistics
    if left is None or right is None:
        return None
    right = replace(right, table=right.table[_aligned(first, second)])
    rows = np.ones(len(first.samples), dtype=np.bool_)
    groups = [sample.group for sample in first.samples]
    return _contrast(first, second, metric, "all", paired.compare(metric, left, right, rows=rows, groups=groups, plan=first.bootstrap))


def adjusted(contrasts: Sequence[Contrast]) -> list[Contrast]:
    """The contrasts with Holm's adjustment over tasks: of each pair of systems, the ranking metric on the whole set."""
    leading: dict[tuple[str, str], dict[str, int]] = {}
    for place, contrast in enumerate(contrasts):
        if contrast.slice == "all" and contrast.difference is not None:
            leading.setdefault((contrast.first, contrast.second), {}).setdefault(contrast.task, place)
    found = list(contrasts)
    for places in leading.values():
        p_values = [found[place].difference.p for place in places.values()]  # type: ignore[union-attr]
        for place, p in zip(places.values(), paired.holm(p_values), strict=True):
            found[place] = replace(found[place], p_holm=p)
    return found


def refusal(first: Record, second: Record) -> str:
    """Why two runs must not be compared; empty where they may be."""
    if first.full_name != second.full_name:
        return f"different tasks: {first.full_name} and {second.full_name}"
    if first.split != second.split:
        return f"different splits: {first.split} and {second.split}"
    if first.data["kind"] != second.data["kind"]:
        return "one is of an invented sample, the other of real data"
    if first.card_version != second.card_version:
        return f"different versions of the card: {first.card_version} and {second.card_version}"
    for record in (first, second):
        if record.status != "complete":
            return f"{record.model['name']} is partial: {'; '.join(record.not_ranked)}"
    if {sample.id for sample in first.samples} != {sample.id for sample in second.samples}:
        return "different samples were scored"
    ours, theirs = _scoring_ids(first), _scoring_ids(second)
    shared = set(ours) & set(theirs)
    if not shared:
        return "they have no metric in common"
    if not any(ours[signature] == theirs[signature] for signature in shared):
        return "different targets: the releases behind the two are not the same"
    return ""


def changes(first: Record, second: Record, task: Task[Any]) -> list[Change]:
    """The samples whose value under the ranking metric differs, the largest losses of the second run first.

    Samples of which alone the metric is undefined are left out.
    """
    metric = next(iter(_shared(first, second, task)), None)
    if metric is None:
        return []
    left, right = first.measures[metric.measure.name].statistics, second.measures[metric.measure.name].statistics
    if left is None or right is None:
        return []
    order = _aligned(first, second)
    a, b = per_sample(metric, left), per_sample(metric, replace(right, table=right.table[order]))
    found = [
        Change(
            task=first.full_name,
            id=sample.id,
            first=float(a[place]),
            second=float(b[place]),
            outcomes=(sample.outcome, second.samples[order[place]].outcome),
            place=place,
        )
        for place, sample in enumerate(first.samples)
        if np.isfinite(a[place]) and np.isfinite(b[place]) and a[place] != b[place]
    ]
    sign = 1 if metric.higher_is_better else -1
    return sorted(found, key=lambda change: (sign * (change.second - change.first), change.place))


def pairs(records: Sequence[Record]) -> Iterator[tuple[Record, Record]]:
    """The first run of each task against every later one of it, in the order in which they were named.

    Raises:
        UsageError: No task has two runs.
    """
    by_task: dict[str, list[Record]] = {}
    for record in records:
        by_task.setdefault(record.full_name, []).append(record)
    if all(len(runs) < 2 for runs in by_task.values()):
        raise UsageError(
            f"nothing to compare: {', '.join(by_task)} {'has' if len(by_task) == 1 else 'have'} one run each. Name two runs of a task, or"
            " compare with published numbers: harness compare RUN reported"
        )
    for runs in by_task.values():
        yield from ((runs[0], other) for other in runs[1:])


def _left_out(metric: Metric, position: int, name: str, dimension: str) -> bool:
    """Slices are for the metric that ranks; what is made for label slices means nothing on the whole set."""
    if name == "all":
        return metric.scope in scoring.PER_LABEL
    return position > 0 or metric.scope != "everywhere" or dimension == scoring.LABEL_DIMENSION


def _scoring_ids(record: Record) -> Mapping[str, str]:
    return {estimate.signature: estimate.scoring_id for estimate in record.estimates}


def _shared(first: Record, second: Record, task: Task[Any]) -> list[Metric]:
    """The metrics that both runs were scored by under equal ids, as they are defined here."""
    ours, theirs = _scoring_ids(first), _scoring_ids(second)
    return [metric for metric in task.metrics if metric.signature in ours and ours[metric.signature] == theirs.get(metric.signature)]


def _aligned(first: Record, second: Record) -> np.ndarray[Any, np.dtype[np.intp]]:
    """For each sample of the first run its place in the second."""
    places = {sample.id: place for place, sample in enumerate(second.samples)}
    return np.array([places[sample.id] for sample in first.samples], dtype=np.intp)


def per_sample(metric: Metric, statistics: Statistics) -> Floats:
    """The metric's value on each sample alone, [n]."""
    values = []
    with np.errstate(all="ignore"):
        for row in statistics.table:
            alone = replace(statistics, table=row[None, :])
            values.append(float(metric.value(alone, np.ones((1, 1)))[0]))
    return np.array(values)


def _contrast(first: Record, second: Record, metric: Metric, name: str, difference: Difference) -> Contrast:
    return Contrast(
        task=first.full_name,
        metric=metric.name,
        metric_variant=metric.variant,
        slice=name,
        unit=metric.unit,
        higher_is_better=metric.higher_is_better,
        first=first.model["name"],
        second=second.model["name"],
        difference=difference,
        p_holm=None,
        refused="",
    )


def _refused(first: Record, second: Record, task: Task[Any], why: str) -> Contrast:
    metric = task.metrics[0]
    return Contrast(
        task=first.full_name,
        metric=metric.name,
        metric_variant=metric.variant,
        slice="all",
        unit=metric.unit,
        higher_is_better=metric.higher_is_better,
        first=first.model["name"],
        second=second.model["name"],
        difference=None,
        p_holm=None,
        refused=why,
    )
