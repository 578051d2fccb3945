"""Parquet tables of any columns: pictures in the rows, in as many columns as there are, or beside them in a folder."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.cards import Card, Split
from harness.data.readers import Release
from harness.data.readers.files import pictures, required
from harness.data.readers.parquet import find_shards
from harness.data.readers.tables import chosen
from harness.errors import AdapterError, CorruptData
from harness.files import archives
from harness.types import Image

_ROWS_AT_ONCE = 64
_GROUPS_KEPT = 4
"""Columns of row groups that stay in memory while pictures are read."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a picture's bytes are."""

    path: Path
    group: int
    column: str
    row: int
    """Within the row group."""
    item: int | None
    """Within the cell, where it is a list."""


def read(card: Card, split: Split, root: Path) -> Release:
    """One row per row of a file (``file``) or of a split's shards (``part``), with ``row_number`` from 1 over all of them.

    A picture in a cell, alone or in a list, becomes the SHA-256 of its bytes, by which `Row.image` finds it: in any column, so that
    ``image_1``, ``image_2`` and so on may hold several, of which the later ones may be empty. Other names are those of files in the
    folder ``images``.
    """
    if "part" in split.select:
        paths = find_shards(card, root, str(split.select["part"]))
    elif name := split.select.get("file", card.source.get("file")):
        paths = [required(card, root, str(name))]
    else:
        raise AdapterError(f"{card.path}: a Parquet table needs 'file' in [source] or in its split, or a split's 'part' of shards.")
    beside = pictures(required(card, root, card.source["images"])) if "images" in card.source else None
    places: dict[str, _Place] = {}
    found = chosen(card, split, _rows(paths, places), _finder(places, beside))
    layout = paths[0].name if len(paths) == 1 else f"parquet, {len(paths)} shards"
    return Release(rows=found, layout=layout, files=tuple(paths))


def _finder(places: Mapping[str, _Place], beside: Callable[[str], Image] | None) -> Callable[[str], Image]:
    @functools.lru_cache(maxsize=_GROUPS_KEPT)
    def cells(path: Path, group: int, column: str) -> Any:
        return _read(path, lambda: _opened(path).read_row_group(group, columns=[column]).column(column))

    def content(place: _Place) -> bytes:
        value = cells(place.path, place.group, place.column)[place.row].as_py()
        found = _bytes(value if place.item is None else value[place.item])
        if found is None:
            raise CorruptData(f"{place.path}, row group {place.group}: holds no picture any more; it was written while it was read.")
        return found

    def find(name: str) -> Image:
        if name in places:
            place = places[name]
            return Image(name=f"{place.path}, {name[:16]}", read=lambda: content(place))
        if beside is None:
            raise CorruptData(f"'{name:.60}' is no picture in the rows, and the card's [source] names no folder 'images' beside them.")
        return beside(name)

    return find


def _rows(paths: Sequence[Path], places: dict[str, _Place]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for path in paths:
        file = _opened(path)
        twice = next((name for place, name in enumerate(file.schema_arrow.names) if name in file.schema_arrow.names[:place]), None)
        if twice:
            raise CorruptData(f"{path}: two columns are called '{twice}'; which one is meant cannot be told. Rename or remove one.")
        number = 0
        for group in range(file.num_row_groups):
            batches = file.iter_batches(batch_size=_ROWS_AT_ONCE, row_groups=[group])
            row = 0
            while (batch := _read(path, functools.partial(next, batches, None))) is not None:
                for fields in batch.to_pylist():
                    number += 1
                    named = {name: _named(value, _Place(path, group, name, row, None), places) for name, value in fields.items()}
                    yield f"{path.name}, row {number}", named
                    row += 1


def _named(value: Any, place: _Place, places: dict[str, _Place]) -> Any:
    """The value, with the digest of each picture in its stead."""
    if isinstance(value, list):
        return [_named(item, _Place(place.path, place.group, place.column, place.row, number), places) for number, item in enumerate(value)]
    content = _bytes(value)
    if content is not None:
        digest = hashlib.sha256(content).hexdigest()
        places.setdefault(digest, place)
        return digest
    return value["path"] if isinstance(value, dict) and set(value) == {"bytes", "path"} else value


def _bytes(value: Any) -> bytes | None:
    """The bytes of a picture: a binary cell, or the Hub's ``{bytes, path}``."""
    content = value.get("bytes") if isinstance(value, dict) else value
    return content if isinstance(content, bytes) and content else None


def _opened(path: Path) -> Any:
    import pyarrow.parquet as pq

    return _read(path, lambda: pq.ParquetFile(path))


def _read(path: Path, what: Callable[[], Any]) -> Any:
    import pyarrow as pa

    try:
        return what()
    except (pa.ArrowException, *archives.BROKEN) as error:
        raise CorruptData(f"{path}: not a whole Parquet file ({error}); a truncated download? Get the file again.") from error
