"""Classification: from labels where a model names one, from scores where it gives them. An area never comes from hard labels."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from harness.metrics.base import Context, Floats, Measure, Metric, NotComputed, Samples, Statistics
from harness.metrics.curves import average_precision, roc_auc


def _labels(samples: Samples, context: Context) -> Statistics:
    """The target's and the prediction's class numbers; -1 is an unparsed prediction: a miss, and never a class of its own."""
    number = _numbers(samples, context)
    rows = [[number[target], number.get(said, -1)] for target, said in zip(samples.targets, samples.predictions, strict=True)]
    table = np.array(rows, dtype=np.float64).reshape(len(rows), 2)
    return Statistics(names=("target", "predicted"), table=table, fixed={"classes": len(number)}, note=_absent(samples, context))


def _scores(samples: Samples, context: Context) -> Statistics:
    """The target's class number and one probability per class."""
    number = _numbers(samples, context)
    missing = sum(1 for scores in samples.choice_log_probs if scores is None)
    if missing:
        raise NotComputed(f"{missing} of {len(samples)} replies have no scores")
    rows = []
    for target, choices, logs in zip(samples.targets, samples.choices, samples.choice_log_probs, strict=True):
        by_label = dict(zip(choices, logs or (), strict=True))
        rows.append([float(number[target]), *distribution(np.array([by_label[label] for label in context.labels]), context)])
    names = ("target", *(f"p{position}" for position in range(len(number))))
    return Statistics(names=names, table=np.array(rows, dtype=np.float64).reshape(len(rows), len(names)), note=_absent(samples, context))


def distribution(logs: Floats, context: Context) -> Floats:
    """Probabilities from log-probabilities: renormalised over the classes, or each as it stands where they are independent."""
    if context.scores == "independent":
        return np.asarray(np.exp(logs))
    shifted = np.exp(logs - logs.max()) if np.isfinite(logs.max()) else np.ones_like(logs)
    return np.asarray(shifted / shifted.sum())


def _numbers(samples: Samples, context: Context) -> dict[str, int]:
    number = {label: position for position, label in enumerate(context.labels)}
    strange = sorted({str(target) for target in samples.targets} - set(number))
    if strange:
        raise NotComputed(f"the target '{strange[0]}' is none of the card's labels")
    return number


def _absent(samples: Samples, context: Context) -> str:
    absent = [label for label in context.labels if label not in set(samples.targets)]
    return f"no sample of: {', '.join(absent)}" if absent else ""


def _accuracy(statistics: Statistics, weights: Floats) -> Floats:
    target, predicted = statistics.table.T
    return np.asarray((weights @ (target == predicted).astype(float)) / weights.sum(axis=1))


def _unparsed(statistics: Statistics, weights: Floats) -> Floats:
    return np.asarray((weights @ (statistics.table[:, 1] < 0).astype(float)) / weights.sum(axis=1))


def _f1_per_class(statistics: Statistics, weights: Floats) -> tuple[Floats, Floats]:
    """F1 and weight of each class that occurs among the targets, both [b, classes]; the class set is that of the rows, not of a draw."""
    target, predicted = statistics.table.T
    present = np.unique(target)
    is_target = (target[:, None] == present).astype(float)
    is_said = (predicted[:, None] == present).astype(float)
    support, said, right = weights @ is_target, weights @ is_said, weights @ (is_target * is_said)
    with np.errstate(invalid="ignore"):
        return np.nan_to_num(2 * right / (support + said)), support


def _macro_f1(statistics: Statistics, weights: Floats) -> Floats:
    return np.asarray(_f1_per_class(statistics, weights)[0].mean(axis=1))


def _weighted_f1(statistics: Statistics, weights: Floats) -> Floats:
    f1, support = _f1_per_class(statistics, weights)
    return np.asarray((f1 * support).sum(axis=1) / support.sum(axis=1))


def _balanced_accuracy(statistics: Statistics, weights: Floats) -> Floats:
    target, predicted = statistics.table.T
    present = np.unique(target)
    is_target = (target[:, None] == present).astype(float)
    right = weights @ (is_target * (target == predicted)[:, None])
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((right / (weights @ is_target)).mean(axis=1))


