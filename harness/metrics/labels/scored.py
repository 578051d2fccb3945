"""Classification from the scores of a model: areas, average precision, calibration. None of them ever comes from hard labels."""

from __future__ import annotations

from dataclasses import replace

from harness.metrics.base import Metric
from harness.metrics.labels import probabilities
from harness.metrics.units import SQUARED_TO_1, SQUARED_TO_2

AUC = Metric(
    name="auc",
    variant="medmnist",
    measure=probabilities.FROM_SCORES,
    value=probabilities.at_once(probabilities.auc),
    bind=probabilities.auc,
    swap=probabilities.auc_swap,
    basis=probabilities.every_class,
    interval="area",
    scope="whole set",
    options={**probabilities.SCORES, "classes": "one-vs-rest mean; of two the last", "ties": "half"},
    summary="Area under the ROC curve as MedMNIST's Evaluator gives it.",
    source="medmnist.evaluator.getAUC; scikit-learn roc_auc_score",
    pitfalls=(
        "Undefined where a class does not occur; never computed from hard labels.",
        "scikit-learn's roc_auc_score (of two classes, or multi_class='ovr') gives the same number; its 'ovo' is another.",
    ),
)
MACRO_AUC = Metric(
    name="auc",
    variant="macro-present",
    measure=probabilities.FROM_SCORES,
    value=probabilities.at_once(probabilities.auc_present),
    bind=probabilities.auc_present,
    swap=probabilities.auc_present_swap,
    basis=probabilities.every_class,
    interval="area",
    scope="whole set",
    options={**probabilities.SCORES, "classes": "present, one-vs-rest", "ties": "half"},
    summary="Unweighted mean of one-against-the-rest areas over the classes that occur among the targets.",
    source="scikit-learn roc_auc_score per class",
)
CLASS_AUC = Metric(
    name="auc",
    variant="class",
    measure=probabilities.FROM_SCORES,
    value=probabilities.at_once(probabilities.class_auc),
    bind=probabilities.class_auc,
    swap=probabilities.class_auc_swap,
    basis=probabilities.class_basis,
    interval="area",
    scope="each class",
    options={**probabilities.SCORES, "classes": "one-vs-rest", "ties": "half"},
    summary="Area under the ROC curve of one class against the rest, over the whole set.",
    source="scikit-learn roc_auc_score per class",
)
AUPRC = Metric(
    name="auprc",
    variant="average-precision",
    measure=probabilities.FROM_SCORES,
    value=probabilities.at_once(probabilities.auprc),
    bind=probabilities.auprc,
    basis=probabilities.positives,
    interval="logit",
    scope="whole set",
    options={**probabilities.SCORES, "positive": "last label"},
    summary="Average precision of the positive class.",
    source="scikit-learn average_precision_score",
)
MACRO_AUPRC = Metric(
    name="auprc",
    variant="macro-present",
    measure=probabilities.FROM_SCORES,
    value=probabilities.at_once(probabilities.auprc_present),
    bind=probabilities.auprc_present,
    basis=probabilities.every_class,
    interval="logit",
    scope="whole set",
    options={**probabilities.SCORES, "classes": "present, one-vs-rest"},
    summary="Unweighted mean of one-against-the-rest average precision over the classes that occur among the targets.",
    source="scikit-learn average_precision_score per class",
    pitfalls=("By chance it is the share of the class, not one half.",),
)
BRIER = Metric(
    name="brier",
    variant="scikit-learn",
    measure=probabilities.FROM_SCORES,
    value=probabilities.brier,
    scope="whole set",
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
CALIBRATION = Metric(
    name="calibration_error",
    variant="top-label",
    measure=probabilities.FROM_SCORES,
    value=probabilities.calibration_error,
    scope="whole set",
    options={**probabilities.SCORES, "bins": f"{probabilities.BINS} of equal width", "norm": "l1"},
    higher_is_better=False,
    summary="Expected calibration error: distance between confidence and accuracy, averaged over bins of confidence.",
    source="Guo et al. (2017)",
    pitfalls=(
        "Depends on the bins, and is above 0 for a perfectly calibrated model too: chance moves every bin.",
        "Resamples add chance of their own, so the interval lies somewhat high.",
    ),
)
