"""Published systems below a paper's table: of each column the best, with the reasons why a value does not compare."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from harness.data import catalog
from harness.views import beside_published
from harness.views import published as reported
from harness.views.contradictions import quantity_of
from harness.views.paper import Column, Paper
from harness.views.published import Reported


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedCell:
    """One published value."""

    number: Reported
    reasons: tuple[str, ...]
    """In what its protocol differs from the column's; empty where the two compare."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedRow:
    """What one source says of one system in one setting."""

    system: str
    source: str
    setting: str
    """Named where the source has several values of the system."""
    cells: tuple[PublishedCell | None, ...]

    @property
    def compares(self) -> bool:
        """Whether any of its values does."""
        return any(cell is not None and not cell.reasons for cell in self.cells)


def published(paper: Paper, most: int, task_dirs: Sequence[Any] = ()) -> list[PublishedRow]:
    """The rows, those with a value that compares first, then by their values.

    Args:
        paper: The table.
        most: How many systems of each column: those that compare first, then those of the same split, the best first.
        task_dirs: Folders of the user's own tasks.
    """
    columns = [_cells(column, task_dirs) for column in paper.columns]
    chosen: dict[tuple[str, str, str], None] = {}
    for column, by_system in zip(paper.columns, columns, strict=True):
        chosen.update(dict.fromkeys(sorted(by_system, key=lambda key: _order(by_system[key], column))[:most]))
    times = Counter(key[:2] for key in chosen)
    rows = [
        PublishedRow(
            system=key[1],
            source=key[0],
            setting=key[2] if times[key[:2]] > 1 else "",
            cells=tuple(by_system.get(key) for by_system in columns),
        )
        for key in chosen
    ]
    return sorted(rows, key=lambda row: not row.compares)


def _order(cell: PublishedCell, column: Column) -> tuple[bool, bool, float, str]:
    number = cell.number
    elsewhere = number.split != column.of.split  # what was trained on, or another set: never the best of this one
    return bool(cell.reasons), elsewhere, -number.value if column.estimate.higher_is_better else number.value, number.system


def _cells(column: Column, task_dirs: Sequence[Any]) -> dict[tuple[str, str, str], PublishedCell]:
    """Source, system and setting to the value nearest to the column: of several the one with the fewest reasons against it."""
    if column.of.data.kind != "real":
        return {}
    card = catalog.card(column.of.full_name, task_dirs)
    nearest: dict[tuple[str, str, str], PublishedCell] = {}
    for number in reported.for_task(column.of.task, None):
        if number.slice != column.estimate.slice or number.unit != column.estimate.unit:
            continue
        if quantity_of(number.metric) != quantity_of(column.estimate.metric) or number.confidence == "guess":
            continue
        reasons = tuple(beside_published.protocol_reasons(column.of, card, column.estimate, number))
        key = number.source_title, number.system, number.setting
        if key not in nearest or len(reasons) < len(nearest[key].reasons):
            nearest[key] = PublishedCell(number=number, reasons=reasons)
    return nearest
