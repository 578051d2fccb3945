"""Tables of any width, in which nothing is cut.

Where a table is wider than the terminal, columns are left out in a stated order and named below it; where that is not enough, each row
becomes a few lines of its own, with every column. A pipe gets every column at its full width.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Any

from msgspec import Struct
from rich.cells import cell_len
from rich.text import Text

from harness.base.visible import visible
from harness.console.base import line, out, room

Content = str | Text
_GAP = 2
_LEAST = 24
"""Characters below which a column of prose cannot be read."""


class Column(Struct, frozen=True, kw_only=True):
    """One column of a table."""

    name: str = ""
    right: bool = False
    """Whether its cells end below each other, as numbers do."""
    prose: bool = False
    """Whether its cells may be wrapped."""
    leaves: int = 0
    """When it is left out where there is no room: 1 goes first, 0 never."""
    called: str = ""
    """What it is called where it is left out; empty is its name."""
    style: str = ""


def columns(*names: str, right: Sequence[str] = (), prose: Sequence[str] = (), leaves: Sequence[str] = ()) -> list[Column]:
    """Columns by their names, in which some end right, some are prose, and some are left out, those named first the first."""
    order = {name: place for place, name in enumerate(leaves, start=1)}
    return [Column(name=name, right=name in right, prose=name in prose, leaves=order.get(name, 0)) for name in names]


def show(of: Sequence[Column], rows: Sequence[Sequence[Content]], *, indent: int = 0, wide: str = "", also: Sequence[str] = ()) -> None:
    """Print a table; a column in which all cells are empty says nothing and is not shown.

    Args:
        of: The columns; a table without any name has no header.
        rows: A cell per column.
        indent: Blanks before each line.
        wide: Where else the columns that are left out can be read, for the line below the table: ``--json``.
        also: What else was left out, for that line.
    """
    cells = [[_text(cell, column.style) for cell, column in zip(row, of, strict=True)] for row in rows]
    kept = [place for place in range(len(of)) if any(row[place].plain for row in cells)]
    if not kept:
        return
    natural = {place: _natural(of[place], [row[place] for row in cells]) for place in kept}
    widths = fitted([of[place] for place in kept], [natural[place] for place in kept], None if room() is None else (room() or 0) - indent)
    if widths is None:
        _stacked([of[place] for place in kept], [[row[place] for place in kept] for row in cells], indent)
        return
    shown = [(of[place], width, [row[place] for row in cells]) for place, width in zip(kept, widths, strict=True) if width]
    out().print(Text("\n").join(_lines(shown, indent)), soft_wrap=True)
    left = [*(of[place].called or of[place].name for place, width in zip(kept, widths, strict=True) if not width), *also]
    if left:
        line(f"not shown at this width: {', '.join(left)}{f' ({wide})' if wide else ''}", style="dim", indent=indent + 2)


def facts(rows: Sequence[tuple[Content, Content]], *, indent: int = 0) -> None:
    """Print facts, each with its name before it."""
    show([Column(style="dim"), Column(prose=True)], rows, indent=indent)


def wanted(of: Sequence[Column], rows: Sequence[Sequence[Content]]) -> int:
    """How wide a table is that has no more columns than it must, prose as narrow as can be read."""
    kept = [(column, [_text(row[place], column.style) for row in rows]) for place, column in enumerate(of) if not column.leaves]
    full = [min(_natural(*one), _LEAST) if one[0].prose else _natural(*one) for one in kept if any(text.plain for text in one[1])]
    return sum(full) + _GAP * max(0, len(full) - 1)


def fitted(of: Sequence[Column], natural: Sequence[int], width: int | None) -> list[int] | None:
    """The width of each column, 0 for those that are left out; None where no choice of columns fits.

    Args:
        of: The columns.
        natural: The width of each one's widest cell, its name included.
        width: How much room there is; None is any, in which prose alone is wrapped.
    """
    least = [min(full, _LEAST) if column.prose else full for column, full in zip(of, natural, strict=True)]
    for level in sorted({0, *(column.leaves for column in of)}):
        kept = [place for place, column in enumerate(of) if not column.leaves or column.leaves > level]
        used = sum(least[place] for place in kept) + _GAP * max(0, len(kept) - 1)
        if width is None or used <= width:
            widths = [least[place] if place in kept else 0 for place in range(len(of))]
            prose = [place for place in kept if of[place].prose]
            for _ in range((out().width if width is None else width) - used):
                growing = [place for place in prose if widths[place] < natural[place]]
                if not growing:
                    break
                widths[min(growing, key=lambda place: widths[place])] += 1
            return widths
    return None


def _lines(of: Sequence[tuple[Column, int, Sequence[Text]]], indent: int) -> Iterator[Text]:
    """The lines of a table, from each column with its width and its cells; the names end above the first row."""
    if any(column.name for column, _, _ in of):
        names = [_wrapped(Text(column.name, "dim"), width) for column, width, _ in of]
        most = max(map(len, names))
        yield from _row(of, [[*[Text()] * (most - len(lines)), *lines] for lines in names], indent)
    for row in zip(*(cells for _, _, cells in of), strict=True):
        yield from _row(of, [_wrapped(cell, width) for (_, width, _), cell in zip(of, row, strict=True)], indent)


def _row(of: Sequence[tuple[Column, int, Any]], cells: Sequence[Sequence[Text]], indent: int) -> Iterator[Text]:
    """The lines of a row, from those of each cell; each ends with its last character."""
    for parts in zip_longest(*cells, fillvalue=Text()):
        text, begins, filled = Text(), indent, 0
        for (column, width, _), part in zip(of, parts, strict=True):
            if part.plain.endswith(" "):
                part = part.copy()
                part.rstrip()
            if part:
                length = cell_len(part.plain)
                before = begins + width - length if column.right else begins
                text.append(" " * (before - filled)).append_text(part)
                filled = before + length
            begins += width + _GAP
        yield text


def _wrapped(cell: Text, width: int) -> Sequence[Text]:
    """The lines of a cell, none wider than its column."""
    whole = "\n" not in cell.plain and cell_len(cell.plain) <= width
    return [cell] if whole else list(cell.wrap(out(), width, overflow="fold"))


def _stacked(of: Sequence[Column], rows: Sequence[Sequence[Text]], indent: int) -> None:
    """Each row as its first cell, and below it the others with their columns' names."""
    for row in rows:
        line(row[0], indent=indent, style="" if row[0].style or row[0].spans else "bold")
        parts = [
            Text.assemble((f"{column.name} " if column.name else "", "dim"), cell)
            for column, cell in zip(of[1:], row[1:], strict=True)
            if cell.plain
        ]
        if parts:
            line(Text(" · ", style="dim").join(parts), indent=indent + 2)


def _text(cell: Content, style: str) -> Text:
    if isinstance(cell, Text):
        return Text(style=style).append_text(cell) if style else cell
    return Text(visible(cell).replace("\t", r"\t"), style)


def _natural(column: Column, cells: Sequence[Text]) -> int:
    """The width of the widest line, that of the header included."""
    return max(cell_len(part) for text in (column.name, *(cell.plain for cell in cells)) for part in text.split("\n"))


class Notes:
    """Notes by number: the cells of a table have the numbers, the lines below it the notes."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def mark(self, *notes: str) -> str:
        """The numbers of notes, as a cell; empty ones have none."""
        numbers = {self._numbers.setdefault(note, len(self._numbers) + 1) for note in notes if note}
        return ",".join(map(str, sorted(numbers)))

    def show(self) -> None:
        """Print them below each other."""
        for note, number in self._numbers.items():
            line(f"{number}  {note}", indent=2, style="dim")
