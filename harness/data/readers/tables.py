"""Plain tables: JSON, JSON lines, CSV and TSV, Excel sheets. One row of the file is one row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.base.withheld import quoted
from harness.cards import Card, Split
from harness.data.readers import Release, delimited, sheets
from harness.data.readers.files import pictures, read_text, required
from harness.errors import AdapterError, CorruptData
from harness.files import json_text
from harness.rows import Row
from harness.types import Image


def read_json(card: Card, split: Split, root: Path) -> Release:
    """A file that holds one JSON list of objects."""
    return _release(card, split, root, lambda path: objects(parse_json(path), path, path.name))


def read_jsonl(card: Card, split: Split, root: Path) -> Release:
    """A file with one JSON object per line."""
    return _release(card, split, root, json_lines)


def read_csv(card: Card, split: Split, root: Path) -> Release:
    """A CSV file with a header, or a tab-separated one where its name ends in ``.tsv``."""
    return _release(card, split, root, delimited.read)


def read_xlsx(card: Card, split: Split, root: Path) -> Release:
    """The first sheet of an Excel file with a header."""
    release = _release(card, split, root, sheets.read)
    return replace(release, notes=sheets.notes(release.files[0]))


def parse_json(path: Path) -> Any:
    """The content of a JSON file.

    Raises:
        CorruptData: It is not JSON, with line and column, or not read alike by everyone.
    """
    return json_text.parse(read_text(path), str(path))


def json_lines(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Place and object of each line of a file; blank lines are skipped."""
    return objects_by_line(read_text(path), path, path.name)


def objects_by_line(text: str, where: object, name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """As `json_lines`, of a text.

    Args:
        text: The file's.
        where: The file, for errors.
        name: What the places begin with.
    """
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            content = json_text.parse(line, f"{where}, line {number}")
            yield f"{name}, line {number}", _object(content, f"{where}, line {number}")


def objects(items: Any, where: object, name: str, *, of: str = "rows", entry: str = "row") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Place and object of each entry of a JSON list, counted from 0.

    Args:
        items: What should be such a list.
        where: The file, for errors.
        name: What the places begin with.
        of: What the list holds, for the error where it is none.
        entry: What one of them is called in its place.
    """
    if not isinstance(items, list):
        inner = [name for name, value in items.items() if isinstance(value, list)] if isinstance(items, dict) else []
        remedy = f"write the list under {quoted(inner[0])} alone into the file" if inner else "this is not the official file"
        raise CorruptData(f"{where}: a JSON {type(items).__name__} where a list of {of} is expected; {remedy}.")
    for number, item in enumerate(items):
        yield f"{name}, {entry} {number}", _object(item, f"{where}, {entry} {number}")


def _object(content: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(content, dict):
        raise CorruptData(f"{where}: a JSON {type(content).__name__} where an object is expected.")
    return content


def _release(card: Card, split: Split, root: Path, read: Callable[[Path], Iterable[tuple[str, Mapping[str, Any]]]]) -> Release:
    path = required(card, root, split.select["file"] if "file" in split.select else card.source["file"])
    find: Callable[[str], Image] | None = None
    if "images" in card.source:
        find = pictures(required(card, root, card.source["images"]))
    return Release(rows=chosen(card, split, read(path), find), layout=path.name, files=(path,))


def chosen(card: Card, split: Split, rows: Iterable[tuple[str, Mapping[str, Any]]], find: Callable[[str], Image] | None) -> Iterator[Row]:
    """The rows that a split selects: by a field's values, by their numbers (from 1, both ends included), or all.

    Args:
        card: For messages.
        split: Its ``select`` may name a ``file`` or a ``part`` as well, which whoever reads the rows has looked at.
        rows: Place and fields of each.
        find: Finds a picture by the name that rows use; None where there are none.

    Raises:
        AdapterError: The card selects by something else.
    """
    select = {key: value for key, value in split.select.items() if key not in ("file", "part")}
    if set(select) not in ({"field", "values"}, {"rows"}, set()):
        raise AdapterError(f"{card.path}: a split of a table selects by 'field' and 'values', or by 'rows', not by {', '.join(select)}.")
    for number, (where, fields) in enumerate(rows, start=1):
        row = Row({**fields, "row_number": number}, where=where, picture=find)
        if "field" in select and row[select["field"]] not in select["values"]:
            continue
        if "rows" in select and not select["rows"][0] <= number <= select["rows"][1]:
            continue
        yield row
