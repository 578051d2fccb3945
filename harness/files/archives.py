"""Archives that strangers made: what a damaged one raises, and how far one may unpack."""

from __future__ import annotations

import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from harness.errors import CorruptData

BROKEN = (
    zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError, RuntimeError, NotImplementedError,
    ValueError, OverflowError, MemoryError, IndexError,
)  # fmt: skip
"""What is raised while a damaged, encrypted or malicious archive is read."""
_BLOCK = 1 << 16
_LONGEST_END = 1 << 10
"""Blocks behind the last member: an archive is filled up to ten thousand bytes."""
_SMALLEST_LIMIT = 1 << 28
_LARGEST_RATIO = 50
"""Reports in XML shrink to a tenth, pictures not at all; what grows more is made to fill a disk."""


@contextmanager
def whole(where: object) -> Iterator[None]:
    """Read an archive, or say which one cannot be read to its end.

    Raises:
        CorruptData: It raised one of `BROKEN`.
    """
    try:
        yield
    except BROKEN as error:
        raise CorruptData(f"{where}: not a whole archive ({error}); a truncated download? Get the file again.") from error


def limit(packed: int) -> int:
    """Bytes that so many packed ones may become."""
    return max(_SMALLEST_LIMIT, _LARGEST_RATIO * packed)


def check_to_the_end(tape: tarfile.TarFile, where: object) -> None:
    """Read what stands behind the last member of a tar: a compressed one has its checksum there, and nobody else looks at it.

    Raises:
        One of `BROKEN`: The checksum is not that of what was read.
        CorruptData: It goes on for longer than any archive's end.
    """
    read = tape.fileobj.read if tape.fileobj is not None else lambda _n: b""
    for _ in range(_LONGEST_END):
        if not read(_BLOCK):
            return
    raise CorruptData(f"{where}: it goes on behind its last file without an end; get the file again.")


def refuse_bomb(packed: int, unpacked: int, where: object) -> None:
    """Refuse what says that it unpacks to far more than its size suggests.

    Raises:
        CorruptData: It does.
    """
    if unpacked > limit(packed):
        raise CorruptData(
            f"{where}: it unpacks to {unpacked:,} bytes, more than the {limit(packed):,} that no release of its size exceeds."
        )
