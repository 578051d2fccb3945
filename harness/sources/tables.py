"""Plain tables: JSON, JSON lines, CSV and TSV, Excel sheets. One row of the file is one row."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.cards import Card, Split
from harness.errors import AdapterError, CorruptData
from harness.rows import Row
from harness.sources import Release
from harness.sources.files import pictures, read_text, required
from harness.types import Image


def read_json(card: Card, split: Split, root: Path) -> Release:
    """A file that holds one JSON list of objects."""
    path = _file(card, split, root)
    return _release(card, split, root, path, _objects(parse_json(path), path))


def read_jsonl(card: Card, split: Split, root: Path) -> Release:
    """A file with one JSON object per line."""
    path = _file(card, split, root)
    return _release(card, split, root, path, json_lines(path))


def read_csv(card: Card, split: Split, root: Path) -> Release:
    """A CSV file with a header, or a tab-separated one where its name ends in ``.tsv``."""
    path = _file(card, split, root)
    return _release(card, split, root, path, delimited(path))


def read_xlsx(card: Card, split: Split, root: Path) -> Release:
    """The first sheet of an Excel file with a header; empty header cells end the columns."""
    path = _file(card, split, root)
    return _release(card, split, root, path, _sheet(path))


def parse_json(path: Path) -> Any:
    """The content of a JSON file.

    Raises:
        CorruptData: It is not JSON, with line and column.
    """
    try:
        return json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise CorruptData(
            f"{path}: not JSON at line {error.lineno}, column {error.colno} ({error.msg}); a truncated download? Get the file again."
        ) from error


def json_lines(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Place and object of each line; blank lines are skipped."""
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            content = json.loads(line)
        except json.JSONDecodeError as error:
            raise CorruptData(f"{path}, line {number}: not JSON ({error.msg}); a truncated download? Get the file again.") from error
        if not isinstance(content, dict):
            raise CorruptData(f"{path}, line {number}: a JSON {type(content).__name__} where an object is expected.")
        yield f"{path.name}, line {number}", content


def delimited(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Place and fields of each row of a CSV or TSV file."""
    tabs = path.suffix == ".tsv"
    reader = csv.reader(
        io.StringIO(read_text(path), newline=""), delimiter="\t" if tabs else ",", quoting=csv.QUOTE_NONE if tabs else csv.QUOTE_MINIMAL
    )
    header = next(reader, None)
    if header is None:
        raise CorruptData(f"{path}: empty; get the file again.")
    for row in reader:
        if not row:
            continue
        if len(row) != len(header):
            raise CorruptData(
                f"{path}, line {reader.line_num}: {len(row)} fields where the header has {len(header)}; a truncated or edited file?"
            )
        yield f"{path.name}, line {reader.line_num}", dict(zip(header, row, strict=True))


def _objects(content: Any, path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if not isinstance(content, list):
        raise CorruptData(f"{path}: a JSON {type(content).__name__} where a list of rows is expected; this is not the official file.")
    for number, item in enumerate(content):
        if not isinstance(item, dict):
            raise CorruptData(f"{path}, row {number}: a JSON {type(item).__name__} where an object is expected.")
        yield f"{path.name}, row {number}", item


def _sheet(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, OSError) as error:
        raise CorruptData(f"{path}: not an Excel file, or a truncated one ({error}); get the file again.") from error
    try:
        rows = book.worksheets[0].iter_rows(values_only=True)
        first = next(rows, ())
        width = next((i for i, cell in enumerate(first) if cell is None), len(first))
        header = [str(cell) for cell in first[:width]]
        if not header:
            raise CorruptData(f"{path}: the first row of its first sheet holds no column names.")
        for number, row in enumerate(rows, start=2):
            cells = (*row[:width], *[None] * (width - len(row)))
            if any(cell is not None for cell in cells):
                yield f"{path.name}, row {number}", {name: "" if cell is None else cell for name, cell in zip(header, cells, strict=True)}
    finally:
        book.close()


def _file(card: Card, split: Split, root: Path) -> Path:
    return required(card, root, split.select.get("file", card.source["file"]))


def _release(card: Card, split: Split, root: Path, path: Path, rows: Iterable[tuple[str, Mapping[str, Any]]]) -> Release:
    find: Callable[[str], Image] | None = None
    if "images" in card.source:
        find = pictures(required(card, root, card.source["images"]))
    return Release(rows=_chosen(card, split, rows, find), layout=path.name)


def _chosen(card: Card, split: Split, rows: Iterable[tuple[str, Mapping[str, Any]]], find: Callable[[str], Image] | None) -> Iterator[Row]:
    """The rows that a split selects: by a field's values, by their numbers (from 1, both ends included), or all."""
    select = {key: value for key, value in split.select.items() if key != "file"}
    if set(select) not in ({"field", "values"}, {"rows"}, set()):
        raise AdapterError(f"{card.path}: a split of a table selects by 'field' and 'values', or by 'rows', not by {', '.join(select)}.")
    for number, (where, fields) in enumerate(rows, start=1):
        row = Row({**fields, "row_number": number}, where=where, picture=find)
        if "field" in select and row[select["field"]] not in select["values"]:
            continue
        if "rows" in select and not select["rows"][0] <= number <= select["rows"][1]:
            continue
        yield row
