"""Classification metrics against scikit-learn and MedMNIST's own evaluator."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from harness.metrics import classification
from harness.metrics.base import Context, Floats, Metric, NotComputed, Samples
from harness.metrics.curves import average_precision, roc_auc

LABELS = ("a", "b", "c")


def samples(
    targets: Sequence[str], predictions: Sequence[str | None], probabilities: Floats | None = None, labels: Sequence[str] = LABELS
) -> Samples:
    n = len(targets)
    logs: list[tuple[float, ...] | None] = [None] * n
    if probabilities is not None:
        logs = [tuple(math.log(p) if p > 0 else -math.inf for p in row) for row in probabilities]
    return Samples(
        ids=[str(i) for i in range(n)],
        replies=[""] * n,
        predictions=predictions,
        choice_log_probs=logs,
        targets=targets,
        references=[[target] for target in targets],
        tags={},
        groups=[str(i) for i in range(n)],
        choices=[tuple(labels)] * n,
    )


def value(metric: Metric, given: Samples, labels: Sequence[str] = LABELS) -> float:
    context = Context(labels=tuple(labels), scores="softmax")
    return float(metric.value(metric.measure.run(given, context), np.ones((1, len(given))))[0])


@pytest.fixture
def labelled() -> tuple[list[str], list[str | None]]:
    rng = np.random.default_rng(1)
    targets = [LABELS[i] for i in rng.integers(0, 3, 150)]
    said: list[str | None] = [target if rng.random() < 0.6 else LABELS[rng.integers(3)] for target in targets]
    said[::17] = [None] * len(said[::17])
    return targets, said


def test_label_metrics_are_scikit_learns_with_unparsed_as_a_miss(labelled: tuple[list[str], list[str | None]]) -> None:
    from sklearn import metrics as sk

    targets, said = labelled
    text = [label or "(unparsed)" for label in said]
    given = samples(targets, said)
    assert value(classification.ACCURACY, given) == pytest.approx(sk.accuracy_score(targets, text), abs=1e-15)
    macro = sk.f1_score(targets, text, labels=LABELS, average="macro", zero_division=0)
    assert value(classification.MACRO_F1, given) == pytest.approx(macro, abs=1e-15)
    weighted = sk.f1_score(targets, text, labels=LABELS, average="weighted", zero_division=0)
    assert value(classification.WEIGHTED_F1, given) == pytest.approx(weighted, abs=1e-15)
    recalls = sk.recall_score(targets, text, labels=LABELS, average=None, zero_division=0)
    assert value(classification.BALANCED_ACCURACY, given) == pytest.approx(float(np.mean(recalls)), abs=1e-15)
    assert value(classification.UNPARSED, given) == 9 / 150


def test_an_unparsed_reply_is_no_class_of_its_own() -> None:
    """By hand: a: tp 1 of 2, F1 2/3; b: tp 1 of 1, F1 1; mean 5/6. scikit-learn without labels would give 5/9."""
    given = samples(["a", "a", "b"], ["a", None, "b"], labels=("a", "b"))
    assert value(classification.MACRO_F1, given, ("a", "b")) == pytest.approx(5 / 6)


@pytest.mark.parametrize("classes", [2, 3, 8])
def test_auc_and_accuracy_are_medmnists_to_the_last_digit(classes: int) -> None:
    from medmnist.evaluator import getACC, getAUC

    rng = np.random.default_rng(classes)
    labels = tuple("abcdefgh"[:classes])
    targets = rng.integers(0, classes, 300)
    scores = rng.dirichlet(np.ones(classes), 300).round(2 if classes < 8 else 1) + 1e-3  # ties on purpose
    scores[np.arange(300), targets] += 0.15
    scores /= scores.sum(axis=1, keepdims=True)
    given = samples([labels[i] for i in targets], [labels[i] for i in scores.argmax(axis=1)], scores, labels)
    kind = "binary-class" if classes == 2 else "multi-class"
    logged = np.array([classification.distribution(np.array(row), Context(scores="softmax")) for row in given.choice_log_probs])
    assert value(classification.AUC, given, labels) == pytest.approx(getAUC(targets[:, None], logged, kind), abs=1e-14)
    assert value(classification.ACCURACY, given, labels) == getACC(targets[:, None], logged, kind)


@pytest.mark.parametrize("seed", range(5))
def test_weighted_areas_are_scikit_learns_with_ties(seed: int) -> None:
    from sklearn.metrics import average_precision_score, roc_auc_score

    rng = np.random.default_rng(seed)
    positive = rng.random(80) < 0.3
    scores = rng.integers(0, 12, 80) / 12
    weights = rng.integers(0, 4, (6, 80)).astype(float)
    auc = [roc_auc_score(positive, scores, sample_weight=row) for row in weights]
    precision = [average_precision_score(positive, scores, sample_weight=row) for row in weights]
    assert roc_auc(positive, scores, weights) == pytest.approx(auc, abs=1e-14)
    assert average_precision(positive, scores, weights) == pytest.approx(precision, abs=1e-14)


def test_an_area_over_one_class_is_undefined() -> None:
    given = samples(["a", "a"], ["a", "a"], np.array([[0.9, 0.1], [0.8, 0.2]]), ("a", "b"))
    assert math.isnan(value(classification.AUC, given, ("a", "b")))


def test_a_class_without_samples_leaves_the_official_area_undefined_and_the_mean_over_present_classes_defined() -> None:
    probabilities = np.array([[0.8, 0.1, 0.1], [0.3, 0.6, 0.1], [0.6, 0.3, 0.1], [0.2, 0.7, 0.1]])
    given = samples(["a", "b", "a", "b"], ["a", "b", "a", "b"], probabilities)
    assert math.isnan(value(classification.AUC, given))
    assert value(classification.MACRO_AUC, given) == 1.0
    note = classification.AUC.measure.run(given, Context(labels=LABELS, scores="softmax")).note
    assert note == "no sample of: c"


def test_an_area_never_comes_from_hard_labels() -> None:
    with pytest.raises(NotComputed, match="2 of 2 replies have no scores"):
        value(classification.AUC, samples(["a", "b"], ["a", "b"]))


def test_one_reply_without_scores_is_named_and_not_left_out() -> None:
    given = samples(["a", "b", "a"], ["a", "b", "a"], np.full((3, 3), 1 / 3))
    broken = [*given.choice_log_probs[:2], None]
    with pytest.raises(NotComputed, match="1 of 3 replies have no scores"):
        classification.AUC.measure.run(
            Samples(**{**{name: getattr(given, name) for name in given.__slots__}, "choice_log_probs": broken}),
            Context(labels=LABELS, scores="softmax"),
        )


def test_scores_that_all_vanish_are_a_tie_and_not_an_error() -> None:
    assert classification.distribution(np.array([-np.inf, -np.inf]), Context(scores="softmax")).tolist() == [0.5, 0.5]


def test_independent_scores_are_not_renormalised() -> None:
    found = classification.distribution(np.log([0.9, 0.8]), Context(scores="independent"))
    assert found.tolist() == pytest.approx([0.9, 0.8])


def test_weights_are_repetitions(labelled: tuple[list[str], list[str | None]]) -> None:
    """Every metric under integer weights equals itself on the rows repeated."""
    targets, said = labelled
    rng = np.random.default_rng(9)
    scores = rng.dirichlet(np.ones(3), len(targets))
    counts = rng.integers(0, 3, len(targets))
    counts[:3] = 1
    repeated = np.repeat(np.arange(len(targets)), counts)
    whole = samples(targets, said, scores)
    again = samples([targets[i] for i in repeated], [said[i] for i in repeated], scores[repeated])
    context = Context(labels=LABELS, scores="softmax")
    for metric in (*classification.MULTICLASS, *classification.MEDMNIST):
        weighted = metric.value(metric.measure.run(whole, context), counts[None].astype(float))[0]
        assert weighted == pytest.approx(value(metric, again), abs=1e-13), metric.signature


def test_binary_metrics_are_scikit_learns() -> None:
    from sklearn import metrics as sk

    rng = np.random.default_rng(4)
    targets = ["pos" if x < 0.4 else "neg" for x in rng.random(100)]
    scores = rng.random(100)
    said: list[str | None] = ["pos" if s > 0.5 else "neg" for s in scores]
    given = samples(targets, said, np.stack([1 - scores, scores], axis=1), ("neg", "pos"))
    expected = {
        "sensitivity": sk.recall_score(targets, said, pos_label="pos"),
        "specificity": sk.recall_score(targets, said, pos_label="neg"),
        "f1": sk.f1_score(targets, said, pos_label="pos"),
        "auprc": sk.average_precision_score([t == "pos" for t in targets], scores),
        "auc": sk.roc_auc_score([t == "pos" for t in targets], scores),
    }
    found = {metric.name: value(metric, given, ("neg", "pos")) for metric in classification.BINARY if metric.name in expected}
    assert found == pytest.approx(expected, abs=1e-14)
