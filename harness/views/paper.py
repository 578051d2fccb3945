"""A table for a paper: systems × tasks, or × metrics and slices, with what is best and what cannot be told from it.

A column is one metric on one slice of one task's runs that may stand below each other. Its best value and those that are not significantly
worse are marked by paired tests: of the metric that ranks by the ranks of the leaderboard, of any other by tests against the best one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from harness.base import names
from harness.errors import UsageError
from harness.runs.record import Record
from harness.types import Estimate
from harness.views import naming, paper_marks, selection, standings
from harness.views.beside_published import matches
from harness.views.board_parts import Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a user asks a column for."""

    metric: str
    """A name, or ``name/variant``."""
    slice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One metric on one slice of one task."""

    heading: str
    """The task's full name, and what tells it from other runs of the task."""
    of: Record
    """The first run in it, for what all of them have in common."""
    estimate: Estimate
    """A value in it, for the metric, the slice, the unit, the direction and n."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One run's value."""

    run: str
    estimate: Estimate
    mark: Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One system."""

    name: str
    cells: tuple[Cell | None, ...]
    why: str
    """Why its runs do not compete; empty where they do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """The table."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    """Those with more values first, then those that stand higher in the columns."""
    records: tuple[Record, ...]

    @property
    def estimates(self) -> list[Estimate]:
        """Every value in it."""
        return [cell.estimate for row in self.rows for cell in row.cells if cell is not None]

    @property
    def marked(self) -> bool:
        """Whether any value is called best."""
        return any(cell is not None and cell.mark for row in self.rows for cell in row.cells)


def asked(text: str) -> Asked:
    """A column from its words: ``exact_match``, ``exact_match:closed``, ``token_recall/canonical:open``."""
    metric, colon, part = text.partition(":")
    if not metric or (colon and not part):
        raise UsageError(f"'{text}' is no metric; write NAME, NAME/VARIANT or NAME:SLICE, as in exact_match:closed.")
    return Asked(metric=metric, slice=part or "all")


def paper(
    runs: Mapping[str, Record],
    wanted: Sequence[Asked] = (),
    task_dirs: Sequence[Any] = (),
    *,
    ranked: Mapping[str, int] | None = None,
    most: int = 4,
) -> Paper:
    """The table of some runs.

    Args:
        runs: Any name, such as a folder, to a record.
        wanted: The columns of each task that has them; empty is the metric that ranks, and where all runs are of one task its first
            metrics.
        task_dirs: Folders of the user's own tasks.
        ranked: From `standings.ranks` of the same names; None makes the tests.
        most: How many metrics to show of one task where none are named.

    Raises:
        UsageError: No run has a value of a metric on a slice that is asked for; the message has those there are.
    """
    wanted = list(dict.fromkeys(_known(one, runs.values()) for one in wanted))
    called = dict(zip(runs, naming.names_of(list(runs.values())), strict=True))
    placed = sorted(selection.headed(runs), key=lambda one: selection.in_paper(runs[one[0][0]].task))
    ranks = standings.ranks(runs, task_dirs) if ranked is None else ranked
    columns: list[Column] = []
    cells_of: dict[str, dict[int, Cell]] = {name: {} for name in called.values()}
    why: dict[str, dict[str, None]] = {name: {} for name in called.values()}
    for group, heading in placed:
        own = {run: runs[run] for run in group}
        for run, record in own.items():
            why[called[run]].update(dict.fromkeys(record.not_ranked))
        for estimate in _estimates(own, wanted, most if len(placed) == 1 else 1):
            for run, cell in _cells(own, estimate, ranks, task_dirs).items():
                cells_of[called[run]][len(columns)] = cell
            columns.append(Column(heading=heading, of=own[group[0]], estimate=estimate))
    if not columns:
        raise UsageError("nothing to show: no metric has a value in these runs; harness export-results --to csv says why for each.")
    rows = [
        Row(name=name, cells=tuple(cells.get(number) for number in range(len(columns))), why="; ".join(why[name]))
        for name, cells in cells_of.items()
        if cells
    ]
    return Paper(columns=tuple(columns), rows=tuple(_ordered(rows)), records=tuple(runs.values()))


def _ordered(rows: Sequence[Row]) -> list[Row]:
    columns = list(zip(*(row.cells for row in rows), strict=True))
    higher = [next((cell.estimate.higher_is_better for cell in column if cell is not None), True) for column in columns]
    values = [
        sorted({float(cell.estimate.value) for cell in column if cell is not None and cell.estimate.value is not None}, reverse=best)
        for column, best in zip(columns, higher, strict=True)
    ]

    def order(row: Row) -> tuple[int, float, str]:
        places = [
            own.index(float(cell.estimate.value))
            for cell, own in zip(row.cells, values, strict=True)
            if cell is not None and cell.estimate.value is not None
        ]
        return -len(places), fmean(places) if places else 0.0, row.name

    return sorted(rows, key=order)


def _estimates(runs: Mapping[str, Record], wanted: Sequence[Asked], most: int) -> list[Estimate]:
    """What the columns of one group of runs show, in the order in which it was asked for; an estimate for each."""
    known: dict[tuple[str, str, str], Estimate] = {}
    for record in runs.values():
        for estimate in record.estimates:
            if estimate.value is not None:
                known.setdefault((estimate.metric, estimate.variant, estimate.slice), estimate)
    if wanted:
        # The first of a name is the task's own; another variant is named by its own name.
        own = [
            next((e for e in known.values() if matches(one.metric, e.metric, e.variant) and e.slice == one.slice), None) for one in wanted
        ]
        return [estimate for estimate in own if estimate is not None]
    return [estimate for estimate in known.values() if estimate.slice == "all"][:most]


def _known(one: Asked, records: Iterable[Record]) -> Asked:
    """What is asked for in the runs' own spelling.

    Raises:
        UsageError: No run has a value of the metric, or of it on the slice.
    """
    known = [estimate for record in records for estimate in record.estimates if estimate.value is not None]
    written = {e.metric if "/" not in one.metric else f"{e.metric}/{e.variant}" for e in known}
    metric = names.named("metric of these runs", one.metric, written)
    slices = {estimate.slice for estimate in known if matches(metric, estimate.metric, estimate.variant)}
    return Asked(metric=metric, slice=names.named(f"slice with a value of {metric}", one.slice, slices))


def _cells(runs: Mapping[str, Record], column: Estimate, ranks: Mapping[str, int], task_dirs: Sequence[Any]) -> dict[str, Cell]:
    """The cells of one column."""
    key = (column.metric, column.variant, column.slice)
    own = {
        run: estimate
        for run, record in runs.items()
        for estimate in record.estimates
        if (estimate.metric, estimate.variant, estimate.slice) == key
    }
    marked = paper_marks.marks(runs, own, ranks, task_dirs)
    return {run: Cell(run=run, estimate=estimate, mark=marked.get(run, "")) for run, estimate in own.items()}
