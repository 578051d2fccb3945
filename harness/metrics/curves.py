"""Areas under curves for many weightings at once; ties are half a win, as they should be."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.metrics.base import Floats


def roc_auc(positive: NDArray[np.bool_], scores: Floats, weights: Floats) -> Floats:
    """Area under the ROC curve.

    Args:
        positive: [n]; which samples are positive.
        scores: [n]; higher means more positive.
        weights: [b, n].

    Returns:
        [b]; NaN where either class has no weight. Equals scikit-learn's `roc_auc_score` with sample weights.
    """
    _, group = np.unique(scores, return_inverse=True)
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    sorted_weights = weights[:, order]
    right = np.where(positive[order], sorted_weights, 0.0)
    won = np.add.reduceat(right, starts, axis=1)
    lost = np.add.reduceat(sorted_weights - right, starts, axis=1)
    below = np.cumsum(lost, axis=1) - lost
    pairs = won.sum(axis=1) * lost.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((won * (below + lost / 2)).sum(axis=1) / pairs)


def average_precision(positive: NDArray[np.bool_], scores: Floats, weights: Floats) -> Floats:
    """Average precision, the step-wise area under the precision-recall curve.

    Args:
        positive: [n]; which samples are positive.
        scores: [n]; higher means more positive.
        weights: [b, n].

    Returns:
        [b]; NaN where no positive has weight. Equals scikit-learn's `average_precision_score` with sample weights.
    """
    _, group = np.unique(-scores, return_inverse=True)
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    sorted_weights = weights[:, order]
    right = np.add.reduceat(np.where(positive[order], sorted_weights, 0.0), starts, axis=1)
    all_of_them = np.add.reduceat(sorted_weights, starts, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = np.nan_to_num(np.cumsum(right, axis=1) / np.cumsum(all_of_them, axis=1))
        return np.asarray((right * precision).sum(axis=1) / right.sum(axis=1))
