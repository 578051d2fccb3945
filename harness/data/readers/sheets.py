"""Excel sheets, read strictly: the first sheet, its first row the column names."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from harness.base.visible import visible_line
from harness.base.withheld import quoted
from harness.data.readers.columns import refuse_twins
from harness.errors import CorruptData
from harness.files import archives, content

_OTHERS: Mapping[str, str] = {"content.xml": "an OpenDocument file", "xl/workbook.bin": "a binary Excel workbook"}
"""What is packed as a workbook is and is none, by a file in it."""
_SUFFIXES = (".xlsx", ".xlsm")
_MOST_NAMES = 5
_MOST_ROWS = 1 << 20
"""Of a sheet, by Excel's own limit; a file may claim any number."""


def read(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Place and cells of each row that holds anything; an empty cell is an empty text, a whole number an int.

    Empty cells at the right of the header end the columns.

    Raises:
        CorruptData: It is no Excel file, a column has no name or stands twice, cells are merged, or a cell stands under no name or holds a
            formula that was never calculated or ended in an error; the cell is named.
    """
    _check_archive(path)
    with _damage_named(path):
        yield from _read(path)


def notes(path: Path) -> tuple[str, ...]:
    """What of a workbook is not read: the names of its further sheets.

    Raises:
        CorruptData: It is no Excel file.
    """
    from openpyxl import load_workbook

    _check_archive(path)
    with _damage_named(path):
        book = load_workbook(path, read_only=True)
    first, *others = book.sheetnames
    book.close()
    if not others:
        return ()
    named = ", ".join(f"'{visible_line(name)}'" for name in others[:_MOST_NAMES]) + (", …" if len(others) > _MOST_NAMES else "")
    return (f"of the workbook the first sheet ('{visible_line(first)}') alone is read, not {named}",)


@contextmanager
def _damage_named(path: Path) -> Iterator[None]:
    """Hold the library, which checks nothing: a damaged sheet raises whatever its numbers lead to."""
    try:
        yield
    except CorruptData:
        raise
    except Exception as error:
        raise CorruptData(f"{path}: not an Excel file, or a damaged one ({error!s:.80}); get the file again.") from error


def _check_archive(path: Path) -> None:
    """Refuse what is no workbook, and one that would fill the memory."""
    with content.opened(path) as file:
        beginning = file.read(512)
    if not beginning.startswith(b"PK"):
        content.refuse_other(beginning, path, "an Excel workbook")
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            unpacked = sum(member.file_size for member in archive.infolist())
    except archives.BROKEN as error:
        kind = "not an Excel file, or a truncated one" if path.suffix.lower() in _SUFFIXES else "a damaged ZIP archive"
        raise CorruptData(f"{path}: {kind} ({error}); get the file again.") from error
    if "[Content_Types].xml" not in names or "xl/workbook.bin" in names:
        kind = next((kind for name, kind in _OTHERS.items() if name in names), "a ZIP archive of other files")
        expected = "an Excel workbook" if path.suffix.lower() in _SUFFIXES else "a table"
        raise CorruptData(f"{path}: {kind} where {expected} is expected; save it as .xlsx or as CSV.")
    archives.refuse_bomb(path.stat().st_size, unpacked, path)


def _read(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    from openpyxl import load_workbook

    values = load_workbook(path, read_only=True, data_only=True)
    formulas = load_workbook(path, read_only=True, data_only=False)
    try:
        sheet, written = values.worksheets[0], formulas.worksheets[0]
        _refuse_merged(path, sheet.title)
        rows = zip(sheet.iter_rows(), written.iter_rows(), strict=True)
        header: list[str] = []
        for number, (cells, sources) in enumerate(rows, start=1):
            if number > _MOST_ROWS:
                raise CorruptData(f"{path}: more than {_MOST_ROWS:,} rows, which no sheet has; the file is damaged. Get the file again.")
            if number == 1:
                header = _header(path, [cell.value for cell in cells])
                continue
            beyond = next((cell for cell in cells[len(header) :] if cell.value is not None), None)
            if beyond is not None:
                raise CorruptData(f"{path}, cell {beyond.coordinate}: a value in a column without a name; name it in row 1, or remove it.")
            own = {name: _value(path, cell, source) for name, cell, source in zip(header, cells, sources, strict=False)}
            if any(value != "" for value in own.values()):
                yield f"{path.name}, row {number}", {**dict.fromkeys(header, ""), **own}
        if not header:
            _header(path, [])
    finally:
        values.close()
        formulas.close()


def _header(path: Path, cells: list[Any]) -> list[str]:
    names = ["" if cell is None else str(cell).strip() for cell in cells]
    while names and not names[-1]:
        names.pop()
    if not names:
        raise CorruptData(f"{path}: the first row of its first sheet holds no column names.")
    if "" in names:
        raise CorruptData(f"{path}, row 1: column {names.index('') + 1} of {len(names)} has no name; give it one, or remove it.")
    refuse_twins(names, f"{path}, row 1")
    return names


def _value(path: Path, cell: Any, source: Any) -> Any:
    """A cell's value, which a formula has only where a spreadsheet has calculated it."""
    value = cell.value
    if value is None:
        if isinstance(source.value, str) and source.value.startswith("="):
            raise CorruptData(
                f"{path}, cell {source.coordinate}: a formula that was never calculated; open the file in a spreadsheet and save it, or put"
                " the value in its place."
            )
        return ""
    if cell.data_type == "e":
        raise CorruptData(f"{path}, cell {cell.coordinate}: the formula ended in {value}; put the value in its place.")
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _refuse_merged(path: Path, title: str) -> None:
    """Merged cells leave all but one of them empty, so that a row loses what stands beside it."""
    import re
    from posixpath import basename

    with zipfile.ZipFile(path) as archive:
        sheets = sorted(name for name in archive.namelist() if re.fullmatch(r"xl/worksheets/[^/]+\.xml", name))
        for name in sheets[:1]:
            with archive.open(name) as file:
                tail = b""
                while block := file.read(1 << 20):
                    merged = re.search(rb'<mergeCell\s+ref="([A-Z0-9:]+)"', tail + block)
                    if merged:
                        where = merged.group(1).decode()
                        raise CorruptData(
                            f"{path}, cells {where} of the sheet {quoted(title)} ({basename(name)}) are merged, and all but the first"
                            " read as empty; take the merge back and fill each cell."
                        )
                    tail = block[-100:]
