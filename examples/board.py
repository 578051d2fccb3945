"""One task's board in a terminal: runs with their intervals, and below them what was published, marked where it measures something else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rich.table import Table
from rich.text import Text

from harness.cards import Card
from harness.console.base import out
from harness.data import catalog
from harness.runs.record import Record
from harness.types import Estimate
from harness.views import scoreboard, wording
from harness.views.beside_published import protocol_reasons
from harness.views.naming import names_of
from harness.views.published import Reported

OTHER_VARIANT, OTHER_PROTOCOL = "*", "†"


def print_board(task: str, records: Sequence[Record], published: Sequence[Reported], most: int = 12) -> None:
    """Several systems on one task, metrics as columns with their intervals, and below them what was published, marked where it differs.

    Args:
        task: The task's full name.
        records: Runs of that task.
        published: Numbers from publications, each measured under a protocol of its own.
        most: How many published systems to print.
    """
    if not records:
        return
    console = out()
    first = records[0]
    wanted = [f"{e.metric}/{e.variant}" for e in first.estimates if e.slice == "all" and e.higher_is_better][:4]
    board = scoreboard.board(list(zip(records, names_of(records), strict=True)), metrics=wanted)
    kind = "SYNTHETIC SAMPLE, invented data" if first.data.kind == "synthetic" else "real data"
    console.print(Text(f"\n{task} · {first.split} · n {first.counts.examples} · {kind}", style="bold"), soft_wrap=True)
    ours = [(row.name, [wording.cell(cell) for cell in row.cells], _why(row.record)) for row in board.rows]
    lines = published_lines(first, catalog.card(first.full_name), board.columns, published)
    told = lines[:most] if first.data.kind == "real" else []
    theirs = [(line.system, line.cells, f"published: {line.source}") for line in told]
    table, more = _board([(column.metric, column.variant) for column in board.columns], ours, theirs, console.width)
    console.print(table)
    if more:
        console.print(Text(f"  in a wider terminal {more} more metrics", style="dim"))
    for note in footnotes(told):
        console.print(Text(f"  {note}", style="dim"), soft_wrap=True)
    if lines and first.data.kind != "real":
        console.print(Text(f"  published numbers are not shown beside invented data: harness show {task}", style="dim"))
    elif len(lines) > most:
        console.print(Text(f"  {len(lines) - most} more with: harness show {task}", style="dim"))


_Row = tuple[str, list[str], str]
"""A system, its values, and what to know of them."""


def _why(record: Record) -> str:
    """Why a run is not ranked, but for what the board's head says."""
    return "; ".join(reason for reason in record.not_ranked if reason != "synthetic sample")


_LEAST = 20
"""What names and remarks get before a further metric does, in characters."""


def _board(metrics: Sequence[tuple[str, str]], ours: Sequence[_Row], theirs: Sequence[_Row], room: int) -> tuple[Table, int]:
    """Values are never cut: names and remarks around them are folded, metrics without room left out; returns how many these are."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("system", overflow="fold", min_width=_LEAST)
    left, fit = room - 2 * (_LEAST + 2), 0
    for position, names in enumerate(metrics):
        width = max(len(text) for text in (*names, *(cells[position] for _, cells, _ in (*ours, *theirs))))
        left -= width + 2
        if fit and left < 0:
            break
        table.add_column("\n".join(names), justify="right", no_wrap=True, min_width=width)
        fit += 1
    table.add_column("", style="dim", overflow="fold")
    for system, cells, why in ours:
        table.add_row(Text(system), *cells[:fit], Text(why))
    for system, cells, source in theirs:
        table.add_row(Text(system, style="cyan"), *cells[:fit], Text(source))
    return table, len(metrics) - fit


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What one publication says of one system."""

    system: str
    cells: list[str]
    """One per column, marked; empty where nothing was published."""
    source: str
    variants: tuple[str, ...]
    """Metric and variant of the numbers that are of another variant than their column."""
    unlike: bool
    """Whether a number of the column's own variant was measured under another protocol, or one that is not known."""


def published_lines(record: Record, card: Card, columns: Sequence[Estimate], numbers: Sequence[Reported]) -> list[Line]:
    """One line per system, setting and source with any of the metrics on the whole set; those with most of them first.

    A number stands in the column of its metric and variant. Where there is none, it stands in the metric's first column, marked, unless
    the publication has one that belongs there.

    Args:
        record: A run of the board, for its split, examples and form of the task.
        card: Its task's.
        columns: The run's scores on the whole set, one per column.
        numbers: Published numbers on the task.
    """
    found: dict[tuple[str, str, str], dict[int, Reported]] = {}
    for number in numbers:
        place = _place(columns, number)
        if place is None:
            continue
        cells = found.setdefault((number.system, number.setting, number.source_title), {})
        if place not in cells or (_is(number, columns[place]) and not _is(cells[place], columns[place])):
            cells[place] = number
    ordered = sorted(found.items(), key=lambda row: -len(row[1]))
    return [_line(system, source, record, card, columns, cells) for (system, _, source), cells in ordered]


def footnotes(lines: Iterable[Line]) -> list[str]:
    """What the marks on these lines mean; empty where nothing is marked."""
    given = list(lines)
    variants = ", ".join(sorted({name for line in given for name in line.variants}))
    return [
        *([f"{OTHER_VARIANT} of another definition than the column's, or of an unknown one: {variants}"] if variants else []),
        *([f"{OTHER_PROTOCOL} another or an unknown split, examples, pictures or judge"] if any(line.unlike for line in given) else []),
    ]


def _line(system: str, source: str, record: Record, card: Card, columns: Sequence[Estimate], cells: Mapping[int, Reported]) -> Line:
    marks = {place: _mark(record, card, columns[place], number) for place, number in cells.items()}
    others = [number for place, number in cells.items() if marks[place] == OTHER_VARIANT]
    return Line(
        system=system,
        cells=[wording.value(n.value, n.unit) + marks[place] if (n := cells.get(place)) else "" for place in range(len(columns))],
        source=source,
        variants=tuple(f"{number.metric}/{number.metric_variant}" for number in others),
        unlike=OTHER_PROTOCOL in marks.values(),
    )


def _place(columns: Sequence[Estimate], number: Reported) -> int | None:
    """The column that a number stands in; None where it stands in none."""
    if number.slice != "all":
        return None
    same = [place for place, column in enumerate(columns) if column.metric == number.metric]
    return next((place for place in same if _is(number, columns[place])), same[0] if same else None)


def _mark(record: Record, card: Card, column: Estimate, number: Reported) -> str:
    if not _is(number, column):
        return OTHER_VARIANT
    return OTHER_PROTOCOL if any(protocol_reasons(record, card, column, number)) else ""


def _is(number: Reported, column: Estimate) -> bool:
    return number.metric_variant == column.variant
