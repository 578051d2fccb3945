"""Classification from the scores of a model: areas, average precision, calibration. None of them ever comes from hard labels."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from harness.metrics.base import Metric
from harness.metrics.labels import probabilities
from harness.metrics.labels.curves import Curve, Sides, at_once, mean_area, mean_swap, precision_recall, roc
from harness.metrics.units import SQUARED_TO_1, SQUARED_TO_2

_of_scores = partial(Metric, measure=probabilities.FROM_SCORES, scope="whole set")


def _area(name: str, variant: str, curve: Curve, sides: Sides, *, options: dict[str, str], **further: Any) -> Metric:
    """The mean of areas under curves of one kind."""
    bind = mean_area(curve, sides)
    own = {"basis": probabilities.every_class, "options": {**probabilities.SCORES, **options}, **further}
    return _of_scores(name=name, variant=variant, value=at_once(bind), bind=bind, **own)


def _auc(variant: str, sides: Sides, classes: str, **further: Any) -> Metric:
    options = {"classes": classes, "ties": "half"}
    return _area("auc", variant, roc, sides, options=options, swap=mean_swap(sides), interval="area", **further)


AUC = _auc(
    "medmnist",
    probabilities.MEDMNIST,
    "one-vs-rest mean; of two the last",
    summary="Area under the ROC curve as MedMNIST's Evaluator gives it.",
    source="medmnist.evaluator.getAUC; scikit-learn roc_auc_score",
    pitfalls=(
        "Undefined where a class does not occur; never computed from hard labels.",
        "scikit-learn's roc_auc_score (of two classes, or multi_class='ovr') gives the same number; its 'ovo' is another.",
    ),
)
MACRO_AUC = _auc(
    "macro-present",
    probabilities.PRESENT,
    "present, one-vs-rest",
    summary="Unweighted mean of one-against-the-rest areas over the classes that occur among the targets.",
    source="scikit-learn roc_auc_score per class",
)
CLASS_AUC = _auc(
    "class",
    probabilities.OWN,
    "one-vs-rest",
    basis=probabilities.class_basis,
    scope="each class",
    summary="Area under the ROC curve of one class against the rest, over the whole set.",
    source="scikit-learn roc_auc_score per class",
)
AUPRC = _area(
    "auprc",
    "average-precision",
    precision_recall,
    probabilities.LAST,
    options={"positive": "last label"},
    basis=probabilities.positives,
    interval="logit",
    summary="Average precision of the positive class.",
    source="scikit-learn average_precision_score",
)
MACRO_AUPRC = _area(
    "auprc",
    "macro-present",
    precision_recall,
    probabilities.PRESENT,
    options={"classes": "present, one-vs-rest"},
    interval="logit",
    summary="Unweighted mean of one-against-the-rest average precision over the classes that occur among the targets.",
    source="scikit-learn average_precision_score per class",
    pitfalls=("By chance it is the share of the class, not one half.",),
)
BRIER = _of_scores(
    name="brier",
    variant="scikit-learn",
    value=probabilities.brier,
    options={**probabilities.SCORES, "classes": "sum; of two the last"},
    unit=SQUARED_TO_2.name,
    higher_is_better=False,
    summary="Mean squared distance between probabilities and truth; 0 is perfect, 2 the worst (1 for two classes).",
    source="Brier (1950); scikit-learn brier_score_loss",
    pitfalls=(
        "Some divide by two or by the number of classes for several classes too.",
        "Scores that are no distribution (a probability of its own for each class) can come to more, up to the number of classes.",
    ),
)
BRIER_OF_TWO = replace(
    BRIER,
    unit=SQUARED_TO_1.name,
    summary="Mean squared distance between the last class's probability and truth; 0 is perfect, 1 the worst.",
)
"""The same formula where a task has two classes, of which it counts one."""
CALIBRATION = _of_scores(
    name="calibration_error",
    variant="top-label",
    value=probabilities.calibration_error,
    options={**probabilities.SCORES, "bins": f"{probabilities.BINS} of equal width", "norm": "l1"},
    higher_is_better=False,
    summary="Expected calibration error: distance between confidence and accuracy, averaged over bins of confidence.",
    source="Guo et al. (2017)",
    pitfalls=(
        "Depends on the bins, and is above 0 for a perfectly calibrated model too: chance moves every bin.",
        "Resamples add chance of their own, so the interval lies somewhat high.",
    ),
)
