"""Files of replies as records: JSON lines, JSON, tables of text, Parquet and Excel; plain or gzipped; told apart by what they hold."""

from __future__ import annotations

import gzip
import io
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.base import extras
from harness.data.readers import delimited, sheets
from harness.errors import CorruptData, MissingData
from harness.files import archives, content, json_text
from harness.models.replies.columns import ANSWERS, FIELDS
from harness.models.replies.reply import LIKE

Record = tuple[str, Any]
"""Where a reply stands, and the object that should hold it."""

SUFFIXES = (".jsonl", ".json", ".csv", ".tsv", ".parquet", ".xlsx")
"""What files of replies are usually called; each also with ``.gz`` behind it, but for the last two."""
_REMEDY = f"each line is {LIKE}, or each row has such columns."
_WRAPPERS = frozenset({"answers", "outputs", "predictions", "replies", "responses", "results"})
"""Names under which an object holds all replies by id."""
_GZIP, _PARQUET, _ZIP = b"\x1f\x8b", b"PAR1", b"PK\x03\x04"


def records(path: Path, id_column: str = "id") -> Iterator[Record]:
    """The records of a file, in its order.

    Args:
        path: The file.
        id_column: What holds the ids, by which a table that was written column by column is known.

    Raises:
        MissingData: There is no such file.
        CorruptData: It is none of these formats, truncated or not UTF-8; the message gives the line.
    """
    if not path.exists():
        raise MissingData(
            f"{path}: no such file of replies. Name the file in which your model answered the requests that `harness export TASK` writes."
        )
    given = content.read(path)
    if given.startswith(_PARQUET):
        return rows(_parquet(path, given))
    if path.suffix == ".parquet":
        raise CorruptData(f"{path}: {content.kind_of(given) or 'not a Parquet file'}; write the file again.")
    if given.startswith(_ZIP):
        return _placed(sheets.read(path), path)
    packed = given.startswith(_GZIP)
    text = _text(path, _unpacked(path, given) if packed else given)
    first = text.lstrip()[:1]
    if first == "[" and not _is_table(path):
        return rows(_array(path, text))
    if first == "{" or not (first and not path.name.removesuffix(".gz").endswith((".json", ".jsonl"))):
        return _of_objects(path, text, id_column)
    if packed and path.suffix != ".gz":
        raise CorruptData(f"{path}: a gzipped table; call it {path.name}.gz.")
    return _placed(delimited.read(path, nameless=True), path)


def notes(path: Path) -> tuple[str, ...]:
    """What of a file of replies is not read."""
    with content.opened(path) as file:
        return sheets.notes(path) if file.read(len(_ZIP)) == _ZIP else ()


def as_fields(reply: Any) -> Mapping[str, Any]:
    """A reply's fields, of its text or of an object that has them."""
    return reply if isinstance(reply, Mapping) else {"text": reply}


def told_apart(columns: Iterable[Any], source: str) -> None:
    """Raise `CorruptData` where two columns have one name: which is meant cannot be told."""
    twice = [name for name, n in Counter(columns).items() if n > 1]
    if twice:
        raise CorruptData(f"{source}: two columns are called '{twice[0]}'; which is meant cannot be told. Rename or drop one.")


def rows(given: Iterable[Any]) -> Iterator[Record]:
    """Records with their numbers from 1 for places."""
    return ((f"row {number}", row) for number, row in enumerate(given, start=1))


def keyed(given: Mapping[Any, Any], id_column: str = "id", of: Callable[[Any], Mapping[str, Any]] = as_fields) -> Iterator[Record]:
    """The records of a mapping: one reply, a table by its columns, or replies by id.

    Args:
        given: The mapping.
        id_column: What holds the ids; a column of that name says that it is a table.
        of: The fields of a reply by id.
    """
    ids = given.get(id_column)
    if isinstance(ids, str | int):
        return rows([given])
    if inner := _wrapped(given):
        return inner
    if isinstance(ids, Mapping) and not set(ids) & set(FIELDS):  # as pandas writes a table
        return rows({name: column.get(row) for name, column in given.items() if isinstance(column, Mapping)} for row in ids)
    if isinstance(ids, list | tuple):
        columns = {name: column for name, column in given.items() if isinstance(column, list | tuple) and len(column) == len(ids)}
        return rows({name: column[row] for name, column in columns.items()} for row in range(len(ids)))
    if ids_of := _by_index(given):
        return rows({id_column: row, **{name: column.get(row) for name, column in given.items()}} for row in ids_of)
    if isinstance(given.get("columns"), list) and isinstance(given.get("data"), list):  # as pandas splits one
        return rows(dict(zip(given["columns"], row, strict=False)) if isinstance(row, list) else row for row in given["data"])
    return ((f"reply '{name}'", {"id": name, **of(reply)}) for name, reply in given.items())


