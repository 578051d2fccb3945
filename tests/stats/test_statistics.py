"""Point estimates and group-bootstrap intervals."""

from __future__ import annotations

import numpy as np
import pytest

from harness.metrics.base import Metric, Statistics
from harness.metrics.labels import classification
from harness.stats.bootstrap import Bootstrap, draws
from harness.stats.estimates import Cell, estimate, slices
from harness.stats.intervals import widened


def cell(metric: Metric, table: list[list[float]], rows: list[bool] | None = None) -> Cell:
    values = np.array(table, dtype=np.float64)
    names = tuple(f"c{i}" for i in range(values.shape[1]))
    inside = np.ones(len(values), dtype=np.bool_) if rows is None else np.array(rows)
    return Cell(metric=metric, statistics=Statistics(names=names, table=values), rows=inside)


def test_every_resample_draws_as_many_groups_as_there_are() -> None:
    counts = np.concatenate(list(draws(7, Bootstrap(resamples=100))))
    assert counts.shape == (100, 7)
    assert (counts.sum(axis=1) == 7).all()


def test_the_same_seed_gives_the_same_draws_and_another_seed_others() -> None:
    first, again, other = (next(draws(50, Bootstrap(seed=seed))) for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


def test_a_shorter_bootstrap_is_the_start_of_a_longer_one() -> None:
    short = np.concatenate(list(draws(5, Bootstrap(resamples=10))))
    long = np.concatenate(list(draws(5, Bootstrap(resamples=1000))))
    assert (long[:10] == short).all()


def test_many_groups_are_drawn_in_blocks_that_stay_small() -> None:
    blocks = list(draws(400_000, Bootstrap(resamples=25)))
    assert [len(block) for block in blocks] == [10, 10, 5]  # 4,000,000 draws a block


def test_the_interval_of_a_mean_agrees_with_the_normal_approximation(accuracy: Metric) -> None:
    right = [1.0] * 300 + [0.0] * 100
    [found] = estimate([cell(accuracy, [[value, 1.0] for value in right])], [str(i) for i in range(400)], Bootstrap(resamples=4000))
    assert found.value == 0.75
    # 0.75 ± 1.96·sqrt(0.75·0.25/400) = 0.75 ± 0.0424
    assert found.low == pytest.approx(0.7076, abs=0.004)
    assert found.high == pytest.approx(0.7924, abs=0.004)


def test_rows_of_one_group_are_drawn_together(accuracy: Metric) -> None:
    """100 groups of 4 equal rows carry the information of 100 rows: the interval is twice as wide as that of 400."""
    right = [1.0, 1.0, 0.0] * 33 + [1.0]
    rows = [[value, 1.0] for value in right for _ in range(4)]
    [clustered] = estimate([cell(accuracy, rows)], [str(i // 4) for i in range(400)], Bootstrap())
    [single] = estimate([cell(accuracy, rows)], [str(i) for i in range(400)], Bootstrap())
    assert clustered.low is not None
    assert clustered.high is not None
    assert single.low is not None
    assert single.high is not None
    assert (clustered.high - clustered.low) / (single.high - single.low) == pytest.approx(2.0, abs=0.2)


def test_summing_groups_first_equals_repeating_rows(accuracy: Metric, median_length: Metric) -> None:
    """An additive metric on group sums, and one that sees all rows, both equal the metric on rows repeated by hand."""
    rng = np.random.default_rng(5)
    table = [[float(rng.integers(0, 2)), 1.0] for _ in range(30)]
    groups = [str(i % 7) for i in range(30)]
    plan = Bootstrap(resamples=50)
    counts = np.concatenate(list(draws(7, plan)))
    index = np.array([int(group) for group in groups])
    for metric in (accuracy, median_length):
        by_hand = [
            metric.value(
                Statistics(names=("a", "b"), table=np.repeat(np.array(table), row[index].astype(int), axis=0)),
                np.ones((1, int(row[index].sum()))),
            )[0]
            for row in counts
        ]
        [found] = estimate([cell(metric, table)], groups, plan)
        tail = widened(0.025, 7)
        assert found.low == pytest.approx(np.quantile(by_hand, tail), abs=1e-12)
        assert found.high == pytest.approx(np.quantile(by_hand, 1 - tail), abs=1e-12)


def test_a_slice_is_what_its_rows_alone_would_give(accuracy: Metric) -> None:
    table = [[1.0, 1.0], [0.0, 1.0], [1.0, 1.0], [0.0, 1.0], [0.0, 1.0]]
    [found] = estimate([cell(accuracy, table, [True, True, True, False, False])], list("abcde"), Bootstrap())
    assert found.value == pytest.approx(2 / 3)


def test_one_group_has_a_value_and_no_interval(accuracy: Metric) -> None:
    [found] = estimate([cell(accuracy, [[1.0, 1.0], [0.0, 1.0]])], ["same", "same"], Bootstrap())
    assert (found.value, found.low, found.high) == (0.5, None, None)
    assert "fewer than two groups" in found.note


def test_an_empty_slice_is_undefined(accuracy: Metric) -> None:
    [found] = estimate([cell(accuracy, [[1.0, 1.0], [1.0, 1.0]], [False, False])], ["a", "b"], Bootstrap())
    assert (found.value, found.low, found.high) == (None, None, None)


def test_undefined_resamples_are_counted_and_named(accuracy: Metric) -> None:
    """Of two groups the one that holds the slice is missing from a quarter of the resamples."""
    [found] = estimate([cell(accuracy, [[1.0, 1.0], [0.0, 0.0]])], ["a", "b"], Bootstrap())
    assert found.value == 1.0
    assert "of 1000 resamples" in found.note


def test_no_resamples_give_values_alone(accuracy: Metric) -> None:
    [found] = estimate([cell(accuracy, [[1.0, 1.0], [0.0, 1.0]])], ["a", "b"], Bootstrap(resamples=0))
    assert (found.value, found.low, found.high, found.note) == (0.5, None, None, "")


def labels(confusion: list[list[int]]) -> Statistics:
    """Samples with these counts of target and prediction; the last column is what could not be read."""
    classes = len(confusion)
    rows = [
        [float(target), float(said) if said < classes else -1.0]
        for target, counts in enumerate(confusion)
        for said, n in enumerate(counts)
        for _ in range(n)
    ]
    return Statistics(names=("target", "predicted"), table=np.array(rows), fixed={"classes": classes, "labels": ["a", "b", "c"][:classes]})


# 400 samples of three classes; the last column is what could not be read
CONFUSED = labels([[120, 20, 10, 5], [25, 90, 5, 5], [30, 40, 40, 10]])


@pytest.mark.parametrize(
    "metric", [classification.ACCURACY, classification.MACRO_F1, classification.BALANCED_ACCURACY], ids=lambda metric: metric.name
)
def test_drawing_cells_of_the_confusion_table_is_drawing_samples(metric: Metric) -> None:
    """The multinomial over cells against counts drawn sample by sample: the same distribution, so near-equal quantiles of 4,000."""
    n = len(CONFUSED.table)
    plan = Bootstrap(resamples=4000)
    [found] = estimate([Cell(metric=metric, statistics=CONFUSED, rows=np.ones(n, dtype=np.bool_))], [str(i) for i in range(n)], plan)
    drawn = np.concatenate([metric.value(CONFUSED, counts.astype(float)) for counts in draws(n, plan)])
    assert found.value == metric.value(CONFUSED, np.ones((1, n)))[0]
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(drawn, [0.025, 0.975])), abs=0.004)


def test_a_slice_of_confusion_cells_varies_with_its_size_too() -> None:
    """Accuracy on half of the set: resamples hold about half of their samples in the slice, as the draws of samples do."""
    n = len(CONFUSED.table)
    rows = np.arange(n) % 2 == 0
    plan = Bootstrap(resamples=4000)
    [found] = estimate([Cell(metric=classification.ACCURACY, statistics=CONFUSED, rows=rows)], [str(i) for i in range(n)], plan)
    half = Statistics(names=CONFUSED.names, table=CONFUSED.table[rows], fixed=CONFUSED.fixed)
    drawn = np.concatenate([classification.ACCURACY.value(half, counts[:, rows].astype(float)) for counts in draws(n, plan)])
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(drawn, [0.025, 0.975])), abs=0.005)


