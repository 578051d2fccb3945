"""Scoreboards as Markdown, one table each."""

from __future__ import annotations

import re
from collections.abc import Iterable

from harness.base.visible import visible_line
from harness.types import Estimate
from harness.views import wording
from harness.views.scoreboard import Board, Row

_MARKED = {mark: f"\\{mark}" for mark in "\\|`*[]"} | {"<": "&lt;", ">": "&gt;", "&": "&amp;"}
_CALLS = re.compile(r"(?<!\w)@(?=\w)")


def to_markdown(boards: Iterable[Board]) -> str:
    """GitHub's table syntax."""
    parts = []
    for board in boards:
        lines = [
            f"**{plain(board.title)}**",
            "",
            line(["system", *("<br>".join(_head(column)) for column in board.columns)]),
            line(["---", *["---:"] * len(board.columns)]),
            *(line([_named(row), *map(wording.cell, row.cells)]) for row in board.rows),
            *(["", plain(board.brackets)] if board.brackets else []),
        ]
        if not all(column.higher_is_better for column in board.columns):
            lines += ["", "↓: less is better."]
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def _head(column: Estimate) -> tuple[str, str]:
    """Metric and variant as they stand above a column, marked where less is better."""
    return plain(column.metric) + ("" if column.higher_is_better else " ↓"), plain(column.variant)


def _named(row: Row) -> str:
    """What a run is called, and why it is not ranked."""
    why = "; ".join(row.record.not_ranked)
    return plain(row.name) + (f" ({plain(why)})" if why else "")


def plain(text: str) -> str:
    """A text as Markdown shows it literally: no cell ends, no element or link begins, and nobody is called."""
    return _CALLS.sub("&#64;", "".join(_MARKED.get(mark, mark) for mark in visible_line(text))).replace("://", "&#58;//")


def line(cells: Iterable[str]) -> str:
    """A row of GitHub's table syntax, of cells that are written for it already."""
    return f"| {' | '.join(cells)} |"
