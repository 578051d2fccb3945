"""Duels: which of two runs is better, under the metric that ranks, with the p-values of all duels of a table adjusted together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.runs.record import Record
from harness.stats import paired
from harness.types import Task
from harness.views import contests
from harness.views.contests import Contest, Pair
from harness.views.kept import Keeper


@dataclass(frozen=True, slots=True, kw_only=True)
class Duel:
    """The second run of a pair against its first."""

    value: float | None
    """The second run minus the first, in the metric's unit; None where that is not defined here."""
    p: float | None
    """Of the paired test, adjusted (Holm) over all duels that were fought together; None where no test could be made."""
    better: str
    """The name of the run that is significantly better at 5 %; empty where neither is."""


def duels(runs: Mapping[str, Record], rivals: Sequence[Pair], task: Task[Any], keeper: Keeper | None = None) -> dict[Pair, Duel]:
    """The duels of a task's runs, each pair tested once; without those that must not be compared.

    Args:
        runs: By any name.
        rivals: Which are set against each other.
        task: Of all of them; its first metric decides.
        keeper: Where the tests of earlier calls are kept, and new ones are put; None makes all of them.
    """
    resamples = min(record.bootstrap.resamples for record in runs.values())
    kept = None if keeper is None else keeper.under(task.metrics[0], len(rivals), resamples)
    verdicts = contests.contests(runs, rivals, task, kept)
    fought = {pair: verdict for pair, verdict in verdicts.items() if isinstance(verdict, Contest)}
    adjusted = paired.holm([contest.p for contest in fought.values()])
    return {
        pair: Duel(value=contest.value, p=p, better=_better(pair, contest.value, p, higher=task.metrics[0].higher_is_better))
        for (pair, contest), p in zip(fought.items(), adjusted, strict=True)
    }


def _better(pair: Pair, value: float | None, p: float | None, *, higher: bool) -> str:
    if p is None or not value or p > paired.ALPHA:
        return ""
    return pair[1] if (value > 0) == higher else pair[0]
