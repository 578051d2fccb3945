"""Scoreboards of several runs as Markdown and LaTeX: systems as rows, metrics as columns, one table per task."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from msgspec import structs

from harness.runs.record import Record
from harness.stats import intervals
from harness.types import Estimate
from harness.views.beside_published import matches
from harness.views.naming import names_of
from harness.views.selection import tables, told_apart

_SPECIAL = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "–": "--", "±": r"$\pm$",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """The runs of one task whose numbers may stand in one table: the same split, kind of data, examples and answers."""

    title: str
    columns: tuple[tuple[str, str], ...]
    """Metric and variant."""
    rows: tuple[tuple[str, tuple[str, ...], str], ...]
    """What the run is called, one cell per column, and why it is not ranked."""
    lower: frozenset[tuple[str, str]] = frozenset()
    """The columns in which less is better."""
    level: float = 0.95
    methods: tuple[str, ...] = ()
    """How the intervals in the cells were made; several where the cells differ in that."""


def boards(records: Iterable[Record], *, metrics: Sequence[str] = (), most: int = 6, names: Sequence[str] | None = None) -> list[Board]:
    """One board per task, or several where its runs are not of the same examples; in the order of the runs.

    Args:
        records: Runs.
        metrics: Names, or ``name/variant``, to show; empty shows the first ones that the task computes. A task without any has no board.
        most: How many metrics to show where none are named.
        names: What each run is called; from `naming` where it is None.
    """
    runs = list(records)
    named = list(zip(runs, names_of(runs) if names is None else names, strict=True))
    found = [(board, group[0][0]) for group in tables(named, runs) if (board := _board(group, metrics, most)).columns]
    alike = Counter(board.title for board, _ in found)
    return [board if alike[board.title] == 1 else replace(board, title=f"{board.title}, {told_apart(record)}") for board, record in found]


def narrowed(record: Record, metrics: Sequence[str]) -> Record:
    """A record with the estimates of these metrics alone; all where none are named."""
    kept = tuple(e for e in record.estimates if not metrics or any(matches(metric, e.metric, e.variant) for metric in metrics))
    return structs.replace(record, estimates=kept)


def _board(named: Sequence[tuple[Record, str]], metrics: Sequence[str], most: int) -> Board:
    columns: dict[tuple[str, str], bool] = {}
    for record, _ in named:
        columns.update({(e.metric, e.variant): e.higher_is_better for e in record.estimates if e.slice == "all" and e.value is not None})
    shown = [key for key in columns if not metrics or any(matches(metric, *key) for metric in metrics)]
    chosen = tuple(shown if metrics else shown[:most])
    first = named[0][0]
    title = f"{first.full_name}, {first.split} split, n = {first.counts.examples:,}"
    inside = [e for record, _ in named for e in record.estimates if e.slice == "all" and (e.metric, e.variant) in chosen]
    return Board(
        title=title + (", invented sample" if first.data.kind == "synthetic" else ""),
        columns=chosen,
        rows=tuple(_row(record, name, chosen) for record, name in named),
        lower=frozenset(key for key in chosen if not columns[key]),
        level=inside[0].level if inside else 0.95,
        methods=tuple(intervals.named(inside)),
    )


def _row(record: Record, name: str, columns: Sequence[tuple[str, str]]) -> tuple[str, tuple[str, ...], str]:
    found = {(e.metric, e.variant): e for e in record.estimates if e.slice == "all"}
    return name, tuple(cell(found.get(key)) for key in columns), "; ".join(record.not_ranked)


def cell(estimate: Estimate | None) -> str:
    """``88.78 [86.06, 91.19]``: percent for fractions, three decimals on other scales; a dash where there is no value."""
    if estimate is None or estimate.value is None:
        return "–"
    scale, digits = (100, 2) if estimate.unit == "fraction" else (1, 3)
    text = f"{scale * estimate.value:.{digits}f}"
    if estimate.low is None or estimate.high is None:
        return text
    return f"{text} [{scale * estimate.low:.{digits}f}, {scale * estimate.high:.{digits}f}]"


def to_markdown(found: Iterable[Board]) -> str:
    """GitHub's table syntax."""
    parts = []
    for board in found:
        lines = [
            f"**{_bar(board.title)}**",
            "",
            _line(["system", *("<br>".join(map(_bar, _head(board, column, "↓"))) for column in board.columns)]),
            _line(["---", *["---:"] * len(board.columns)]),
            *(_line([_bar(system) + (f" ({_bar(why)})" if why else ""), *cells]) for system, cells, why in board.rows),
            *(["", brackets(board)] if board.methods else []),
        ]
        if board.lower:
            lines += ["", "↓: less is better."]
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def brackets(board: Board) -> str:
    """What the brackets in the cells are, a sentence: the level and every method; empty where no cell has brackets."""
    return f"In brackets the {100 * board.level:g} % interval: {'; '.join(board.methods)}." if board.methods else ""


def to_latex(found: Iterable[Board]) -> str:
    r"""Tables for ``\usepackage{booktabs}``; a footnote says what the brackets are."""
    return "\n".join(_latex(board) for board in found)


def _latex(board: Board) -> str:
    heads = [_head(board, (escape(column[0]), escape(column[1])), r"$\downarrow$", column) for column in board.columns]
    notes = [f"{escape(system)}: {escape(why)}." for system, _, why in board.rows if why]
    lines = [
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{' '.join(part for part in (f'{escape(board.title)}.', escape(brackets(board)), *notes) if part)}}}",
        rf"\begin{{tabular}}{{l{'r' * len(heads)}}}",
        r"\toprule",
        " & ".join(["", *(head[0] for head in heads)]) + r" \\",
        " & ".join(["system", *(head[1] for head in heads)]) + r" \\",
        r"\midrule",
        *(" & ".join(map(escape, [system, *cells])) + r" \\" for system, cells, _ in board.rows),
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _head(board: Board, words: tuple[str, str], mark: str, column: tuple[str, str] | None = None) -> tuple[str, str]:
    """Metric and variant as they stand above a column, marked where less is better."""
    return (f"{words[0]} {mark}", words[1]) if (column or words) in board.lower else words


def escape(text: str) -> str:
    """A text as LaTeX sets it literally."""
    return "".join(_SPECIAL.get(mark, mark) for mark in text)


def _bar(text: str) -> str:
    """A text that cannot end a cell of a Markdown table."""
    return text.replace("|", r"\|")


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


FORMATS: Mapping[str, Callable[[Iterable[Board]], str]] = {"markdown": to_markdown, "latex": to_latex}
"""The formats of a scoreboard."""
