"""The layouts in which a new task's release may lie: what is written of the same invented rows, and how the card names it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from harness.base import extras
from harness.errors import UsageError, unknown

Rows = Sequence[Mapping[str, Any]]
Pictures = Mapping[str, bytes]
Files = dict[str, bytes]
"""By their paths in the release's folder."""

_BY_FIELD = '{{ field = "split", values = ["{}"] }}'


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """One of them."""

    says: str
    source: str
    """The card's ``[source]``, but for the folder of pictures."""
    where: str
    """What goes under ``DATA_ROOT/name/``."""
    ids: str
    """What an id is; ``$name`` is the task's."""
    write: Callable[[Rows, Pictures], Files]
    select: str = _BY_FIELD
    """How a split is selected, by its name."""
    beside: bool = True
    """Whether pictures lie in the folder ``images``."""
    family: str = ""
    """The family that it is for, where it is for one alone."""
    template: str = ""
    """The adapter and the rows, where they are not the family's own."""
    groups: str = "image"
    """The field of a picture's group."""


def columns(rows: Rows) -> list[str]:
    """The columns of some rows, in the order in which they are met."""
    return list(dict.fromkeys(name for row in rows for name in row))


def json_lines(rows: Rows) -> bytes:
    """One JSON object per line."""
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def delimited_rows(rows: Rows, delimiter: str = ",") -> bytes:
    """A table of text with a header; what a row does not hold is an empty cell."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns(rows), delimiter=delimiter, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def parquet_rows(rows: Rows) -> bytes:
    """A Parquet table."""
    extras.required("a Parquet table", "pyarrow")
    import pyarrow as pa
    from pyarrow import parquet

    out = io.BytesIO()
    parquet.write_table(pa.Table.from_pylist(list(rows)), out)
    return out.getvalue()


def _inside(rows: Rows, pictures: Pictures) -> Files:
    def cell(value: Any) -> Any:
        return {"bytes": pictures[value], "path": value} if value in pictures else value

    return {"rows.parquet": parquet_rows([{name: cell(value) for name, value in row.items()} for row in rows])}


def _folders(rows: Rows, pictures: Pictures) -> Files:
    return {f"{row['split']}/{row['label']}/{row['image']}": pictures[row["image"]] for row in rows}


def _table(says: str, reader: str, kind: str, written: Callable[[Rows], bytes]) -> Layout:
    """One file of all rows, with the pictures beside it."""
    file = f"rows.{kind}"

    def write(rows: Rows, pictures: Pictures) -> Files:
        return {file: written(rows), **{f"images/{picture}": content for picture, content in pictures.items()}}

    return Layout(says=says, source=f'reader = "{reader}"\nfile = "{file}"\n', where=file, ids=f"the row's id in {file}", write=write)


LAYOUTS: Mapping[str, Layout] = {
    "jsonl": _table("one JSON object per line, pictures beside it", "jsonl", "jsonl", json_lines),
    "csv": _table("a CSV table, pictures beside it", "csv", "csv", delimited_rows),
    "parquet": _table("a Parquet table, pictures beside it or in its rows", "parquet_table", "parquet", parquet_rows),
    "folders": Layout(
        says="a folder of pictures per class",
        source='reader = "folders"\n',
        where="{test,train}/{clear,opaque}/*.png",
        ids='the first 16 digits of the SHA-256 of \\"$name:test/clear/00.png\\", the picture\'s path',
        write=_folders,
        select='{{ folder = "{}" }}',
        beside=False,
        family="classification",
        groups="group",
    ),
    "several": replace(
        _table(
            "questions on several pictures with lettered options, pictures in a Parquet table's rows, as MMMU is published",
            "parquet_table",
            "parquet",
            parquet_rows,
        ),
        write=_inside,
        beside=False,
        family="vqa",
        template="several",
    ),
}


def layout_of(name: str, family: str) -> Layout:
    """The layout of a name.

    Raises:
        UsageError: There is none, or it is for another family.
    """
    if name not in LAYOUTS:
        raise unknown("layout", name, LAYOUTS)
    layout = LAYOUTS[name]
    if layout.family not in ("", family):
        raise UsageError(f"--layout {name}: {layout.says}; that is for --family {layout.family}.")
    return layout
