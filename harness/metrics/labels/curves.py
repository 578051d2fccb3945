"""Areas under curves for many weightings at once; ties are half a win, as they should be.

Sorting is done once per set of scores. After that a weighting costs a running sum and a look-up: how much weight of the negatives lies
below each positive. Integer weights, the counts of a bootstrap, are summed as integers: the same result, seven times as fast.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from harness.base.arrays import np
from harness.metrics.base import Floats, Statistics

if TYPE_CHECKING:
    from numpy.typing import NDArray

_WEIGHTS_AT_ONCE = 1 << 15

Bound: TypeAlias = "Callable[[NDArray[Any]], Floats]"
"""A value as a function of weights, [b, n] to [b]."""
Curve: TypeAlias = "Callable[[NDArray[np.bool_], Floats], Bound]"
Sides: TypeAlias = "Callable[[Statistics], list[tuple[NDArray[np.bool_], Floats]]]"
"""The areas that a value is the mean of: for each, which samples are positive, [n], and all scores, [n]."""


def mean_area(curve: Curve, sides: Sides) -> Callable[[Statistics], Bound]:
    """A metric's ``bind``: the mean of areas; NaN where one is undefined, or there is none."""

    def bind(statistics: Statistics) -> Bound:
        areas = [curve(positive, scores) for positive, scores in sides(statistics)]
        if not areas:
            return lambda weights: np.full(len(weights), np.nan)
        return lambda weights: np.asarray(np.mean([area(weights) for area in areas], axis=0))

    return bind


def mean_swap(sides: Sides) -> Callable[[Statistics, Statistics], Floats]:
    """A metric's ``swap`` where it is a mean of areas under the ROC curve; NaN where two systems' positives differ, or there are none."""

    def swap(first: Statistics, second: Statistics) -> Floats:
        ours, theirs = sides(first), sides(second)
        same = len(ours) == len(theirs) > 0 and all(np.array_equal(mine[0], other[0]) for mine, other in zip(ours, theirs, strict=True))
        if not same:
            return np.full(len(first.table), np.nan)
        moved = [roc_swap(positive, own, other) for (positive, own), (_, other) in zip(ours, theirs, strict=True)]
        return np.asarray(np.mean(moved, axis=0))

    return swap


def at_once(bind: Callable[[Statistics], Bound]) -> Callable[[Statistics, Floats], Floats]:
    """A metric's ``value`` from its ``bind``."""
    return lambda statistics, weights: bind(statistics)(weights)


def roc(positive: NDArray[np.bool_], scores: Floats) -> Bound:
    """The area under the ROC curve as a function of weights, [b, n] to [b].

    Args:
        positive: [n]; which samples are positive.
        scores: [n]; higher means more positive.

    Returns:
        NaN where either class has no weight. Equals scikit-learn's `roc_auc_score` with sample weights.
    """
    up, down = np.flatnonzero(positive), np.flatnonzero(~positive)
    down = down[np.argsort(scores[down], kind="stable")]
    lower, upto = (np.searchsorted(scores[down], scores[up], side=side) for side in ("left", "right"))
    tied = bool((lower != upto).any())

    def area(weights: NDArray[Any]) -> Floats:
        won, below = weights.take(up, axis=1), _running(weights.take(down, axis=1))
        twice = below.take(lower, axis=1) + below.take(upto, axis=1) if tied else 2 * below.take(lower, axis=1)
        return np.asarray((won * twice).sum(axis=1) / (2.0 * won.sum(axis=1) * below[:, -1]))

    return _in_parts(area)


def roc_swap(positive: NDArray[np.bool_], first: Floats, second: Floats) -> Floats:
    """What it adds to the second area minus the first that a sample's two scores change places, [n]; all such changes add up.

    An area is a mean over pairs of a positive and a negative. Where one of the two changes places, each area loses what the other gains;
    where both do, the pair's two shares change places as they are. So the difference after any changes is a sum over samples.

    Args:
        positive: [n]; which samples are positive.
        first: [n]; scores of one system.
        second: [n]; scores of the other.
    """
    up, down = np.flatnonzero(positive), np.flatnonzero(~positive)
    if not len(up) or not len(down):
        return np.full(len(positive), np.nan)
    (a_up, a_down), (b_up, b_down) = ((scores[up], scores[down]) for scores in (first, second))
    added = np.empty(len(positive))
    added[up] = _below(a_up, a_down) - _below(b_up, b_down) + _below(a_up, b_down) - _below(b_up, a_down)
    added[down] = _below(b_down, b_up) - _below(a_down, a_up) + _below(b_down, a_up) - _below(a_down, b_up)
    return added / (2.0 * len(up) * len(down))


def _below(scores: Floats, others: Floats) -> NDArray[np.int64]:
    """Twice how many of the others lie below each score, ties as halves."""
    ordered = np.sort(others)
    return np.searchsorted(ordered, scores, side="left") + np.searchsorted(ordered, scores, side="right")


def precision_recall(positive: NDArray[np.bool_], scores: Floats) -> Bound:
    """Average precision, the step-wise area under the precision-recall curve, as a function of weights, [b, n] to [b].

    Args:
        positive: [n]; which samples are positive.
        scores: [n]; higher means more positive.

    Returns:
        NaN where no positive has weight. Equals scikit-learn's `average_precision_score` with sample weights.
    """
    up, down = np.flatnonzero(positive), np.flatnonzero(~positive)
    up, down = up[np.argsort(-scores[up], kind="stable")], down[np.argsort(-scores[down], kind="stable")]
    same, false = (np.searchsorted(-scores[part], -scores[up], side="right") for part in (up, down))

    def area(weights: NDArray[Any]) -> Floats:
        won = weights.take(up, axis=1)
        right, wrong = _running(won).take(same, axis=1), _running(weights.take(down, axis=1)).take(false, axis=1)
        # before the first weight there is no precision, and nothing to count with it
        precision = right / np.maximum(right + wrong, np.finfo(np.float64).tiny)
        return np.asarray((won * precision).sum(axis=1) / won.sum(axis=1))

    return _in_parts(area)


def _running(values: NDArray[Any]) -> NDArray[Any]:
    """Sums of the first 0, 1, … columns, [b, n + 1]."""
    sums = np.zeros((values.shape[0], values.shape[1] + 1), dtype=values.dtype)
    np.cumsum(values, axis=1, out=sums[:, 1:])
    return sums


def _in_parts(area: Bound) -> Bound:
    """Over as many rows at once as stay in the processor's cache."""

    def whole(weights: NDArray[Any]) -> Floats:
        step = max(1, _WEIGHTS_AT_ONCE // max(weights.shape[1], 1))
        with np.errstate(invalid="ignore", divide="ignore"):
            parts = [area(weights[start : start + step]) for start in range(0, len(weights), step)]
        return np.concatenate(parts) if parts else np.empty(0)

    return whole
