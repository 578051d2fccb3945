"""A board in words, cell by cell: what the terminal, Markdown, LaTeX and CSV set side by side, each in its own way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from harness.views import scoreboard, wording
from harness.views.board import Matrix
from harness.views.board_parts import Cell, Mark, System
from harness.views.board_published import PublishedSystem

_TESTED = "(paired tests at 5 %, adjusted by Holm over all pairs of a task)"
_INVENTED = "synthetic sample"
_AGAINST: Mapping[str, Literal["above", "below"]] = {"lower": "above", "higher": "below"}
"""What our value is against a published one, to where that lies."""
MOST = 5
"""Published values of a column that stand on a board; the best ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What stands over a column."""

    task: str
    metric: str
    """``exact_match``, with an arrow where less is better."""
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One cell."""

    value: str
    """``37.47``; a dash where it is undefined."""
    interval: str
    mark: Mark
    against: Literal["above", "below", ""] = ""
    """Of a published value: whether it lies above or below the best of ours by more than chance."""
    unranked: str = ""
    """Why ours is not ranked, beside others that are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One system."""

    name: str
    """With the number of its source where it is a published one."""
    cells: tuple[Written | None, ...]
    source: str = ""
    size: str = ""
    setting: str = ""
    mean_rank: str = ""
    first: str = ""
    """Columns in which no system is significantly better."""
    verified: str = ""
    """``2 of 3`` runs."""


def heads(board: Matrix) -> list[Head]:
    """The columns."""
    return [
        Head(
            task=column.heading + (" (invented sample)" if column.synthetic and "invented" not in column.heading else ""),
            metric=column.metric + ("" if column.higher_is_better else " ↓"),
            n=column.n,
        )
        for column in board.columns
    ]


def lines(board: Matrix, published: Sequence[PublishedSystem] = (), most: int | None = None) -> list[Line]:
    """The rows: systems, then published ones with those of their values that compare.

    Args:
        board: The board.
        published: Beside it.
        most: How many published values of a column are shown, the best ones; None is all.
    """
    theirs = [one for one in (published if most is None else _best(board, published, most)) if one.compares]
    numbers = _numbered(one.source for one in theirs)
    real = [not column.synthetic for column in board.columns]
    return [*(_of_system(system, real) for system in board.systems), *(_of_published(one, numbers[one.source]) for one in theirs)]


def _best(board: Matrix, published: Sequence[PublishedSystem], most: int) -> list[PublishedSystem]:
    """Those with one of the best values of a column that compare."""
    kept: set[int] = set()
    for number, column in enumerate(board.columns):
        own = [(place, cell) for place, one in enumerate(published) if (cell := one.cells[number]) is not None and not cell.reasons]
        own.sort(key=lambda one: one[1].published.value, reverse=column.higher_is_better)
        kept |= {place for place, _ in own[:most]}
    return [one for place, one in enumerate(published) if place in kept]


def _numbered(sources: Iterable[str]) -> dict[str, int]:
    """Sources, numbered from 1 in their order."""
    return {source: number for number, source in enumerate(dict.fromkeys(sources), start=1)}


def _of_system(system: System, real: Sequence[bool]) -> Line:
    """A row; ``real`` says of which columns the data are, of which alone a run can be verified."""
    provable = [cell for cell, is_real in zip(system.cells, real, strict=True) if cell is not None and is_real]
    return Line(
        name=system.name,
        cells=tuple(None if cell is None else of_cell(cell) for cell in system.cells),
        size=" to ".join(dict.fromkeys(map(wording.size, (*system.parameters[:1], *system.parameters[-1:])))),
        setting="; ".join(system.settings),
        mean_rank="" if system.mean_rank is None else f"{system.mean_rank:.2f}",
        first=str(system.wins) if system.ranked else "",
        verified=f"{sum(cell.verified for cell in provable)} of {len(provable)}" if provable else "",
    )


def of_cell(cell: Cell) -> Written:
    """A run's cell."""
    estimate = cell.estimate
    return Written(
        value=wording.value(estimate.value, estimate.unit),
        interval=wording.interval(estimate.low, estimate.high, estimate.unit),
        mark=cell.mark,
        unranked="; ".join(reason for reason in cell.why.split("; ") if reason != _INVENTED),
    )


def _of_published(one: PublishedSystem, number: int) -> Line:
    return Line(
        name=f"{one.system} [{number}]",
        source=one.source,
        cells=tuple(
            None
            if verdict is None or verdict.reasons
            else Written(
                value=wording.value(verdict.published.value, verdict.unit),
                interval="",
                mark="",
                against=_AGAINST.get(verdict.judgement, ""),
            )
            for verdict in one.cells
        ),
        size="" if one.parameters is None else wording.size(one.parameters),
        setting=one.setting,
    )


def legend(board: Matrix, rows: Sequence[Line], *, best: str, tied: str, unranked: str) -> list[str]:
    """What marks, brackets and numbers say, a sentence each.

    Args:
        board: The board.
        rows: From `lines`.
        best: How the best of a column is marked.
        tied: How those are that nothing is significantly better than; the same for both where it is not told apart.
        unranked: How those are that are not ranked.
    """
    cells = [cell for system in board.systems for cell in system.runs]
    marks = {cell.mark for cell in cells}
    told = {"best": f"{best} best of its task", "tied": f"{tied} no system is significantly better"}
    of_marks = [words for mark, words in told.items() if mark in marks]
    if best == tied and len(of_marks) > 1:
        of_marks = [f"{best} best of its task, and those that no system is significantly better than"]
    reasons = dict.fromkeys(one.unranked for row in rows for one in row.cells if one is not None and one.unranked)
    published, n = _numbered(row.source for row in rows if row.source), board.reach
    return [
        *([f"{'; '.join(of_marks)} {_TESTED}."] if of_marks else []),
        *(f"{unranked} not ranked: {reason}." for reason in reasons),
        *([brackets] if (brackets := scoreboard.brackets(cell.estimate for cell in cells)) else []),
        *(["↓ less is better."] if any(not column.higher_is_better for column in board.columns) else []),
        *([_PUBLISHED] if published else []),
        *(f"[{number}] {source}" for source, number in published.items()),
        *([f"{n} of the 25 tasks."] if n else []),
    ]


_PUBLISHED = "Numbered: published, in the same protocol as far as is known; above, below: than the best of ours, beyond the error of both."
