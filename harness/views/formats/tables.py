"""Scoreboards as Markdown and LaTeX, one table each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from harness.base.visible import visible_line
from harness.types import Estimate
from harness.views import wording
from harness.views.scoreboard import Board, Row

_SPECIAL = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "–": "--", "±": r"$\pm$",
}  # fmt: skip

_MARKED = {mark: f"\\{mark}" for mark in "\\|`*[]"} | {"<": "&lt;", ">": "&gt;", "&": "&amp;"}
_CALLS = re.compile(r"(?<!\w)@(?=\w)")


def to_markdown(found: Iterable[Board]) -> str:
    """GitHub's table syntax."""
    parts = []
    for board in found:
        lines = [
            f"**{plain(board.title)}**",
            "",
            _line(["system", *("<br>".join(_head(column, "↓", plain)) for column in board.columns)]),
            _line(["---", *["---:"] * len(board.columns)]),
            *(
                _line([plain(row.name) + (f" ({plain(why)})" if (why := _why(row)) else ""), *map(wording.cell, row.cells)])
                for row in board.rows
            ),
            *(["", plain(board.brackets)] if board.brackets else []),
        ]
        if not all(column.higher_is_better for column in board.columns):
            lines += ["", "↓: less is better."]
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def to_latex(found: Iterable[Board]) -> str:
    r"""Tables for ``\usepackage{booktabs}``; a footnote says what the brackets are."""
    return "\n".join(_latex(board) for board in found)


def _latex(board: Board) -> str:
    heads = [_head(column, r"$\downarrow$", escape) for column in board.columns]
    notes = [f"{escape(row.name)}: {escape(why)}." for row in board.rows if (why := _why(row))]
    lines = [
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{' '.join(part for part in (f'{escape(board.title)}.', escape(board.brackets), *notes) if part)}}}",
        rf"\begin{{tabular}}{{l{'r' * len(heads)}}}",
        r"\toprule",
        " & ".join(["", *(head[0] for head in heads)]) + r" \\",
        " & ".join(["system", *(head[1] for head in heads)]) + r" \\",
        r"\midrule",
        *(" & ".join(map(escape, [row.name, *map(wording.cell, row.cells)])) + r" \\" for row in board.rows),
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _head(column: Estimate, mark: str, write: Callable[[str], str] = str) -> tuple[str, str]:
    """Metric and variant as they stand above a column, marked where less is better."""
    return write(column.metric) + ("" if column.higher_is_better else f" {mark}"), write(column.variant)


def _why(row: Row) -> str:
    return "; ".join(row.record.not_ranked)


def escape(text: str) -> str:
    """A text as LaTeX sets it literally."""
    return "".join(_SPECIAL.get(mark, mark) for mark in visible_line(text))


def plain(text: str) -> str:
    """A text as Markdown shows it literally: no cell ends, no element or link begins, and nobody is called."""
    return _CALLS.sub("&#64;", "".join(_MARKED.get(mark, mark) for mark in visible_line(text))).replace("://", "&#58;//")


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


FORMATS: Mapping[str, Callable[[Iterable[Board]], str]] = {"markdown": to_markdown, "latex": to_latex}
"""The formats of a scoreboard."""
