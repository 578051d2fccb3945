"""The board as Markdown or CSV: systems × tasks, the best of each column set in bold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from harness.views.board import Matrix
from harness.views.board_parts import Cell, Column, System
from harness.views.board_published import PublishedSystem
from harness.views.csv_rows import written
from harness.views.formats.tables import line, plain
from harness.views.written_board import MOST, Written, heads, legend, lines


def to_markdown(board: Matrix, published: Sequence[PublishedSystem] = ()) -> str:
    """GitHub's table syntax, with the legend below."""
    rows = lines(board, published, MOST)
    page = [
        line(["system", *(f"{plain(head.task)}<br>{plain(head.metric)}<br>n = {head.n:,}" for head in heads(board))]),
        line(["---", *["---:"] * len(board.columns)]),
        *(line([plain(row.name), *(_marked(one) for one in row.cells)]) for row in rows),
        "",
        *(f"{plain(sentence)}\\" for sentence in legend(board, rows, best="Bold:", tied="Bold:", unranked="†")),
    ]
    return "\n".join(page).removesuffix("\\") + "\n"


_CSV = (
    "system", "task", "split", "metric", "metric_variant", "n", "value", "low", "high", "unit", "rank", "mark", "not_ranked", "verified",
    "origin", "parameters", "setting", "weights", "run", "judgement",
)  # fmt: skip


def to_csv(board: Matrix, published: Sequence[PublishedSystem] = ()) -> str:
    """One row per system and task, partial runs as well; a spreadsheet shows it as it is.

    ``mark`` is best, tied or empty; ``origin`` measured or published; ``judgement`` says of a published value how the best of ours stands
    to it.
    """
    rows = [
        _measured(system, column, one)
        for system in board.systems
        for column, one in zip(board.columns, system.cells, strict=True)
        if one is not None
    ]
    for partial in board.apart:
        leading = partial.cell.estimate
        told = {"task": partial.task, "metric": leading.metric, "metric_variant": leading.variant, "unit": leading.unit}
        rows.append({**told, **_of_cell(partial.system, partial.cell)})
    for theirs in published:
        for column, verdict in zip(board.columns, theirs.cells, strict=True):
            if verdict is not None and not verdict.reasons:
                number = verdict.published
                facts = {"value": number.value, "n": number.n, "origin": "published", "run": theirs.source, "setting": theirs.setting}
                named = {"system": theirs.system, "parameters": theirs.parameters, "judgement": verdict.judgement}
                rows.append({**_of_column(column), **facts, **named})
    return written(_CSV, (["" if row.get(name) is None else str(row[name]) for name in _CSV] for row in rows))


def _of_column(column: Column) -> dict[str, object]:
    return {"task": column.task, "split": column.split, "metric": column.metric, "metric_variant": column.variant, "unit": column.unit}


def _measured(system: System, column: Column, one: Cell) -> dict[str, object]:
    return {
        **_of_column(column),
        **_of_cell(system.name, one),
        **{"parameters": " ".join(map(str, system.parameters)), "setting": "; ".join(system.settings), "weights": system.weights},
    }


def _of_cell(system: str, one: Cell) -> dict[str, object]:
    estimate = one.estimate
    return {
        **{"n": estimate.n, "value": estimate.value, "low": estimate.low, "high": estimate.high, "rank": one.rank, "mark": one.mark},
        **{"system": system, "not_ranked": one.why, "verified": "yes" if one.verified else "no", "origin": "measured", "run": one.run},
    }


def _marked(one: Written | None) -> str:
    if one is None:
        return ""
    value = f"**{plain(one.value)}**" if one.mark else plain(one.value)
    rest = " ".join(part for part in (one.interval, one.against) if part)
    return value + ("†" if one.unranked else "") + (f" {plain(rest)}" if rest else "")


FORMATS: Mapping[str, Callable[[Matrix, Sequence[PublishedSystem]], str]] = {
    "markdown": to_markdown,
    "csv": to_csv,
}
"""The formats of a board."""
