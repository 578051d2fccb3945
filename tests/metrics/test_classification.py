"""Classification metrics against scikit-learn and MedMNIST's own evaluator."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import pytest

from harness.metrics.base import Context, Floats, Metric, NotComputed, Samples
from harness.metrics.labels import classification, probabilities
from harness.metrics.labels.curves import precision_recall, roc
from harness.metrics.measuring import measure
from harness.runs.scoring import estimates
from harness.stats.bootstrap import Bootstrap
from tests.metrics import samples as made

LABELS = ("a", "b", "c")


def samples(
    targets: Sequence[str], predictions: Sequence[str | None], probabilities: Floats | None = None, labels: Sequence[str] = LABELS
) -> Samples:
    logs = None if probabilities is None else [tuple(math.log(p) if p > 0 else -math.inf for p in row) for row in probabilities]
    return made.of(predictions, targets, scores=logs, choices=labels)


def value(metric: Metric, given: Samples, labels: Sequence[str] = LABELS) -> float:
    return made.value(metric, given, Context(labels=tuple(labels), scores="softmax"))


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
    given, both = samples(targets, said), (targets, [label or "(unparsed)" for label in said])
    of_classes: dict[str, Any] = {"labels": LABELS, "zero_division": 0}
    for metric, expected in (
        (classification.ACCURACY, sk.accuracy_score(*both)),
        (classification.MACRO_F1, sk.f1_score(*both, average="macro", **of_classes)),
        (classification.WEIGHTED_F1, sk.f1_score(*both, average="weighted", **of_classes)),
        (classification.BALANCED_ACCURACY, np.mean(sk.recall_score(*both, average=None, **of_classes))),
        (classification.UNPARSED, 9 / 150),
    ):
        assert value(metric, given) == pytest.approx(expected, abs=1e-15), metric.name


def test_an_unparsed_reply_is_no_class_of_its_own() -> None:
    """By hand: a: tp 1 of 2, F1 2/3; b: tp 1 of 1, F1 1; mean 5/6. scikit-learn without labels would give 5/9."""
    given = samples(["a", "a", "b"], ["a", None, "b"], labels=("a", "b"))
    assert value(classification.MACRO_F1, given, ("a", "b")) == pytest.approx(5 / 6)


@pytest.mark.parametrize("classes", [2, 3, 8])
def test_auc_and_accuracy_are_medmnists_to_the_last_digit(classes: int) -> None:
    evaluator = pytest.importorskip("medmnist.evaluator", reason="needs the package medmnist")

    rng = np.random.default_rng(classes)
    labels = tuple("abcdefgh"[:classes])
    targets = rng.integers(0, classes, 300)
    scores = rng.dirichlet(np.ones(classes), 300).round(2 if classes < 8 else 1) + 1e-3  # ties on purpose
    scores[np.arange(300), targets] += 0.15
    scores /= scores.sum(axis=1, keepdims=True)
    given = samples([labels[i] for i in targets], [labels[i] for i in scores.argmax(axis=1)], scores, labels)
    kind = "binary-class" if classes == 2 else "multi-class"
    logged = probabilities.distributions(np.array(given.choice_log_probs), Context(scores="softmax"))
    assert value(classification.AUC, given, labels) == pytest.approx(evaluator.getAUC(targets[:, None], logged, kind), abs=1e-14)
    assert value(classification.ACCURACY, given, labels) == evaluator.getACC(targets[:, None], logged, kind)


@pytest.mark.parametrize("seed", range(5))
def test_weighted_areas_are_scikit_learns_with_ties(seed: int) -> None:
    from sklearn.metrics import average_precision_score, roc_auc_score

    rng = np.random.default_rng(seed)
    positive = rng.random(80) < 0.3
    scores = rng.integers(0, 12, 80) / 12
    weights = rng.integers(0, 4, (6, 80)).astype(float)
    auc = [roc_auc_score(positive, scores, sample_weight=row) for row in weights]
    precision = [average_precision_score(positive, scores, sample_weight=row) for row in weights]
    assert roc(positive, scores)(weights) == pytest.approx(auc, abs=1e-14)
    assert precision_recall(positive, scores)(weights) == pytest.approx(precision, abs=1e-14)


def test_an_area_over_one_class_is_undefined() -> None:
    given = samples(["a", "a"], ["a", "a"], np.array([[0.9, 0.1], [0.8, 0.2]]), ("a", "b"))
    assert math.isnan(value(classification.AUC, given, ("a", "b")))


@pytest.mark.parametrize(("scored", "message"), [(0, "2 of 2 replies have no scores"), (1, "1 of 2 replies have no scores")])
def test_an_area_never_comes_from_hard_labels_and_no_reply_is_left_out(scored: int, message: str) -> None:
    given = samples(["a", "b"], ["a", "b"], np.full((2, 3), 1 / 3))
    with pytest.raises(NotComputed, match=message):
        value(classification.AUC, replace(given, choice_log_probs=[*given.choice_log_probs[:scored], *[None] * (2 - scored)]))


@pytest.mark.parametrize(
    ("logs", "kind", "expected"),
    [
        ([-math.inf, -math.inf], "softmax", [0.5, 0.5]),
        ([-math.inf, math.log(0.2), math.log(0.6)], "softmax", [0.0, 0.25, 0.75]),
        ([math.log(0.9), math.log(0.8)], "independent", [0.9, 0.8]),
    ],
    ids=["all vanish: a tie", "one vanishes", "independent: not renormalised"],
)
def test_scores_become_probabilities(logs: list[float], kind: Literal["softmax", "independent"], expected: list[float]) -> None:
    assert probabilities.distributions(np.array([logs]), Context(scores=kind))[0].tolist() == pytest.approx(expected)


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


def test_metrics_of_probabilities_are_scikit_learns() -> None:
    from sklearn import metrics as sk

    rng = np.random.default_rng(12)
    targets = [LABELS[i] for i in rng.integers(0, 3, 200)]
    scores = rng.dirichlet(np.ones(3), 200).round(1) + 0.01
    scores /= scores.sum(axis=1, keepdims=True)
    given = samples(targets, [None] * 200, scores)
    # ties are those of the probabilities after the way through logarithms
    scores = probabilities.distributions(np.array(given.choice_log_probs), Context(scores="softmax"))
    shown = np.array([[target == label for label in LABELS] for target in targets])
    areas = [sk.roc_auc_score(shown[:, i], scores[:, i]) for i in range(3)]
    assert value(classification.MACRO_AUC, given) == pytest.approx(float(np.mean(areas)), abs=1e-12)
    assert value(classification.AUC, given) == pytest.approx(sk.roc_auc_score(targets, scores, multi_class="ovr"), abs=1e-12)
    precision = [sk.average_precision_score(shown[:, i], scores[:, i]) for i in range(3)]
    assert value(classification.MACRO_AUPRC, given) == pytest.approx(float(np.mean(precision)), abs=1e-12)
    assert value(classification.BRIER, given) == pytest.approx(
        sum(sk.brier_score_loss(shown[:, i], scores[:, i]) for i in range(3)), abs=1e-12
    )


def test_the_brier_score_of_two_classes_is_that_of_the_last() -> None:
    from sklearn.metrics import brier_score_loss

    p = np.array([0.1, 0.8, 0.35, 0.5])
    given = samples(["no", "yes", "yes", "no"], [None] * 4, np.column_stack([1 - p, p]), ("no", "yes"))
    assert value(classification.BRIER, given, ("no", "yes")) == pytest.approx(brier_score_loss([0, 1, 1, 0], p), abs=1e-14)


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_the_unit_of_the_brier_score_is_what_it_can_come_to(classes: int) -> None:
    """All certain and all wrong: 1 where one of two classes is counted, else 1 for the class said and 1 for the right one."""
    labels = tuple("abcde"[:classes])
    [metric] = classification.fitted([classification.BRIER], labels)
    wrong = np.eye(classes)[[(i + 1) % classes for i in range(10)]]
    given = samples([labels[i % classes] for i in range(10)], [None] * 10, wrong, labels)
    assert f"squared distance (0-{value(metric, given, labels):g})" == metric.unit
    assert metric.signature == classification.BRIER.signature


def test_the_calibration_error_by_hand() -> None:
    """Two samples at 0.9, one right: |1.8 - 1|; three at 0.6, all right: |1.8 - 3|; one at 0.8, right: |0.8 - 1|; of six."""
    p = np.array([0.9, 0.9, 0.6, 0.6, 0.6, 0.8])
    given = samples(["yes", "no", "yes", "yes", "yes", "yes"], [None] * 6, np.column_stack([1 - p, p]), ("no", "yes"))
    assert value(classification.CALIBRATION, given, ("no", "yes")) == pytest.approx((0.8 + 1.2 + 0.2) / 6, abs=1e-12)


def test_a_bin_of_confidence_holds_its_upper_edge() -> None:
    """0.6 is the upper edge of the ninth of fifteen bins and 0.61 stands in the tenth: apart, the two errors add up."""
    p = np.array([0.6, 0.61])
    given = samples(["yes", "no"], [None] * 2, np.column_stack([1 - p, p]), ("no", "yes"))
    assert value(classification.CALIBRATION, given, ("no", "yes")) == pytest.approx((0.4 + 0.61) / 2, abs=1e-9)


@pytest.mark.parametrize("kind", ["all vanish", "all equal"])
def test_scores_that_say_nothing_are_worth_chance_and_never_an_error(kind: str) -> None:
    """Saturated log-probabilities (all -inf) and equal ones are ties: area one half, precision the class's share."""
    nothing = np.zeros((40, 3)) if kind == "all vanish" else np.full((40, 3), 1 / 3)
    given = samples([LABELS[i % 3] for i in range(40)], ["a"] * 40, nothing)
    assert value(classification.AUC, given) == 0.5
    assert value(classification.MACRO_AUPRC, given) == pytest.approx(1 / 3, abs=1e-12)
    assert value(classification.BRIER, given) == pytest.approx(2 / 3, abs=1e-12)
    assert value(classification.CALIBRATION, given) == pytest.approx(abs(1 / 3 - 14 / 40), abs=1e-12)  # "a", the first of equals, 14 times


