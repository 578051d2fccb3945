"""Scoring: examples and responses become outcomes, statistics and estimates. Pure; reads nothing, asks nothing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.errors import AdapterError
from harness.metrics.base import Context, Metric, Statistics
from harness.metrics.measuring import Measured, measure
from harness.metrics.texts import java
from harness.runs.reading import Reading, agreed, columns, disagreement, read_reply
from harness.stats.bootstrap import Bootstrap, group_index
from harness.stats.estimates import Cell, estimate, slices
from harness.stats.intervals import Interval
from harness.types import Estimate, Example, ModelFacts, Response, Task

LABEL_DIMENSION = "label"
"""The tag that repeats the target; its slices report recall, and what sets the class against the rest of the whole set, because every
other metric is meaningless on one class."""
PER_LABEL = ("label slices", "each class")
"""Scopes of metrics that mean nothing on the whole set at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """All that scoring knows of a run."""

    readings: tuple[Reading, ...]
    measures: dict[str, Measured]
    estimates: tuple[Estimate, ...]


def wanted(metrics: Sequence[Metric]) -> tuple[Metric, ...]:
    """The metrics to compute on this machine: one that stands in for another is left out where the other can be computed."""
    return tuple(metric for metric in metrics if metric.only_without != "java" or java.java() is None)


def targets_digest(pairs: Sequence[tuple[str, Any]]) -> str:
    """SHA-256 over the sorted (id, target) pairs: equal where and only where the same questions have the same answers."""
    encode = json.JSONEncoder(ensure_ascii=True, default=str).encode
    lines = sorted(encode([name, target]) for name, target in pairs)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def scoring_id(task: str, card_version: int, split: str, targets: str, signature: str) -> str:
    """16 hexadecimal digits that are equal for two scores if and only if their values may be compared.

    Args:
        task: ``name@variant``.
        card_version: The card's version.
        split: Name of the split.
        targets: `targets_digest` of what was scored.
        signature: The metric's.
    """
    return hashlib.sha256(json.dumps([task, card_version, split, targets, signature]).encode()).hexdigest()[:16]


def estimates(
    metrics: Sequence[Metric],
    measures: dict[str, Measured],
    *,
    tags: dict[str, Sequence[str]],
    groups: Sequence[str],
    plan: Bootstrap,
    identify: Callable[[str], str],
) -> tuple[Estimate, ...]:
    """Every metric on the whole set and on each slice where it is defined.

    Args:
        metrics: In the order in which they are reported; the first one ranks.
        measures: Statistics by measure name, from `measure` or from a run's files.
        tags: Dimension to one value per sample.
        groups: The resampled unit of each sample.
        plan: The bootstrap.
        identify: The scoring id for a metric's signature.
    """
    places = slices(tags, len(groups))
    index, _ = group_index(groups)
    n_groups = {name: len(np.unique(index[rows])) for name, (_, rows) in places.items()}
    wanted = [(metric, name, rows) for metric in metrics for name, (dimension, rows) in places.items() if _applies(metric, dimension, name)]
    everything = places["all"][1]
    cells = [
        _one_class(metric, statistics, name, everything)
        if metric.scope == "each class"
        else Cell(metric=metric, statistics=statistics, rows=rows)
        for metric, name, rows in wanted
        if (statistics := measures[metric.measure.name].statistics) is not None
    ]
    intervals = iter(estimate(cells, groups, plan))
    made = []
    for metric, name, rows in wanted:
        measured = measures[metric.measure.name]
        absent = Interval(value=None, low=None, high=None)
        interval = absent if measured.statistics is None else next(intervals)
        made.append(
            Estimate(
                metric=metric.name,
                variant=metric.variant,
                slice=name,
                value=interval.value,
                low=interval.low,
                high=interval.high,
                level=plan.level,
                n=len(groups) if metric.scope == "each class" else int(rows.sum()),
                n_groups=n_groups["all" if metric.scope == "each class" else name],
                unit=str(metric.unit),
                higher_is_better=bool(metric.higher_is_better),
                signature=metric.signature,
                scoring_id=identify(metric.signature),
                method=interval.method,
                note="; ".join(part for part in (interval.note, measured.note) if part),
            )
        )
    return tuple(made)


