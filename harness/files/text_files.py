"""Texts too large to stand in memory, plain or gzipped, opened line by line: no line without end, no growth without end."""

from __future__ import annotations

import functools
import gzip
import io
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TextIO

from harness.files import archives, content

LONGEST_LINE = 1 << 26
"""Characters; a line that goes on is cut here, and is never held whole."""


def opened(path: Path, expected: str) -> TextIO:
    """The text of a file, UTF-8 with or without a byte-order mark, line breaks as they are; unpacked where its name ends in ``.gz``.

    Args:
        path: The file.
        expected: What it should be, in words.

    Raises:
        MissingData: There is no such file.
        CorruptData: It is no regular file, or of another kind, which is named.
    """
    file = opened_bytes(path)
    try:
        content.refuse_other(file.peek(512)[:512], path, expected)
    except BaseException:
        file.close()
        raise
    return io.TextIOWrapper(file, encoding="utf-8-sig", newline="")


def opened_bytes(path: Path) -> gzip.GzipFile | io.BufferedReader:
    """The bytes of the text; as `opened`."""
    file = content.opened(path)
    if path.suffix == ".gz":
        return _Gzip(file)
    assert isinstance(file, io.BufferedReader)
    return file


def lines(file: TextIO) -> Iterator[str]:
    """The lines, each with its end; one of more than `LONGEST_LINE` characters comes in pieces."""
    return iter(functools.partial(file.readline, LONGEST_LINE), "")


def refuse_growth(path: Path, file: TextIO) -> None:
    """Refuse a compressed file that has grown by now to far more than its size suggests.

    Raises:
        CorruptData: It has.
    """
    if path.suffix == ".gz":
        archives.refuse_bomb(path.stat().st_size, file.buffer.tell(), path)


class _Gzip(gzip.GzipFile):
    """Closes the file that it reads."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__(fileobj=file, mode="rb")
        self._own = file

    def close(self) -> None:
        """Close both."""
        super().close()
        self._own.close()
