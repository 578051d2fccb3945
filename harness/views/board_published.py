"""Published systems beside a board: each with the verdict on its values against the best of ours, so far as it is of a board's column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.data import catalog
from harness.runs.record import Record
from harness.views import beside_published
from harness.views import published as reported
from harness.views.beside_published import Verdict
from harness.views.board import Matrix
from harness.views.board_parts import Column


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedSystem:
    """One row: what one source says of one system in one setting."""

    system: str
    source: str
    setting: str
    parameters: int | None
    cells: tuple[Verdict | None, ...]
    """One per column of the board: the published value of the metric that ranks, beside the best of ours; None where there is none.
    Where the two do not compare, the verdict has the reasons."""

    @property
    def compares(self) -> bool:
        """Whether any of its values compares with ours."""
        return any(cell is not None and not cell.reasons for cell in self.cells)

    def as_json(self) -> dict[str, Any]:
        """The row as ``--json`` prints it."""
        facts = {"system": self.system, "source": self.source, "setting": self.setting, "parameters": self.parameters}
        return {**facts, "cells": [None if cell is None else cell.as_json() for cell in self.cells]}


def published(board: Matrix, runs: Mapping[str, Record], task_dirs: Sequence[Any] = ()) -> list[PublishedSystem]:
    """The published systems that have a value under a column's metric, those that compare first, then by source and name.

    Args:
        board: Of these runs.
        runs: As `board.matrix` was given them.
        task_dirs: Folders of the user's own tasks.
    """
    rows: dict[tuple[str, str, str, int], list[Verdict | None]] = {}
    sizes: dict[tuple[str, str, str, int], int | None] = {}
    for number, column in enumerate(board.columns):
        best = next((cell for system in board.systems if (cell := system.cells[number]) is not None and cell.place == 1), None)
        times: dict[tuple[str, str, str], int] = {}
        for verdict in () if best is None else _verdicts(column, runs[best.run], task_dirs):
            theirs = verdict.published
            own = theirs.source_title, theirs.system, theirs.setting
            key = (*own, times.setdefault(own, 0))  # a source may print several values of one system
            times[own] += 1
            rows.setdefault(key, [None] * len(board.columns))[number] = verdict
            sizes[key] = sizes.get(key) or theirs.parameters
    systems = [
        PublishedSystem(source=key[0], system=key[1], setting=key[2], parameters=sizes[key], cells=tuple(cells))
        for key, cells in rows.items()
    ]
    return sorted(systems, key=lambda one: (not one.compares, one.source, one.system))


def _verdicts(column: Column, best: Record, task_dirs: Sequence[Any]) -> list[Verdict]:
    numbers = [
        number
        for number in reported.for_task(best.task, None)
        if number.slice == "all" and number.metric == column.metric and number.unit == column.unit
    ]
    if not numbers:
        return []
    name = f"{column.metric}/{column.variant}"
    return beside_published.compare(best, catalog.card(column.task, task_dirs), numbers, metric=name)
