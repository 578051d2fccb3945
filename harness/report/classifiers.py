"""What a classifier's statistics show: confusion, ROC and reliability, from a run's record alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.metrics.base import Floats, Statistics
from harness.metrics.labels import probabilities
from harness.runs.record import Record

_FINE = 0.004
"""How far a curve may leave its drawing, of the square's side: less than a line's width."""
Curve = tuple[tuple[float, float], ...]


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


def roc(record: Record, labels: Sequence[str]) -> dict[str, Curve]:
    """False against true positives, a curve per class against the rest; of two classes the last one's alone. Empty without scores."""
    statistics = _statistics(record, "scores")
    if statistics is None or not labels:
        return {}
    columns = [statistics.names.index(f"p{place}") for place in range(len(labels))]
    target, scores = statistics.table[:, statistics.names.index("target")], statistics.table[:, columns]
    wanted = [1] if len(labels) == 2 else range(len(labels))
    return {labels[place]: _roc(target == place, scores[:, place]) for place in wanted if 0 < int(np.sum(target == place)) < len(target)}


def reliability(record: Record, labels: Sequence[str]) -> tuple[Curve, float] | None:
    """Accuracy against the confidence of the most likely class, bin by bin, and the expected calibration error: the metric's own bins."""
    statistics = _statistics(record, "scores")
    if statistics is None or not labels or not len(statistics.table):
        return None
    confidence, right, bins = probabilities.binned(statistics)
    filled = [bins == number for number in range(probabilities.BINS) if (bins == number).any()]
    points = tuple((float(confidence[inside].mean()), float(right[inside].mean())) for inside in filled)
    error = float(probabilities.calibration_error(statistics, np.ones((1, len(statistics.table))))[0])
    return points, error


def _roc(positive: NDArray[np.bool_], scores: Floats) -> Curve:
    from sklearn.metrics import roc_curve

    false, true, _ = roc_curve(positive, scores)
    return thinned(tuple(zip(false.tolist(), true.tolist(), strict=True)))


def thinned(curve: Curve) -> Curve:
    """The points of a curve without those that lie on the line between the ones that are kept (Ramer, Douglas and Peucker)."""
    points = np.array(curve)
    keep = np.zeros(len(points), dtype=bool)
    keep[[0, -1]] = True
    left = [(0, len(points) - 1)]
    while left:
        first, last = left.pop()
        if last - first < 2:
            continue
        along, off = points[last] - points[first], points[first + 1 : last] - points[first]
        length = float(np.hypot(*along))
        apart = np.abs(along[0] * off[:, 1] - along[1] * off[:, 0]) / length if length else np.hypot(off[:, 0], off[:, 1])
        furthest = int(np.argmax(apart))
        if apart[furthest] > _FINE:
            middle = first + 1 + furthest
            keep[middle] = True
            left += [(first, middle), (middle, last)]
    return tuple((float(x), float(y)) for x, y in points[keep])


def _statistics(record: Record, measure: str) -> Statistics | None:
    measured = record.measures.get(measure)
    return None if measured is None else measured.statistics
