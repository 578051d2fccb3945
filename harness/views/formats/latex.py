r"""A paper's table in LaTeX, for ``\usepackage{booktabs}`` alone: best in bold, intervals small beside their values, notes below."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from harness.types import Estimate
from harness.views import titles, wording
from harness.views.formats.latex_caption import Intervals, caption, task
from harness.views.formats.latex_text import escape
from harness.views.paper import Cell, Column, Paper
from harness.views.paper_published import PublishedCell, PublishedRow

_BESIDE = 4
"""Columns up to which brackets stand beside their values; of more they stand below them."""
_LONG = 36
"""Characters of a name from which the first column is broken into lines."""
_NARROW = r"p{0.27\linewidth}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """What a user chooses."""

    intervals: Intervals = "brackets"
    """Both bounds, half the width after ±, or none."""
    label: str = ""
    r"""Of ``\label``; empty is ``tab:`` and the tasks."""


class _Notes:
    """Footnotes of a table: each text once, by its letter."""

    def __init__(self) -> None:
        self._letters: dict[str, str] = {}

    def mark(self, texts: Iterable[str]) -> str:
        """The raised letters of some notes; empty where there are none."""
        letters = [self._letters.setdefault(text, _letter(len(self._letters))) for text in texts]
        return rf"\textsuperscript{{{','.join(sorted(letters, key=lambda letter: (len(letter), letter)))}}}" if letters else ""

    def lines(self) -> list[str]:
        """The notes, in the order of their letters."""
        return [rf"\textsuperscript{{{letter}}}\,{escape(text)}." for text, letter in self._letters.items()]


def _letter(number: int) -> str:
    """``a`` to ``z``, then ``aa``."""
    return ("" if number < 26 else _letter(number // 26 - 1)) + "abcdefghijklmnopqrstuvwxyz"[number % 26]


def to_latex(paper: Paper, published: Sequence[PublishedRow] = (), style: Style | None = None) -> str:
    """The table.

    Args:
        paper: Of runs.
        published: Below it; a value that does not compare has a letter, and the letter its reasons.
        style: As chosen; None is brackets and a label of the tasks.
    """
    style = style or Style()
    notes = _Notes()
    stacked = style.intervals == "brackets" and len(paper.columns) > _BESIDE
    wide = 1 if stacked or style.intervals == "none" else 2
    names = [*(row.name for row in paper.rows), *map(_called, published)]
    narrow = len(max(names, key=len)) > _LONG
    body = []
    for row in paper.rows:
        cells = [_cell(cell, style) for cell in row.cells]
        body.append(_row(_name(row.name, narrow) + notes.mark([row.why] if row.why else ()), cells, wide))
        if stacked:
            body[-1] += "[-2pt]"
            body.append(_row("", [(beside.replace(r"\scriptsize", r"\tiny"), "") for _, beside in cells], wide))
    theirs = [_row(_name(_called(row), narrow), (_published(cell, notes) for cell in row.cells), wide) for row in published]
    span = 1 + wide * len(paper.columns)
    if theirs:
        body += [r"\midrule", rf"\multicolumn{{{span}}}{{l}}{{\emph{{Published, each under its own protocol}}}} \\", *theirs]
    star = "*" if len(paper.columns) * wide > 6 else ""
    size = r"\small" if len(paper.columns) < _BESIDE else r"\footnotesize"
    below = notes.lines()
    return "\n".join(
        [
            r"% \usepackage{booktabs}",
            rf"\begin{{table{star}}}[t]",
            r"\centering" + size,
            rf"\caption{{{caption(paper, published, style.intervals)}}}",
            rf"\label{{{_label(paper, style)}}}",
            r"\par\smallskip",
            r"\setlength{\tabcolsep}{4pt}",
            rf"\begin{{tabular}}{{{_NARROW if narrow else 'l'}{('r' if wide == 1 else 'r@{ }l') * len(paper.columns)}}}",
            r"\toprule",
            *_heads(paper.columns, wide),
            r"\midrule",
            *body,
            r"\bottomrule",
            r"\end{tabular}",
            *([r"\par\smallskip\parbox{\linewidth}{\footnotesize " + r"\\ ".join(below) + "}"] if below else []),
            rf"\end{{table{star}}}",
            "",
        ]
    )


def _called(row: PublishedRow) -> str:
    return f"{row.system} ({', '.join(part for part in (row.source, row.setting) if part)})"


def _name(name: str, narrow: bool) -> str:
    return (r"\raggedright " if narrow else "") + escape(name)


def _row(name: str, cells: Iterable[tuple[str, str]], wide: int) -> str:
    return " & ".join([name, *(part for cell in cells for part in cell[:wide])]) + r" \\"


def _cell(cell: Cell | None, style: Style) -> tuple[str, str]:
    """A value, and what stands beside it."""
    if cell is None or cell.estimate.value is None:
        return "--", ""
    estimate = cell.estimate
    shown = escape(wording.value(estimate.value, estimate.unit))
    return rf"\textbf{{{shown}}}" if cell.mark else shown, _beside(estimate, style)


def _beside(estimate: Estimate, style: Style) -> str:
    if style.intervals == "none" or estimate.low is None or estimate.high is None:
        return ""
    if style.intervals == "pm":
        return rf"{{\scriptsize$\pm${escape(wording.value((estimate.high - estimate.low) / 2, estimate.unit))}}}"
    return rf"{{\scriptsize{escape(wording.interval(estimate.low, estimate.high, estimate.unit))}}}"


def _published(cell: PublishedCell | None, notes: _Notes) -> tuple[str, str]:
    if cell is None:
        return "--", ""
    shown = escape(wording.value(cell.number.value, cell.number.unit))
    marks = notes.mark(cell.reasons)
    return shown + (rf"\rlap{{{marks}}}" if marks else ""), ""


def _heads(columns: Sequence[Column], wide: int) -> list[str]:
    """The lines above the columns: tasks where there are several, metrics, slices where there are any."""
    lines = []
    if len({column.heading for column in columns}) > 1:
        lines += _spanned(columns, wide, lambda column: escape(task(column.heading)), ruled=True)
    lines += _spanned(columns, wide, _metric(columns), ruled=False)
    if any(titles.part(column.estimate.slice) for column in columns):
        lines += _spanned(columns, wide, lambda column: escape(titles.part(column.estimate.slice) or "all"), ruled=False, joined=False)
    lines[-1] = "System" + lines[-1]
    return lines


def _spanned(columns: Sequence[Column], wide: int, write: Callable[[Column], str], *, ruled: bool, joined: bool = True) -> list[str]:
    """A line of headings, neighbours that read alike under one of them; a rule below each where it is of several columns."""
    groups: list[tuple[str, int]] = []
    for (_, text), own in groupby(columns, key=lambda column: (column.heading, write(column))):
        n = len(list(own))
        groups += [(text, n)] if joined else [(text, 1)] * n
    cells = [rf"\multicolumn{{{n * wide}}}{{c}}{{{text}}}" if n * wide > 1 else text for text, n in groups]
    lines = [" & ".join(["", *cells]) + r" \\"]
    if ruled:
        start, rules = 2, []
        for _, n in groups:
            rules.append(rf"\cmidrule(lr){{{start}-{start + n * wide - 1}}}")
            start += n * wide
        lines.append(" ".join(rules))
    return lines


def _metric(columns: Sequence[Column]) -> Callable[[Column], str]:
    """How a column's metric is called: with its variant where the task has another of its name, an arrow where less is better."""
    variants: dict[tuple[str, str], set[str]] = {}
    for column in columns:
        variants.setdefault((column.heading, column.estimate.metric), set()).add(column.estimate.variant)

    def write(column: Column) -> str:
        estimate = column.estimate
        several = len(variants[column.heading, estimate.metric]) > 1
        text = titles.metric(estimate.metric) + (f" ({estimate.variant})" if several else "")
        return escape(text) + ("" if estimate.higher_is_better else r" $\downarrow$")

    return write


def _label(paper: Paper, style: Style) -> str:
    """A key of letters, digits, colons and hyphens."""
    own = style.label or "tab:" + "-".join(dict.fromkeys(column.of.full_name for column in paper.columns))
    return re.sub(r"[^A-Za-z0-9:.]+", "-", own).strip("-")
