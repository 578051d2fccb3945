"""Parquet files as the Hub serves datasets: a split in numbered shards, its pictures inside the rows."""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.base.withheld import names_of, quoted
from harness.cards import Card, Split
from harness.data.readers import Release
from harness.data.readers.files import absent
from harness.errors import CorruptData
from harness.files import archives, content, pointers
from harness.rows import Row
from harness.types import Image

if TYPE_CHECKING:
    import pyarrow.parquet as pq

_FOLDERS = ("data", ".")
_SHARD = re.compile(r"-(\d{5})-of-(\d{5})(?:-[0-9a-f]+)?")
"""What follows the split's name: ``test-00000-of-00003-e9adadb4799f44d3.parquet``."""
_ROWS_AT_ONCE = 64
_GROUPS_KEPT = 4
"""Row groups whose pictures stay in memory; the Hub's hold a hundred rows."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the bytes of a picture are."""

    path: Path
    group: int
    row: int
    """Within the row group."""


def read(card: Card, split: Split, root: Path) -> Release:
    """One row per row of the split's shards, in their order, with ``row_number`` from 1 over all of them.

    A picture has no name there: the row's field is the SHA-256 of its bytes, so that rows of one picture share it. All bytes pass
    through memory once for that; a picture is read again when it is asked for.
    """
    shards = find_shards(card, root, str(split.select["part"]))
    notes = tuple(str(note) for note in card.source.get("notes", ()))
    return Release(
        rows=_rows(shards, str(card.source["image"])),
        layout="parquet" if len(shards) == 1 else f"parquet, {len(shards)} shards",
        notes=notes,
        files=tuple(shards),
    )


def find_shards(card: Card, root: Path, part: str) -> list[Path]:
    """The shards of a split in their order.

    Raises:
        MissingData: None is there, or not all that their names announce.
        CorruptData: Those of two versions stand side by side.
    """
    for folder in _FOLDERS:
        found = {path: match for path in sorted((root / folder).glob(f"{part}-*.parquet")) if (match := _numbers(path, part))}
        alone = root / folder / f"{part}.parquet"
        shards = _whole(card, root / folder, found) if found else [alone] if alone.is_file() else []
        for path in shards:
            pointers.refuse(path)
            with content.opened(path) as file:
                beginning = file.read(512)
            if not beginning.startswith(b"PAR1"):
                content.refuse_other(beginning, path, "a Parquet file")
        if shards:
            return shards
    looked = root / _FOLDERS[0] / f"{part}-00000-of-….parquet"
    raise absent(card, f"{looked} is not there.")


def _numbers(path: Path, part: str) -> tuple[int, int] | None:
    match = _SHARD.fullmatch(path.stem.removeprefix(part))
    return (int(match[1]), int(match[2])) if match else None


def _whole(card: Card, folder: Path, found: dict[Path, tuple[int, int]]) -> list[Path]:
    total = next(iter(found.values()))[1]
    numbers = [number for number, _ in found.values()]
    if any(of != total for _, of in found.values()) or len(set(numbers)) != len(numbers) or max(numbers) >= total:
        names = ", ".join(path.name for path in found)
        raise CorruptData(f"{folder}: the shards of two versions stand side by side ({names}); keep those of one.")
    gone = sorted(set(range(total)) - set(numbers))
    if gone:
        raise absent(card, f"{folder} holds {len(numbers)} of {total} shards; number {gone[0]} (counted from 0) is not there.")
    return sorted(found, key=lambda path: found[path])


def _rows(shards: Sequence[Path], column: str) -> Iterator[Row]:
    places: dict[str, _Place] = {}
    pixels = _reader(column)

    def find(digest: str) -> Image:
        place = places[digest]
        return Image(name=f"{place.path}, {digest[:16]}", read=lambda: pixels(place))

    number = 0
    for path in shards:
        for row, (place, fields) in enumerate(_fields(path, column)):
            number += 1
            where = f"{path.name}, row {row}"
            content = _content(fields[column], where)
            digest = hashlib.sha256(content).hexdigest()
            places.setdefault(digest, place)
            empty = [name for name, value in fields.items() if value is None]
            if empty:
                raise CorruptData(f"{where}: no value in '{empty[0]}'; this is not the official file, get it again.")
            yield Row({**fields, column: digest, "row_number": number}, where=where, picture=find)


def _fields(path: Path, column: str) -> Iterator[tuple[_Place, dict[str, Any]]]:
    """Each row and its place."""
    import pyarrow as pa

    file = _open(path, column)
    twice = next((name for place, name in enumerate(file.schema_arrow.names) if name in file.schema_arrow.names[:place]), None)
    if twice:
        raise CorruptData(f"{path}: two columns are called {quoted(twice)}; which one is meant cannot be told. Rename or remove one.")
    if column not in file.schema_arrow.names:
        there = names_of(file.schema_arrow.names)
        raise CorruptData(f"{path}: no column '{column}' (there are: {there}); this is not the file that the card describes.")
    for group in range(file.num_row_groups):
        row = 0
        try:
            for batch in file.iter_batches(batch_size=_ROWS_AT_ONCE, row_groups=[group]):
                for fields in batch.to_pylist():
                    yield _Place(path, group, row), fields
                    row += 1
        except (pa.ArrowException, *archives.BROKEN) as error:
            raise CorruptData(f"{path}, row group {group}: cannot be read ({error}); a truncated download? Get the file again.") from error


def _open(path: Path, column: str) -> pq.ParquetFile:
    """The file, a picture that several rows of a group have being held once."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    nested = f"{column}.bytes"
    try:
        columns = {file_column.path for file_column in pq.ParquetFile(path).schema}
        return pq.ParquetFile(path, read_dictionary=[nested] if nested in columns else None)
    except (pa.ArrowException, *archives.BROKEN) as error:
        raise CorruptData(f"{path}: not a whole Parquet file ({error}); a truncated download? Get the file again.") from error


def _content(value: Any, where: str) -> bytes:
    """The bytes of a picture: a binary cell, or the Hub's ``{bytes, path}``."""
    content = value.get("bytes") if isinstance(value, dict) else value
    if not isinstance(content, bytes) or not content:
        raise CorruptData(f"{where}: holds no picture; this is not the official file, get it again.")
    return content


def _reader(column: str) -> Callable[[_Place], bytes]:
    """Reads pictures by their places, a few row groups of them kept."""
    import pyarrow as pa

    @functools.lru_cache(maxsize=_GROUPS_KEPT)
    def cells(path: Path, group: int) -> Any:
        try:
            return _open(path, column).read_row_group(group, columns=[column]).column(column)
        except (pa.ArrowException, *archives.BROKEN) as error:
            raise CorruptData(f"{path}, row group {group}: cannot be read ({error}); get the file again.") from error

    return lambda place: _content(cells(place.path, place.group)[place.row].as_py(), f"{place.path.name}, row group {place.group}")
