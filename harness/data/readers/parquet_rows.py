"""The rows of Parquet files, with pictures in their cells: shards found by their names, each picture known by the digest of its bytes."""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness.base import extras
from harness.base.withheld import names_of, quoted
from harness.cards import Card
from harness.data.readers.columns import refuse_twins
from harness.data.readers.files import absent
from harness.errors import CorruptData
from harness.files import archives, content, pointers
from harness.types import Image

_FOLDERS = ("data", ".")
_SHARD = re.compile(r"-(\d{5})-of-(\d{5})(?:-[0-9a-f]+)?")
"""What follows the split's name: ``test-00000-of-00003-e9adadb4799f44d3.parquet``."""
DIGEST = re.compile("[0-9a-f]{64}")
"""What stands in a row for a picture in its cells."""
_ROWS_AT_ONCE = 64
_GROUPS_KEPT = 4
"""Columns of row groups whose pictures stay in memory; the Hub's groups hold a hundred rows."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the bytes of a picture are."""

    path: Path
    group: int
    row: int
    """Within the row group."""
    column: str
    item: int | None = None
    """Within the cell, where it is a list."""


def find_shards(card: Card, root: Path, part: str) -> list[Path]:
    """The shards of a split in their order.

    Raises:
        MissingData: None is there, or not all that their names announce.
        CorruptData: Those of two versions stand side by side.
    """
    for folder in _FOLDERS:
        numbered = {path: match for path in sorted((root / folder).glob(f"{part}-*.parquet")) if (match := _numbers(path, part))}
        alone = root / folder / f"{part}.parquet"
        shards = _whole(card, root / folder, numbered) if numbered else [alone] if alone.is_file() else []
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


def _whole(card: Card, folder: Path, numbered: dict[Path, tuple[int, int]]) -> list[Path]:
    total = next(iter(numbered.values()))[1]
    numbers = [number for number, _ in numbered.values()]
    if any(of != total for _, of in numbered.values()) or len(set(numbers)) != len(numbers) or max(numbers) >= total:
        names = ", ".join(path.name for path in numbered)
        raise CorruptData(f"{folder}: the shards of two versions stand side by side ({names}); keep those of one.")
    gone = sorted(set(range(total)) - set(numbers))
    if gone:
        raise absent(card, f"{folder} holds {len(numbers)} of {total} shards; number {gone[0]} (counted from 0) is not there.")
    return sorted(numbered, key=lambda path: numbered[path])


def layout(paths: Sequence[Path], one: str) -> str:
    """What the files are called in a record: ``one`` where there is a single one, else how many there are."""
    return one if len(paths) == 1 else f"parquet, {len(paths)} shards"


def rows(paths: Sequence[Path], places: dict[str, Place], *, first: int = 1, needs: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Place and fields of each row, the SHA-256 of its bytes standing for a picture in any cell or list; ``places`` learns where it is.

    Args:
        paths: The files in their order.
        places: Digest to the first place that holds the picture.
        first: The number of a file's first row, for messages.
        needs: A column that each file must have; empty asks for none.

    Raises:
        CorruptData: A file is damaged, has two columns of one name, or lacks the one that is needed.
    """
    for path in paths:
        with _readable(f"{path}: not a whole Parquet file", "a truncated download? Get"):
            file = _opened(path)
        names = file.schema_arrow.names
        refuse_twins(names, path)
        if needs and needs not in names:
            raise CorruptData(f"{path}: no column '{needs}' (there are: {names_of(names)}); this is not the file that the card describes.")
        number = first
        for group in range(file.num_row_groups):
            row = 0
            batches = file.iter_batches(batch_size=_ROWS_AT_ONCE, row_groups=[group])
            while (batch := _next(batches, path, group)) is not None:
                for fields in batch:
                    yield f"{path.name}, row {number}", {n: _named(v, Place(path, group, row, n), places) for n, v in fields.items()}
                    number, row = number + 1, row + 1


def finder(places: Mapping[str, Place], beside: Callable[[str], Image] | None) -> Callable[[str], Image]:
    """Finds pictures by their digests, each read when it is asked for; by another name, where pictures lie beside the rows."""

    @functools.lru_cache(maxsize=_GROUPS_KEPT)
    def cells(path: Path, group: int, column: str) -> Any:
        with _readable(f"{path}, row group {group}: cannot be read", "get"):
            return _opened(path).read_row_group(group, columns=[column]).column(column)

    def read(place: Place) -> bytes:
        value = cells(place.path, place.group, place.column)[place.row].as_py()
        picture = _bytes(value if place.item is None else value[place.item])
        if picture is None:
            raise CorruptData(f"{place.path}, row group {place.group}: holds no picture any more; it was written while it was read.")
        return picture

    def find(name: str) -> Image:
        if name in places:
            place = places[name]
            return Image(name=f"{place.path}, {name[:16]}", read=lambda: read(place))
        if beside is None:
            raise CorruptData(f"{quoted(name)} is no picture in the rows, and the card's [source] names no folder 'images' beside them.")
        return beside(name)

    return find


def _next(batches: Iterator[Any], path: Path, group: int) -> list[dict[str, Any]] | None:
    with _readable(f"{path}, row group {group}: cannot be read", "a truncated download? Get"):
        batch = next(batches, None)
        return None if batch is None else list(batch.to_pylist())


def _named(value: Any, place: Place, places: dict[str, Place]) -> Any:
    """The value, with the digest of each picture in its stead."""
    if isinstance(value, list):
        return [_named(item, replace(place, item=number), places) for number, item in enumerate(value)]
    picture = _bytes(value)
    if picture is not None:
        digest = hashlib.sha256(picture).hexdigest()
        places.setdefault(digest, place)
        return digest
    return value["path"] if isinstance(value, dict) and set(value) == {"bytes", "path"} else value


def _bytes(value: Any) -> bytes | None:
    """The bytes of a picture: a binary cell, or the Hub's ``{bytes, path}``."""
    binary = value.get("bytes") if isinstance(value, dict) else value
    return binary if isinstance(binary, bytes) and binary else None


def _opened(path: Path) -> Any:
    """The file, a picture that several rows of a group have being held once."""
    import pyarrow.parquet as pq

    held = [column.path for column in pq.ParquetFile(path).schema if column.path.count(".") == 1 and column.path.endswith(".bytes")]
    return pq.ParquetFile(path, read_dictionary=held or None)


@contextmanager
def _readable(what: str, remedy: str) -> Iterator[None]:
    extras.required(what.partition(":")[0], "pyarrow")
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowException, *archives.BROKEN) as error:
        raise CorruptData(f"{what} ({error}); {remedy} the file again.") from error
