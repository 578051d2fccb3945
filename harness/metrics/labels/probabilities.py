"""Metrics of scores: what a model's log-probabilities over the classes are worth.

How scores become probabilities is the model's to say (`ModelInfo.scores`): *independent* ones are each a probability and stay as they
are. So do *softmax* scores that sum to one for every sample, because a division would part numbers that are equal; others are divided by
their exact sum over the task's classes, so that only their differences count. Scores that all vanish are a tie: equal probabilities under
softmax, zeros otherwise. Equal scores are half a win in an area, and the first of equals is the label.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from harness.base.arrays import np
from harness.metrics.base import Context, Floats, Measure, NotComputed, Samples, Statistics
from harness.metrics.labels.confusion import numbers, rare
from harness.metrics.labels.curves import Sides

if TYPE_CHECKING:
    from numpy.typing import NDArray

BINS = 15
"""Of equal width, as in Guo et al. (2017)."""

SCORES = {"softmax": "as given where sums are 1, else by the exact sum"}
"""What the signatures of all metrics of scores say."""
_ROUNDED, _SLACK = 0.005, 1e-6
"""How far a probability of two decimals is from what was rounded, and what single precision loses over all classes."""


def distributions(logs: Floats, context: Context) -> Floats:
    """Probabilities from log-probabilities, both [n, classes].

    Each as it stands where they are independent, or where every sample's sum to one as numbers of two decimals do; otherwise divided by
    their sum, which is exact, so that the order of the classes does not show in the last digit.
    """
    if context.scores == "independent":
        return np.asarray(np.exp(logs))
    classes = logs.shape[1]
    highest = logs.max(axis=1, initial=-np.inf, keepdims=True)
    some = np.isfinite(highest[:, 0])
    sums = np.array([math.fsum(row) for row in np.exp(np.minimum(logs[some], 1.0))])
    if (np.abs(sums - 1) <= _ROUNDED * classes + _SLACK).all():
        probabilities = np.exp(logs)
    else:
        probabilities = np.exp(logs - np.where(some[:, None], highest, 0.0))
        probabilities[some] /= np.array([math.fsum(row) for row in probabilities[some]])[:, None]
    probabilities[~some] = 1 / max(classes, 1)
    return np.asarray(probabilities)


def of_classes(samples: Samples, context: Context) -> Floats:
    """The probabilities of all samples, [n, classes], in the order of the task's classes.

    Raises:
        NotComputed: A reply has no scores.
    """
    missing = sum(1 for scores in samples.choice_log_probs if scores is None)
    if missing:
        raise NotComputed(f"{missing} of {len(samples)} replies have no scores")
    rows = []
    for choices, logs in zip(samples.choices, samples.choice_log_probs, strict=True):
        by_label = dict(zip(choices, logs or (), strict=True))
        rows.append([by_label[label] for label in context.labels])
    return distributions(np.array(rows, dtype=np.float64).reshape(len(rows), len(context.labels)), context)


def _scores(samples: Samples, context: Context) -> Statistics:
    """The target's class number and one probability per class."""
    number = numbers(samples, context)
    scores = of_classes(samples, context)
    names = ("target", *(f"p{position}" for position in range(len(number))))
    table = np.column_stack([np.array([number[target] for target in samples.targets], dtype=np.float64), scores])
    return Statistics(names=names, table=table, fixed={"labels": list(number)}, note=rare(samples, context))


FROM_SCORES = Measure(name="scores", run=_scores, additive=False, needs=frozenset({"choice_log_probs"}))


def _split(statistics: Statistics) -> tuple[Floats, Floats]:
    """[n] class numbers and [n, classes] probabilities."""
    return statistics.table[:, 0], statistics.table[:, 1:]


def every_class(statistics: Statistics) -> NDArray[np.bool_]:
    """The basis of an area: the samples of each class that occurs."""
    target, scores = _split(statistics)
    members = target[:, None] == np.arange(scores.shape[1])
    return np.asarray(members[:, members.any(axis=0)])


def positives(statistics: Statistics) -> NDArray[np.bool_]:
    """The basis of a metric of the last class."""
    return np.asarray(statistics.table[:, :1] == statistics.table.shape[1] - 2)


def _against_rest(classes: Callable[[Statistics], list[int]]) -> Sides:
    def sides(statistics: Statistics) -> list[tuple[NDArray[np.bool_], Floats]]:
        target, scores = _split(statistics)
        return [(target == number, scores[:, number]) for number in classes(statistics)]

    return sides


def _present(statistics: Statistics) -> list[int]:
    target, scores = _split(statistics)
    return [number for number in range(scores.shape[1]) if 0 < np.sum(target == number) < len(target)]


def _last(statistics: Statistics) -> list[int]:
    return [statistics.table.shape[1] - 2]


LAST = _against_rest(_last)
"""The last class."""
MEDMNIST = _against_rest(
    lambda statistics: _last(statistics) if statistics.table.shape[1] == 3 else list(range(statistics.table.shape[1] - 1))
)
"""Of two classes the last, of more each against the rest."""
PRESENT = _against_rest(_present)
"""Each class that occurs among the targets and does not make up all of them, against the rest."""
OWN = _against_rest(lambda statistics: [int(statistics.fixed["class"])])
"""The class whose slice this is, against the rest."""


def class_basis(statistics: Statistics) -> NDArray[np.bool_]:
    """The samples of the class whose slice this is, and the rest."""
    mine = statistics.table[:, :1] == int(statistics.fixed["class"])
    return np.hstack([mine, ~mine])


def brier(statistics: Statistics, weights: Floats) -> Floats:
    """Mean squared distance between probabilities and truth, summed over classes; of two classes that of the last alone."""
    target, scores = _split(statistics)
    squares = (scores - (target[:, None] == np.arange(scores.shape[1]))) ** 2
    each = squares[:, 1] if scores.shape[1] == 2 else squares.sum(axis=1)
    return np.asarray(weights @ each / weights.sum(axis=1))


def binned(statistics: Statistics) -> tuple[Floats, NDArray[np.bool_], NDArray[np.intp]]:
    """Of each sample, [n]: the confidence in the likeliest class, whether that class is right, and the number of the confidence's bin.

    The only rule of bins there is, for the metric and for pictures of it: ``BINS`` of equal width over 0 to 1, each with its upper edge.
    """
    target, scores = _split(statistics)
    confidence = scores.max(axis=1)
    bins = np.clip(np.ceil(confidence * BINS).astype(np.intp) - 1, 0, BINS - 1)
    return np.asarray(confidence), np.asarray(scores.argmax(axis=1) == target), bins


def calibration_error(statistics: Statistics, weights: Floats) -> Floats:
    """Mean distance between confidence and accuracy over bins of confidence, weighted by what is in them."""
    confidence, right, bins = binned(statistics)
    gaps = np.zeros((len(confidence), BINS))
    gaps[np.arange(len(confidence)), bins] = confidence - right
    return np.asarray(np.abs(weights @ gaps).sum(axis=1) / weights.sum(axis=1))
