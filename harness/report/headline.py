"""The headline: in sentences, what is best, by how much, and whether chance explains it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.data import catalog
from harness.metrics import units
from harness.views import wording
from harness.views.board import Matrix
from harness.views.board_parts import Cell, Column
from harness.views.contests import Duel
from harness.views.sides import Pair

_MOST_NAMES = 3
_INVENTED = "the sample is invented, and its numbers say nothing about a model"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence that begins with a system's name, which stands out."""

    name: str
    after: str


def overall(board: Matrix) -> list[Sentence]:
    """What is best over all columns, and how many of the 25 are here; at most two sentences."""
    ranked = [system for system in board.systems if system.ranked]
    columns = [number for number in range(len(board.columns)) if any(system.cells[number] in system.ranked for system in ranked)]
    reach = f"{board.reach} of the {len(catalog.PAPER)} tasks of BiomedGPT's paper are here."
    if len(ranked) < 2 or len(columns) < 2:
        return [Sentence(name="", after=reach)]
    most = max(system.wins for system in ranked)
    first = [system.name for system in ranked if system.wins == most]
    named = first if len(first) <= _MOST_NAMES else [*first[: _MOST_NAMES - 1], f"{len(first) - _MOST_NAMES + 1} others"]
    names = " and ".join(part for part in (", ".join(named[:-1]), named[-1]) if part)
    verb = "is" if len(first) == 1 else "are each"
    what = f" {verb} best, or not told from the best, on {most} of {len(columns)} tasks; no other system is on so many."
    if not most:
        return [Sentence(name="", after=reach)]
    return [Sentence(name=names, after=what), Sentence(name="", after=reach)]


def of_column(board: Matrix, number: int, duels: Mapping[Pair, Duel]) -> Sentence:
    """What is best in a column of the board; the duels are those of its runs."""
    column = board.columns[number]
    there = [(system.name, cell) for system in board.systems if (cell := system.cells[number]) is not None]
    cells = [(name, cell) for name, cell in there if cell.estimate.value is not None]
    ranked = sorted(((name, cell) for name, cell in cells if cell.place is not None), key=lambda pair: pair[1].place or 0)
    if not cells:
        return Sentence(name="", after="No run has a value of the metric that ranks.")
    if not ranked:
        name, cell = (max if column.higher_is_better else min)(cells, key=lambda pair: pair[1].estimate.value or 0.0)
        why = _INVENTED if column.synthetic else cell.why or "no test could be made"
        alone = "has" if len(cells) == 1 else "has the best value,"
        return Sentence(name=name, after=f" {alone} {_value(column, cell)}; nothing is ranked here: {why}.")
    name, cell = ranked[0]
    fought = [(other, _between(duels, cell.run, own.run)) for other, own in ranked[1:]]
    rival = next(((other, duel) for other, duel in fought if duel is not None), None)
    if rival is None:
        return Sentence(name=name, after=f" has {_value(column, cell)}, and no other system is ranked beside it.")
    second, duel = rival
    lead = wording.value(abs(duel.value or 0.0), column.unit)
    points = f"{lead} points" if units.of(column.unit).scale == 100 else lead
    p = "" if duel.p is None else wording.chance(duel.p).replace(" ", "\u00a0")
    if p and duel.better == cell.run:
        return Sentence(name=name, after=f" is best with {_value(column, cell)}, {points} before {second}: beyond chance ({p}).")
    tied = sum(own.rank == 1 for _, own in ranked) - 1
    others = f"{tied} other systems share" if tied > 1 else "one other system shares"
    chance = "no test could be made" if not p else f"not beyond chance ({p})"
    shared = f"; {others} the first rank" if tied > 0 else ""
    return Sentence(name=name, after=f" has the best value, {_value(column, cell)}, {points} before {second}; {chance}{shared}.")


def _value(column: Column, cell: Cell) -> str:
    estimate = cell.estimate
    percent = "\u00a0%" if units.of(column.unit).scale == 100 else ""
    bounds = wording.interval(estimate.low, estimate.high, estimate.unit)
    return f"{wording.value(estimate.value, estimate.unit)}{percent} {column.metric}" + (f" {bounds}" if bounds else "")


def _between(duels: Mapping[Pair, Duel], one: str, other: str) -> Duel | None:
    return duels.get((one, other), duels.get((other, one)))