def test_without_a_class_the_official_means_are_undefined_and_those_over_present_classes_say_so() -> None:
    given = samples(["a", "a", "b"], ["a", "b", "b"], np.array([[0.8, 0.1, 0.1], [0.3, 0.6, 0.1], [0.2, 0.7, 0.1]]))
    assert math.isnan(value(classification.OFFICIAL_MACRO_F1, given))
    assert value(classification.MACRO_F1, given) == pytest.approx(2 / 3)
    assert math.isnan(value(classification.AUC, given))
    assert value(classification.MACRO_AUC, given) == 1.0
    note = classification.AUC.measure.run(given, Context(labels=LABELS, scores="softmax")).note
    assert note == "no sample of: c; fewer than 30 samples of: a (2), b (1)"


def test_each_class_stands_against_the_rest_of_the_whole_set(labelled: tuple[list[str], list[str | None]]) -> None:
    from sklearn import metrics as sk

    targets, said = labelled
    scores = np.random.default_rng(3).dirichlet(np.ones(3), len(targets))
    given = samples(targets, said, scores)
    context = Context(labels=LABELS, scores="softmax")
    measures = measure((classification.CLASS_F1, classification.CLASS_AUC), given, context)
    made = estimates(
        (classification.CLASS_F1, classification.CLASS_AUC),
        measures,
        tags={"label": targets},
        groups=given.groups,
        plan=Bootstrap(resamples=0),
        identify=lambda signature: signature,
    )
    f1 = sk.f1_score(targets, [label or "(unparsed)" for label in said], labels=LABELS, average=None)
    areas = [sk.roc_auc_score([target == label for target in targets], scores[:, i]) for i, label in enumerate(LABELS)]
    assert [(one.metric, one.slice, one.n) for one in made] == [(name, label, 150) for name in ("f1", "auc") for label in LABELS]
    assert [one.value for one in made] == pytest.approx([*f1, *areas], abs=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_quadratic_kappa_is_scikit_learns_and_an_unparsed_grade_is_the_farthest(seed: int) -> None:
    from sklearn.metrics import cohen_kappa_score

    rng = np.random.default_rng(seed)
    grades = tuple("01234")
    targets = [grades[i] for i in rng.integers(0, 5, 120)]
    said: list[str | None] = [grades[min(4, max(0, int(target) + int(rng.integers(-1, 2))))] for target in targets]
    farthest = ["4" if int(target) < 2 else "0" for target in targets[:10]]
    for own, read in ((said, said), ([None] * 10 + said[10:], farthest + said[10:])):
        found = value(classification.QUADRATIC_KAPPA, samples(targets, own, labels=grades), grades)
        assert found == pytest.approx(cohen_kappa_score(targets, read, weights="quadratic"), abs=1e-12)


@pytest.mark.parametrize("decimals", [None, 2], ids=["permutations of equal numbers", "rounded to two decimals"])
def test_equal_scores_stay_equal_as_medmnists_evaluator_has_them(decimals: int | None) -> None:
    """A sum depends on the order of what is added: divided by it, equal numbers part, and half a win becomes a whole one or none."""
    evaluator = pytest.importorskip("medmnist.evaluator", reason="needs the package medmnist")

    rng = np.random.default_rng(5)
    n, classes = 300, 9
    rows = rng.dirichlet(np.ones(classes), 12)
    scores = np.array([rng.permutation(rows[rng.integers(12)]) for _ in range(n)])
    scores = scores if decimals is None else scores.round(decimals)
    truth = np.arange(n) % classes
    labels = tuple(f"class {number}" for number in range(classes))
    given = samples([labels[number] for number in truth], [labels[int(row.argmax())] for row in scores], scores, labels)
    assert value(classification.AUC, given, labels) == pytest.approx(evaluator.getAUC(truth[:, None], scores, "multi-class"), abs=1e-13)


def test_scores_that_do_not_sum_to_one_are_divided_by_their_exact_sum() -> None:
    logs = np.log([[0.1, 0.2, 0.3], [0.3, 0.1, 0.2]]) - 4
    found = probabilities.distributions(logs, Context(labels=("a", "b", "c"), scores="softmax"))
    assert found[0].tolist() == pytest.approx([1 / 6, 1 / 3, 1 / 2], abs=1e-15)
    assert sorted(found[0]) == sorted(found[1])
    large = probabilities.distributions(np.array([[900.0, 899.0], [-np.inf, -np.inf]]), Context(scores="softmax"))
    assert large[0].sum() == pytest.approx(1.0)
    assert large[1].tolist() == [0.5, 0.5]
