"""The one way to read a foreign file: a regular file, up to a size, and what is another kind of file is called by its kind."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from harness.errors import CorruptData, HarnessError, MissingData
from harness.files import pointers

LARGEST = 1 << 31
"""Bytes of a file that stands in memory as a whole; the largest of a release has a tenth of that."""
_BLOCK = 1 << 20
_NO_WAITING = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
"""A named pipe that nobody writes to would be waited for, for ever."""
_SPECIAL: Mapping[int, str] = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
_ARCHIVE = "a ZIP archive"
_IF_A_WORKBOOK = "an Excel workbook is one: call it .xlsx or save it as CSV; else "
_BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xfe\0\0", "UTF-32 text"),
    (b"\0\0\xfe\xff", "UTF-32 text"),
    (b"\xff\xfe", "UTF-16 text"),
    (b"\xfe\xff", "UTF-16 text"),
    (b"PK\x03\x04", _ARCHIVE),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\x1f\x8b", "a gzip file"),
    (b"BZh91AY&SY", "a bzip2 file"),
    (b"\xfd7zXZ\0", "an xz file"),
    (b"(\xb5/\xfd", "a Zstandard file"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"%PDF-", "a PDF"),
    (b"{\\rtf", "a Rich Text file"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel or Word file"),
    (b"PAR1", "a Parquet file"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"\x80\x02", "a pickled Python object"),
    (b"\x80\x03", "a pickled Python object"),
    (b"\x80\x04", "a pickled Python object"),
    (b"\x80\x05", "a pickled Python object"),
    (b"ARROW1\0\0", "an Arrow (Feather) file"),
    (b"\x89HDF\r\n", "an HDF5 file"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"\x89PNG\r\n", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"\x7fELF", "a program"),
)
_PAGES = (b"<!doctype html", b"<html", b"<head", b"<body")
_LOOKED_AT = 512
_BINARY = "UTF-16 text without its mark, or no text at all,"
_MAY_HOLD_WEIGHTS = (_ARCHIVE, "a pickled Python object", _BINARY)
"""What PyTorch's files are, by their first bytes: those of today, and older ones."""


