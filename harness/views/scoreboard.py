"""Scoreboards: the systems of one task as rows, metrics as columns. The terminal, the page and every export write these down."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from msgspec import structs

from harness.runs.record import Record
from harness.stats import intervals
from harness.types import Estimate
from harness.views.beside_published import matches
from harness.views.naming import names_of
from harness.views.selection import asked, tables, told_apart


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One run."""

    record: Record
    name: str
    """What the run is called."""
    cells: tuple[Estimate | None, ...]
    """Its scores, one per column; None where it has no such score."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """The runs of one task whose numbers may stand in one table: the same split, kind of data, examples and answers."""

    title: str
    columns: tuple[Estimate, ...]
    """A score of each metric on the whole set, for its name, variant, unit and direction."""
    rows: tuple[Row, ...]

    @property
    def brackets(self) -> str:
        """What the brackets in the cells are, a sentence: the level and every method; empty where no cell has brackets."""
        return brackets(cell for row in self.rows for cell in row.cells if cell is not None)


def brackets(of: Iterable[Estimate]) -> str:
    """What the brackets behind some values are, a sentence: the level and every method; empty where none has an interval."""
    inside = list(of)
    methods = intervals.named(inside)
    return f"In brackets the {100 * inside[0].level:g} % interval: {'; '.join(methods)}." if methods else ""


def board(named: Sequence[tuple[Record, str]], *, metrics: Sequence[str] = (), most: int | None = None) -> Board:
    """The board of runs that may stand in one table.

    Args:
        named: Each run and what it is called, at least one.
        metrics: Names, or ``name/variant``, to show; empty shows all that have a value in any of the runs.
        most: How many metrics to show where none are named; None is all.
    """
    columns: dict[tuple[str, str], Estimate] = {}
    for record, _ in named:
        for estimate in record.estimates:
            if estimate.slice == "all" and estimate.value is not None:
                columns.setdefault((estimate.metric, estimate.variant), estimate)
    keys = [key for key in columns if not metrics or any(matches(metric, *key) for metric in metrics)]
    chosen = keys if metrics else keys[:most]
    first = named[0][0]
    rows = []
    for record, name in named:
        own = {(estimate.metric, estimate.variant): estimate for estimate in record.estimates if estimate.slice == "all"}
        rows.append(Row(record=record, name=name, cells=tuple(own.get(key) for key in chosen)))
    return Board(
        title=f"{first.full_name}, {asked(first)}",
        columns=tuple(columns[key] for key in chosen),
        rows=tuple(rows),
    )


def best_first(estimate: Estimate) -> float:
    """What scores of one metric are sorted by; those without a value stand last."""
    return float("inf") if estimate.value is None else -estimate.value if estimate.higher_is_better else estimate.value


def boards(records: Iterable[Record], *, metrics: Sequence[str] = (), most: int = 6, names: Sequence[str] | None = None) -> list[Board]:
    """One board per task, or several where its runs are not of the same examples; in the order of the runs.

    Args:
        records: Runs.
        metrics: As `board` takes them. A task without any has no board.
        most: How many metrics to show where none are named.
        names: What each run is called; from `naming` where it is None.
    """
    runs = list(records)
    named = list(zip(runs, names_of(runs) if names is None else names, strict=True))
    made = [of_group for group in tables(named, runs) if (of_group := board(group, metrics=metrics, most=most)).columns]
    alike = Counter(one.title for one in made)
    return [one if alike[one.title] == 1 else replace(one, title=f"{one.title}, {told_apart(one.rows[0].record)}") for one in made]


def narrowed(record: Record, metrics: Sequence[str]) -> Record:
    """A record with the estimates of these metrics alone; all where none are named."""
    kept = tuple(e for e in record.estimates if not metrics or any(matches(metric, e.metric, e.variant) for metric in metrics))
    return structs.replace(record, estimates=kept)
