"""The tests behind ranks: every pair of runs once, under the metric that ranks, on the whole set.

What is true of a run is found once for it, what is true of two kinds of runs once for the two, and the tests of runs on the same samples
are made together (`stats.tournament`). A test follows from two records, and can be kept from one call to the next (`views.kept`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from harness.metrics.base import Metric, Statistics
from harness.runs.record import Record
from harness.stats import tournament
from harness.types import Task
from harness.views import pairing

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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Side:
    """A run as its pairs see it."""

    record: Record
    kind: str
    """All of it that says whether two runs may be compared."""
    samples: str
    """Equal where the rows of two runs are of the same samples in the same order, resampled alike."""
    statistics: Statistics | None


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
        fresh = _tested(runs, left, task.metrics[0], task, family=len(rivals))
        if kept is not None:
            kept.update(fresh)
        found |= fresh
    return found


def _tested(runs: Mapping[str, Record], pairs: Sequence[Pair], metric: Metric, task: Task[Any], *, family: int) -> dict[Pair, Verdict]:
    sides = {name: _side(runs[name], metric) for name in dict.fromkeys(name for pair in pairs for name in pair)}
    of_kinds: dict[tuple[str, str], Verdict | None] = {}
    found: dict[Pair, Verdict] = {}
    together: dict[tuple[str, str], list[Pair]] = {}
    for pair in pairs:
        first, second = sides[pair[0]], sides[pair[1]]
        kinds = first.kind, second.kind
        if kinds not in of_kinds:
            of_kinds[kinds] = _without_test(first.record, second.record, metric, task)
        verdict = of_kinds[kinds]
        if verdict is None and (first.statistics is None or second.statistics is None):
            verdict = Contest()
        if verdict is None:
            together.setdefault((first.samples, second.samples), []).append(pair)
        else:
            found[pair] = verdict
    for (ours, theirs), own in together.items():
        if ours == theirs:
            found |= _made({name: sides[name] for pair in own for name in pair}, own, metric, family)
        else:
            for pair in own:
                first, second = sides[pair[0]], sides[pair[1]]
                found |= _made({pair[0]: first, pair[1]: _in_order(first, second)}, [pair], metric, family)
    return found


def _side(record: Record, metric: Metric) -> _Side:
    measured = record.measures.get(metric.measure.name)
    statistics = None if measured is None else measured.statistics
    columns = None if statistics is None else statistics.names
    ids, groups = tuple(sample.id for sample in record.samples), tuple(sample.group for sample in record.samples)
    facts = (record.full_name, record.split, record.card_version, record.status, record.data, record.bootstrap)
    scored = tuple((estimate.signature, estimate.scoring_id) for estimate in record.estimates)
    return _Side(
        record=record,
        kind=_digest(facts, scored, ids, measured is None, columns),
        samples=_digest(ids, groups, record.bootstrap, columns),
        statistics=statistics,
    )


def _digest(*facts: Any) -> str:
    """Equal for equal facts, short to keep and to compare."""
    return hashlib.sha256(repr(facts).encode("utf-8", "backslashreplace")).hexdigest()


def _without_test(first: Record, second: Record, metric: Metric, task: Task[Any]) -> Verdict | None:
    """The verdict that needs no test; None where one is to be made."""
    if pairing.refusal(first, second):
        return REFUSED
    return None if metric in pairing.shared(first, second, task) else Contest()


def _in_order(first: _Side, second: _Side) -> _Side:
    """The second run's statistics in the order of the first run's samples."""
    assert second.statistics is not None
    table = second.statistics.table[pairing.aligned(first.record, second.record)]
    return replace(second, statistics=replace(second.statistics, table=table))


def _made(sides: Mapping[str, _Side], pairs: Sequence[Pair], metric: Metric, family: int) -> dict[Pair, Verdict]:
    first = sides[pairs[0][0]].record
    place = {name: number for number, name in enumerate(sides)}
    differences = tournament.compare(
        metric,
        [side.statistics for side in sides.values() if side.statistics is not None],
        [(place[one], place[other]) for one, other in pairs],
        groups=[sample.group for sample in first.samples],
        plan=first.bootstrap,
        family=family,
    )
    return {pair: Contest(value=made.value, p=made.p) for pair, made in zip(pairs, differences, strict=True)}
