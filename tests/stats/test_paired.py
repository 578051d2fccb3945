"""Two systems on the same samples."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.metrics.base import Floats, Measure, Metric, Statistics
from harness.metrics.labels import classification
from harness.stats.bootstrap import Bootstrap
from harness.stats.intervals import PAIRED
from harness.stats.paired import Comparison, Difference, compare, compare_all, holm, mcnemar_exact
from tests.stats.whole_sets import alone, bounds, compared, width


def statistics(right: list[int]) -> Statistics:
    return Statistics(names=("right", "asked"), table=np.array([[float(value), 1.0] for value in right]))


def paired(metric: Metric, a: list[int], b: list[int], groups: list[str] | None = None, **further: Any) -> Difference:
    return compared(metric, statistics(a), statistics(b), groups=groups, **further)


def test_the_difference_is_second_minus_first(accuracy: Metric) -> None:
    found = paired(accuracy, [1, 0, 0, 0], [1, 1, 1, 0])
    assert (found.first, found.second, found.value) == (0.25, 0.75, 0.5)


def test_a_system_does_not_differ_from_itself(accuracy: Metric) -> None:
    found = paired(accuracy, [1, 0, 1, 1, 0], [1, 0, 1, 1, 0])
    assert (found.value, found.low, found.high, found.p, found.mcnemar_p) == (0.0, 0.0, 0.0, 1.0, 1.0)


def test_a_paired_interval_is_narrower_than_two_independent_ones(accuracy: Metric) -> None:
    """8 against 2 discordant samples of 200, as rows of right and wrong and as labels, which are drawn by the cells of both systems.

    The SD of the mean difference is sqrt((10/200 - 0.03²)/200) = 0.01567, so the 95 % interval is 0.03 ± 0.0307; unpaired it would
    be ± 0.08.
    """
    a = [1] * 140 + [0] * 50 + [0] * 8 + [1] * 2
    b = [1] * 140 + [0] * 50 + [1] * 8 + [0] * 2
    for found in (paired(accuracy, a, b), compared(classification.ACCURACY, *LABELLED)):
        assert found.value == pytest.approx(0.03)
        assert bounds(found) == pytest.approx((-0.0007, 0.0607), abs=0.006)
        # Exact McNemar: 2·P(X ≤ 2 | 10, ½) = 2·56/1024
        assert found.mcnemar_p == pytest.approx(112 / 1024)
        assert found.p == pytest.approx(112 / 1024, abs=0.03)
        assert (found.n, found.n_groups) == (200, 200)


def test_groups_of_equal_rows_count_once(accuracy: Metric) -> None:
    """8 against 2 discordant groups of ten rows each: the clustered p-value is that of ten groups, McNemar's that of a hundred rows."""
    a = [0] * 80 + [1] * 20
    b = [1] * 80 + [0] * 20
    found = paired(accuracy, a, b, [str(i // 10) for i in range(100)])
    assert found.n_groups == 10
    assert found.p == pytest.approx(112 / 1024, abs=0.03)
    assert found.mcnemar_p is not None
    assert found.mcnemar_p < 1e-8


def test_a_metric_over_rows_is_compared_the_same_way(median_length: Metric) -> None:
    a = Statistics(names=("length",), table=np.array([[1.0], [2.0], [3.0], [4.0], [5.0]]))
    b = Statistics(names=("length",), table=np.array([[2.0], [3.0], [4.0], [5.0], [6.0]]))
    found = compared(median_length, a, b)
    assert (found.value, found.low, found.high, found.mcnemar_p) == (1.0, 1.0, 1.0, None)


def test_holm_multiplies_by_the_number_still_in_play() -> None:
    # Holm (1979), worked by hand: 0.01·4, 0.02·3, 0.03·2 raised to 0.06, 0.04·1 raised to 0.06
    assert holm([0.04, 0.01, None, 0.03, 0.02]) == [*map(pytest.approx, (0.06, 0.04)), None, *map(pytest.approx, (0.06, 0.06))]


def test_a_small_p_is_drawn_out_until_its_family_can_be_decided(accuracy: Metric) -> None:
    """Of 60 swaps none is as large: 1/1001 among 1,000, which 200 tests would turn into 0.2; 8,000 permutations give 1/8001, so 0.025."""
    once, of_many = (paired(accuracy, [0] * 60, [1] * 60, family=family) for family in (1, 200))
    assert (once.p, of_many.p) == (1 / 1001, 1 / 8001)
    assert paired(accuracy, [1, 0, 1], [1, 1, 1]).p == pytest.approx(1.0), "a large one is not"


@pytest.mark.parametrize(("b", "c", "p"), [(0, 0, 1.0), (5, 5, 1.0), (0, 5, 0.0625), (2, 8, 0.109375)])
def test_mcnemar_is_the_exact_binomial(b: int, c: int, p: float) -> None:
    """Values of scipy.stats.binomtest(min(b, c), b + c)."""
    assert mcnemar_exact(b, c) == pytest.approx(p, rel=1e-12)


def named(rows: list[tuple[int, int, int]]) -> tuple[Statistics, Statistics]:
    """Two systems' labels of the same samples, from (target, first, second)."""
    table = np.array(rows, dtype=np.float64)
    fixed = {"classes": 2, "labels": ["no", "yes"]}
    first, second = (Statistics(names=("target", "predicted"), table=table[:, [0, place]], fixed=fixed) for place in (1, 2))
    return first, second


ROWS = [(1, 1, 1)] * 140 + [(0, 1, 1)] * 50 + [(1, 0, 1)] * 8 + [(0, 0, 1)] * 2
"""200 samples, 8 of them right by the second system alone and 2 by the first alone."""
LABELLED = named(ROWS)


def test_labels_of_groups_are_compared_by_group() -> None:
    """Ten equal rows a group: as wide as twenty groups, whatever the number of rows."""
    systems = named([row for row in ROWS[::10] for _ in range(10)])
    clustered = compared(classification.MACRO_F1, *systems, groups=[str(i // 10) for i in range(200)])
    single = compared(classification.MACRO_F1, *systems)
    assert clustered.n_groups == 20
    assert clustered.value == single.value
    assert width(clustered) > 2 * width(single)


def test_mcnemar_is_for_metrics_that_are_a_mean_of_right_and_wrong() -> None:
    assert compared(classification.MACRO_F1, *LABELLED).mcnemar_p is None


def test_areas_of_two_systems_share_their_draws() -> None:
    """The variance of the difference by DeLong's components; the two share most of their errors, so it is far below the sum of theirs."""
    rng = np.random.default_rng(3)
    target = np.arange(600) % 2
    common = rng.normal(size=600) + 1.2 * target
    systems = []
    for _ in range(2):
        p = 1 / (1 + np.exp(-(common + 0.3 * rng.normal(size=600))))
        systems.append(Statistics(names=("target", "p0", "p1"), table=np.column_stack([target, 1 - p, p]), fixed={"labels": ["no", "yes"]}))
    up, down = ([s.table[target == is_so, 2] for s in systems] for is_so in (1, 0))
    above = [np.array([np.mean(d < x) for x in u]) for u, d in zip(up, down, strict=True)]
    below = [np.array([np.mean(u > x) for x in d]) for u, d in zip(up, down, strict=True)]
    error = np.sqrt((above[1] - above[0]).var(ddof=1) / 300 + (below[1] - below[0]).var(ddof=1) / 300)
    found = compared(classification.AUC, *systems, plan=Bootstrap(resamples=4000))
    assert found.value == pytest.approx(above[1].mean() - above[0].mean(), abs=1e-12)
    assert width(found) / (2 * 1.96) == pytest.approx(error, rel=0.08)
    assert found.p is not None
    assert found.mcnemar_p is None


def test_a_difference_says_how_its_interval_was_made(accuracy: Metric) -> None:
    assert paired(accuracy, [1, 0, 0, 0], [1, 1, 1, 0]).method == PAIRED == "percentile bootstrap of paired differences"
    one_group = paired(accuracy, [0, 0], [1, 1], ["same", "same"])
    assert (one_group.value, one_group.low, one_group.p, one_group.method) == (1.0, None, None, "")


def test_the_interval_holds_the_difference_where_resampling_moves_it_to_one_side(accuracy: Metric) -> None:
    """The number of distinct samples with weight: no draw has as many as the set itself, so every resampled difference is smaller."""

    def distinct(statistics: Statistics, weights: Floats) -> Floats:
        return np.asarray(((weights > 0) * statistics.table[:, 0]).sum(axis=1))

    metric = replace(accuracy, value=distinct, measure=replace(accuracy.measure, additive=False))
    found = paired(metric, [0] * 50, [1] * 50)
    assert (found.value, found.high) == (50.0, 50.0)
    assert bounds(found)[0] < 40


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1), st.integers(0, 5)), min_size=1, max_size=12))
def test_a_difference_lies_in_its_interval_and_a_p_value_between_zero_and_one(rows: list[tuple[int, int, int]]) -> None:
    a, b, groups = (list(column) for column in zip(*rows, strict=True))
    metric = replace(classification.ACCURACY, measure=Measure(name="right", run=lambda samples, context: statistics([])), value=share)
    found = paired(metric, a, b, [str(group) for group in groups])
    assert found.value is not None
    assert (found.low is None) == (found.high is None) == (len(set(groups)) == 1)
    if found.low is not None and found.high is not None and found.p is not None:
        assert -1 <= found.low <= found.value <= found.high <= 1
        assert 0 < found.p <= 1
    assert found.mcnemar_p is None or 0 < found.mcnemar_p <= 1


def share(found: Statistics, weights: Floats) -> Floats:
    return np.asarray((weights @ found.table[:, 0]) / (weights @ found.table[:, 1]))


def test_swaps_without_a_difference_are_left_out_of_the_p_value(accuracy: Metric) -> None:
    """Undefined unless all of one system stay together: of the swaps only the observed one and its mirror are left, both as large."""

    def whole_or_nothing(statistics: Statistics, weights: Floats) -> Floats:
        mean = (weights @ statistics.table[:, 0]) / weights.sum(axis=1)
        return np.where((mean == 0) | (mean == 1), mean, np.nan)

    metric = replace(accuracy, value=whole_or_nothing, measure=replace(accuracy.measure, additive=False))
    found = paired(metric, [0] * 6, [1] * 6)
    assert (found.value, found.p) == (1.0, 1.0)


def test_an_exact_p_value_too_small_for_a_number_is_not_zero() -> None:
    assert mcnemar_exact(0, 3000) == sys.float_info.min  # 2 / 2**3000


@pytest.mark.parametrize(
    "value", [lambda found, weights: 1 / 0, lambda found, weights: 0.5, lambda found, weights: weights], ids=["raises", "scalar", "shape"]
)
def test_a_metric_at_fault_has_no_difference(accuracy: Metric, value: Any) -> None:
    found = paired(replace(accuracy, value=value), [1, 0, 0, 0], [1, 1, 1, 0])
    assert (found.value, found.low, found.p, found.mcnemar_p, found.n) == (None, None, None, None, 4)


def test_comparisons_made_together_are_those_made_alone() -> None:
    """Metrics of one measure share its sums, slices their draws; a plug-in's metric that writes into its weights spoils nobody's."""
    rng = np.random.default_rng(5)
    n = 90
    target = rng.integers(0, 3, n)
    said = [np.where(rng.random(n) < share, target, (target + 1) % 3) for share in (0.5, 0.8)]
    labels = [
        Statistics(names=("target", "predicted"), table=np.stack([target, own], axis=1).astype(float), fixed={"classes": 3}) for own in said
    ]
    probabilities = [rng.random((n, 3)) + np.eye(3)[target] * share for share in (0.2, 0.9)]
    scores = [Statistics(names=("target", "p0", "p1", "p2"), table=np.column_stack([target, own])) for own in probabilities]

    def writing(statistics: Statistics, weights: Floats) -> Floats:
        weights /= weights.sum(axis=1, keepdims=True)
        return weights @ statistics.table[:, 1]

    own = Metric(name="own", variant="v", measure=classification.AUC.measure, value=writing)
    everything, some = np.ones(n, dtype=np.bool_), np.arange(n) % 4 > 0
    asked = [(metric, labels, rows) for metric in (classification.ACCURACY, classification.MACRO_F1) for rows in (everything, some)]
    asked += [(metric, scores, everything) for metric in (own, classification.AUC, classification.AUPRC)]
    tests = [Comparison(metric=metric, first=pair[0], second=pair[1], rows=rows) for metric, pair, rows in asked]
    plan = Bootstrap(resamples=300)
    for groups in ([f"g{place // 2}" for place in range(n)], alone(n)):
        together = compare_all(tests, groups=groups, plan=plan, family=30)
        assert together == [compare(metric, *pair, rows=rows, groups=groups, plan=plan, family=30) for metric, pair, rows in asked]
        assert None not in [found.p for found in together]
