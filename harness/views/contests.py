"""The tests behind ranks: every pair of runs once, under the metric that ranks, on the whole set.

What is true of a run is found once for it, what is true of two kinds of runs once for the two, and the tests of runs on the same samples
are made together (`stats.tournament`). A test follows from two records, and can be kept from one call to the next (`views.kept`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from harness.metrics.base import Metric
from harness.runs.record import Record
from harness.stats import tournament
from harness.stats.bootstrap import Bootstrap
from harness.types import Task
from harness.views import pairing, sides
from harness.views.sides import Side

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """What the paired test says of two runs that may be set against each other."""

    value: float | None = None
    """The second run minus the first; None where that is not defined here."""
    p: float | None = None
    """Not adjusted; None where no test could be made."""


REFUSED = "refused"
"""Of two runs that must not be compared."""
Verdict = Contest | str


class Kept(Protocol):
    """Verdicts on these very records under this metric, from earlier calls."""

    def get(self, pair: Pair, /) -> Verdict | None:
        """The verdict on a pair; None where none is kept."""

    def update(self, fresh: Mapping[Pair, Verdict], /) -> None:
        """Keep verdicts."""

    def side(self, name: str, /) -> Side | None:
        """What a run brings to its pairs; None where that is not kept."""

    def keep(self, name: str, side: Side, /) -> None:
        """Keep it."""


def contests(runs: Mapping[str, Record], rivals: Sequence[Pair], task: Task[Any], kept: Kept | None = None) -> dict[Pair, Verdict]:
    """The verdict on each pair of runs of a task.

    Args:
        runs: By any name.
        rivals: Which are set against each other, the first of a pair being the baseline; also how many tests are adjusted together.
        task: Of all of them.
        kept: Verdicts on these very records under this metric; new ones are put there.
    """
    found = {} if kept is None else {pair: verdict for pair in rivals if (verdict := kept.get(pair)) is not None}
    left = [pair for pair in rivals if pair not in found]
    if left:
        fresh = _tested(runs, left, task.metrics[0], task, kept, family=len(rivals))
        if kept is not None:
            kept.update(fresh)
        found |= fresh
    return found


def _tested(
    runs: Mapping[str, Record], pairs: Sequence[Pair], metric: Metric, task: Task[Any], kept: Kept | None, *, family: int
) -> dict[Pair, Verdict]:
    own = {name: _side(name, runs[name], metric, kept) for name in dict.fromkeys(name for pair in pairs for name in pair)}
    of_kinds: dict[tuple[str, str], Verdict | None] = {}
    found: dict[Pair, Verdict] = {}
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
            found[pair] = verdict
    for (ours, theirs), alike in together.items():
        plan = runs[alike[0][0]].bootstrap
        if ours == theirs:
            found |= _made({name: own[name] for pair in alike for name in pair}, alike, metric, plan, family)
        else:
            for pair in alike:
                baseline, other = (runs[name] for name in pair)
                order = pairing.aligned(baseline, other)
                both = sides.sample_by_sample(baseline, metric), sides.sample_by_sample(other, metric, order)
                found |= _made(dict(zip(pair, both, strict=True)), [pair], metric, plan, family)
    return found


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