def test_label_metrics_of_groups_are_drawn_by_group() -> None:
    """Confusion counts summed per group, then weighted, equal rows weighted by their group's count."""
    groups = [str(i % 50) for i in range(len(CONFUSED.table))]
    index = np.array([int(group) for group in groups])
    everything = np.ones(len(groups), dtype=np.bool_)
    plan = Bootstrap(resamples=200)
    for metric in (classification.ACCURACY, classification.MACRO_F1, classification.WEIGHTED_F1, classification.QUADRATIC_KAPPA):
        drawn = np.concatenate([metric.value(CONFUSED, counts[:, index].astype(float)) for counts in draws(50, plan)])
        [found] = estimate([Cell(metric=metric, statistics=CONFUSED, rows=everything)], groups, plan)
        tail = widened(0.025, 50)
        assert (found.low, found.high) == pytest.approx(tuple(np.quantile(drawn, [tail, 1 - tail])), abs=1e-12), metric.signature


def test_slices_are_named_by_value_and_by_dimension_where_values_collide() -> None:
    found = slices({"answer_type": ["open", "closed", "open"], "organ": ["head", "", "chest"], "door": ["open", "shut", "shut"]}, 3)
    assert list(found) == ["all", "closed", "answer_type=open", "door=open", "shut", "chest", "head"]
    assert found["answer_type=open"][1].tolist() == [True, False, True]
    assert found["door=open"][1].tolist() == [True, False, False]
    assert found["all"][1].all()
