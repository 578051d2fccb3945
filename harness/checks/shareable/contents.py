"""What a file holds, whatever it is packed in: its texts and its pictures one by one, and what of it cannot be looked into."""

from __future__ import annotations

import base64
import binascii
import bz2
import gzip
import io
import lzma
import re
import sqlite3
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.base import extras

_MOST = 1 << 30
"""Bytes of one file or member that are looked into."""
_DEEPEST = 5
"""Archives within archives."""
_LEAST = 48
"""Bytes of what is packed as base64."""
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{40,}(?:\s{1,4}[A-Za-z0-9+/_-]{40,})*(?:\s{1,4}[A-Za-z0-9+/_-]+)?={0,2}")
_PICTURES = (b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*", b"RIFF")
_COMPRESSED: Mapping[bytes, tuple[str, Callable[[io.BytesIO], Any]]] = {
    b"\x1f\x8b": ("gzip", gzip.open),
    b"BZh": ("bzip2", bz2.open),
    b"\xfd7zXZ": ("xz", lzma.open),
}
_CLOSED = {
    b"7z\xbc\xaf'\x1c": "a 7z archive",
    b"Rar!": "a RAR archive",
    b"(\xb5/\xfd": "compressed by Zstandard",
    b'\x04"M\x18': "compressed by LZ4",
    b"%PDF": "a PDF, whose texts are drawn sign by sign",
    b"\x89HDF": "an HDF5 file, which may be compressed",
    b"\x93NUMPY": "an array of bare numbers",
}
_BROKEN = (OSError, EOFError, ValueError, RuntimeError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, tarfile.TarError, sqlite3.Error)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A text, a picture, or what cannot be looked into."""

    place: str
    """The file, and what it is packed in."""
    text: str | None = None
    picture: bytes | None = None
    unread: str = ""
    """Why it cannot."""


def of_path(path: Path) -> Iterator[Part]:
    """The parts of a file, or of all files under a folder."""
    for file in [path] if not path.is_dir() else sorted(path.rglob("*")):
        if file.is_symlink() and path.is_dir():
            yield Part(place=str(file), unread="a link; what it leads to is not part of the folder")
        elif file.is_file():
            if file.stat().st_size > _MOST:
                yield Part(place=str(file), unread=f"larger than {_MOST:,} bytes")
                continue
            try:
                content = file.read_bytes()
            except OSError as error:
                yield Part(place=str(file), unread=error.strerror or "cannot be read")
                continue
            yield from of_content(content, str(file))
        elif not file.is_dir():
            yield Part(place=str(file), unread="no regular file")


def of_content(content: bytes, place: str, depth: int = 0) -> Iterator[Part]:
    """The parts of a file's content.

    Args:
        content: All of it.
        place: What to call it.
        depth: How deep it is packed.
    """
    if depth > _DEEPEST:
        yield Part(place=place, unread="packed too deep")
        return
    closed = next((what for magic, what in _CLOSED.items() if content.startswith(magic)), "")
    if closed:
        yield Part(place=place, unread=closed)
    try:
        yield from _unpacked(content, place, depth)
    except _BROKEN as error:
        yield Part(place=place, unread=f"damaged, or locked ({type(error).__name__})")
    if content.startswith(_PICTURES) or content[128:132] == b"DICM":
        yield Part(place=place, picture=content)
    text = _text(content)
    yield Part(place=place, text=text)
    yield from _encoded(text, place, depth)


def _unpacked(content: bytes, place: str, depth: int) -> Iterator[Part]:
    if content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in archive.infolist():
                if not member.is_dir():
                    with archive.open(member) as file:
                        yield from _member(file, f"{place}: {member.filename}", depth)
    elif content[257:262] == b"ustar":
        with tarfile.open(fileobj=io.BytesIO(content)) as tar:
            for entry in tar:
                if entry.isfile() and (plain := tar.extractfile(entry)) is not None:
                    yield from _member(plain, f"{place}: {entry.name}", depth)
    elif packing := next((how for magic, how in _COMPRESSED.items() if content.startswith(magic)), None):
        name, unpack = packing
        with unpack(io.BytesIO(content)) as packed:
            yield from _member(packed, f"{place} ({name})", depth)
    elif content.startswith((b"PAR1", b"ARROW1")):
        yield from _table(content, place, depth)
    elif content.startswith(b"SQLite format 3\0"):
        yield from _database(content, place, depth)


def _member(file: Any, place: str, depth: int) -> Iterator[Part]:
    content = file.read(_MOST + 1)
    if len(content) > _MOST:
        yield Part(place=place, unread=f"larger than {_MOST:,} bytes")
    else:
        yield from of_content(content, place, depth + 1)


def _table(content: bytes, place: str, depth: int) -> Iterator[Part]:
    if not extras.is_here("pyarrow"):
        yield Part(place=place, unread=f"a table that the package pyarrow reads: {extras.installing('pyarrow')}")
        return
    import pyarrow as pa
    import pyarrow.feather
    import pyarrow.parquet

    file = pa.BufferReader(content)
    table = pyarrow.parquet.read_table(file) if content.startswith(b"PAR1") else pyarrow.feather.read_table(file)
    for name, column in zip(table.column_names, table.columns, strict=True):
        for value in column.to_pylist():
            yield from _value(value, f"{place}: column {name}", depth)


def _database(content: bytes, place: str, depth: int) -> Iterator[Part]:
    with closing(sqlite3.connect(":memory:")) as database:
        database.deserialize(content)
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            quoted = name.replace('"', '""')
            for row in database.execute(f'SELECT * FROM "{quoted}"'):  # noqa: S608  a name of the file's own, quoted
                for value in row:
                    yield from _value(value, f"{place}: table {name}", depth)


def _value(value: Any, place: str, depth: int) -> Iterator[Part]:
    if isinstance(value, str):
        yield Part(place=place, text=value)
        yield from _encoded(value, place, depth)
    elif isinstance(value, bytes):
        yield from of_content(value, place, depth + 1)
    elif isinstance(value, dict | list | tuple):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _value(item, place, depth)


def _text(content: bytes) -> str:
    """The content as text. Signs of two or four bytes lose their zeros, so that texts within binary files are read as well."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "ignore")
    return content.replace(b"\0", b"").decode("utf-8", "ignore")


def _encoded(text: str, place: str, depth: int) -> Iterator[Part]:
    """What stands in a text as base64: pictures of pages and notebooks, and whatever else."""
    plain = text.replace("\\n", "\n").replace("\\/", "/") if "\\" in text else text
    for encoded in _BASE64.finditer(plain):
        packed = re.sub(r"[\s=]", "", encoded[0]).replace("-", "+").replace("_", "/")
        try:
            content = base64.b64decode(packed + "=" * (-len(packed) % 4))
        except binascii.Error:
            continue
        if len(content) >= _LEAST and (content.startswith((*_PICTURES, b"PK\x03\x04", b"\x1f\x8b")) or _is_text(content)):
            yield from of_content(content, f"{place} (base64)", depth + 1)


def _is_text(content: bytes) -> bool:
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return False
    return text.isprintable() or all(sign.isprintable() or sign.isspace() for sign in text)
