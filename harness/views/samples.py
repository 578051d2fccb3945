"""Samples on which two runs of a task differ under the metric that leads, and their text, from the release and the replies at hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from harness.data import contract
from harness.metrics.base import Floats, Metric, Statistics
from harness.metrics.measuring import quiet
from harness.runs.record import Record
from harness.types import Response, Task
from harness.views import at_hand, cells, pairing


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


def changes(first: Record, second: Record, task: Task[Any], *, metric: str = "") -> list[Change]:
    """The samples whose value under the leading metric differs, the largest losses of the second run first.

    Samples of which alone the metric is undefined are left out.
    """
    cell = next((cell for cell in cells.cells(first, second, task, metric) if cell.family == "leading"), None)
    if cell is None:
        return []
    leading, order = cell.test.metric, pairing.aligned(first, second)
    a, b = per_sample(leading, cell.test.first), per_sample(leading, cell.test.second)
    changed = [
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
    sign = 1 if leading.higher_is_better else -1
    return sorted(changed, key=lambda change: (sign * (change.second - change.first), change.place))


def per_sample(metric: Metric, statistics: Statistics) -> Floats:
    """The metric's value on each sample alone, [n]; NaN where it has none."""
    metric = quiet(metric)
    known: dict[bytes, float] = {}  # of right and wrong answers there are few different rows
    keys = [row.tobytes() for row in statistics.table]
    with np.errstate(all="ignore"):
        for key, row in zip(keys, statistics.table, strict=True):
            if key not in known:
                known[key] = float(metric.value(replace(statistics, table=row[None, :]), np.ones((1, 1)))[0])
    values = np.array([known[key] for key in keys])
    return np.where(np.isinf(values), np.nan, values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A changed sample in words; None for what is not at hand."""

    change: Change
    prompt: str | None
    reference: str | None
    first: str | None
    """What the first system replied."""
    second: str | None


def told(
    changes: Sequence[Change],
    task: Task[Any],
    runs: tuple[tuple[Path, Record], tuple[Path, Record]],
    *,
    data_root: Path | None,
) -> list[Told]:
    """Each change with prompt, reference and replies, as far as these are here.

    Args:
        changes: From `changes`.
        task: Of both runs.
        runs: Folder and record of the first and the second.
        data_root: Folder of releases; None for runs on the invented sample.
    """
    record = runs[0][1]
    examples, _ = at_hand.examples(record, task, data_root)
    replied = [replies(folder, other, task, data_root) for folder, other in runs]
    theirs = pairing.names(*(other for _, other in runs))
    in_words = []
    for change in changes:
        example = examples.get(change.id)
        in_words.append(
            Told(
                change=change,
                prompt=None if example is None else contract.prompt_of(task, example.input, example.id),
                reference=None if example is None else contract.said_of(task, example.target, example.id),
                first=replied[0].get(change.id),
                second=replied[1].get(theirs.get(change.id, "")),
            )
        )
    return in_words


def replies(folder: Path, record: Record, task: Task[Any], data_root: Path | None) -> Mapping[str, str]:
    """What was replied to each sample, where the reply that was scored is in the journal and its sample can be named here."""
    return {name: reply_text(response) for name, response in at_hand.responses(folder, record, task, data_root)[0].items()}


def reply_text(response: Response) -> str:
    """A reply on one sheet with others: its text, what it failed of, or its scores where it has no text."""
    if response.error is not None:
        return f"(failed: {response.error})"
    if response.text.strip() or response.choice_log_probs is None:
        return response.text
    return f"(scores: {', '.join(f'{score:.3f}' for score in response.choice_log_probs)})"
