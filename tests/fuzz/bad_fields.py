"""Fields of a release that hold something else than they should: each one of a row, in every layout that has types."""

from __future__ import annotations

import functools
import json
import math
import pickle
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.fuzz.outcomes import Case
from tests.fuzz.spoilt import SEED, Table, spoilt

Change = Callable[[dict[str, Any]], object]

IN_EVERY_RUN = 35
VALUES: Mapping[str, Any] = {
    "null": None,
    "NaN": math.nan,
    "infinite": -math.inf,
    "true": True,
    "a fraction": 0.5,
    "an empty list": [],
    "a list": ["CT", "MR"],
    "a list of null": [None],
    "an empty object": {},
    "an object": {"text": "CT"},
    "a large number": 10**30,
    "a NUL": "a\0b",
    "half a character": "\ud83d",
}
JSON = (
    Table("vqa_rad", "VQA_RAD Dataset Public.json"),
    Table("slake_en", "Slake1.0/test.json"),
    Table("healthcaremagic", "test.json"),
    Table("iu_xray@r2gen", "annotation.json"),
)
LINES = (Table("mednli", "mli_test_v1.jsonl"), Table("trec_ct_2022", "queries.jsonl"), Table("trec_ct_2022", "corpus.jsonl"))
PARQUET = Table("path_vqa", "data/test-00000-of-00002-00005eed00000000.parquet")
SHEET = Table("meqsum", "MeQSum_ACL2019_BenAbacha_Demner-Fushman.xlsx")
PICKLE = Table("path_vqa", "qas/test_vqa.pkl")


def cases() -> Iterator[Case]:
    """Every field of a row of every table with every value, and without the field; nested ones, and those of 200 kB."""
    for table in (*JSON, *LINES):
        for field in sorted(rows_of(content_of(table.path))[0]):
            for name, value in VALUES.items():
                yield _changed("fields of another type", f"{field} is {name}", table, functools.partial(_put, field, value))
            yield _changed("fields that are absent", f"no {field}", table, lambda row, field=field: row.pop(field))  # type: ignore[misc]
            yield _changed("fields that are blank", f"{field} is blank", table, functools.partial(_put, field, " \n"))
        for depth in (900, 100_000):
            yield spoilt("nested deep", f"{depth:,} lists", table, functools.partial(_nested, depth))
        yield spoilt("numbers of thousands of digits", "6,000 digits", table, functools.partial(_replaced, b"9" * 6000))
        yield spoilt("numbers of thousands of digits", "1e999999", table, functools.partial(_replaced, b"1e999999"))
    for field in ("question", "answer", "image"):
        for name, value in VALUES.items():
            if name not in ("infinite", "a list of null", "an empty object"):  # no column of a Parquet file holds these
                yield spoilt("fields of another type", f"{field} is {name}", PARQUET, functools.partial(_column, field, value))
    for field in ("CHQ", "Summary"):
        for name, value in {"a date": "2001-01-01", "true": True, "a number": 7, "a fraction": 0.5, "an error": "#N/A"}.items():
            yield spoilt("fields of another type", f"{field} is {name}", SHEET, functools.partial(_cell, field, value))
    for field in ("question_id", "img_id", "sent", "label"):
        for name, value in {**VALUES, "bytes": b"CT", "two answers": {"yes": 1, "no": 1}, "an answer of null": {None: 1}}.items():
            yield spoilt("fields of another type", f"{field} is {name}", PICKLE, functools.partial(_pickled, field, value))


def content_of(path: Path) -> Any:
    """What a file of JSON, or of lines of it, holds."""
    text = path.read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()] if path.suffix == ".jsonl" else json.loads(text)


def rows_of(content: Any) -> list[dict[str, Any]]:
    """The rows among it."""
    found = content if isinstance(content, list) else content.get("data", content.get("test"))
    assert isinstance(found, list)
    return found


def write(path: Path, content: Any) -> None:
    """The file anew."""
    if path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in content), encoding="utf-8")
    else:
        path.write_text(json.dumps(content), encoding="utf-8")


def _changed(kind: str, name: str, table: Table, change: Change) -> Case:
    """A row of the split that is evaluated is changed, drawn by the case's name."""

    def spoil(path: Path) -> None:
        content = content_of(path)
        rows = rows_of(content)
        chosen = [row for row in rows if row.get("phrase_type", "test_").startswith("test_") and row.get("q_lang", "en") == "en"]
        change(random.Random(f"{SEED} {name}").choice(chosen))
        write(path, content)

    return spoilt(kind, name, table, spoil)


def _put(field: str, value: Any, row: dict[str, Any]) -> None:
    row[field] = value


def _nested(depth: int, path: Path) -> None:
    _replaced(b"[" * depth + b"]" * depth, path)


def _replaced(value: bytes, path: Path) -> None:
    """The first text of the file becomes a value that only bytes can spell."""
    content = content_of(path)
    row = rows_of(content)[0]
    row[sorted(row)[0]] = "PLACE"
    write(path, content)
    path.write_bytes(path.read_bytes().replace(b'"PLACE"', value))


def _column(field: str, value: Any, path: Path) -> None:
    """A column of nothing but a value."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    values: Sequence[Any] = [value] * table.num_rows
    try:
        column = pa.array(values)
    except (pa.ArrowException, OverflowError, UnicodeEncodeError):
        column = pa.array([str(value).encode("utf-8", "surrogatepass")] * table.num_rows)
    pq.write_table(table.set_column(table.column_names.index(field), field, column), path)


def _cell(field: str, value: Any, path: Path) -> None:
    import datetime

    from openpyxl import load_workbook

    book = load_workbook(path)
    sheet = book.worksheets[0]
    place = [cell.value for cell in sheet[1]].index(field) + 1
    cell = sheet.cell(row=sheet.max_row, column=place)
    cell.value = datetime.datetime(2001, 1, 1) if value == "2001-01-01" else value  # noqa: DTZ001  a cell knows no zone
    if value == "#N/A":
        cell.data_type = "e"
    book.save(path)


def _pickled(field: str, value: Any, path: Path) -> None:
    for shard in path.parent.parent.glob("data/*.parquet"):
        shard.unlink()
    rows = pickle.loads(path.read_bytes())  # ours
    rows[0][field] = value
    path.write_bytes(pickle.dumps(rows))
