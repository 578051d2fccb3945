"""Tables of text, comma-, semicolon- or tab-separated, plain or gzipped, read row by row and strictly.

A large table never stands in memory as a whole. What a spreadsheet adds (a byte-order mark, semicolons, carriage returns, empty rows at
the end, empty columns at the right) is no data; what it breaks (a quote that never closes, a column that stands twice, a row that is cut
off) is an error that names the line and the field.
"""

from __future__ import annotations

import csv
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

from harness.base.withheld import names_of
from harness.data.readers.columns import refuse_twins
from harness.errors import CorruptData
from harness.files import text_files

LONGEST_FIELD = text_files.LONGEST_LINE - 1
"""Characters of one field; the longest discharge summary has a hundredth of a hundredth of that."""
_LONGEST_HEADER = 1 << 20
_EXPECTED = "a table of text"
_ROWS_BETWEEN = 1 << 16
"""After so many rows it is asked how far a compressed file has grown."""
_MOST_BLANK = 1 << 20
"""Rows without anything, one after another; more of them are a file that was made to be read for ever."""
_DELIMITERS = (",", ";", "\t", "|")
_JSON = re.compile(r'\s*[\[{]\s*[\[{"]')
_DECLARED = re.compile(r'"?sep=(?P<mark>[,;\t|])"?\s*')
"""A first line that Excel writes and hides; what it names stands between the cells."""
_QUOTED_FOR = ('"\t\n\r', '",\t\n\r', "")
"""The letters for which programs quote a tab-separated cell: pandas and Python, spreadsheets, those that quote every cell."""


def header(path: Path) -> list[str]:
    """The column names of a table.

    Raises:
        CorruptData: As `read`.
    """
    first, declared = _first(path)
    return [name.strip().strip('"').strip() for name in first.split(declared or _delimiter(path, first, ()))]


