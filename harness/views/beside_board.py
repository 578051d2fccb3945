"""Beside a leaderboard: of each ranked task the best published value that compares, and how far one system's values lie apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.views import contradictions
from harness.views.contradictions import Contradiction
from harness.views.leaderboard import Row
from harness.views.published import for_task


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """One task of the leaderboard."""

    task: str
    metric: str
    """``name/variant`` of the metric that ranks."""
    unit: str
    best: float | None
    """The best published value that compares with a measured one; None where there is none."""
    best_system: str
    best_source: str
    spread: float | None
    """Between the highest and the lowest value published for one system on what is called this test; None where none has two."""
    spread_system: str


def beside(rows: Sequence[Row]) -> list[Beside]:
    """The ranked tasks of a leaderboard, in the order of its rows."""
    ranked = {_quantity(row): row for row in rows if row.rank}
    reported: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        if row.origin == "reported" and row.comparable == "yes":
            reported.setdefault(_quantity(row), []).append(row)
    tasks = []
    for key, leading in ranked.items():
        fits = [row for row in reported.get(key, ()) if row.slice == leading.slice]
        best = (max if leading.direction == "higher" else min)(fits, key=lambda row: float(row.value), default=None)
        widest = _widest(leading)
        tasks.append(
            Beside(
                task=f"{leading.task}@{leading.task_variant}" if leading.task_variant else leading.task,
                metric=f"{leading.metric}/{leading.metric_variant}",
                unit=leading.unit,
                best=None if best is None else float(best.value),
                best_system="" if best is None else best.system,
                best_source="" if best is None else best.source,
                spread=None if widest is None else widest.spread,
                spread_system="" if widest is None else widest.system,
            )
        )
    return tasks


def _quantity(row: Row) -> tuple[str, ...]:
    return (row.task, row.task_variant, row.split, row.metric, row.metric_variant)


def _widest(leading: Row) -> Contradiction | None:
    """The system whose values of the quantity that ranks lie furthest apart."""
    sought = contradictions.quantity_of(leading.metric)
    numbers = [number for number in for_task(leading.task, None) if number.slice == leading.slice]
    widest_first = [one for one in contradictions.of_numbers(numbers) if one.quantity == sought and one.unit == leading.unit]
    return widest_first[0] if widest_first else None
