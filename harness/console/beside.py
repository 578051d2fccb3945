"""Published numbers on a board of runs: each under the column of its metric, marked where it is not what the column measures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from harness.cards import Card
from harness.console.base import shown
from harness.runs.record import Record
from harness.types import Estimate
from harness.views.beside_published import protocol_reasons
from harness.views.published import Reported

OTHER_VARIANT, OTHER_PROTOCOL = "*", "†"


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


def published(record: Record, card: Card, columns: Sequence[Estimate], numbers: Sequence[Reported]) -> list[Line]:
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
        cells=[shown(cells[place].value, cells[place].unit) + marks[place] if place in cells else "" for place in range(len(columns))],
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
