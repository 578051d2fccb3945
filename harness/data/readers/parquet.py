"""Parquet files as the Hub serves datasets: a split in numbered shards, its pictures in one column of the rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.cards import Card, Split
from harness.data.readers import Release, parquet_rows
from harness.errors import CorruptData
from harness.rows import Row


def read(card: Card, split: Split, root: Path) -> Release:
    """One row per row of the split's shards, in their order, with ``row_number`` from 1 over all of them.

    A picture has no name there: the row's field is the SHA-256 of its bytes, so that rows of one picture share it. All bytes pass
    through memory once for that; a picture is read again when it is asked for.
    """
    shards = parquet_rows.find_shards(card, root, str(split.select["part"]))
    return Release(
        rows=_rows(shards, str(card.source["image"])),
        layout=parquet_rows.layout(shards, "parquet"),
        notes=tuple(str(note) for note in card.source.get("notes", ())),
        files=tuple(shards),
    )


def _rows(shards: Sequence[Path], column: str) -> Iterator[Row]:
    """Rows of which each has a picture and a value in every other field."""
    places: dict[str, parquet_rows.Place] = {}
    find = parquet_rows.finder(places, None)
    for number, (where, fields) in enumerate(parquet_rows.rows(shards, places, first=0, needs=column), start=1):
        if not isinstance(fields[column], str) or fields[column] not in places:
            raise CorruptData(f"{where}: holds no picture; this is not the official file, get it again.")
        empty = [name for name, value in fields.items() if value is None]
        if empty:
            raise CorruptData(f"{where}: no value in '{empty[0]}'; this is not the official file, get it again.")
        yield Row({**fields, "row_number": number}, where=where, picture=find)
