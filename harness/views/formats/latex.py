r"""A paper's table in LaTeX, for ``\usepackage{booktabs}`` alone: best in bold, intervals small beside their values, notes below."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from harness.base.version import __version__
from harness.data import catalog
from harness.errors import HarnessError
from harness.metrics import units
from harness.stats import intervals as methods
from harness.types import Estimate
from harness.views import titles, wording
from harness.views.formats.latex_text import escape
from harness.views.paper import Cell, Column, Paper
from harness.views.paper_published import PublishedCell, PublishedRow

Intervals = Literal["brackets", "pm", "none"]


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

    def mark(self, text: str) -> str:
        """The raised letter of a note; empty where there is nothing to say."""
        if not text:
            return ""
        return rf"\textsuperscript{{{self._letters.setdefault(text, _letter(len(self._letters)))}}}"

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
    wide = 1 if style.intervals == "none" else 2
    body = [_row(escape(row.name) + notes.mark(row.why), (_cell(cell, style) for cell in row.cells), wide) for row in paper.rows]
    theirs = [
        _row(escape(f"{row.system} ({row.source})"), (_published(cell, notes) for cell in row.cells), wide) for row in published
    ]
    span = 1 + wide * len(paper.columns)
    if theirs:
        body += [r"\midrule", rf"\multicolumn{{{span}}}{{l}}{{\emph{{Published, each under its own protocol}}}} \\", *theirs]
    star = "*" if len(paper.columns) * wide > 6 else ""
    below = notes.lines()
    return "\n".join(
        [
            r"% \usepackage{booktabs}",
            rf"\begin{{table{star}}}[t]",
            r"\centering\small",
            rf"\caption{{{_caption(paper, published, style)}}}",
            rf"\label{{{_label(paper, style)}}}",
            r"\setlength{\tabcolsep}{4pt}",
            rf"\begin{{tabular}}{{l{('r' if wide == 1 else 'r@{ }l') * len(paper.columns)}}}",
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
    return shown + notes.mark("; ".join(cell.reasons)), ""


def _heads(columns: Sequence[Column], wide: int) -> list[str]:
    """The lines above the columns: tasks where there are several, metrics, slices where there are any."""
    lines = []
    if len({column.heading for column in columns}) > 1:
        lines += _spanned(columns, wide, lambda column: _task(column), ruled=True)
    lines += _spanned(columns, wide, _metric(columns), ruled=False)
    if any(titles.part(column.estimate.slice) for column in columns):
        lines += _spanned(columns, wide, lambda column: escape(titles.part(column.estimate.slice) or "all"), ruled=False, joined=False)
    return lines


def _spanned(
    columns: Sequence[Column], wide: int, write: Callable[[Column], str], *, ruled: bool, joined: bool = True
) -> list[str]:
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


def _task(column: Column) -> str:
    """The task's title, and what else the heading says."""
    name, comma, more = column.heading.partition(", ")
    try:
        name = catalog.card(name).title
    except HarnessError:  # a task of the user's own, whose folder is not named here
        pass
    return escape(name + comma + more)


def _caption(paper: Paper, published: Sequence[PublishedRow], style: Style) -> str:
    parts = [_what(paper), *_scales(paper), *_intervals(paper, style)]
    if paper.marked:
        parts.append(
            r"Bold: the best value of a column and those not significantly worse (paired permutation test over groups of samples,"
            r" Holm-adjusted, $\alpha = 0.05$)."
        )
    parts.append(_protocol(paper))
    if any(cell is not None and cell.reasons for row in published for cell in row.cells):
        parts.append("A letter at a published value says why it does not compare with the column.")
    return " ".join(part for part in parts if part)


def _what(paper: Paper) -> str:
    """``Exact match on VQA-RAD (test split; all: n = 451, closed: n = 272; 203 groups)``."""
    said = []
    for heading, own in groupby(paper.columns, key=lambda column: column.heading):
        columns = list(own)
        names = dict.fromkeys(
            f"{titles.metric(column.estimate.metric)} ({column.estimate.variant})" for column in columns
        )
        sizes = dict.fromkeys(
            f"{titles.part(column.estimate.slice) + ': ' if len({c.estimate.slice for c in columns}) > 1 or column.estimate.slice != 'all' else ''}"
            f"n = {column.estimate.n:,} in {column.estimate.n_groups:,} groups"
            for column in columns
        )
        invented = ", invented sample" if columns[0].of.data.kind == "synthetic" else ""
        said.append(f"{', '.join(names)} on {heading} ({columns[0].of.split} split{invented}; {'; '.join(sizes)})")
    text = "; ".join(said)
    return escape(text[:1].upper() + text[1:]) + "."


def _scales(paper: Paper) -> list[str]:
    found = dict.fromkeys(column.estimate.unit for column in paper.columns)
    others = [f"{titles.metric(c.estimate.metric)}: {c.estimate.unit}" for c in paper.columns if units.of(c.estimate.unit).scale == 1]
    said = ["Shares are percentages."] if units.FRACTION.name in found else []
    return said + ([escape("; ".join(dict.fromkeys(others)) + ".")] if others else [])


def _intervals(paper: Paper, style: Style) -> list[str]:
    inside = [estimate for estimate in paper.estimates if estimate.low is not None]
    if style.intervals == "none" or not inside:
        return []
    how = "; ".join(methods.named(inside))
    resamples = sorted({column.of.bootstrap.resamples for column in paper.columns})
    what = "In brackets the" if style.intervals == "brackets" else r"After $\pm$ half the width of the"
    drawn = f", {', '.join(f'{n:,}' for n in resamples)} resamples" if "bootstrap" in how else ""
    return [f"{what} {escape(f'{100 * inside[0].level:g} % interval ({how}{drawn}).')}"]


def _protocol(paper: Paper) -> str:
    """What all runs have in common of how they were asked, and by what they were scored."""
    shots = {column.of.prompting.few_shot for column in paper.columns}
    asked = f"{shots.pop()}-shot; s" if len(shots) == 1 else "S"
    return escape(f"{asked}cored by biomed-harness {__version__}.")


def _label(paper: Paper, style: Style) -> str:
    """A key of letters, digits, colons and hyphens."""
    own = style.label or "tab:" + "-".join(dict.fromkeys(column.of.full_name for column in paper.columns))
    return re.sub(r"[^A-Za-z0-9:.]+", "-", own).strip("-")
