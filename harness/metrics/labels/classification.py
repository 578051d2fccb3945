"""Classification: from labels where a model names one, from scores where it gives them. An area never comes from hard labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from harness.metrics.base import Metric
from harness.metrics.labels import confusion
from harness.metrics.labels.scored import AUC as AUC
from harness.metrics.labels.scored import AUPRC as AUPRC
from harness.metrics.labels.scored import BRIER as BRIER
from harness.metrics.labels.scored import BRIER_OF_TWO as BRIER_OF_TWO
from harness.metrics.labels.scored import CALIBRATION as CALIBRATION
from harness.metrics.labels.scored import CLASS_AUC as CLASS_AUC
from harness.metrics.labels.scored import MACRO_AUC as MACRO_AUC
from harness.metrics.labels.scored import MACRO_AUPRC as MACRO_AUPRC
from harness.metrics.units import KAPPA

_of_labels = partial(Metric, measure=confusion.FROM_LABELS)

ACCURACY = _of_labels(
    name="accuracy",
    variant="label",
    value=confusion.accuracy,
    options={"unparsed": "wrong", "ties": "first"},
    summary="Share of right labels; a reply that names none is wrong. A classifier's label is its highest score.",
    source="equals MedMNIST's Evaluator and scikit-learn's accuracy_score on the same labels",
)
UNPARSED = _of_labels(
    name="unparsed_rate",
    variant="label",
    value=confusion.unparsed,
    higher_is_better=False,
    summary="Share of samples without a readable answer: a reply that names no label or several (unparsed), none at all (empty),"
    " a refusal or a failed call; all of them count as wrong.",
    source="this harness",
)
MACRO_F1 = _of_labels(
    name="macro_f1",
    variant="present",
    value=confusion.macro_f1,
    basis=confusion.every_class,
    options={"classes": "present", "unparsed": "miss", "zero_division": "0"},
    summary="Unweighted mean of F1 over the classes that occur among the targets.",
    source="scikit-learn f1_score(average='macro', labels=the classes present)",
    pitfalls=("Without fixed labels scikit-learn counts an unparsed reply as a class of its own, with F1 0.",),
)
OFFICIAL_MACRO_F1 = replace(
    MACRO_F1,
    variant="all",
    value=confusion.official_macro_f1,
    scope="whole set",
    options={**MACRO_F1.options, "classes": "all"},
    summary="Unweighted mean of F1 over all classes of the task; undefined where one does not occur among the targets.",
    source="scikit-learn f1_score(average='macro', labels=all classes)",
    pitfalls=("scikit-learn counts a class that does not occur as F1 0, which lowers the mean by what nobody could get right.",),
)
CLASS_F1 = _of_labels(
    name="f1",
    variant="class",
    value=confusion.class_f1,
    basis=confusion.class_basis,
    scope="each class",
    options={"unparsed": "miss"},
    summary="F1 of one class, over the whole set.",
    source="scikit-learn f1_score(average=None)",
)
WEIGHTED_F1 = _of_labels(
    name="weighted_f1",
    variant="label",
    value=confusion.weighted_f1,
    options=MACRO_F1.options,
    summary="Mean of F1 over classes, weighted by their share.",
    source="scikit-learn f1_score(average='weighted', labels=the classes present)",
)
BALANCED_ACCURACY = _of_labels(
    name="balanced_accuracy",
    variant="present",
    value=confusion.balanced_accuracy,
    basis=confusion.every_class,
    options={"classes": "present", "unparsed": "wrong"},
    summary="Unweighted mean of recall over the classes that occur among the targets.",
    source="scikit-learn balanced_accuracy_score",
)
RECALL = _of_labels(
    name="recall",
    variant="label",
    value=confusion.accuracy,
    scope="label slices",
    options={"unparsed": "wrong"},
    summary="Share of one class's samples that were labelled so.",
    source="scikit-learn recall_score per class",
)
SENSITIVITY = _of_labels(
    name="sensitivity",
    variant="label",
    value=confusion.recall_of(1),
    basis=confusion.one_class(1),
    scope="whole set",
    options={"positive": "last label", "unparsed": "wrong"},
    summary="Share of positive samples that were found.",
    source="scikit-learn recall_score(pos_label=1)",
)
SPECIFICITY = replace(
    SENSITIVITY,
    name="specificity",
    value=confusion.recall_of(0),
    basis=confusion.one_class(0),
    options={"negative": "first label", "unparsed": "wrong"},
    summary="Share of negative samples that were called negative.",
    source="scikit-learn recall_score(pos_label=0)",
)
BINARY_F1 = replace(
    SENSITIVITY,
    name="f1",
    variant="binary",
    value=confusion.f1_of(1),
    options={"positive": "last label", "unparsed": "miss"},
    summary="F1 of the positive class.",
    source="scikit-learn f1_score(pos_label=1)",
)
QUADRATIC_KAPPA = _of_labels(
    name="quadratic_kappa",
    variant="label",
    value=confusion.quadratic_kappa,
    scope="whole set",
    options={"weights": "quadratic", "unparsed": "farthest grade"},
    unit=KAPPA.name,
    summary="Cohen's kappa with squared distances between grades in order.",
    source="scikit-learn cohen_kappa_score(weights='quadratic')",
)

MEDMNIST: tuple[Metric, ...] = (
    ACCURACY,
    AUC,
    MACRO_F1,
    BALANCED_ACCURACY,
    MACRO_AUC,
    OFFICIAL_MACRO_F1,
    MACRO_AUPRC,
    BRIER,
    CALIBRATION,
    UNPARSED,
    RECALL,
    CLASS_F1,
    CLASS_AUC,
)
"""The MedMNIST sets."""
BINARY: tuple[Metric, ...] = (
    ACCURACY,
    AUC,
    BINARY_F1,
    SENSITIVITY,
    SPECIFICITY,
    AUPRC,
    BALANCED_ACCURACY,
    BRIER,
    CALIBRATION,
    UNPARSED,
    RECALL,
)
"""Two classes, the last one positive: tuberculosis."""
MULTICLASS: tuple[Metric, ...] = (
    MACRO_F1,
    ACCURACY,
    MACRO_AUC,
    BALANCED_ACCURACY,
    WEIGHTED_F1,
    OFFICIAL_MACRO_F1,
    MACRO_AUPRC,
    BRIER,
    CALIBRATION,
    UNPARSED,
    RECALL,
    CLASS_F1,
    CLASS_AUC,
)
"""Several classes of unequal size."""
ORDINAL: tuple[Metric, ...] = (*MEDMNIST, QUADRATIC_KAPPA)
"""Grades in order: RetinaMNIST."""


def fitted(metrics: Sequence[Metric], labels: Sequence[str]) -> tuple[Metric, ...]:
    """The metrics with the units that they have on a task of these labels."""
    return tuple(BRIER_OF_TWO if metric is BRIER and len(labels) == 2 else metric for metric in metrics)