def opened(path: Path, error: type[HarnessError] = CorruptData) -> BinaryIO:
    """A regular file, open for reading in bytes.

    Args:
        path: The file.
        error: What is raised for anything but a file that is not there.

    Raises:
        MissingData: There is no such file.
        HarnessError: It is a folder, a pipe or a device, or cannot be opened.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | _NO_WAITING)
    except FileNotFoundError as failed:
        raise MissingData(f"{path}: no such file.") from failed
    except OSError as failed:
        raise error(f"{_name(path)}: cannot be read ({failed.strerror}).") from failed
    except ValueError as failed:  # a NUL, or half a character
        raise error(f"{_name(path)}: no name of a file ({failed}).") from failed
    kind = special(os.fstat(descriptor).st_mode)
    if kind:
        os.close(descriptor)
        raise error(f"{path}: {kind}, not a regular file; put the file itself there.")
    return os.fdopen(descriptor, "rb")


def special(mode: int) -> str:
    """What a path is that is no regular file, in words; empty where it is one."""
    return "" if stat.S_ISREG(mode) else _SPECIAL.get(stat.S_IFMT(mode), "something special")


def refuse_special(path: Path, error: type[HarnessError] = CorruptData) -> None:
    """Refuse a pipe or a device, which somebody else's code would wait for or read without end.

    Raises:
        HarnessError: It is one.
    """
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return  # whoever opens it says why it cannot
    if not stat.S_ISDIR(mode) and (kind := special(mode)):
        raise error(f"{path}: {kind}, not a regular file; put the file itself there.")


def read(path: Path, *, largest: int = LARGEST, error: type[HarnessError] = CorruptData) -> bytes:
    """The bytes of a regular file that is no Git LFS pointer.

    Args:
        path: The file.
        largest: Bytes that it may have.
        error: As of `opened`.

    Raises:
        MissingData: There is no such file, or a pointer stands in its place.
        HarnessError: It has more bytes, or as of `opened`.
    """
    with opened(path, error) as file:
        try:
            content = _all(file, largest) if os.fstat(file.fileno()).st_size <= largest else None
        except OSError as failed:
            raise error(f"{path}: cannot be read ({failed.strerror}).") from failed
        if content is None or len(content) > largest:
            n = os.fstat(file.fileno()).st_size
            raise error(f"{path}: {n:,} bytes where no more than {largest:,} are expected; this is not the file that it should be.")
    pointers.refuse_content(content, str(path))
    return content


def _all(file: BinaryIO, largest: int) -> bytes:
    """What is in a file, up to one byte more than it may have: memory is taken for what comes, not for what may."""
    content = file.read(min(os.fstat(file.fileno()).st_size, largest) + 1)
    while len(content) <= largest and (more := file.read(min(_BLOCK, largest + 1 - len(content)))):  # it grows, or gives no size
        content += more
    return content


def text(content: bytes, where: object, *, error: type[HarnessError] = CorruptData, remedy: str = "get the official file again.") -> str:
    r"""The text in a file's bytes: UTF-8, with or without a byte-order mark, every line break as ``\n``.

    Args:
        content: The bytes.
        where: The file, for messages.
        error: What is raised.
        remedy: What to do where it is no text, the end of a sentence.

    Raises:
        HarnessError: It is another kind of file, which is named, or not UTF-8.
    """
    refuse_other(content, where, "a text", error=error, remedy=remedy)
    try:
        decoded = content.decode("utf-8-sig")
    except UnicodeDecodeError as failed:
        raise error(f"{where}: not UTF-8 at byte {failed.start} ({failed.reason}); {remedy}") from failed
    return decoded.replace("\r\n", "\n").replace("\r", "\n") if "\r" in decoded else decoded


def refuse_other(
    content: bytes,
    where: object,
    expected: str,
    *,
    error: type[HarnessError] = CorruptData,
    remedy: str = "get the official file again.",
) -> None:
    """Refuse what begins as a file of another kind; ``expected`` says in words what it should be."""
    kind = kind_of(content)
    if kind:
        how = "save it as UTF-8, or " if kind.startswith("UTF") else _IF_A_WORKBOOK if kind == _ARCHIVE else ""
        raise error(f"{where}: {kind} where {expected} is expected, whatever the file is called; {how}{remedy}")


def kind_of(content: bytes) -> str:
    """What kind of file begins so, in words: ``a web page``, ``a PDF``; empty for a text and what is not known."""
    kind = next((kind for beginning, kind in _BEGINNINGS if content.startswith(beginning)), "")
    page = content[:_LOOKED_AT].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if kind or page.startswith(_PAGES):
        return kind or "a web page"
    return _BINARY if b"\0" in content[:_LOOKED_AT] else ""


def refuse_no_weights(path: Path) -> None:
    """Refuse what a download saves in the place of a checkpoint: a Git LFS pointer, a web page, another kind of file that is known.

    Raises:
        MissingData: It is a pointer.
        CorruptData: It is a page, a picture, a PDF, …; not a ZIP archive, which PyTorch's own files are.
    """
    pointers.refuse(path)
    with opened(path) as file:
        start = file.read(_LOOKED_AT)
    kind = kind_of(start)
    if kind and kind not in _MAY_HOLD_WEIGHTS and start[8:9] != b"{":  # safetensors: a length, of whatever bytes, and a JSON object
        page = " A Dropbox link brings the file where it ends in dl=1, one of the Hugging Face Hub with /resolve/, not /blob/."
        raise CorruptData(
            f"{path}: {kind} where a checkpoint is expected, whatever the file is called; download it again."
            f"{page if kind == 'a web page' else ''}"
        )


def _name(path: Path) -> str:
    return ascii(str(path))[1:-1] if not str(path).isprintable() else str(path)
