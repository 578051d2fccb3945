"""Tables as CSV: files of facts read, each row a frozen record, every complaint with its place; tables written for a spreadsheet."""

from __future__ import annotations

import csv
import functools
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from msgspec import Meta

from harness.base.visible import visible_line
from harness.errors import CorruptData
from harness.files.cells import cell
from harness.files.reading import decode

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

FOLDER = Path(__file__).parents[1] / "tasks"
"""Where the files of facts about publications lie."""
Count = Annotated[int, Meta(gt=0, description="a whole number above 0, or empty")]
YesNo = Annotated[bool, Meta(description="yes or no")]
R = TypeVar("R", bound="DataclassInstance")


def records(path: Path, record: type[R]) -> Iterator[tuple[str, R]]:
    """The rows, and where each of them stands."""
    for line, texts in rows(path, record):
        where = f"{path}, line {line}"
        yield where, decoded(record, by_column(record, texts), where)


def table(path: Path, record: type[R]) -> tuple[R, ...]:
    """All rows, in the file's order.

    Raises:
        CorruptData: The message names the file, the line and the field.
    """
    return tuple(row for _, row in records(path, record))


def rows(path: Path, record: type[DataclassInstance]) -> Iterator[tuple[int, list[str]]]:
    """The texts of each row, in the order of the record's fields, and the line that it ends on."""
    columns = _columns(record)
    reader = csv.reader(io.StringIO(_text(path, columns), newline=""))
    _refuse_other(next(reader, []), columns, path)
    for row in reader:
        yield reader.line_num, _whole(row, columns, f"{path}, line {reader.line_num}")


def as_written(path: Path, record: type[DataclassInstance]) -> Iterator[tuple[int, str]]:
    """Each row as it is written, and the line that it ends on: in a file of many, those that nobody asks for are not cut into texts."""
    columns = _columns(record)
    first, *lines = _text(path, columns).removesuffix("\n").split("\n")
    _refuse_other(next(csv.reader([first]), []), columns, path)
    parts: list[str] = []
    for line, text in enumerate(lines, start=2):
        parts.append(text)
        if line > len(lines) or "\n".join(parts).count('"') % 2 == 0:  # else a text goes on in the next line
            yield line, "\n".join(parts)
            parts.clear()


def cut(record: type[DataclassInstance], row: str, where: str) -> list[str]:
    """The texts of a row `as_written`."""
    return _whole(next(csv.reader(io.StringIO(row, newline="")), []), _columns(record), where)


@functools.cache
def _columns(record: type[DataclassInstance]) -> list[str]:
    return [field.name for field in fields(record)]


def _refuse_other(header: list[str], columns: list[str], path: Path) -> None:
    if header != columns:
        raise CorruptData(f"{path}, line 1: the columns are {', '.join(header) or 'none'}; expected {', '.join(columns)}.")


def _whole(row: list[str], columns: Sequence[str], where: str) -> list[str]:
    if len(row) != len(columns):
        raise CorruptData(f"{where}: {len(row)} fields where {len(columns)} are expected.")
    return row


def _text(path: Path, columns: Sequence[str]) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise CorruptData(
            f"{path}: cannot be read: {error.strerror}; name a CSV file with the columns {', '.join(columns[:3])}, …."
        ) from error
    except UnicodeDecodeError as error:
        raise CorruptData(f"{path}: not UTF-8 at byte {error.start + 1}; save it as UTF-8, or restore it from the package.") from error


def written(header: Iterable[str], lines: Iterable[Iterable[str]]) -> str:
    """A CSV file that a spreadsheet shows as it is: no cell computes anything, and what cannot be seen is written by its code."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    shown: dict[str, str] = {}  # of a million cells most are one of a few thousand texts
    for line in lines:
        writer.writerow([shown[text] if text in shown else shown.setdefault(text, cell(visible_line(text))) for text in line])
    return out.getvalue()


def by_column(record: type[DataclassInstance], texts: Sequence[str]) -> dict[str, str]:
    """The texts of a row under the names of their columns."""
    return dict(zip(_columns(record), texts, strict=True))


def decoded(record: type[R], texts: Mapping[str, str], where: str) -> R:
    """A record from the texts of its columns: empty is None where a field may be that, and yes and no are truths.

    Raises:
        CorruptData: The message names the place and the field.
    """
    empty, truths = _kinds(record)
    values: dict[str, Any] = dict(texts)
    values |= {name: None for name in empty if not texts[name]}
    values |= {name: {"yes": True, "no": False}.get(texts[name], texts[name]) for name in truths}
    return decode(record, values, where, strict=False)


@functools.cache
def _kinds(record: type[Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The fields that may be empty, and those that are yes or no."""
    kinds = {field.name: str(field.type) for field in fields(record)}
    empty = tuple(name for name, kind in kinds.items() if kind.endswith("| None"))
    return empty, tuple(name for name, kind in kinds.items() if kind == "YesNo")
