"""Which two runs are set against each other, and why they must not be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from harness.errors import UsageError
from harness.metrics.base import Metric
from harness.runs.record import Record
from harness.types import Task
from harness.views.same_data import same_pictures, same_texts
from harness.views.selection import tables


def refusal(first: Record, second: Record) -> str:
    """Why two runs must not be compared; empty where they may be."""
    if first.full_name != second.full_name:
        return f"different tasks: {first.full_name} and {second.full_name}"
    if first.split != second.split:
        return f"different splits: {first.split} and {second.split}"
    if first.data.kind != second.data.kind:
        return "one is of an invented sample, the other of real data"
    if first.card_version != second.card_version:
        return f"different versions of the card: {first.card_version} and {second.card_version}"
    for record in (first, second):
        if record.status != "complete":
            return f"{record.model.name} is partial: {'; '.join(record.not_ranked)}"
    if not names(first, second):
        if first.data.ids != second.data.ids:
            told = ", ".join(record.data.ids or "without one" for record in (first, second))
            return (
                f"the samples of the two are named by different secrets ({told}), and nothing says that they stand in one order: the ids of"
                " entrusted samples are keyed by a secret of each data root. Score both under one data root"
            )
        return "different samples were scored"
    ours, theirs = _scoring_ids(first), _scoring_ids(second)
    shared = set(ours) & set(theirs)
    if not shared:
        return "they have no metric in common"
    if not any(ours[signature] == theirs[signature] for signature in shared):
        return "different targets: the releases behind the two are not the same"
    if not same_pictures(first, second):
        return "different pictures: the files that were shown to the two are not the same"
    if not same_texts(first, second):
        return "different questions: the texts or tags of the releases behind the two are not the same"
    return ""


def pairs(records: Sequence[Record]) -> Iterator[tuple[Record, Record]]:
    """The first run of each task against every later one that compares with it, in the order in which they were named.

    Runs of other splits, data or examples of the same task are set against the first of their own kind. One that is alone of its kind is
    set against the task's first run, to say why the two do not compare.

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
        kinds = tables(runs, runs)
        for kind in kinds:
            yield from ((kind[0], other) for other in kind[1:])
        yield from ((runs[0], kind[0]) for kind in kinds if len(kind) == 1 and kind[0] is not runs[0])


def pairs_against(records: Sequence[Record], references: Sequence[Record]) -> Iterator[tuple[Record, Record]]:
    """Of each task the reference's run against every other one, in the order in which these were named.

    A run of another split, other data or other examples than the reference's is set against it too, to say why the two do not compare.

    Args:
        records: Runs.
        references: Those of them that the others are set against.

    Raises:
        UsageError: Two of the references are of one task and the same examples, or nothing is to be set against any.
    """
    chosen = {id(record) for record in references}
    against = []
    for kind in tables(records, records):
        own = [record for record in kind if id(record) in chosen]
        others = [record for record in kind if id(record) not in chosen]
        if len(own) > 1:
            raise UsageError(f"{len(own)} runs of {own[0].full_name} are the reference; name one of them, or its folder.")
        base = own or [record for record in references if record.full_name == kind[0].full_name][:1]
        against += [(base[0], other) for other in others] if base else []
    if not against:
        tasks = ", ".join(dict.fromkeys(record.full_name for record in references))
        raise UsageError(f"nothing to set against the reference: no other run of {tasks} is among these.")
    yield from against


def _scoring_ids(record: Record) -> Mapping[str, str]:
    return {estimate.signature: estimate.scoring_id for estimate in record.estimates}


def shared(first: Record, second: Record, task: Task[Any]) -> list[Metric]:
    """The metrics that both runs were scored by under equal ids, as they are defined here."""
    ours, theirs = _scoring_ids(first), _scoring_ids(second)
    scored_alike = [
        metric for metric in task.metrics if metric.signature in ours and ours[metric.signature] == theirs.get(metric.signature)
    ]
    return [metric for metric in scored_alike if _measured_alike(first, second, metric.measure.name)]


def _measured_alike(first: Record, second: Record, measure: str) -> bool:
    """Whether both records hold the measure, in the same columns where both have its statistics."""
    if measure not in first.measures or measure not in second.measures:
        return False
    left, right = first.measures[measure].statistics, second.measures[measure].statistics
    return left is None or right is None or left.names == right.names


def aligned(first: Record, second: Record) -> np.ndarray[Any, np.dtype[np.intp]]:
    """For each sample of the first run its place in the second."""
    places, called = {sample.id: place for place, sample in enumerate(second.samples)}, names(first, second)
    return np.array([places[called[sample.id]] for sample in first.samples], dtype=np.intp)


def names(first: Record, second: Record) -> Mapping[str, str]:
    """What the second run calls each sample of the first; empty where the two are not known to be of the same samples.

    Samples are the same by their ids; where these were made with different secrets, by their places in one order.
    """
    ours, theirs = ([sample.id for sample in record.samples] for record in (first, second))
    if set(ours) == set(theirs):
        return dict(zip(ours, ours, strict=True))
    if first.data.order and first.data.order == second.data.order and len(ours) == len(theirs):
        return dict(zip(ours, theirs, strict=True))
    return {}
