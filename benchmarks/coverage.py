"""How often the 95 % interval holds the true value: simulated test sets of clustered samples, the harness's intervals on each.

    python benchmarks/coverage.py [--simulations 1000] [--only single|beyond|paired|independent]

A pool of clusters (patients with one to five samples, which share their luck) stands for the world; its value is the truth. Each simulated
test set draws clusters from it. Three intervals are counted: the harness's, the plain percentile interval of the same draws, and the
harness's with the clusters forgotten. Coverage of 1,000 simulations has a standard error of 0.7 points.
"""

from __future__ import annotations

import argparse
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from harness.metrics.base import Context, Metric, Statistics
from harness.metrics.evaluate_metrics import bare
from harness.metrics.labels import classification
from harness.metrics.texts.captions import coco_family
from harness.metrics.texts.treatments import plain
from harness.stats import paired
from harness.stats.bootstrap import Bootstrap, Weights, draws, function, group_index, rows_of
from harness.stats.estimates import Cell, estimate

_CLUSTERS = 20_000
_LEAST, _MOST = 1, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """A measured world: statistics of one or two systems, and where each cluster's rows are."""

    systems: tuple[Statistics, ...]
    starts: NDArray[np.intp]
    """[clusters + 1]"""

    def sample(self, rng: np.random.Generator, clusters: int) -> tuple[NDArray[np.intp], list[str]]:
        """Rows of drawn clusters, and the cluster of each."""
        drawn = rng.integers(0, len(self.starts) - 1, clusters)
        rows = [np.arange(self.starts[one], self.starts[one + 1]) for one in drawn]
        return np.concatenate(rows), [str(place) for place, part in enumerate(rows) for _ in part]


def _clusters(rng: np.random.Generator, n: int = _CLUSTERS) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The cluster of each row, and where clusters start."""
    sizes = rng.integers(_LEAST, _MOST + 1, n)
    return np.repeat(np.arange(n), sizes), np.concatenate([[0], np.cumsum(sizes)])


def labels(seed: int, shares: Sequence[float], skill: Sequence[float], own: float = 0.7) -> Pool:
    """Named classes: patients have a class, and are easy or hard; systems share what is hard.

    Args:
        seed: Of the world.
        shares: How frequent the classes are.
        skill: Of each system: the log-odds of a right label.
        own: How far a system has patients of its own that are easy or hard for it.
    """
    rng = np.random.default_rng(seed)
    owner, starts = _clusters(rng)
    target = rng.choice(len(shares), p=shares, size=len(starts) - 1)[owner].astype(float)
    hard = 1.5 * rng.normal(size=len(starts) - 1)
    found = []
    for level in skill:
        odds = level + hard[owner] + own * rng.normal(size=len(starts) - 1)[owner]
        right = rng.random(len(owner)) < 1 / (1 + np.exp(-odds))
        wrong = (target + rng.integers(1, len(shares), len(owner))) % len(shares)
        table = np.column_stack([target, np.where(right, target, wrong)])
        fixed = {"classes": len(shares), "labels": [str(number) for number in range(len(shares))]}
        found.append(Statistics(names=("target", "predicted"), table=table, fixed=fixed))
    return Pool(systems=tuple(found), starts=starts)


def scores(seed: int, share: float, areas: Sequence[float]) -> Pool:
    """Two classes and a score each, normal in both; two thirds of its variance belong to the patient."""
    from scipy.special import expit, ndtri

    rng = np.random.default_rng(seed)
    owner, starts = _clusters(rng)
    target = (rng.random(len(starts) - 1) < share)[owner]
    ours = rng.normal(size=len(starts) - 1)
    found = []
    for area in areas:
        mine = math.sqrt(0.5) * ours + math.sqrt(0.5) * rng.normal(size=len(starts) - 1)
        score = math.sqrt(2) * float(ndtri(area)) * target + math.sqrt(2 / 3) * mine[owner] + math.sqrt(1 / 3) * rng.normal(size=len(owner))
        p = expit(score)
        found.append(Statistics(names=("target", "p0", "p1"), table=np.column_stack([target, 1 - p, p]), fixed={"labels": ["0", "1"]}))
    return Pool(systems=tuple(found), starts=starts)


_BLEU = coco_family("bench", plain, text="white space", source="")["bleu_4"]
_WORDS = [f"word{number}" for number in range(400)]


def texts(seed: int, kept: Sequence[float], clusters: int = 4000) -> Pool:
    """Reports of a patient resemble each other, and a system repeats more of some patients' reports than of others'."""
    rng, numbers = random.Random(seed), np.random.default_rng(seed)
    owner, starts = _clusters(numbers, clusters)
    styles = [rng.sample(_WORDS, 30) for _ in range(clusters)]
    expected = [" ".join(rng.choices(styles[one], k=rng.randint(15, 50))) for one in owner]
    hard = numbers.normal(size=clusters)
    found = []
    for share in kept:
        chance = 1 / (1 + np.exp(-(math.log(share / (1 - share)) + 0.8 * hard + 0.3 * numbers.normal(size=clusters))))
        said = [
            " ".join(word if rng.random() < chance[one] else rng.choice(_WORDS) for word in text.split())
            for one, text in zip(owner, expected, strict=True)
        ]
        found.append(_BLEU.measure.run(bare(said, expected), Context()))
    return Pool(systems=tuple(found), starts=starts)


def truth(metric: Metric, statistics: Statistics) -> float:
    """The pool's value."""
    return float(metric.value(statistics, np.ones((1, len(statistics.table))))[0])