def _is_table(path: Path) -> bool:
    """Whether a file is called a table of text: the first cell of one may begin with a bracket."""
    return path.name.removesuffix(".gz").endswith((".csv", ".tsv", ".tab", ".txt"))


def _wrapped(given: Mapping[Any, Any]) -> Iterator[Record] | None:
    """The replies of an object that holds them in a list beside what is said of them all; None where there is no such list, or several."""
    lists = [value for value in given.values() if isinstance(value, list) and value and all(isinstance(row, Mapping) for row in value)]
    if len(lists) == 1 and not set(given) & set(ANSWERS):
        return rows(lists[0])
    name, inner = next(iter(given.items()), ("", None))
    if len(given) == 1 and name in _WRAPPERS and isinstance(inner, Mapping) and not set(inner) & set(FIELDS):
        return keyed(inner)
    return None


def _by_index(given: Mapping[Any, Any]) -> list[Any]:
    """The ids of a table that pandas wrote column by column with its index for ids; none where it is no such table."""
    name = next((name for name in ANSWERS if name in given), "")
    if not name or not all(isinstance(column, Mapping) and not set(column) & set(FIELDS) for column in given.values()):
        return []
    return list(given[name])


def _placed(entries: Iterable[tuple[str, Mapping[str, Any]]], path: Path) -> Iterator[Record]:
    return ((place.removeprefix(f"{path.name}, "), fields) for place, fields in entries)


def _unpacked(path: Path, given: bytes) -> bytes:
    most = archives.limit(len(given))
    try:
        with gzip.open(io.BytesIO(given)) as file:
            unpacked = file.read(most + 1)
    except archives.BROKEN as error:
        raise CorruptData(f"{path}: cannot be unpacked ({error}); a truncated copy? Get or write the file again.") from error
    archives.refuse_bomb(len(given), len(unpacked), path)
    return unpacked


def _text(path: Path, given: bytes) -> str:
    content.refuse_other(given, path, "a file of replies", remedy=f"write {LIKE} per line, or a table with such columns.")
    try:
        return given.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = given[: error.start].count(b"\n") + 1
        raise CorruptData(f"{path}, line {line}: not UTF-8 at byte {error.start}; write the file as UTF-8 (Excel: 'CSV UTF-8').") from error


def _of_objects(path: Path, text: str, id_column: str) -> Iterator[Record]:
    """One object per line; or one object that spans lines or holds all replies by id, where the file is called ``.json``."""
    lines = text.split("\n")
    if sum(line.rstrip() == "{" for line in lines) > 1 or (
        lines[0].strip() == "{" and any(lines[1:]) and path.name.removesuffix(".gz").endswith(".jsonl")
    ):
        raise CorruptData(f"{path}: objects that span lines; write one per line (jq -c .), or a list of them all in a .json (jq -s .).")
    if path.name.removesuffix(".gz").endswith(".json") and not _are_objects(lines):
        whole = _parsed(text, str(path))
        return keyed(whole, id_column) if isinstance(whole, Mapping) else rows([whole])
    return ((f"line {n}", _parsed(line, f"{path}, line {n}")) for n, line in enumerate(lines, start=1) if line.strip())


def _are_objects(lines: Sequence[str]) -> bool:
    """Whether the first two lines that hold anything are an object each."""
    held = [line for line in lines if line.strip()][:2]
    try:
        return len(held) == 2 and all(isinstance(json.loads(line), dict) for line in held)
    except (ValueError, RecursionError):
        return False


def _parsed(text: str, where: str) -> Any:
    return json_text.parse(text, where, remedy=_REMEDY, constants=True)


def _array(path: Path, text: str) -> list[Any]:
    whole = _parsed(text, str(path))
    if not isinstance(whole, list):
        raise CorruptData(f"{path}: a JSON {type(whole).__name__} where a list of replies is expected.")
    return whole


def _parquet(path: Path, given: bytes) -> list[dict[str, Any]]:
    extras.required(str(path), "pyarrow")
    import pyarrow as pa
    from pyarrow import parquet

    try:
        table = parquet.ParquetFile(pa.BufferReader(given)).read()
        rows_of_table: list[dict[str, Any]] = table.to_pylist()
    except (pa.ArrowException, *archives.BROKEN) as error:
        raise CorruptData(f"{path}: not a whole Parquet file ({error}); a truncated copy? Get or write the file again.") from error
    told_apart(table.column_names, str(path))
    return rows_of_table
