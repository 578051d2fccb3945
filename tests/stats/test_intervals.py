"""Intervals from bootstrap values, and the ones that take their place, beside closed formulas."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.special import ndtr, ndtri

from harness.metrics.base import Metric, Statistics
from harness.metrics.labels import classification
from harness.stats.bootstrap import Bootstrap
from harness.stats.intervals import (
    LEAST,
    LOGIT,
    PERCENTILE,
    WIDENED,
    WILSON,
    Interval,
    least_deviation,
    logit,
    make,
    widened,
    wilson,
)
from tests.stats.whole_sets import bounds, estimated

DRAWN = np.random.default_rng(1).normal(0.7, 0.05, 10_000)


def scored(target: Any, p: Any) -> Statistics:
    """Two classes, and the probability of the second."""
    return Statistics(names=("target", "p0", "p1"), table=np.column_stack([target, 1 - p, p]), fixed={"labels": ["no", "yes"]})


def areas(n: int, share: float, separation: float, seed: int) -> Statistics:
    rng = np.random.default_rng(seed)
    target = rng.random(n) < share
    return scored(target, 1 / (1 + np.exp(-(rng.normal(size=n) + separation * target))))


def whole(metric: Metric, statistics: Statistics, plan: Bootstrap | None = None) -> tuple[float, float, float, str]:
    found = estimated(metric, statistics, plan=plan)
    assert found.value is not None
    return found.value, *bounds(found), found.note


@pytest.mark.parametrize(
    ("groups", "of", "tail", "note"),
    [
        (200, "", 0.025, ""),
        # Student's 97.5 % quantile with 39 degrees of freedom is 2.0227; times sqrt(40/39) 2.0485, beyond which a normal has 2.026 %
        (40, "", ndtr(-2.048464), "interval widened for 40 groups"),
        (30, "", None, "interval widened for 30 groups"),
        (29, "", None, "29 groups, fewer than 30: interval unreliable"),
        (12, "of the rarest class", None, "12 groups of the rarest class, fewer than 30: interval unreliable"),
    ],
)
def test_few_groups_have_a_wider_interval_and_say_so(groups: int, of: str, tail: float | None, note: str) -> None:
    found = make(0.7, DRAWN, level=0.95, groups=groups, of=of)
    tail = widened(0.025, groups) if tail is None else tail
    assert bounds(found) == pytest.approx(tuple(np.quantile(DRAWN, [tail, 1 - tail])), abs=1e-6)
    assert found.note == note


@pytest.mark.parametrize(("right", "trials"), [(100, 100), (0, 10), (5, 10), (300, 400), (1, 7)])
def test_wilsons_interval_is_scipys(right: int, trials: int) -> None:
    from scipy.stats import binomtest

    expected = binomtest(right, trials).proportion_ci(method="wilson")
    assert wilson(right / trials, trials, 0.95) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_where_every_sample_is_right_wilsons_interval_has_width_and_is_named(accuracy: Metric) -> None:
    statistics = Statistics(names=("right", "asked"), table=np.ones((100, 2)))
    value, low, high, note = whole(accuracy, statistics)
    assert (value, high) == (1.0, 1.0)
    assert low == pytest.approx(0.963007, abs=1e-6)
    assert note == "no resample differs: Wilson's interval for 100 groups"


def test_wilsons_trials_are_those_of_the_class_that_decides() -> None:
    """All 8 positives found among 300 samples: the sensitivity rests on 8, not on 300."""
    table = np.array([[1.0, 1.0]] * 8 + [[0.0, 0.0]] * 292)
    statistics = Statistics(names=("target", "predicted"), table=table, fixed={"classes": 2, "labels": ["no", "yes"]})
    _, low, _, note = whole(classification.SENSITIVITY, statistics)
    assert low == pytest.approx(8 / (8 + 1.959964**2), abs=1e-6)  # Wilson's lower bound for 8 of 8
    assert "no resample differs: Wilson's interval for 8 groups of its class; 8 groups of its class, fewer than 30" in note
    _, low, _, note = whole(classification.SPECIFICITY, statistics)
    assert low == pytest.approx(292 / (292 + 1.959964**2), abs=1e-6)
    assert note == "no resample differs: Wilson's interval for 292 groups of its class"


def test_a_value_that_is_a_constant_between_the_ends_keeps_its_interval_without_width() -> None:
    """Always the same score: the area is one half whatever is drawn, which is no lack of data."""
    assert whole(classification.AUC, scored(np.arange(400) % 2, np.full(400, 0.5)))[:3] == (0.5, 0.5, 0.5)


def test_an_area_has_an_interval_on_the_logit_scale_and_says_so() -> None:
    value, low, high, note = whole(classification.AUC, areas(300, 0.5, 2.6, 4))
    assert note == "interval on the logit scale"
    odds = [math.log(p / (1 - p)) for p in (low, value, high)]
    assert odds[1] - odds[0] == pytest.approx(odds[2] - odds[1], abs=1e-9)
    assert high < 1


def delong(positive: Any, negative: Any) -> tuple[float, float]:
    """The area under the ROC curve and its standard error for independent samples (DeLong et al., 1988)."""
    up, down = np.sort(np.asarray(positive, dtype=np.float64)), np.sort(np.asarray(negative, dtype=np.float64))
    above = (np.searchsorted(down, up, side="left") + np.searchsorted(down, up, side="right")) / (2 * len(down))
    below = 1 - (np.searchsorted(up, down, side="left") + np.searchsorted(up, down, side="right")) / (2 * len(up))
    return float(above.mean()), math.sqrt(above.var(ddof=1) / len(up) + below.var(ddof=1) / len(down))


@pytest.mark.parametrize(("share", "separation"), [(0.5, 1.2), (0.2, 1.8), (0.5, 2.6)])
def test_the_bootstrap_of_an_area_agrees_with_delong(share: float, separation: float) -> None:
    """Independent samples: the interval is symmetric on the logit scale with DeLong's standard error, but for the chance of 4,000 draws."""
    statistics = areas(2000, share, separation, 5)
    target, scores = statistics.table[:, 0] == 1, statistics.table[:, 2]
    area, error = delong(scores[target], scores[~target])
    value, low, high, _ = whole(classification.AUC, statistics, Bootstrap(resamples=4000))
    assert value == pytest.approx(area, abs=1e-12)
    centre, half = math.log(area / (1 - area)), 1.959964 * error / (area * (1 - area))
    expected = [1 / (1 + math.exp(-(centre + side * half))) for side in (-1, 1)]
    assert [low, high] == pytest.approx(expected, abs=0.05 * (expected[1] - expected[0]))