def read(path: Path, *columns: str, nameless: bool = False) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Place and fields of each row that holds anything.

    Cells are the texts between the delimiters, outer blanks and line breaks included; only a carriage return before a line feed goes.
    The delimiter is the one that a line ``sep=;`` above the header declares, else the header's: a tab where the name ends in ``.tsv``,
    else whichever of comma, semicolon, tab and bar gives the columns that are asked for, or the most columns. Tab-separated cells are
    unquoted where the file was written with quotes, and left alone where a quote is a character like any other.

    Args:
        path: The file, gzipped where its name ends in ``.gz``.
        columns: What the header must hold.
        nameless: Leave columns without a name out, such as the row numbers that pandas writes; else one is an error.

    Raises:
        CorruptData: The file is truncated, not UTF-8, or no such table; file, line and field are named.
    """
    csv.field_size_limit(LONGEST_FIELD)
    last = blank = 0
    try:
        first, declared = _first(path)
        delimiter = declared or _delimiter(path, first, columns)
        quoted = delimiter != "\t" or _is_quoted(path)
        header: list[str] = []
        with text_files.opened(path, _EXPECTED) as file:
            lines = text_files.lines(file)
            rows = csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE, strict=True)
            try:
                if declared:
                    next(lines)
                    last = 1
                header = _header(path, next(rows), columns, nameless=nameless)
                above = last
                last = above + rows.line_num
                for count, cells in enumerate(rows, start=1):
                    number, last = last + 1, above + rows.line_num
                    if not count % _ROWS_BETWEEN:
                        text_files.refuse_growth(path, file)
                    blank = 0 if any(cell.strip() for cell in cells) else blank + 1
                    if blank > _MOST_BLANK:
                        raise CorruptData(f"{path}, line {number}: more than {_MOST_BLANK:,} empty rows before it; get the file again.")
                    if not blank:
                        yield f"{path.name}, line {number}", _fields(path, number, header, cells)
            except csv.Error as error:
                raise CorruptData(_damage(path, header, last, delimiter, error)) from error
    except UnicodeDecodeError as error:
        raise CorruptData(_foreign(path, error)) from error
    except (EOFError, OSError, zlib.error) as error:
        raise CorruptData(f"{path}, after line {last}: cannot be read on ({error}); a truncated download? Get the file again.") from error


def _first(path: Path) -> tuple[str, str]:
    """The line of the column names, and the delimiter where a line before it declares one, else an empty text."""
    try:
        with text_files.opened(path, _EXPECTED) as file:
            first = file.readline(_LONGEST_HEADER)
            declared = _DECLARED.fullmatch(first)
            if declared:
                first = file.readline(_LONGEST_HEADER)
    except UnicodeDecodeError as error:
        raise CorruptData(_foreign(path, error)) from error
    except (EOFError, OSError, zlib.error) as error:
        raise CorruptData(f"{path}: cannot be read ({error}); a truncated download? Get the file again.") from error
    if len(first) == _LONGEST_HEADER and not first.endswith("\n"):
        raise CorruptData(f"{path}: its first line has more than {_LONGEST_HEADER:,} characters, where column names are expected.")
    if not first.strip():
        raise CorruptData(f"{path}: {'its first line is empty' if first else 'empty'}, where column names are expected.")
    if _JSON.match(first):
        raise CorruptData(f"{path}: JSON where a table is expected, whatever the file is called; get the official file again.")
    return first, declared["mark"] if declared else ""


def _foreign(path: Path, error: UnicodeDecodeError) -> str:
    """Names the first line that is not UTF-8; the reader is ahead of it by a block."""
    with text_files.opened_bytes(path) as file:
        line = next(number for number, line in enumerate(file, start=1) if line != line.decode(errors="ignore").encode())
    return f"{path}, line {line}: not UTF-8 ({error.reason}); save it as UTF-8, or get the official file again."


def _delimiter(path: Path, first: str, columns: Sequence[str]) -> str:
    if path.name.removesuffix(".gz").endswith((".tsv", ".tab")):
        return "\t"
    header = first.rstrip("\r\n")
    names = {mark: [name.strip().strip('"').strip() for name in header.split(mark)] for mark in _DELIMITERS}
    if columns:
        return max(_DELIMITERS, key=lambda mark: (sum(column in names[mark] for column in columns), mark == ",", len(names[mark])))
    return max(_DELIMITERS, key=lambda mark: len(names[mark]))


def _is_quoted(path: Path) -> bool:
    """Whether a tab-separated file was written with quotes: writing what is then read gives the same file again.

    A program quotes a cell for what is in it, or it quotes all cells. Anything else is a file whose quotes are letters of its texts.
    """
    styles = set(_QUOTED_FOR)
    with text_files.opened(path, _EXPECTED) as file:
        held: list[str] = []
        rows = csv.reader((held.append(line) or line for line in text_files.lines(file)), delimiter="\t", strict=True)  # type: ignore[func-returns-value]
        try:
            for cells in rows:
                raw = "".join(held).rstrip("\r\n")
                held.clear()
                styles = {style for style in styles if raw == _as_written(cells, style)} if cells else styles
                if not styles:
                    return False
        except csv.Error:
            return False
    return True


def _as_written(cells: Sequence[str], quoted_for: str) -> str:
    return "\t".join(
        '"' + cell.replace('"', '""') + '"' if not quoted_for or any(letter in cell for letter in quoted_for) else cell for cell in cells
    )


def _header(path: Path, cells: Sequence[str], columns: Sequence[str], *, nameless: bool) -> list[str]:
    names = [cell.strip() for cell in cells]
    while names and not names[-1]:
        names.pop()
    refuse_twins(names, f"{path}, line 1")
    if "" in names and not nameless:
        raise CorruptData(f"{path}, line 1: column {names.index('') + 1} of {len(names)} has no name; give it one, or remove it.")
    missing = [column for column in columns if column not in names]
    if missing:
        folded = {name.casefold(): name for name in names}
        near = [folded.get(column.casefold()) or next(iter(get_close_matches(column, names, n=1, cutoff=0.8)), None) for column in missing]
        hint = ", ".join(f"'{name}' for '{column}'" for column, name in zip(missing, near, strict=True) if name)
        # Where one of the columns is there, the line is a header and no row.
        there = ", ".join(names) if hint or len(missing) < len(columns) else names_of(names)
        raise CorruptData(
            f"{path}: no column {', '.join(missing)} (there are: {there});"
            + (f" rename {hint}." if hint else " get the official file again.")
        )
    return names


def _fields(path: Path, number: int, header: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    own = list(cells)
    while len(own) > len(header) and not own[-1].strip():
        own.pop()  # empty columns at the right of a spreadsheet
    if len(own) != len(header):
        raise CorruptData(
            f"{path}, line {number}: {len(own)} fields where the header has {len(header)}; a truncated or edited row, or a text that holds"
            " the delimiter and stands in no quotes."
        )
    return {name: cell.replace("\r\n", "\n") if "\r" in cell else cell for name, cell in zip(header, own, strict=True) if name}


def _damage(path: Path, header: Sequence[str], after: int, delimiter: str, error: csv.Error) -> str:
    """What is wrong with the row behind line ``after``: which field its unclosed quote opens, and where."""
    if "field larger than" in str(error):
        return f"{path}, line {after + 1}: a field of more than {LONGEST_FIELD:,} characters; is a quote before it never closed?"
    place, line, column = 0, after + 1, 1
    fresh, quoted, opened = True, False, False
    with text_files.opened(path, _EXPECTED) as file:
        for number, content in enumerate(text_files.lines(file), start=1):
            if number <= after:
                continue
            for position, letter in enumerate(content, start=1):
                if letter == '"' and (fresh or quoted):
                    opened = not opened
                    if not quoted:
                        line, column, quoted = number, position, True
                elif letter == delimiter and not opened:
                    place, fresh, quoted = place + 1, True, False
                    continue
                elif quoted and not opened and letter not in "\r\n":
                    open_too_long = "or it was never closed, " if number > line else ""
                    return (
                        f"{_field(path, line, column, header, place)} goes on behind its closing quote in line {number}, {open_too_long}and"
                        " would swallow rows; double a quote that belongs to the text."
                    )
                fresh = False
            if not opened:
                break
    return (
        f"{_field(path, line, column, header, place)} begins with a quote that is never closed, and would swallow the rows after it; close"
        " it, or double a quote that belongs to the text."
    )


def _field(path: Path, line: int, column: int, header: Sequence[str], place: int) -> str:
    name = f"the field '{header[place]}'" if place < len(header) else f"field {place + 1}"
    return f"{path}, line {line}, column {column}: {name}"
