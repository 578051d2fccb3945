"""Who beats whom: the duels of all runs of a task under one metric, and over several tasks how often each system beats each other one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

from harness.runs.record import Record
from harness.types import Estimate, Task
from harness.views import selection
from harness.views.beside_published import matches
from harness.views.contests import Duel, duels
from harness.views.kept import Keeper
from harness.views.scoreboard import best_first
from harness.views.sides import Pair


@dataclass(frozen=True, slots=True, kw_only=True)
class Wins:
    """One task's runs on the same examples."""

    heading: str
    estimates: Mapping[str, Estimate]
    """What each run is called, and its score; the best first, those without a value last."""
    duels: Mapping[Pair, Duel]
    """By what the runs are called; without pairs that must not be compared."""
    aside: Mapping[str, str]
    """Why some are not ranked, where others are. As on a scoreboard they are not tested either, as long as two others can be."""

    def as_json(self) -> dict[str, Any]:
        """The task as ``--json`` prints it."""
        leading = next(iter(self.estimates.values()))
        return {
            "task": self.heading,
            "metric": leading.metric,
            "metric_variant": leading.variant,
            "values": {name: estimate.value for name, estimate in self.estimates.items()},
            "duels": [
                {"first": first, "second": second, "difference": duel.value, "p_holm": duel.p, "better": duel.better}
                for (first, second), duel in self.duels.items()
            ],
            "not_ranked": dict(self.aside),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """All tasks together."""

    names: tuple[str, ...]
    """Those with more wins less losses first, and last those that were never tested."""
    won: Mapping[Pair, int]
    """On how many tasks the first is significantly better than the second; no pair that was never tested."""

    def of(self, name: str) -> int:
        """All wins of one system."""
        return sum(times for (winner, _), times in self.won.items() if winner == name)

    def against(self, name: str) -> int:
        """All its losses."""
        return sum(times for (_, loser), times in self.won.items() if loser == name)


def wins(
    runs: Mapping[str, Record], labels: Mapping[str, str], tasks: Mapping[str, Task[Any]], *, metric: str = "", keeper: Keeper | None = None
) -> list[Wins]:
    """The duels of each task that has two runs on the same examples, adjusted (Holm) over the pairs of that task.

    Args:
        runs: Any name, such as a folder, to a record.
        labels: What each run is called.
        tasks: By full name.
        metric: Under this one, by its name or ``name/variant``; empty is the one that ranks.
        keeper: Where the tests of earlier calls are kept.
    """
    of_tasks = []
    for group, heading in selection.headed(runs):
        task = _led_by(tasks[runs[group[0]].full_name], metric)
        scores = {run: score for run in group if (score := _score(runs[run], task)) is not None}
        if len(scores) < 2:
            continue
        own = {run: runs[run] for run in scores}
        competing = [run for run, record in own.items() if not record.not_ranked]
        rivals = list(combinations(competing if len(competing) > 1 else own, 2))
        fought = duels(own, rivals, task, keeper)
        order = sorted(scores, key=lambda run: best_first(scores[run]))
        of_tasks.append(
            Wins(
                heading=heading,
                estimates={labels[run]: scores[run] for run in order},
                duels={
                    (labels[one], labels[other]): replace(duel, better=labels[duel.better] if duel.better else "")
                    for (one, other), duel in fought.items()
                },
                aside={labels[run]: "; ".join(own[run].not_ranked) for run in order if competing and run not in competing},
            )
        )
    return of_tasks


def tally(of: Sequence[Wins]) -> Tally:
    """The wins of all tasks added up."""
    won: dict[Pair, int] = {}
    for one in of:
        for (first, second), duel in one.duels.items():
            if duel.p is not None:
                for pair in ((first, second), (second, first)):
                    won[pair] = won.get(pair, 0) + (duel.better == pair[0])
    names = list(dict.fromkeys(name for one in of for name in one.estimates))
    tested = {name for pair in won for name in pair}
    unsorted = Tally(names=tuple(names), won=won)
    return replace(unsorted, names=tuple(sorted(names, key=lambda name: (name not in tested, unsorted.against(name) - unsorted.of(name)))))


def _led_by(task: Task[Any], metric: str) -> Task[Any]:
    """The task with the metric that decides in front."""
    asked = [one for one in task.metrics if metric and matches(metric, one.name, one.variant)][:1]
    return replace(task, metrics=(*asked, *(one for one in task.metrics if one not in asked)))


def _score(record: Record, task: Task[Any]) -> Estimate | None:
    leading = task.metrics[0]
    return next((e for e in record.estimates if (e.metric, e.variant, e.slice) == (leading.name, leading.variant, "all")), None)