@pytest.mark.parametrize("area", [0.6, 0.8, 0.9, 0.98])
def test_the_least_deviation_of_an_area_is_that_of_normal_scores(area: float) -> None:
    """Against quadrature: one class is so large that a score's share below it is known, and the other has 20 groups."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(200)
    shares = ndtr(nodes + math.sqrt(2) * ndtri(area))
    weights = weights / weights.sum()
    assert weights @ shares == pytest.approx(area, abs=1e-9)
    variance = weights @ (shares - area) ** 2
    assert least_deviation(area, 20) == pytest.approx(math.sqrt(variance / 20), abs=1e-9)


def test_few_groups_of_one_class_do_not_narrow_an_area() -> None:
    """Twelve positives among 212 whose scores happen to lie close together: their own spread says less than there can be."""
    table = areas(212, 12 / 212, 1.8, 9).table.copy()
    table[table[:, 0] == 1, 2] = table[table[:, 0] == 1, 2].mean() + np.linspace(-1e-4, 1e-4, int((table[:, 0] == 1).sum()))
    statistics = Statistics(names=("target", "p0", "p1"), table=table, fixed={"labels": ["no", "yes"]})
    value, low, high, note = whole(classification.AUC, statistics)
    positives = int((table[:, 0] == 1).sum())
    expected = logit(value, least_deviation(value, positives), positives, 0.95)
    assert (low, high) == pytest.approx(expected)
    assert "interval unreliable" in note


def test_delong_by_hand() -> None:
    """Positives 2, 4 against negatives 1, 3: pairs won 1 + 2 of 4; V10 = ½, 1; V01 = 1, ½; variances 1/8 each, over 2 and 2."""
    assert delong([2, 4], [1, 3]) == pytest.approx((0.75, math.sqrt(1 / 8)))


def test_a_perfect_area_has_wilsons_interval_for_its_rarer_class() -> None:
    value, low, high, note = whole(classification.AUC, scored(np.arange(240) >= 200, np.linspace(0, 1, 240)))
    assert (value, high) == (1.0, 1.0)
    assert low == pytest.approx(40 / (40 + 1.959964**2), abs=1e-6)
    assert note == "no resample differs: Wilson's interval for 40 groups of the rarest class"


def test_an_interval_says_how_it_was_made() -> None:
    draws = np.random.default_rng(2).normal(0.7, 0.02, 500)
    tight = 0.7 + 1e-6 * (draws - 0.7)
    assert make(0.7, draws, level=0.95, groups=200).method == PERCENTILE == "percentile bootstrap"
    assert make(0.7, draws, level=0.95, groups=199).method == WIDENED == "percentile bootstrap, widened to Student's t"
    assert make(0.7, draws, level=0.95, groups=12).method == WIDENED
    assert make(0.7, draws, level=0.95, groups=200, scale="logit").method == LOGIT == "bootstrap standard deviation on the logit scale"
    assert make(0.7, tight, level=0.95, groups=12, scale="area", two=True).method == LEAST
    assert make(1.0, np.ones(500), level=0.95, groups=200).method == WILSON == "Wilson score"
    assert make(0.5, np.full(500, np.nan), level=0.95, groups=200).method == ""


def test_a_value_beside_all_resamples_is_taken_into_its_interval_and_said_so() -> None:
    """A distance that resampling only adds to: all draws lie above the value."""
    found = make(0.02, np.linspace(0.03, 0.05, 1000), level=0.95, groups=400)
    assert found.low == 0.02
    assert found.high == pytest.approx(0.0495, abs=1e-4)
    assert found.note == "most resamples lie on one side of the value: interval extended to it"


def test_a_constant_beyond_one_is_no_share_and_has_no_wilson_interval() -> None:
    """A plug-in's number in a unit that it forgot to name: 3.7 everywhere."""
    found = make(3.7, np.full(100, 3.7), level=0.95, groups=400)
    assert (found.low, found.high, found.method) == (3.7, 3.7, PERCENTILE)


