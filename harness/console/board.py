"""The board on a terminal: one table where it fits, without intervals where these do not, and else a list for each task."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from harness.console.base import line, out, room
from harness.console.grid import Column, Content, columns, show, wanted
from harness.views import wording
from harness.views.board import Matrix
from harness.views.board_published import PublishedSystem
from harness.views.written_board import MOST, Head, Line, Written, heads, legend, lines

_MARKS = {"best": " *", "tied": " =", "": "  "}
_FACTS = ("verified", "setting", "size", "first", "mean rank")
"""Of a system, in the order in which they are left out."""


def print_board(board: Matrix, published: Sequence[PublishedSystem] = (), *, everything: bool = False) -> None:
    """Systems × tasks; partial runs below.

    Args:
        board: The board.
        published: Systems to set below ours.
        everything: All of their values that compare, and not the best ones alone.
    """
    of, rows = heads(board), lines(board, published, None if everything else MOST)
    for brackets in (True, False):
        table = _by_shape(of, rows, brackets=brackets)
        if room() is None or wanted(*table) <= (room() or 0):
            show(*table, wide="--json", also=() if brackets else ("intervals",))
            break
    else:
        _print_lists(of, rows)
    for sentence in legend(board, rows, best="*", tied="=", unranked="†"):
        line(sentence, indent=2, style="dim")
    hidden = sum(one.compares for one in published) - sum(bool(row.source) for row in rows)
    if hidden:
        line(f"{hidden} more published systems that compare: --all", indent=2, style="dim")
    verified = [
        cell.verified
        for system in board.systems
        for cell, column in zip(system.cells, board.columns, strict=True)
        if cell is not None and not column.synthetic
    ]
    if not all(verified):
        line(f"{verified.count(False)} of {len(verified)} runs not verified: harness verify RESULTS --data-root DIR", indent=2, style="dim")
    _print_apart(board)


def _by_shape(of: Sequence[Head], rows: Sequence[Line], *, brackets: bool) -> tuple[list[Column], list[Sequence[Content]]]:
    """The longer side down: a row per system, or per task where these are more."""
    names = [_name(row) for row in rows]
    if len(of) > len(rows):
        heading = [Column(name="task"), Column(name="metric", leaves=2), Column(name="n", right=True, leaves=1)]
        named = [*heading, *(Column(name=name.plain.replace(" (", "\n("), right=True) for name in names)]
        table: list[Sequence[Content]] = [
            [head.task, head.metric, f"{head.n:,}", *(_cell(row.cells[place], brackets=brackets) for row in rows)]
            for place, head in enumerate(of)
        ]
        standing = (("mean rank", [row.mean_rank for row in rows]), ("first", [row.first for row in rows]))
        table += [
            [Text(name, style="dim"), "", "", *(Text(f"{figure}  ", style="dim") for figure in told)]
            for name, told in standing
            if any(told)
        ]
        return named, table
    facts = [
        Column(name=name, right=name not in ("setting", "size"), prose=name == "setting", leaves=place)
        for place, name in enumerate(_FACTS, start=1)
    ]
    named = [
        Column(name="system"),
        *reversed(facts),
        *(Column(name=f"{head.task}\n{head.metric}\nn = {head.n:,}", right=True) for head in of),
    ]
    return named, [
        [
            name,
            *(row.mean_rank, row.first, row.size, row.setting, row.verified),
            *(_cell(cell, brackets=brackets) for cell in row.cells),
        ]
        for name, row in zip(names, rows, strict=True)
    ]


def _name(row: Line) -> Text:
    return Text(row.name, style="italic" if row.source else "")


def _cell(cell: Written | None, *, brackets: bool) -> Text:
    if cell is None:
        return Text("")
    text = Text(cell.value, style="bold" if cell.mark else "")
    if brackets and cell.interval:
        text.append(f" {cell.interval}")
    return text + Text(_mark(cell))


def _mark(cell: Written) -> str:
    return f" {cell.against}" if cell.against else " †" if cell.unranked else _MARKS[cell.mark]


def _print_lists(of: Sequence[Head], rows: Sequence[Line]) -> None:
    """Each task with its systems, best first."""
    for place, head in enumerate(of):
        line(f"{head.task} · {head.metric} · n = {head.n:,}", style="bold")
        own = [(row, cell) for row in rows if (cell := row.cells[place]) is not None]
        less = head.metric.endswith("↓")
        own.sort(key=lambda one: (one[1].value == "–", _number(one[1].value) if less else -_number(one[1].value)))
        listed = [(_cell(cell, brackets=False), cell.interval, _name(row)) for row, cell in own]
        show([Column(right=True), Column(), Column(prose=True)], listed, indent=2)


def _number(shown: str) -> float:
    return 0.0 if shown == "–" else float(shown)


def _print_apart(board: Matrix) -> None:
    if not board.apart:
        return
    out().print()
    line("partial runs: never ranked, and not to be set beside the others", style="bold")
    rows = [(one.system, one.task, wording.cell(one.cell.estimate), f"{one.cell.estimate.n:,}", one.cell.why) for one in board.apart]
    show(columns("system", "task", "value", "n", "because", right=("value", "n"), prose=("because",)), rows, indent=2, wide="--json")
