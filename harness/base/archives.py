"""Archives that strangers made: what a damaged one raises, and how far one may unpack."""

from __future__ import annotations

import lzma
import struct
import tarfile
import zipfile
import zlib

from harness.errors import CorruptData

BROKEN = (
    zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError, RuntimeError, NotImplementedError,
    ValueError, OverflowError, MemoryError, IndexError,
)  # fmt: skip
"""What is raised while a damaged, encrypted or malicious archive is read."""
_SMALLEST_LIMIT = 1 << 28
_LARGEST_RATIO = 50
"""Reports in XML shrink to a tenth, pictures not at all; what grows more is made to fill a disk."""


def limit(packed: int) -> int:
    """Bytes that so many packed ones may become."""
    return max(_SMALLEST_LIMIT, _LARGEST_RATIO * packed)


def refuse_bomb(packed: int, unpacked: int, where: object) -> None:
    """Refuse what says that it unpacks to far more than its size suggests.

    Raises:
        CorruptData: It does.
    """
    if unpacked > limit(packed):
        raise CorruptData(
            f"{where}: it unpacks to {unpacked:,} bytes, more than the {limit(packed):,} that no release of its size exceeds."
        )
