"""Point estimates and group-bootstrap intervals."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from harness.metrics.base import Metric, Statistics
from harness.metrics.labels import classification
from harness.stats.bootstrap import Bootstrap, draws, rows_of
from harness.stats.estimates import slices
from harness.stats.intervals import widened
from tests.stats.whole_sets import bounds, estimated, width


def asked(right: list[float], n: list[float] | None = None) -> Statistics:
    """Rows of the toy's accuracy: what was right, of what was asked."""
    return Statistics(names=("right", "asked"), table=np.column_stack([right, n or np.ones(len(right))]))


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
    found = estimated(accuracy, asked([1.0] * 300 + [0.0] * 100), plan=Bootstrap(resamples=4000))
    assert found.value == 0.75
    # 0.75 ± 1.96·sqrt(0.75·0.25/400) = 0.75 ± 0.0424
    assert bounds(found) == pytest.approx((0.7076, 0.7924), abs=0.004)


def test_rows_of_one_group_are_drawn_together(accuracy: Metric) -> None:
    """100 groups of 4 equal rows carry the information of 100 rows: the interval is twice as wide as that of 400."""
    statistics = asked([value for value in [1.0, 1.0, 0.0] * 33 + [1.0] for _ in range(4)])
    clustered = estimated(accuracy, statistics, groups=[str(i // 4) for i in range(400)])
    assert width(clustered) / width(estimated(accuracy, statistics)) == pytest.approx(2.0, abs=0.2)


def test_summing_groups_first_equals_repeating_rows(accuracy: Metric, median_length: Metric) -> None:
    """An additive metric on group sums, and one that sees all rows, both equal the metric on rows repeated by hand."""
    statistics = asked(np.random.default_rng(5).integers(0, 2, 30).astype(float).tolist())
    index, plan = np.arange(30) % 7, Bootstrap(resamples=50)
    repeated = [np.repeat(np.arange(30), row[index]) for counts in draws(7, plan) for row in counts]
    tail = widened(0.025, 7)
    for metric in (accuracy, median_length):
        tables = [replace(statistics, table=statistics.table[rows]) for rows in repeated]
        by_hand = [metric.value(own, np.ones((1, len(own.table))))[0] for own in tables]
        found = estimated(metric, statistics, groups=[str(group) for group in index], plan=plan)
        assert bounds(found) == pytest.approx(tuple(np.quantile(by_hand, [tail, 1 - tail])), abs=1e-12)


def test_a_measure_of_no_columns_has_no_sums(accuracy: Metric) -> None:
    """As a record may say that was edited."""
    nothing = Statistics(names=(), table=np.empty((4, 0)))
    [summed] = rows_of(accuracy.measure, (nothing,), np.arange(4), np.array([0, 0, 1, 1]), 2).systems
    assert summed.table.shape == (2, 0)


def test_a_slice_is_what_its_rows_alone_would_give(accuracy: Metric) -> None:
    found = estimated(accuracy, asked([1.0, 0.0, 1.0, 0.0, 0.0]), rows=[True, True, True, False, False])
    assert found.value == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("statistics", "groups", "given", "value", "note"),
    [
        (asked([1.0, 0.0]), ["same", "same"], {}, 0.5, "no interval: fewer than two groups"),
        (asked([1.0, 1.0]), ["a", "b"], {"rows": [False, False]}, None, "undefined on this set"),
        (asked([1.0, 0.0]), ["a", "b"], {"plan": Bootstrap(resamples=0)}, 0.5, ""),
    ],
    ids=["one group", "an empty slice", "no resamples"],
)
def test_without_something_to_draw_there_is_no_interval(
    accuracy: Metric, statistics: Statistics, groups: list[str], given: dict[str, Any], value: float | None, note: str
) -> None:
    found = estimated(accuracy, statistics, groups=groups, **given)
    assert (found.value, found.low, found.high, found.note) == (value, None, None, note)


def test_undefined_resamples_are_counted_and_named(accuracy: Metric) -> None:
    """Of two groups the one that holds the slice is missing from a quarter of the resamples."""
    found = estimated(accuracy, asked([1.0, 0.0], [1.0, 0.0]), groups=["a", "b"])
    assert found.value == 1.0
    assert "of 1000 resamples" in found.note


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
    ("metric", "rows", "close"),
    [
        (classification.ACCURACY, slice(None), 0.004),
        (classification.MACRO_F1, slice(None), 0.004),
        (classification.BALANCED_ACCURACY, slice(None), 0.004),
        (classification.ACCURACY, slice(None, None, 2), 0.005),
    ],
    ids=["accuracy", "macro F1", "balanced accuracy", "half of the set, whose size varies too"],
)
def test_drawing_cells_of_the_confusion_table_is_drawing_samples(metric: Metric, rows: slice, close: float) -> None:
    """The multinomial over cells against counts drawn sample by sample: the same distribution, so near-equal quantiles of 4,000."""
    n, plan = len(CONFUSED.table), Bootstrap(resamples=4000)
    inside = np.zeros(n, dtype=np.bool_)
    inside[rows] = True
    found = estimated(metric, CONFUSED, rows=inside, plan=plan)
    own = replace(CONFUSED, table=CONFUSED.table[inside])
    drawn = np.concatenate([metric.value(own, counts[:, inside].astype(float)) for counts in draws(n, plan)])
    assert found.value == metric.value(own, np.ones((1, len(own.table))))[0]
    assert bounds(found) == pytest.approx(tuple(np.quantile(drawn, [0.025, 0.975])), abs=close)


@pytest.mark.parametrize(
    "metric",
    [classification.ACCURACY, classification.MACRO_F1, classification.WEIGHTED_F1, classification.QUADRATIC_KAPPA],
    ids=lambda metric: metric.name,
)
def test_label_metrics_of_groups_are_drawn_by_group(metric: Metric) -> None:
    """Confusion counts summed per group, then weighted, equal rows weighted by their group's count."""
    index, plan, tail = np.arange(len(CONFUSED.table)) % 50, Bootstrap(resamples=200), widened(0.025, 50)
    drawn = np.concatenate([metric.value(CONFUSED, counts[:, index].astype(float)) for counts in draws(50, plan)])
    found = estimated(metric, CONFUSED, groups=[str(group) for group in index], plan=plan)
    assert bounds(found) == pytest.approx(tuple(np.quantile(drawn, [tail, 1 - tail])), abs=1e-12)


def test_slices_are_named_by_value_and_by_dimension_where_values_collide() -> None:
    found = slices({"answer_type": ["open", "closed", "open"], "organ": ["head", "", "chest"], "door": ["open", "shut", "shut"]}, 3)
    assert list(found) == ["all", "closed", "answer_type=open", "door=open", "shut", "chest", "head"]
    assert found["answer_type=open"][1].tolist() == [True, False, True]
    assert found["door=open"][1].tolist() == [True, False, False]
    assert found["all"][1].all()