def _class_recall(number: int) -> Callable[[Statistics, Floats], Floats]:
    def value(statistics: Statistics, weights: Floats) -> Floats:
        target, predicted = statistics.table.T
        mine = (target == number).astype(float)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray((weights @ (mine * (target == predicted))) / (weights @ mine))

    return value


def _binary_f1(statistics: Statistics, weights: Floats) -> Floats:
    target, predicted = statistics.table.T
    mine, said = (target == 1).astype(float), (predicted == 1).astype(float)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(2 * (weights @ (mine * said)) / (weights @ mine + weights @ said))


def _auc(statistics: Statistics, weights: Floats) -> Floats:
    """MedMNIST's: of two classes the last column's, of more the unweighted mean of one against the rest."""
    target, scores = statistics.table[:, 0], statistics.table[:, 1:]
    classes = [1] if scores.shape[1] == 2 else range(scores.shape[1])
    return np.asarray(np.mean([roc_auc(target == number, scores[:, number], weights) for number in classes], axis=0))


def _auc_present(statistics: Statistics, weights: Floats) -> Floats:
    target, scores = statistics.table[:, 0], statistics.table[:, 1:]
    present = [number for number in range(scores.shape[1]) if 0 < np.sum(target == number) < len(target)]
    if not present:
        return np.full(len(weights), np.nan)
    return np.asarray(np.mean([roc_auc(target == number, scores[:, number], weights) for number in present], axis=0))


def _auprc(statistics: Statistics, weights: Floats) -> Floats:
    return average_precision(statistics.table[:, 0] == 1, statistics.table[:, 2], weights)


_FROM_LABELS = Measure(name="labels", run=_labels, additive=False)
_FROM_SCORES = Measure(name="scores", run=_scores, additive=False, needs=frozenset({"choice_log_probs"}))

ACCURACY = Metric(
    name="accuracy",
    variant="label",
    measure=_FROM_LABELS,
    value=_accuracy,
    options={"unparsed": "wrong", "ties": "first"},
    summary="Share of right labels; a reply that names none is wrong. A classifier's label is its highest score.",
    source="equals MedMNIST's Evaluator and scikit-learn's accuracy_score on the same labels",
)
UNPARSED = Metric(
    name="unparsed_rate",
    variant="label",
    measure=_FROM_LABELS,
    value=_unparsed,
    higher_is_better=False,
    summary="Share of replies that name no label, or several; all of them count as wrong.",
    source="this harness",
)
MACRO_F1 = Metric(
    name="macro_f1",
    variant="present",
    measure=_FROM_LABELS,
    value=_macro_f1,
    options={"classes": "present", "unparsed": "miss", "zero_division": "0"},
    summary="Unweighted mean of F1 over the classes that occur among the targets.",
    source="scikit-learn f1_score(average='macro', labels=the classes present)",
    pitfalls=("Without fixed labels scikit-learn counts an unparsed reply as a class of its own, with F1 0.",),
)
WEIGHTED_F1 = Metric(
    name="weighted_f1",
    variant="label",
    measure=_FROM_LABELS,
    value=_weighted_f1,
    options={"classes": "present", "unparsed": "miss", "zero_division": "0"},
    summary="Mean of F1 over classes, weighted by their share.",
    source="scikit-learn f1_score(average='weighted', labels=the classes present)",
)
BALANCED_ACCURACY = Metric(
    name="balanced_accuracy",
    variant="present",
    measure=_FROM_LABELS,
    value=_balanced_accuracy,
    options={"classes": "present", "unparsed": "wrong"},
    summary="Unweighted mean of recall over the classes that occur among the targets.",
    source="scikit-learn balanced_accuracy_score",
)
RECALL = Metric(
    name="recall",
    variant="label",
    measure=_FROM_LABELS,
    value=_accuracy,
    scope="label slices",
    options={"unparsed": "wrong"},
    summary="Share of one class's samples that were labelled so.",
    source="scikit-learn recall_score per class",
)
AUC = Metric(
    name="auc",
    variant="medmnist",
    measure=_FROM_SCORES,
    value=_auc,
    scope="whole set",
    options={"classes": "one-vs-rest mean; of two the last", "ties": "half"},
    summary="Area under the ROC curve as MedMNIST's Evaluator gives it.",
    source="medmnist.evaluator.getAUC",
    pitfalls=("Undefined where a class does not occur; never computed from hard labels.",),
)
MACRO_AUC = Metric(
    name="auc",
    variant="macro-present",
    measure=_FROM_SCORES,
    value=_auc_present,
    scope="whole set",
    options={"classes": "present, one-vs-rest", "ties": "half"},
    summary="Unweighted mean of one-against-the-rest areas over the classes that occur among the targets.",
    source="scikit-learn roc_auc_score per class",
)
SENSITIVITY = Metric(
    name="sensitivity",
    variant="label",
    measure=_FROM_LABELS,
    value=_class_recall(1),
    scope="whole set",
    options={"positive": "last label", "unparsed": "wrong"},
    summary="Share of positive samples that were found.",
    source="scikit-learn recall_score(pos_label=1)",
)
SPECIFICITY = Metric(
    name="specificity",
    variant="label",
    measure=_FROM_LABELS,
    value=_class_recall(0),
    scope="whole set",
    options={"negative": "first label", "unparsed": "wrong"},
    summary="Share of negative samples that were called negative.",
    source="scikit-learn recall_score(pos_label=0)",
)
BINARY_F1 = Metric(
    name="f1",
    variant="binary",
    measure=_FROM_LABELS,
    value=_binary_f1,
    scope="whole set",
    options={"positive": "last label", "unparsed": "miss"},
    summary="F1 of the positive class.",
    source="scikit-learn f1_score(pos_label=1)",
)
AUPRC = Metric(
    name="auprc",
    variant="average-precision",
    measure=_FROM_SCORES,
    value=_auprc,
    scope="whole set",
    options={"positive": "last label"},
    summary="Average precision of the positive class.",
    source="scikit-learn average_precision_score",
)