def interval(metric: Metric, statistics: Statistics, groups: Sequence[str], plan: Bootstrap) -> tuple[float, float]:
    """The harness's; empty where it gives none."""
    everything = np.ones(len(groups), dtype=np.bool_)
    [found] = estimate([Cell(metric=metric, statistics=statistics, rows=everything)], groups, plan)
    return (math.inf, -math.inf) if found.low is None or found.high is None else (found.low, found.high)


def percentile(metric: Metric, statistics: Statistics, groups: Sequence[str], plan: Bootstrap) -> tuple[float, float]:
    """The plain percentile interval of group draws."""
    index, n = group_index(groups)
    rows = rows_of(metric.measure, [statistics], np.arange(len(groups)), index, n)
    call = function(metric, rows.systems[0])
    if not np.isfinite(call(Weights(rows.sizes[None]))[0]):
        return math.inf, -math.inf
    with np.errstate(all="ignore"):
        blocks = rows.weights(plan) if rows.columns is None else (part for counts in draws(n, plan) for part in rows.gathered(counts))
        drawn = np.concatenate([call(weights) for weights in map(Weights, blocks)])
    low, high = np.nanquantile(drawn, [(1 - plan.level) / 2, (1 + plan.level) / 2])
    return float(low), float(high)


Pair = tuple[float, float]
Method = Callable[[Metric, tuple[Statistics, ...], Sequence[str], Bootstrap], Pair]


def _alone(groups: Sequence[str]) -> list[str]:
    return [str(i) for i in range(len(groups))]


SINGLE: dict[str, Method] = {
    "harness": lambda metric, systems, groups, plan: interval(metric, systems[0], groups, plan),
    "percentile": lambda metric, systems, groups, plan: percentile(metric, systems[0], groups, plan),
    "unclustered": lambda metric, systems, groups, plan: interval(metric, systems[0], _alone(groups), plan),
}


def _paired(metric: Metric, systems: tuple[Statistics, ...], groups: Sequence[str], plan: Bootstrap) -> Pair:
    rows = np.ones(len(groups), dtype=np.bool_)
    found = paired.compare(metric, *systems, rows=rows, groups=groups, plan=plan)
    return (math.inf, -math.inf) if found.low is None or found.high is None else (found.low, found.high)


def _unpaired(metric: Metric, systems: tuple[Statistics, ...], groups: Sequence[str], plan: Bootstrap) -> Pair:
    """The difference of two values whose errors are taken for independent."""
    everything = np.ones(len(groups), dtype=np.bool_)
    first, second = (estimate([Cell(metric=metric, statistics=one, rows=everything)], groups, plan)[0] for one in systems)
    if first.value is None or first.low is None or first.high is None or second.value is None or second.low is None or second.high is None:
        return math.inf, -math.inf
    middle, half = second.value - first.value, math.hypot(first.high - first.low, second.high - second.low) / 2
    return middle - half, middle + half


PAIRED: dict[str, Method] = {
    "harness": _paired,
    "unpaired": _unpaired,
    "unclustered": lambda metric, systems, groups, plan: _paired(metric, systems, _alone(groups), plan),
}


