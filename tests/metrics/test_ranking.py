"""Ranking trials for patients."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from harness.metrics.base import Context, Samples, Statistics
from harness.metrics.labels import ranking
from tests.metrics import samples as made

LABELS = ("not relevant", "excluded", "eligible")


def samples(rows: Sequence[tuple[str, str, str, tuple[float, float, float]]]) -> Samples:
    """(topic, id, label, probabilities) each."""
    return made.of(
        [LABELS[int(np.argmax(row[3]))] for row in rows],
        [row[2] for row in rows],
        ids=[row[1] for row in rows],
        groups=[row[0] for row in rows],
        scores=[tuple(math.log(p) if p else -math.inf for p in row[3]) for row in rows],
        choices=LABELS,
    )


def measured(rows: Sequence[tuple[str, str, str, tuple[float, float, float]]]) -> Statistics:
    return ranking.NDCG.measure.run(samples(rows), Context(labels=LABELS, scores="softmax"))


def test_trials_are_ranked_by_eligible_plus_half_excluded() -> None:
    """By hand: keys 0.35, 0.6, 0.45 give the order 2, 3, 1 with gains 2, 0, 1; ideal 2, 1, 0."""
    rows = [
        ("t1", "1", "excluded", (0.5, 0.3, 0.2)),
        ("t1", "2", "eligible", (0.2, 0.4, 0.4)),
        ("t1", "3", "not relevant", (0.4, 0.3, 0.3)),
    ]
    statistics = measured(rows)
    expected = (2 / math.log2(2) + 0 + 1 / math.log2(4)) / (2 / math.log2(2) + 1 / math.log2(3))
    assert ranking.NDCG.value(statistics, np.ones((1, 3)))[0] == pytest.approx(expected, abs=1e-15)
    assert ranking.PRECISION.value(statistics, np.ones((1, 3)))[0] == pytest.approx(0.1)


def test_equal_scores_are_ordered_by_id() -> None:
    even = (1 / 3, 1 / 3, 1 / 3)
    rows = [("t", f"{i:02d}", "eligible" if i in (3, 11) else "not relevant", even) for i in reversed(range(12))]
    found = ranking.PRECISION.value(measured(rows), np.ones((1, 12)))[0]
    assert found == pytest.approx(0.1)  # id 03 is among the first ten, id 11 is not


def test_a_topic_without_a_relevant_trial_has_no_ndcg_and_says_so() -> None:
    rows = [("t1", "1", "eligible", (0.0, 0.0, 1.0)), ("t2", "2", "not relevant", (1.0, 0.0, 0.0))]
    statistics = measured(rows)
    assert ranking.NDCG.value(statistics, np.ones((1, 2)))[0] == 1.0
    assert "1 topics without a relevant trial have no NDCG" in statistics.note


def test_ndcg_is_scikit_learns_with_linear_gains() -> None:
    """scikit-learn's ndcg_score takes gains as they are; scores without ties, so that both rank alike."""
    from sklearn.metrics import ndcg_score

    rng = np.random.default_rng(8)
    rows, expected = [], []
    for topic in range(6):
        probabilities = rng.dirichlet(np.ones(3), 25)
        grades = rng.integers(0, 3, 25)
        rows += [(f"t{topic}", f"{topic}-{i:02d}", LABELS[grades[i]], tuple(probabilities[i])) for i in range(25)]
        expected.append(ndcg_score(grades[None], (probabilities[:, 2] + probabilities[:, 1] / 2)[None], k=10))
    found = ranking.NDCG.value(measured(rows), np.ones((1, len(rows))))[0]
    assert found == pytest.approx(float(np.mean(expected)), abs=1e-12)
