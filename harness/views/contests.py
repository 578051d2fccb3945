"""Duels, and the tests behind ranks: every pair of runs once, under the metric that ranks, on the whole set.

What is true of a run is found once for it, what is true of two kinds of runs once for the two, and the tests of runs on the same samples
are made together (`stats.tournament`). A test follows from two records, and can be kept from one call to the next (`views.kept`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.metrics.base import Metric
from harness.runs.record import Record
from harness.stats import paired, tournament
from harness.stats.bootstrap import Bootstrap
from harness.types import Task
from harness.views import pairing, sides
from harness.views.kept import Keeper, Kept
from harness.views.sides import REFUSED, Contest, Pair, Side, Verdict


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
        rivals: Which are set against each other, the first of a pair being the baseline; also how many tests are adjusted together.
        task: Of all of them; its first metric decides.
        keeper: Where the tests of earlier calls are kept, and new ones are put; None makes all of them.
    """
    resamples = min(record.bootstrap.resamples for record in runs.values())
    kept = None if keeper is None else keeper.under(task.metrics[0], len(rivals), resamples)
    verdicts = _verdicts(runs, rivals, task, kept)
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


def _verdicts(runs: Mapping[str, Record], rivals: Sequence[Pair], task: Task[Any], kept: Kept | None) -> dict[Pair, Verdict]:
    """The verdict on each pair of runs: of those that are kept, and of tests made now, which are kept then."""
    verdicts = {} if kept is None else {pair: verdict for pair in rivals if (verdict := kept.get(pair)) is not None}
    left = [pair for pair in rivals if pair not in verdicts]
    if left:
        fresh = _tested(runs, left, task.metrics[0], task, kept, family=len(rivals))
        if kept is not None:
            kept.update(fresh)
        verdicts |= fresh
    return verdicts


def _tested(
    runs: Mapping[str, Record], pairs: Sequence[Pair], metric: Metric, task: Task[Any], kept: Kept | None, *, family: int
) -> dict[Pair, Verdict]:
    own = {name: _side(name, runs[name], metric, kept) for name in dict.fromkeys(name for pair in pairs for name in pair)}
    of_kinds: dict[tuple[str, str], Verdict | None] = {}
    verdicts: dict[Pair, Verdict] = {}
    together: dict[tuple[str, str], list[Pair]] = {}
    for pair in pairs:
        first, second = own[pair[0]], own[pair[1]]
        kinds = first.kind, second.kind
        if kinds not in of_kinds:
            of_kinds[kinds] = _without_test(runs[pair[0]], runs[pair[1]], metric, task)
        verdict = of_kinds[kinds]
        if verdict is None and (first.statistics is None or second.statistics is None):
            verdict = Contest()
        if verdict is None:
            together.setdefault((first.samples, second.samples), []).append(pair)
        else:
            verdicts[pair] = verdict
    for (ours, theirs), alike in together.items():
        plan = runs[alike[0][0]].bootstrap
        if ours == theirs:
            verdicts |= _made({name: own[name] for pair in alike for name in pair}, alike, metric, plan, family)
        else:
            for pair in alike:
                baseline, other = (runs[name] for name in pair)
                order = pairing.aligned(baseline, other)
                both = sides.sample_by_sample(baseline, metric), sides.sample_by_sample(other, metric, order)
                verdicts |= _made(dict(zip(pair, both, strict=True)), [pair], metric, plan, family)
    return verdicts


def _side(name: str, record: Record, metric: Metric, kept: Kept | None) -> Side:
    side = None if kept is None else kept.side(name)
    if side is None:
        side = sides.side_of(record, metric)
        if kept is not None:
            kept.keep(name, side)
    return side


def _without_test(first: Record, second: Record, metric: Metric, task: Task[Any]) -> Verdict | None:
    """The verdict that needs no test; None where one is to be made."""
    if pairing.refusal(first, second):
        return REFUSED
    return None if metric in pairing.shared(first, second, task) else Contest()


def _made(own: Mapping[str, Side], pairs: Sequence[Pair], metric: Metric, plan: Bootstrap, family: int) -> dict[Pair, Verdict]:
    place = {name: number for number, name in enumerate(own)}
    differences = tournament.compare(
        metric,
        [side.statistics for side in own.values() if side.statistics is not None],
        [(place[one], place[other]) for one, other in pairs],
        groups=own[pairs[0][0]].groups,
        plan=plan,
        family=family,
    )
    return {pair: Contest(value=made.value, p=made.p) for pair, made in zip(pairs, differences, strict=True)}
