"""Parquet files: as the Hub serves datasets, in numbered shards with a picture in each row, and tables of any columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.cards import Card, Split
from harness.data.readers import Release, parquet_rows
from harness.data.readers.files import pictures, required
from harness.data.readers.tables import chosen
from harness.errors import AdapterError, CorruptData
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
        if packed := [name for name, value in fields.items() if name != column and isinstance(value, str) and value in places]:
            raise CorruptData(f"{where}: '{packed[0]}' holds bytes where a text is expected; this is not the official file, get it again.")
        empty = [name for name, value in fields.items() if value is None]
        if empty:
            raise CorruptData(f"{where}: no value in '{empty[0]}'; this is not the official file, get it again.")
        yield Row({**fields, "row_number": number}, where=where, picture=find)


def read_table(card: Card, split: Split, root: Path) -> Release:
    """One row per row of a file (``file``) or of a split's shards (``part``), with ``row_number`` from 1 over all of them.

    A picture in a cell, alone or in a list, becomes the SHA-256 of its bytes, by which `Row.image` finds it: in any column, so that
    ``image_1``, ``image_2`` and so on may hold several, of which the later ones may be empty. Other names are those of files in the
    folder ``images``.
    """
    if "part" in split.select:
        paths = parquet_rows.find_shards(card, root, str(split.select["part"]))
    elif name := split.select.get("file", card.source.get("file")):
        paths = [required(card, root, str(name))]
    else:
        raise AdapterError(f"{card.path}: a Parquet table needs 'file' in [source] or in its split, or a split's 'part' of shards.")
    beside = pictures(required(card, root, card.source["images"])) if "images" in card.source else None
    places: dict[str, parquet_rows.Place] = {}
    rows = chosen(card, split, parquet_rows.rows(paths, places), parquet_rows.finder(places, beside))
    return Release(rows=rows, layout=parquet_rows.layout(paths, paths[0].name), files=tuple(paths))
