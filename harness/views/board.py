"""The board: systems as rows, tasks as columns, and in each cell the metric that ranks the task.

Nothing is tested here. Ranks come from `views.standings`, whether runs may stand in one column from `views.selection`, what a published
number is beside ours from `views.beside_published`. Partial runs stand apart and never in a column.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any

from harness.data import catalog
from harness.runs.record import Record
from harness.types import ModelFacts
from harness.views import naming, selection, standings
from harness.views.board_parts import Apart, Cell, Column, Mark, System, weights_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """Systems × tasks."""

    columns: tuple[Column, ...]
    """The paper's tasks in its order, then the others in that of the runs."""
    systems: tuple[System, ...]
    """Those ranked on more of the 25 first, then on more tasks, then those with the lower mean rank, then those with the better values."""
    apart: tuple[Apart, ...] = ()

    @property
    def reach(self) -> int:
        """How many of the 25 have a column of real data."""
        return len({column.task.partition("@")[0] for column in self.columns if column.of_paper and not column.synthetic})

    def as_json(self) -> dict[str, Any]:
        """The board as ``--json`` prints it."""
        cells = [[None if cell is None else cell.as_json() for cell in system.cells] for system in self.systems]
        return {
            "columns": [asdict(column) for column in self.columns],
            "systems": [
                {
                    "name": system.name,
                    "parameters": list(system.parameters),
                    "settings": list(system.settings),
                    "weights": system.weights,
                    "mean_rank": system.mean_rank,
                    "wins": system.wins,
                    "verified": system.verified,
                    "runs": len(system.runs),
                    "cells": own,
                }
                for system, own in zip(self.systems, cells, strict=True)
            ],
            "partial": [{"system": one.system, "task": one.task, **one.cell.as_json()} for one in self.apart],
        }


def matrix(runs: Mapping[str, Record], ranked: Mapping[str, int], verified: Collection[str] = ()) -> Matrix:
    """The board of some runs; linear in them.

    Args:
        runs: Any name, such as a folder, to a record; partial ones as well.
        ranked: From `standings.ranks` of the same names.
        verified: The names of the runs that were verified against the release.
    """
    whole = [run for run, record in runs.items() if record.status == "complete"]
    names = dict(zip(whole, naming.names_of([runs[run] for run in whole]), strict=True))
    apart = dict(zip(runs, naming.names_of(list(runs.values())), strict=True))
    headed = sorted(selection.headed({run: runs[run] for run in whole}), key=lambda one: selection.in_paper(runs[one[0][0]].task))
    cells: dict[str, list[Cell | None]] = {names[run]: [None] * len(headed) for run in whole}
    for number, (group, _) in enumerate(headed):
        for run, cell in _cells({run: runs[run] for run in group}, ranked, verified).items():
            cells[names[run]][number] = cell
    own: dict[str, list[ModelFacts]] = {}
    for run in whole:
        own.setdefault(names[run], []).append(runs[run].model)
    systems = [_system(name, tuple(row), own[name]) for name, row in cells.items()]
    columns = tuple(_column(runs[group[0]], heading) for group, heading in headed)
    ahead = {names[run]: 0.0 for run in whole}
    for group, _ in headed:
        for run, share in _ahead({run: runs[run] for run in group}).items():
            ahead[names[run]] += share
    return Matrix(
        columns=columns,
        systems=tuple(sorted(systems, key=lambda system: (*_order(system, columns), -ahead[system.name], system.name))),
        apart=tuple(
            Apart(system=apart[run], task=record.full_name, cell=_cell(run, record, None, None, "", verified=run in verified))
            for run, record in runs.items()
            if record.status != "complete"
        ),
    )


def _column(first: Record, heading: str) -> Column:
    leading = first.estimates[0]
    return Column(
        task=first.full_name,
        heading=heading,
        split=first.split,
        n=first.counts.examples,
        synthetic=first.data.kind == "synthetic",
        of_paper=first.task in catalog.PAPER,
        metric=leading.metric,
        variant=leading.variant,
        unit=leading.unit,
        higher_is_better=leading.higher_is_better,
        scoring_id=leading.scoring_id,
    )


def _cells(group: Mapping[str, Record], ranked: Mapping[str, int], verified: Collection[str]) -> dict[str, Cell]:
    """The cells of one column; of a system's several runs the best alone is marked, since nothing was tested between them."""
    system = standings.systems_of(group)
    values = {run: float(e.value) for run, record in group.items() if run in ranked and (e := record.estimates[0]).value is not None}
    higher = next(iter(group.values())).estimates[0].higher_is_better
    places = {value: place for place, value in reversed(list(enumerate(sorted(values.values(), reverse=higher), start=1)))}
    foremost = {system[run]: run for run in sorted(values, key=lambda run: -places[values[run]])}
    cells = {}
    for run, record in group.items():
        place = places[values[run]] if run in values else None
        mark: Mark = ""
        if place is not None and len(foremost) > 1 and ranked[run] == 1 and foremost[system[run]] == run:
            mark = "best" if place == 1 else "tied"
        cells[run] = _cell(run, record, ranked.get(run), place, mark, verified=run in verified)
    return cells


def _cell(run: str, record: Record, rank: int | None, place: int | None, mark: Mark, *, verified: bool) -> Cell:
    why = "; ".join(record.not_ranked)
    return Cell(run=run, estimate=record.estimates[0], why=why, rank=rank, place=place, mark=mark, verified=verified)


def _system(name: str, cells: tuple[Cell | None, ...], models: Sequence[ModelFacts]) -> System:
    weights = {weights_of(model) for model in models}
    return System(
        name=name,
        cells=cells,
        parameters=tuple(sorted({model.parameters for model in models if model.parameters})),
        settings=tuple(dict.fromkeys(model.setting for model in models if model.setting)),
        weights=weights.pop() if len(weights) == 1 else "",
    )


def _ahead(group: Mapping[str, Record]) -> dict[str, float]:
    """Of each run of a column, ranked or not, the share of the others whose value is not better."""
    values = {
        run: e.value if e.higher_is_better else -e.value for run, record in group.items() if (e := record.estimates[0]).value is not None
    }
    order = sorted(values.values())
    return {run: bisect_right(order, value) / len(order) for run, value in values.items()}


def _order(system: System, columns: Sequence[Column]) -> tuple[float, ...]:
    own = system.ranked
    of_paper = sum(
        cell is not None and cell.rank is not None and column.of_paper for cell, column in zip(system.cells, columns, strict=True)
    )
    places = fmean(float(cell.place or 0) for cell in own) if own else 0.0
    return -of_paper, -len(own), system.mean_rank or 0.0, places
