"""Scoreboards of several runs as Markdown and LaTeX: systems as rows, metrics as columns, one table per task."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from harness import intervals
from harness.records import Record
from harness.types import Estimate

_SPECIAL = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "–": "--", "±": r"$\pm$",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """The runs of one task, split and kind of data."""

    title: str
    columns: tuple[tuple[str, str], ...]
    """Metric and variant."""
    rows: tuple[tuple[str, tuple[str, ...], str], ...]
    """System, one cell per column, and why it is not ranked."""
    level: float = 0.95
    methods: tuple[str, ...] = ()
    """How the intervals in the cells were made; several where the cells differ in that."""


def boards(records: Iterable[Record], *, metrics: Sequence[str] = (), most: int = 6) -> list[Board]:
    """One board per task, in the order of the runs.

    Args:
        records: Runs.
        metrics: Names, or ``name/variant``, to show; empty shows the first ones that the task computes.
        most: How many metrics to show where none are named.
    """
    by_task: dict[tuple[str, str, str], list[Record]] = {}
    for record in records:
        by_task.setdefault((record.full_name, record.split, record.data["kind"]), []).append(record)
    return [_board(name, split, kind, runs, metrics, most) for (name, split, kind), runs in by_task.items()]


def _board(name: str, split: str, kind: str, runs: Sequence[Record], metrics: Sequence[str], most: int) -> Board:
    columns: dict[tuple[str, str], None] = {}
    for record in runs:
        columns.update(dict.fromkeys((e.metric, e.variant) for e in record.estimates if e.slice == "all" and e.value is not None))
    shown = [key for key in columns if not metrics or key[0] in metrics or "/".join(key) in metrics]
    chosen = tuple(shown if metrics else shown[:most])
    n = runs[0].counts["examples"]
    title = f"{name}, {split} split, n = {n:,}" + (", invented sample" if kind == "synthetic" else "")
    inside = [e for record in runs for e in record.estimates if e.slice == "all" and (e.metric, e.variant) in chosen]
    return Board(
        title=title,
        columns=chosen,
        rows=tuple(_row(record, chosen) for record in runs),
        level=inside[0].level if inside else 0.95,
        methods=tuple(intervals.named(inside)),
    )


def _row(record: Record, columns: Sequence[tuple[str, str]]) -> tuple[str, tuple[str, ...], str]:
    found = {(e.metric, e.variant): e for e in record.estimates if e.slice == "all"}
    return str(record.model["name"]), tuple(cell(found.get(key)) for key in columns), "; ".join(record.not_ranked)


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
            _line(["system", *("<br>".join(map(_bar, column)) for column in board.columns)]),
            _line(["---", *["---:"] * len(board.columns)]),
            *(_line([_bar(system) + (f" ({_bar(why)})" if why else ""), *cells]) for system, cells, why in board.rows),
            *(["", brackets(board)] if board.methods else []),
        ]
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def brackets(board: Board) -> str:
    """What the brackets in the cells are, a sentence: the level and every method; empty where no cell has brackets."""
    return f"In brackets the {100 * board.level:g} % interval: {'; '.join(board.methods)}." if board.methods else ""


def to_latex(found: Iterable[Board]) -> str:
    r"""Tables for ``\usepackage{booktabs}``; a footnote says what the brackets are."""
    return "\n".join(_latex(board) for board in found)


def _latex(board: Board) -> str:
    heads = [[escape(part) for part in column] for column in board.columns]
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
