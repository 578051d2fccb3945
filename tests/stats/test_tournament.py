"""Many systems at once have the p-values that they have pair by pair."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from harness.metrics.answers.canonical import EXACT_MATCH
from harness.metrics.base import Floats, Measure, Metric, Statistics
from harness.metrics.columns import columns
from harness.metrics.labels import classification
from harness.metrics.texts.summaries import SUMMARIES
from harness.stats import tournament
from harness.stats.bootstrap import Bootstrap
from tests.stats.whole_sets import alone, compared

N, SYSTEMS = 60, 5
RNG = np.random.default_rng(7)
RIGHT = RNG.random((SYSTEMS, N)) < np.linspace(0.2, 0.8, SYSTEMS)[:, None]
TARGET = RNG.integers(0, 3, N)


def answers() -> list[Statistics]:
    names = ("n", "exact", *"abcdefg")
    tables = np.zeros((SYSTEMS, N, len(names)))
    tables[:, :, 0], tables[:, :, 1] = 1, RIGHT
    return [Statistics(names=names, table=table) for table in tables]


def labels() -> list[Statistics]:
    said = np.where(RIGHT, TARGET, (TARGET + 1) % 3)
    fixed = {"classes": 4, "labels": ["a", "b", "c", "never"]}
    return [Statistics(names=("target", "predicted"), table=np.stack([TARGET, own], axis=1).astype(float), fixed=fixed) for own in said]


def overlaps() -> list[Statistics]:
    return [columns(rouge_l=RNG.random(N), rouge_1=RNG.random(N), rouge_2=RNG.random(N)) for _ in range(SYSTEMS)]


def scores(ties: int) -> list[Statistics]:
    """Probabilities of three classes; rounded, so that many are equal."""
    tables = RNG.random((SYSTEMS, N, 3)) + np.eye(3)[TARGET] * np.linspace(0, 0.8, SYSTEMS)[:, None, None]
    return [Statistics(names=("target", "p0", "p1", "p2"), table=np.column_stack([TARGET, own.round(ties)])) for own in tables]


def _ratio(statistics: Statistics, weights: Floats) -> Floats:
    sums = weights @ statistics.table
    return np.asarray(sums[:, 0] / sums[:, 1])


def _cut(statistics: Statistics, weights: Floats) -> Floats:
    return np.asarray(np.minimum(_ratio(statistics, weights), 0.5))


def made(name: str, value: object) -> Metric:
    return Metric(name=name, variant="v", measure=Measure(name="m", run=lambda *_: answers()[0]), value=value)  # type: ignore[arg-type]


def ratios() -> list[Statistics]:
    return [Statistics(names=("hits", "said"), table=np.stack([RNG.random(N), 1 + RNG.random(N)], axis=1)) for _ in range(SYSTEMS)]


def absent() -> list[Statistics]:
    found = ratios()
    found[2].table[5] = np.nan
    return found


GROUPS = pytest.mark.parametrize("groups", [[f"g{n // 3}" for n in range(N)], alone(N)], ids=["groups", "alone"])
CASES = {
    "a share": (EXACT_MATCH, answers()),
    "a mean": (SUMMARIES[0], overlaps()),
    "of a confusion table": (classification.ACCURACY, labels()),
    "of its present classes": (classification.MACRO_F1, labels()),
    "areas": (classification.AUC, scores(1)),
    "areas without ties": (classification.MACRO_AUC, scores(9)),
    "a ratio of sums": (made("ratio", _ratio), ratios()),
    "cut off": (made("cut", _cut), ratios()),
    "without values": (made("absent", _ratio), absent()),
}


@GROUPS
@pytest.mark.parametrize(("metric", "systems"), CASES.values(), ids=CASES)
@pytest.mark.parametrize("family", [1, 400])
def test_the_p_of_each_pair_is_that_of_the_pair_alone(metric: Metric, systems: list[Statistics], groups: list[str], family: int) -> None:
    plan = Bootstrap(resamples=200, seed=3)
    pairs = list(combinations(range(SYSTEMS), 2))
    together = tournament.compare(metric, systems, pairs, groups=groups, plan=plan, family=family)
    for (a, b), found in zip(pairs, together, strict=True):
        assert found == compared(metric, systems[a], systems[b], groups=groups, plan=plan, family=family, whole=False)


@GROUPS
@pytest.mark.parametrize("ties", [1, 9])
@pytest.mark.parametrize("name", ["AUC", "MACRO_AUC", "CLASS_AUC"])
def test_the_p_of_an_area_is_that_of_areas_computed_after_every_swap(name: str, groups: list[str], ties: int) -> None:
    metric: Metric = getattr(classification, name)
    systems = [replace(own, fixed={"class": 1}) for own in scores(ties)]
    plan = Bootstrap(resamples=500)
    for a, b in combinations(range(SYSTEMS), 2):
        quick, slow = (
            compared(one, systems[a], systems[b], groups=groups, plan=plan, family=40) for one in (metric, replace(metric, swap=None))
        )
        assert quick == slow


def test_an_area_of_other_targets_is_computed_after_every_swap() -> None:
    """What changes sides is then no sum."""
    first, second = scores(9)[:2]
    moved = replace(second, table=np.column_stack([(TARGET + 1) % 3, second.table[:, 1:]]))
    quick, slow = (
        tournament.compare(one, [first, moved], [(0, 1)], groups=alone(N), plan=Bootstrap(resamples=200))
        for one in (classification.AUC, replace(classification.AUC, swap=None))
    )
    assert quick == slow


def test_nothing_is_tested_without_resamples_or_groups() -> None:
    systems = answers()
    for groups, plan in ((alone(N), Bootstrap(resamples=0)), (["one"] * N, Bootstrap())):
        [found] = tournament.compare(EXACT_MATCH, systems, [(0, 4)], groups=groups, plan=plan)
        assert found.p is None
        assert found.value == pytest.approx(RIGHT[4].mean() - RIGHT[0].mean())


def test_no_pairs_are_no_tests() -> None:
    assert tournament.compare(EXACT_MATCH, answers(), [], groups=["a"] * N, plan=Bootstrap()) == []