def coverage(name: str, metric: Metric, pool: Pool, clusters: int, methods: dict[str, Method], simulations: int, resamples: int) -> None:
    """Print one line: the share of intervals that hold the truth, and their mean width."""
    values = [truth(metric, statistics) for statistics in pool.systems]
    expected = values[0] if len(values) == 1 else values[1] - values[0]
    hits, widths, made = dict.fromkeys(methods, 0), dict.fromkeys(methods, 0.0), dict.fromkeys(methods, 0)
    for number in range(simulations):
        rows, groups = pool.sample(np.random.default_rng((number, clusters)), clusters)
        systems = tuple(replace(statistics, table=statistics.table[rows]) for statistics in pool.systems)
        for method, make in methods.items():
            low, high = make(metric, systems, groups, Bootstrap(resamples=resamples, seed=number))
            if math.isfinite(high - low):  # a test set without a class has no value
                made[method] += 1
                hits[method] += low <= expected <= high
                widths[method] += high - low
    cells = "   ".join(f"{method} {100 * hits[method] / made[method]:5.1f} % ({widths[method] / made[method]:.3f})" for method in methods)
    without = simulations - made["harness"]
    missing = f"   without a value: {without}" if without else ""
    print(f"{name:28} {clusters:4} groups   truth {expected:6.3f}   {cells}{missing}", flush=True)


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--simulations", type=int, default=1000)
    parser.add_argument("--resamples", type=int, default=1000)
    parser.add_argument("--only", choices=("single", "beyond", "paired", "independent"))
    given = parser.parse_args()

    def run(name: str, metric: Metric, pool: Pool, clusters: int, methods: dict[str, Method]) -> None:
        coverage(name, metric, pool, clusters, methods, given.simulations, given.resamples)

    even, skewed = (1 / 3, 1 / 3, 1 / 3), (0.9, 0.1)
    if given.only in (None, "single"):
        print("One system, 200 groups and more: coverage (mean width)")
        for clusters in (200, 500):
            run("accuracy", classification.ACCURACY, labels(1, even, [1.0]), clusters, SINGLE)
            run("macro F1, three classes", classification.MACRO_F1, labels(1, even, [1.0]), clusters, SINGLE)
            run("AUC", classification.AUC, scores(2, 0.5, [0.8]), clusters, SINGLE)
            run("AUC", classification.AUC, scores(2, 0.5, [0.9]), clusters, SINGLE)
            run("BLEU-4", _BLEU, texts(3, [0.8]), clusters, SINGLE)
    if given.only in (None, "beyond"):
        print("Beyond: few groups, 10 % positives, areas near 1")
        for clusters in (30, 200):
            run("accuracy", classification.ACCURACY, labels(1, even, [1.0]), clusters, SINGLE)
            run("accuracy near 1", classification.ACCURACY, labels(1, even, [5.0]), clusters, SINGLE)
            run("macro F1, 10 % positives", classification.MACRO_F1, labels(4, skewed, [1.0]), clusters, SINGLE)
            for area in (0.8, 0.9, 0.98):
                run(f"AUC {area}", classification.AUC, scores(2, 0.5, [area]), clusters, SINGLE)
                run(f"AUC {area}, 10 % positives", classification.AUC, scores(5, 0.1, [area]), clusters, SINGLE)
            run("BLEU-4", _BLEU, texts(3, [0.8]), clusters, SINGLE)
    if given.only in (None, "paired"):
        print("Second system minus the first")
        for clusters in (200, 500):
            run("accuracy", classification.ACCURACY, labels(6, even, [1.0, 1.5], own=2.0), clusters, PAIRED)
            run("macro F1, three classes", classification.MACRO_F1, labels(6, even, [1.0, 1.5], own=2.0), clusters, PAIRED)
            run("AUC", classification.AUC, scores(7, 0.5, [0.8, 0.84]), clusters, PAIRED)
            run("BLEU-4", _BLEU, texts(8, [0.8, 0.82]), clusters, PAIRED)
    if given.only in (None, "independent"):
        print("Two systems, every sample a group of its own")
        for name, metric, pool in (
            ("accuracy", classification.ACCURACY, labels(6, even, [1.0, 1.5], own=2.0)),
            ("macro F1, three classes", classification.MACRO_F1, labels(6, even, [1.0, 1.5], own=2.0)),
            ("AUC", classification.AUC, scores(7, 0.5, [0.8, 0.84])),
            ("BLEU-4", _BLEU, texts(8, [0.8, 0.82])),
        ):
            run(name, metric, replace(pool, starts=np.arange(len(pool.systems[0].table) + 1)), 300, PAIRED)


if __name__ == "__main__":
    main()