MEDMNIST: tuple[Metric, ...] = (ACCURACY, AUC, MACRO_F1, BALANCED_ACCURACY, UNPARSED, RECALL)
"""The MedMNIST sets."""
BINARY: tuple[Metric, ...] = (ACCURACY, AUC, BINARY_F1, SENSITIVITY, SPECIFICITY, AUPRC, BALANCED_ACCURACY, UNPARSED, RECALL)
"""Two classes, the last one positive: tuberculosis."""
MULTICLASS: tuple[Metric, ...] = (MACRO_F1, ACCURACY, MACRO_AUC, BALANCED_ACCURACY, WEIGHTED_F1, UNPARSED, RECALL)
"""Several classes of unequal size."""


def _quadratic_kappa(statistics: Statistics, weights: Floats) -> Floats:
    """Agreement beyond chance, distances squared; an unparsed prediction is as far from its target as there is room."""
    target, predicted = statistics.table.T
    top = float(statistics.fixed["classes"]) - 1
    grades = np.arange(top + 1)
    said = np.where(predicted < 0, np.where(target * 2 < top, top, 0.0), predicted)
    seen = weights @ ((target - said) ** 2) / weights.sum(axis=1)
    is_target, is_said = ((column[:, None] == grades).astype(float) for column in (target, said))
    share_target, share_said = (weights @ column / weights.sum(axis=1)[:, None] for column in (is_target, is_said))
    chance = np.einsum("bi,bj,ij->b", share_target, share_said, (grades[:, None] - grades) ** 2)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(1 - seen / chance)


QUADRATIC_KAPPA = Metric(
    name="quadratic_kappa",
    variant="label",
    measure=_FROM_LABELS,
    value=_quadratic_kappa,
    scope="whole set",
    options={"weights": "quadratic", "unparsed": "farthest grade"},
    unit="kappa (-1 to 1)",
    summary="Cohen's kappa with squared distances between grades in order.",
    source="scikit-learn cohen_kappa_score(weights='quadratic')",
)
ORDINAL: tuple[Metric, ...] = (*MEDMNIST, QUADRATIC_KAPPA)
"""Grades in order: RetinaMNIST."""
