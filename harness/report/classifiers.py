"""What a classifier's statistics show: confusion, ROC and reliability, from a run's record alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.metrics.base import Floats, Statistics
from harness.metrics.labels import probabilities
from harness.metrics.units import FRACTION
from harness.report.charts import Line
from harness.runs.record import Record
from harness.views import wording

_MOST_POINTS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Confusion:
    """Counts by what is right (rows) and what was said (columns)."""

    labels: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    unread: tuple[int, ...]
    """Per row: samples without a readable answer."""


def confusion(record: Record, labels: Sequence[str]) -> Confusion | None:
    """None where the run has no labels of one class per sample."""
    statistics = _statistics(record, "labels")
    if statistics is None or not labels:
        return None
    target, predicted = (statistics.table[:, statistics.names.index(name)].astype(int) for name in ("target", "predicted"))
    from sklearn.metrics import confusion_matrix

    n = len(labels)
    counts = confusion_matrix(target, np.where(predicted < 0, n, predicted), labels=range(n + 1))[:n]
    return Confusion(
        labels=tuple(labels),
        counts=tuple(tuple(int(cell) for cell in row[:n]) for row in counts),
        unread=tuple(int(row[n]) for row in counts),
    )


def roc(record: Record, labels: Sequence[str]) -> tuple[Line, ...]:
    """One curve per class against the rest; of two classes the last one's alone. Empty where there are no scores."""
    found = _scores(record, labels)
    if found is None:
        return ()
    target, scores = found
    wanted = [1] if len(labels) == 2 else range(len(labels))
    return tuple(
        Line(label=labels[place], points=_roc(target == place, scores[:, place]))
        for place in wanted
        if 0 < int(np.sum(target == place)) < len(target)
    )


def reliability(record: Record, labels: Sequence[str]) -> tuple[Line, float] | None:
    """Accuracy against the confidence of the most likely class, bin by bin, and the expected calibration error: the metric's own bins."""
    statistics = _statistics(record, "scores")
    if statistics is None or not labels or not len(statistics.table):
        return None
    confidence, right, bins = probabilities.binned(statistics)
    filled = [bins == number for number in range(probabilities.BINS) if (bins == number).any()]
    points = tuple((float(confidence[inside].mean()), float(right[inside].mean())) for inside in filled)
    error = float(probabilities.calibration_error(statistics, np.ones((1, len(statistics.table))))[0])
    label = f"calibration_error {wording.value(error, FRACTION.name)} %, {probabilities.BINS} bins"
    return Line(label=label, points=points), error


def _roc(positive: NDArray[np.bool_], scores: Floats) -> tuple[tuple[float, float], ...]:
    """False against true positives at every threshold, thinned to what a screen can show."""
    from sklearn.metrics import roc_curve

    false, true, _ = roc_curve(positive, scores)
    keep = np.unique(np.linspace(0, len(true) - 1, min(len(true), _MOST_POINTS)).astype(int))
    return tuple((float(false[i]), float(true[i])) for i in keep)


def _scores(record: Record, labels: Sequence[str]) -> tuple[NDArray[np.int64], Floats] | None:
    statistics = _statistics(record, "scores")
    if statistics is None or not labels:
        return None
    columns = [statistics.names.index(f"p{place}") for place in range(len(labels))]
    return statistics.table[:, statistics.names.index("target")].astype(np.int64), statistics.table[:, columns]


def _statistics(record: Record, measure: str) -> Statistics | None:
    found = record.measures.get(measure)
    return None if found is None else found.statistics
