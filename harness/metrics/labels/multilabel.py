"""Several labels per picture: MedMNIST's means over labels, and the F1 that they hide."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from harness.base.arrays import np
from harness.metrics.base import Context, Floats, Measure, Metric, NotComputed, Samples, Statistics
from harness.metrics.columns import of_rows
from harness.metrics.labels.curves import at_once, mean_area, mean_swap, roc
from harness.parsing import SEPARATOR

if TYPE_CHECKING:
    from numpy.typing import NDArray


def labels_of(text: str) -> frozenset[str]:
    """The labels in a target or prediction; the empty text has none."""
    return frozenset(text.split(SEPARATOR)) if text else frozenset()


def _named(samples: Samples, context: Context) -> Statistics:
    """Per label: is it the case, was it said. An unparsed reply said nothing, and is counted apart."""
    table = np.zeros((len(samples), 2 * len(context.labels) + 1))
    for row, (target, prediction) in enumerate(zip(samples.targets, samples.predictions, strict=True)):
        for column, label in enumerate(context.labels):
            table[row, 2 * column] = label in labels_of(target)
            table[row, 2 * column + 1] = prediction is not None and label in labels_of(prediction)
        table[row, -1] = prediction is None
    names = [f"{kind}{number}" for number in range(len(context.labels)) for kind in ("is", "said")]
    return Statistics(names=(*names, "unparsed"), table=table)


def _scores(samples: Samples, context: Context) -> Statistics:
    """Per label: is it the case, its own probability."""
    missing = sum(1 for logs in samples.choice_log_probs if logs is None)
    if missing:
        raise NotComputed(f"{missing} of {len(samples)} replies have no scores")
    if context.scores != "independent":
        raise NotComputed("the scores are one distribution over the labels; several labels need one probability each")
    rows = []
    for target, choices, logs in zip(samples.targets, samples.choices, samples.choice_log_probs, strict=True):
        own = dict(zip(choices, np.exp(np.array(logs)), strict=True))
        rows.append([value for label in context.labels for value in (float(label in labels_of(target)), float(own[label]))])
    names = [f"{kind}{number}" for number in range(len(context.labels)) for kind in ("is", "p")]
    return of_rows(names, rows)


def _expanded(statistics: Statistics) -> Statistics:
    """Counts that may be summed: per label targets, labels said and labels right; the share of labels judged right; unparsed; samples."""
    if statistics.names[-1] == "n":
        return statistics
    truth, predicted, unparsed = statistics.table[:, 0:-1:2], statistics.table[:, 1:-1:2], statistics.table[:, -1:]
    same = (truth == predicted).mean(axis=1, keepdims=True) * (unparsed == 0)
    table = np.hstack([truth, predicted, truth * predicted, same, unparsed, np.ones_like(unparsed)])
    names = [f"{kind}{number}" for kind in ("is", "said", "both") for number in range(truth.shape[1])]
    return replace(statistics, names=(*names, "same", "unparsed", "n"), table=table)


def _share(column: int) -> Callable[[Statistics, Floats], Floats]:
    """The mean of a column, counted from the end."""

    def value(statistics: Statistics, weights: Floats) -> Floats:
        table = _expanded(statistics).table
        return np.asarray((weights @ table[:, column]) / (weights @ table[:, -1]))

    return value


def _macro_f1(statistics: Statistics, weights: Floats) -> Floats:
    truth, predicted, both = np.split(_expanded(statistics).table[:, :-3], 3, axis=1)
    there = truth.any(axis=0)
    with np.errstate(invalid="ignore"):
        f1 = np.nan_to_num(2 * (weights @ both) / (weights @ truth + weights @ predicted))
    return np.where(weights.any(axis=1), f1[:, there].mean(axis=1), np.nan) if there.any() else np.full(len(weights), np.nan)


def _sides(statistics: Statistics) -> list[tuple[NDArray[np.bool_], Floats]]:
    """Whether each label is the case, and its probability."""
    table = statistics.table
    return [(table[:, column] == 1, table[:, column + 1]) for column in range(0, table.shape[1], 2)]


_auc = mean_area(roc, _sides)


def _present(statistics: Statistics) -> NDArray[np.bool_]:
    """The samples of each label that occurs."""
    truth = statistics.table[:, [column for column, name in enumerate(statistics.names) if name.startswith("is")]]
    return np.asarray(truth[:, truth.any(axis=0)] > 0)


_NAMED = Measure(name="labels_named", run=_named, expand=_expanded, unread=lambda statistics: statistics.table[:, -1] == 1)
_PER_LABEL = Measure(name="label_scores", run=_scores, additive=False, needs=frozenset({"choice_log_probs"}))

MULTILABEL: tuple[Metric, ...] = (
    Metric(
        name="auc",
        variant="medmnist",
        measure=_PER_LABEL,
        value=at_once(_auc),
        bind=_auc,
        swap=mean_swap(_sides),
        basis=_present,
        interval="logit",
        scope="whole set",
        options={"labels": "mean of each", "ties": "half"},
        summary="Mean over labels of each label's area under the ROC curve, as MedMNIST's Evaluator gives it.",
        source="medmnist.evaluator.getAUC",
        pitfalls=("Undefined where a label does not occur, or always does.",),
    ),
    Metric(
        name="accuracy",
        variant="per-label",
        measure=_NAMED,
        value=_share(-3),
        options={"threshold": "0.5", "unparsed": "wrong"},
        summary="Mean over labels of each label's accuracy, at a probability above one half.",
        source="medmnist.evaluator.getACC",
        pitfalls=("Naming nothing scores 0.95 where labels are rare.",),
    ),
    Metric(
        name="macro_f1",
        variant="per-label",
        measure=_NAMED,
        value=_macro_f1,
        basis=_present,
        options={"labels": "present", "zero_division": "0", "threshold": "0.5"},
        summary="Unweighted mean of F1 over the labels that occur among the targets.",
        source="scikit-learn f1_score(average='macro') over label indicators",
    ),
    Metric(
        name="unparsed_rate",
        variant="label",
        measure=_NAMED,
        value=_share(-2),
        higher_is_better=False,
        summary="Share of samples without a readable answer: a reply that names no label and does not say that there is none (unparsed),"
        " none at all (empty), a refusal or a failed call.",
        source="this harness",
    ),
)
"""Pictures with any number of labels; the first one ranks."""
