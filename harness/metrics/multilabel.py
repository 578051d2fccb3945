"""Several labels per picture: MedMNIST's means over labels, and the F1 that they hide."""

from __future__ import annotations

import numpy as np

from harness.metrics.base import Context, Floats, Measure, Metric, NotComputed, Samples, Statistics
from harness.metrics.curves import roc_auc

SEPARATOR = "; "
"""Between the labels of one target or prediction; no label holds it."""


def labels_of(text: str) -> frozenset[str]:
    """The labels in a target or prediction; the empty text has none."""
    return frozenset(text.split(SEPARATOR)) if text else frozenset()


def _named(samples: Samples, context: Context) -> Statistics:
    """Per label: is it the case, was it said. An unparsed reply said nothing, and is counted apart."""
    table = np.zeros((len(samples), 2 * len(context.labels) + 1))
    for row, (target, said) in enumerate(zip(samples.targets, samples.predictions, strict=True)):
        for column, label in enumerate(context.labels):
            table[row, 2 * column] = label in labels_of(target)
            table[row, 2 * column + 1] = said is not None and label in labels_of(said)
        table[row, -1] = said is None
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
    return Statistics(names=tuple(names), table=np.array(rows, dtype=np.float64).reshape(len(rows), len(names)))


def _auc(statistics: Statistics, weights: Floats) -> Floats:
    table = statistics.table
    return np.asarray(np.mean([roc_auc(table[:, i] == 1, table[:, i + 1], weights) for i in range(0, table.shape[1], 2)], axis=0))


def _accuracy(statistics: Statistics, weights: Floats) -> Floats:
    table = statistics.table[:, :-1]
    same = (table[:, 0::2] == table[:, 1::2]).mean(axis=1) * (statistics.table[:, -1] == 0)
    return np.asarray(weights @ same / weights.sum(axis=1))


def _macro_f1(statistics: Statistics, weights: Floats) -> Floats:
    table = statistics.table[:, :-1]
    truth, said = table[:, 0::2], table[:, 1::2]
    present = truth.any(axis=0)
    with np.errstate(invalid="ignore"):
        f1 = np.nan_to_num(2 * (weights @ (truth * said)) / (weights @ truth + weights @ said))
    return np.asarray(f1[:, present].mean(axis=1)) if present.any() else np.full(len(weights), np.nan)


def _unparsed(statistics: Statistics, weights: Floats) -> Floats:
    return np.asarray(weights @ statistics.table[:, -1] / weights.sum(axis=1))


_NAMED = Measure(name="labels_named", run=_named, additive=False)
_PER_LABEL = Measure(name="label_scores", run=_scores, additive=False, needs=frozenset({"choice_log_probs"}))

MULTILABEL: tuple[Metric, ...] = (
    Metric(
        name="auc",
        variant="medmnist",
        measure=_PER_LABEL,
        value=_auc,
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
        value=_accuracy,
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
        options={"labels": "present", "zero_division": "0", "threshold": "0.5"},
        summary="Unweighted mean of F1 over the labels that occur among the targets.",
        source="scikit-learn f1_score(average='macro') over label indicators",
    ),
    Metric(
        name="unparsed_rate",
        variant="label",
        measure=_NAMED,
        value=_unparsed,
        higher_is_better=False,
        summary="Share of replies that name no label and do not say that there is none.",
        source="this harness",
    ),
)
"""Pictures with any number of labels; the first one ranks."""