def _one_class(metric: Metric, statistics: Statistics, name: str, everything: NDArray[np.bool_]) -> Cell:
    """The whole set, with the number of the class that a slice is named by."""
    labels, label = list(statistics.fixed.get("labels", ())), name.removeprefix(f"{LABEL_DIMENSION}=")
    own = {"class": labels.index(label)} if label in labels else {}
    return Cell(metric=metric, statistics=replace(statistics, fixed={**statistics.fixed, **own}), rows=everything)


def _applies(metric: Metric, dimension: str, name: str) -> bool:
    if metric.slices and name not in metric.slices:
        return False
    if dimension == "":
        return metric.scope not in PER_LABEL
    if dimension == LABEL_DIMENSION:
        return metric.scope in PER_LABEL
    return metric.scope == "everywhere"


def score(
    task: Task[Any],
    examples: Sequence[Example[Any]],
    responses: Sequence[Response],
    *,
    split: str,
    info: ModelFacts,
    complete: bool,
    train: Callable[[], Sequence[Example[Any]]] | None,
    plan: Bootstrap,
    called: Callable[[str], str] = str,
) -> Scored:
    """Everything a task measures of a model's responses.

    Args:
        task: Adapter and metrics.
        examples: n scored examples.
        responses: The n responses to them, in the same order.
        split: Name of the split.
        info: The model; how its scores become a distribution.
        complete: Whether this is the whole split with nothing failed.
        train: Reads the train split, or None where there is none at hand.
        plan: The bootstrap.
        called: An id as it enters the scoring id.

    Raises:
        AdapterError: The adapter fails on a reply, or none of its metrics is for what these samples are.
    """
    readings = tuple(read_reply(task, example, response) for example, response in zip(examples, responses, strict=True))
    samples = columns(examples, responses, readings)
    context = Context(
        labels=task.card.labels,
        scores=info.scores,
        train_targets=None if train is None else lambda: [example.target for example in train()],
        complete=complete,
    )
    metrics = wanted(task.metrics)
    measures = _with_note(measure(metrics, samples, context), metrics, disagreement(task, examples, responses, readings))
    targets = targets_digest([(called(example.id), list(example.references) or example.target) for example in examples])
    made = estimates(
        metrics,
        measures,
        tags=dict(samples.tags),
        groups=samples.groups,
        plan=plan,
        identify=lambda signature: scoring_id(task.card.full_name, task.card.version, split, targets, signature),
    )
    if metrics and not made:
        parts = ", ".join(dict.fromkeys(f"{dimension}={value}" for dimension, values in samples.tags.items() for value in values))
        meant = ", ".join(map(_meant_for, metrics))
        raise AdapterError(
            f"{task.card.full_name}: none of its metrics is for any of these {len(examples):,} samples: {meant};"
            f" the samples have the slices all, {parts or 'and no other'}. The replies are kept: mend the metrics, or run more samples."
        )
    return Scored(readings=agreed(readings, metrics, measures), measures=measures, estimates=made)


def _meant_for(metric: Metric) -> str:
    return f"{metric.name}/{metric.variant} is for {', '.join(metric.slices) or metric.scope}"


def _with_note(measures: dict[str, Measured], metrics: Sequence[Metric], note: str) -> dict[str, Measured]:
    """The measures with a note on those that read scores."""
    reading = {metric.measure.name for metric in metrics if "choice_log_probs" in metric.measure.needs}
    return {
        name: replace(measured, note="; ".join(part for part in (measured.note, note) if part))
        if name in reading and measured.statistics is not None
        else measured
        for name, measured in measures.items()
    }