@given(
    value=st.floats(allow_nan=False, allow_infinity=False),
    drawn=st.lists(st.floats(), max_size=30),
    groups=st.integers(2, 500),
    fraction=st.booleans(),
    scale=st.sampled_from(["percentile", "logit", "area"]),
    two=st.booleans(),
)
@example(value=0.0, drawn=[0.0] * 8, groups=37, fraction=True, scale="percentile", two=False)  # Wilson's begins 1.7e-18 beside it
@example(value=1 - 2**-53, drawn=[0.0, 1.0], groups=2, fraction=True, scale="logit", two=True)
@example(value=0.0, drawn=[-1.7e308, 1.7e308] * 50, groups=400, fraction=False, scale="percentile", two=False)  # bounds beyond a number
@example(value=5e-324, drawn=[0.0, 1.0], groups=2, fraction=True, scale="area", two=True)
def test_an_interval_holds_its_value_whatever_was_drawn(
    value: float, drawn: list[float], groups: int, fraction: bool, scale: str, two: bool
) -> None:
    held(make(value, np.array(drawn), level=0.95, groups=groups, fraction=fraction, scale=scale, two=two))  # type: ignore[arg-type]


@given(
    value=st.floats(0, 1),
    drawn=st.lists(st.floats(0, 1), min_size=1, max_size=30),
    groups=st.integers(2, 500),
    scale=st.sampled_from(["percentile", "logit", "area"]),
    two=st.booleans(),
)
def test_an_interval_of_a_share_holds_it_and_stays_a_share(value: float, drawn: list[float], groups: int, scale: str, two: bool) -> None:
    found = make(value, np.array(drawn), level=0.95, groups=groups, scale=scale, two=two)  # type: ignore[arg-type]
    held(found)
    low, high = bounds(found)
    assert 0 <= low <= high <= 1


def held(found: Interval) -> None:
    assert found.value is not None
    assert (found.low is None) == (found.high is None) == (found.method == "")
    if found.low is not None and found.high is not None:
        assert math.isfinite(found.low)
        assert math.isfinite(found.high)
        assert found.low <= found.value <= found.high
