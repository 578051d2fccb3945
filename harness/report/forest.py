"""A task's forest: our runs and the published numbers of the metric that ranks, best first, with intervals and verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from harness.cards import Card
from harness.metrics import units
from harness.report.axes import Axis, linear
from harness.runs.record import Record
from harness.types import Estimate
from harness.views import published as numbers_of
from harness.views import wording
from harness.views.beside_published import Verdict, compare
from harness.views.published import Reported

_MOST_PUBLISHED = 24
_VERDICTS = {"higher": "higher than", "consistent": "consistent with", "lower": "lower than"}
_AT_FIRST = {"measured": 16, "published": 8}
"""Lines of each kind that are shown before a reader asks for all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One value with its interval; places are percentages of the axis' length."""

    name: str
    kind: str
    """``measured``, ``published`` (compares) or ``other`` (does not)."""
    system: int | None = None
    """Whose mark it has; None for a published one."""
    rank: str = ""
    at: float
    low: float | None = None
    high: float | None = None
    number: str
    verdict: str = ""
    """What our best run is beside a published value: higher, lower, consistent, not comparable."""
    why: str = ""
    """Why the two do not compare; empty where they do."""
    late: bool = False
    """Whether it stands behind those that are shown before a reader asks for all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forest:
    """The lines, best first, on one axis."""

    axis: Axis
    lines: tuple[Line, ...]
    tally: str
    """How the best run that compares stands beside all published values, those that are not drawn included; empty where there are none."""

    @property
    def late(self) -> int:
        """How many lines wait until a reader asks for all."""
        return sum(line.late for line in self.lines)

    @property
    def others(self) -> int:
        """How many were published under a protocol that is not ours."""
        return sum(line.kind == "other" for line in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A run as the page speaks of it."""

    folder: Path
    record: Record
    key: str
    """What the board, ranks and duels call it."""
    name: str
    """Its system's name, and what tells it from other runs of that name."""
    system: int
    """Its system's place on the page, which gives it mark and colour."""
    rank: int | None
    """As on the leaderboard; None where it does not compete."""

    @property
    def place(self) -> str:
        """The rank in a cell; empty where there is none."""
        return "" if self.rank is None else str(self.rank)


def forest(runs: Sequence[Shown], card: Card) -> Forest | None:
    """The forest of some runs of one task on the same examples, best first; None where none has a value."""
    leading = runs[0].record.estimates[0]
    measured = [(run, run.record.estimates[0]) for run in runs if run.record.estimates[0].value is not None]
    if not measured:
        return None
    published = _published([run.record for run, _ in measured], card, leading)
    beside = published[:_MOST_PUBLISHED]
    values = [bound for _, e in measured for bound in (e.value, e.low, e.high) if bound is not None]
    axis = linear([*values, *(verdict.published.value for verdict in beside)], units.of(leading.unit))
    lines = [(estimate.value or 0.0, _own(run, estimate, axis)) for run, estimate in measured]
    lines += [(verdict.published.value, _theirs(verdict, axis, leading.unit)) for verdict in beside]
    lines.sort(key=lambda pair: -pair[0] if leading.higher_is_better else pair[0])
    shown: dict[str, int] = {}
    drawn = []
    for _, line in lines:
        shown[line.kind] = shown.get(line.kind, 0) + 1
        drawn.append(replace(line, late=shown[line.kind] > _AT_FIRST.get(line.kind, len(lines))))
    return Forest(axis=axis, lines=tuple(drawn), tally=_tally([verdict.judgement for verdict in published]))


def _tally(verdicts: Sequence[str]) -> str:
    fit = [f"{words} {n}" for name, words in _VERDICTS.items() if (n := verdicts.count(name))]
    if not verdicts:
        return ""
    there = "1 value is" if len(verdicts) == 1 else f"{len(verdicts)} values are"
    clause = f"; of those that compare, our best is {', '.join(fit)}" if fit else "; none compares"
    return f"{there} published under this metric{clause}."


def _own(run: Shown, estimate: Estimate, axis: Axis) -> Line:
    value = estimate.value or 0.0
    return Line(
        name=run.name,
        kind="measured",
        system=run.system,
        rank=run.place,
        at=axis.at(value),
        low=None if estimate.low is None else axis.at(estimate.low),
        high=None if estimate.high is None else axis.at(estimate.high),
        number=wording.bracketed(value, estimate.low, estimate.high, estimate.unit),
    )


def _theirs(verdict: Verdict, axis: Axis, unit: str) -> Line:
    number = verdict.published
    return Line(
        name=source(number),
        kind="other" if verdict.reasons else "published",
        at=axis.at(number.value),
        number=wording.value(number.value, unit),
        verdict=verdict.judgement,
        why="; ".join(verdict.reasons),
    )


def _published(records: Sequence[Record], card: Card, leading: Estimate) -> list[Verdict]:
    """The published numbers of the ranking metric, each beside the first run that compares with it; those that compare with one first."""
    if records[0].data.kind != "real":
        return []
    numbers = [
        number
        for number in numbers_of.for_task(records[0].task, None)
        if number.slice == "all" and number.metric == leading.metric and number.unit == leading.unit
    ]
    verdicts: dict[int, Verdict] = {}
    for record in records:
        left = [number for number in numbers if id(number) not in verdicts or verdicts[id(number)].reasons]
        for verdict in compare(record, card, left, metric=f"{leading.metric}/{leading.variant}") if left else ():
            known = verdicts.get(id(verdict.published))
            if known is None or len(verdict.reasons) < len(known.reasons):
                verdicts[id(verdict.published)] = verdict
    return sorted(verdicts.values(), key=lambda verdict: bool(verdict.reasons))


def source(number: Reported) -> str:
    """A published number's system, and who printed it."""
    return f"{number.system} ({number.source_title})"
