"""Parquet tables of any columns: pictures in the rows, in as many columns as there are, or beside them in a folder."""

from __future__ import annotations

from pathlib import Path

from harness.cards import Card, Split
from harness.data.readers import Release, parquet_rows
from harness.data.readers.files import pictures, required
from harness.data.readers.tables import chosen
from harness.errors import AdapterError


def read(card: Card, split: Split, root: Path) -> Release:
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
