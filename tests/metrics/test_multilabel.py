"""Several labels per picture, against MedMNIST's own evaluator and scikit-learn."""

from __future__ import annotations

import math

import numpy as np
import pytest

from harness.metrics.base import Context, Metric, NotComputed, Samples
from harness.metrics.labels.multilabel import MULTILABEL
from harness.parsing import SEPARATOR
from harness.stats.bootstrap import Bootstrap, draws
from tests.metrics import samples as made
from tests.stats.whole_sets import estimated

LABELS = ("mass", "nodule", "effusion")
AUC, ACCURACY, MACRO_F1, UNPARSED = MULTILABEL
INDEPENDENT = Context(labels=LABELS, scores="independent")


@pytest.fixture
def truth() -> np.ndarray:
    return np.random.default_rng(2).random((160, 3)) < [0.5, 0.2, 0.1]


@pytest.fixture
def scores(truth: np.ndarray) -> np.ndarray:
    noise = np.random.default_rng(3).random(truth.shape)
    return np.asarray((0.4 * truth + 0.6 * noise).round(2))  # ties on purpose


def samples(truth: np.ndarray, scores: np.ndarray) -> Samples:
    return made.of(
        [SEPARATOR.join(label for label, p in zip(LABELS, row, strict=True) if p > 0.5) for row in scores],
        [SEPARATOR.join(label for label, is_so in zip(LABELS, row, strict=True) if is_so) for row in truth],
        scores=[tuple(math.log(p) if p else -math.inf for p in row) for row in scores],
        choices=LABELS,
    )


def value(metric: Metric, given: Samples) -> float:
    return made.value(metric, given, INDEPENDENT)


def test_area_and_accuracy_are_medmnists(truth: np.ndarray, scores: np.ndarray) -> None:
    evaluator = pytest.importorskip("medmnist.evaluator", reason="needs the package medmnist")

    given = samples(truth, scores)
    seen = np.exp(np.array(given.choice_log_probs))
    assert value(AUC, given) == pytest.approx(evaluator.getAUC(truth.astype(int), seen, "multi-label, binary-class"), abs=1e-12)
    assert value(ACCURACY, given) == pytest.approx(evaluator.getACC(truth.astype(int), scores, "multi-label, binary-class"), abs=1e-12)


def test_macro_f1_is_scikit_learns_over_labels_that_occur(truth: np.ndarray, scores: np.ndarray) -> None:
    from sklearn.metrics import f1_score

    expected = f1_score(truth, scores > 0.5, average="macro", zero_division=0)
    assert value(MACRO_F1, samples(truth, scores)) == pytest.approx(expected, abs=1e-12)
    truth[:, 2] = False
    expected = f1_score(truth[:, :2], scores[:, :2] > 0.5, average="macro", zero_division=0)
    assert value(MACRO_F1, samples(truth, scores)) == pytest.approx(expected, abs=1e-12)


def test_a_label_that_never_occurs_leaves_the_area_undefined(truth: np.ndarray, scores: np.ndarray) -> None:
    truth[:, 2] = False
    assert math.isnan(value(AUC, samples(truth, scores)))


def test_one_distribution_over_the_labels_is_no_probability_of_each(truth: np.ndarray, scores: np.ndarray) -> None:
    with pytest.raises(NotComputed, match="several labels need one probability each"):
        AUC.measure.run(samples(truth, scores), Context(labels=LABELS, scores="softmax"))


@pytest.mark.parametrize("metric", [ACCURACY, MACRO_F1, UNPARSED, AUC], ids=lambda metric: metric.name)
@pytest.mark.parametrize("most_atoms", [0, 10_000], ids=["summed", "cells"])
def test_intervals_are_those_of_rows_weighted_by_hand(
    metric: Metric, most_atoms: int, truth: np.ndarray, scores: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.stats.bootstrap._MOST_ATOMS", most_atoms)
    monkeypatch.setattr("harness.stats.intervals._ENOUGH", 0)
    statistics = metric.measure.run(samples(truth, scores), INDEPENDENT)
    plan = Bootstrap(resamples=2000)
    found = estimated(metric, statistics, plan=plan)
    drawn = np.concatenate([metric.value(statistics, counts.astype(float)) for counts in draws(len(truth), plan)])
    if metric.name == "unparsed_rate":
        assert found.note == "no resample differs: Wilson's interval for 160 groups"
        return
    close = 1e-12 if most_atoms == 0 and metric.interval == "percentile" else 0.012
    assert (found.low, found.high) == pytest.approx(tuple(np.nanquantile(drawn, [0.025, 0.975])), abs=close)
