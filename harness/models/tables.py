"""Replies in whatever holds them in Python: a mapping, a data frame, a list of records, a file of rows."""

from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from harness.base import identity
from harness.errors import CorruptData, MissingData, UsageError, unknown
from harness.models import predictions
from harness.models.predictions import FIELDS, Predictions, Record
from harness.types import Response

Columns = Mapping[str, str | Sequence[str]]
"""A reply's field to the column that holds it; the scores may stand in several columns, one per choice in their order."""

_SEPARATORS = {".csv": ",", ".tsv": "\t"}
_HELD = "the replies"


def open_replies(given: Any, columns: Columns | None = None, arguments: Mapping[str, str] | None = None) -> Predictions:
    """Replies as a model that has given them.

    Args:
        given: A mapping of id to text, `Response` or a mapping of a reply's fields; a data frame; a list of records; or the path of a
            CSV, TSV, JSONL or Parquet file.
        columns: Which column holds ``id``, ``text``, ``choice_log_probs`` and so on; those that are not named are not read. None reads the
            columns that are called so.
        arguments: As of `predictions.open_model`.

    Raises:
        MissingData: There is no such file.
        CorruptData: A row is no reply; the message gives its number and the remedy.
        UsageError: A column is not there, or `given` is nothing that holds replies.
    """
    arguments = arguments or {}
    for name in columns or ():
        if name not in FIELDS:
            raise unknown("field of a reply", name, FIELDS)
    if isinstance(given, str | Path):
        path = Path(given)
        if not path.is_file():
            raise MissingData(f"{path}: no such file of replies.")
        if path.suffix == ".jsonl" and columns is None:
            return predictions.open_model(str(path), arguments)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        return predictions.of_records(
            _chosen(_file(path), columns, str(path)),
            arguments,
            source=str(path),
            name=path.stem,
            digest=identity.digest(digest, columns) if columns else digest,
        )
    return predictions.of_records(_chosen(_held(given), columns, _HELD), arguments, source=_HELD, name="replies")


def _file(path: Path) -> Iterable[Record]:
    if path.suffix == ".jsonl":
        return predictions.records(path)
    if path.suffix in _SEPARATORS:
        return _delimited(path, _SEPARATORS[path.suffix])
    if path.suffix == ".parquet":
        from pyarrow import parquet

        table = parquet.read_table(path)
        _told_apart(table.column_names, str(path))
        return _rows(table.to_pylist())
    raise UsageError(f"{path}: replies are read from .jsonl, .csv, .tsv and .parquet files.")


def _delimited(path: Path, separator: str) -> Iterator[Record]:
    """Rows whose cells are texts; scores in one cell are a JSON list, and an empty cell is an empty text or nothing else."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file, delimiter=separator, strict=True)
        try:
            _told_apart(rows.fieldnames or (), str(path))
            for row in rows:
                if None in row or None in row.values():
                    raise CorruptData(f"{path}, line {rows.line_num}: the row has not as many cells as the header.")
                yield f"line {rows.line_num}", row
        except (csv.Error, UnicodeDecodeError) as error:
            raise CorruptData(f"{path}, line {rows.line_num + 1}: no row of UTF-8 text ({error}); write the file anew.") from error


def _held(given: Any) -> Iterable[Record]:
    if hasattr(given, "columns") and hasattr(given, "to_dict"):
        _told_apart(list(given.columns), _HELD)
        return _rows(given.to_dict("records"))
    if hasattr(given, "to_dict"):
        given = given.to_dict()
    if isinstance(given, Mapping):
        return [(f"reply '{name}'", {"id": name, **fields(reply)}) for name, reply in given.items()]
    if isinstance(given, Iterable):
        return _rows(given)
    raise UsageError(f"{type(given).__name__} holds no replies; give a mapping of ids, a data frame, a list of records or a path.")


def _told_apart(columns: Sequence[Any], source: str) -> None:
    """Raise `CorruptData` where two columns have one name: which is meant cannot be told."""
    twice = [name for name, n in Counter(columns).items() if n > 1]
    if twice:
        raise CorruptData(f"{source}: two columns are called '{twice[0]}'; which is meant cannot be told. Rename or drop one.")


def _rows(rows: Iterable[Any]) -> Iterator[Record]:
    return ((f"row {number}", row) for number, row in enumerate(rows, start=1))


def fields(reply: Any) -> Mapping[str, Any]:
    """A reply's fields, of its text or whatever else a model may give."""
    if isinstance(reply, Response):
        given = {name: value for name, value in asdict(reply).items() if name in FIELDS and value not in ("", None)} or {"text": ""}
        return given if reply.error is None else {**given, "error": reply.error or "no reason was given"}
    return reply if isinstance(reply, Mapping) else {"text": reply}


def plain(row: Mapping[str, Any], where: str) -> Mapping[str, Any]:
    """A reply's fields with scores of any library as a list of numbers."""
    return {**row, **{name: _cell(row, name, name, where) for name in row if name in FIELDS}}


def _chosen(records: Iterable[Record], columns: Columns | None, source: str) -> Iterator[Record]:
    """The records with the fields that are wanted, under a reply's names and in a reply's types."""
    for place, row in records:
        if not isinstance(row, Mapping):
            yield place, row
            continue
        if columns is None:
            yield place, plain(row, f"{source}, {place}")
            continue
        for column in (column for names in columns.values() for column in ([names] if isinstance(names, str) else names)):
            if column not in row:
                raise unknown(f"column of {source}", column, [str(name) for name in row])
        yield place, {field: _cell(row, names, field, f"{source}, {place}") for field, names in columns.items()}


def _cell(row: Mapping[str, Any], names: str | Sequence[str], field: str, where: str) -> Any:
    try:
        if not isinstance(names, str):
            return [float(row[name]) for name in names]
        value = row[names]
        if field == "choice_log_probs" and isinstance(value, str):
            return json.loads(value) if value else None
        if field == "choice_log_probs" and value is not None and not _is_absent(value):
            return [None if number is None else float(number) for number in value]
    except (TypeError, ValueError) as error:
        raise CorruptData(f"{where}: 'choice_log_probs' must be numbers, one per choice ({error}).") from error
    if _is_absent(value) or (value == "" and field not in ("id", "text")):
        return None
    if field in ("id", "text") and isinstance(value, float):
        raise CorruptData(f"{where}: '{field}' is the number {value}; read the column as text (dtype=str), as it was written.")
    if field == "id" and hasattr(value, "item"):
        return value.item()  # of NumPy
    return value


def _is_absent(value: Any) -> bool:
    """Whether a cell of a data frame is empty: NaN, NaT or NA, which alone do not equal themselves."""
    return type(value).__name__ in ("NAType", "NaTType") or (isinstance(value, float) and value != value)
