"""A program that cuts METEOR's paraphrase table, in a process of its own: it takes seconds, in which other metrics are computed.

It is run by its path and imports nothing of the harness, so that it starts at once. The table comes out a piece at a time: whole, its lines
are 1.3 GB.
"""

from __future__ import annotations

import gzip
import re
import sys
from collections.abc import Iterator
from pathlib import Path

_PLAIN = re.compile(rb"[a-z0-9 ]*")
_PIECE = 1 << 24
"""Bytes of the table that are looked at together."""


def entries(path: Path) -> Iterator[tuple[bytes, bytes, bytes]]:
    """A share, a phrase and another one, line by line.

    Raises:
        ValueError: The last entry lacks a line.
        OSError: The file cannot be read, or is damaged; so do EOFError and zlib.error.
    """
    rest = b""
    with gzip.open(path) as file:
        while piece := file.read(_PIECE):
            lines = (rest + piece).split(b"\n")
            whole = (len(lines) - 1) // 3 * 3
            yield from zip(lines[0:whole:3], lines[1:whole:3], lines[2:whole:3], strict=True)
            rest = b"\n".join(lines[whole:])
    if rest:
        raise ValueError(f"{path}: its last entry lacks a line")


def cut(path: Path, known: frozenset[bytes], least: int) -> bytes:
    """The entries of which a phrase may be in a reference, packed again; a phrase with a mark or a letter beyond ASCII may be in any.

    Args:
        path: The whole table.
        known: The words of the references.
        least: Entries that the whole table has at least; fewer means that the file is not what it was taken for.

    Raises:
        ValueError: There are fewer; or as of `entries`.
    """
    n, kept = 0, []
    are_known, is_plain = known.issuperset, _PLAIN.fullmatch  # no calls of our own: there are ten million phrases
    for share, one, other in entries(path):
        n += 1
        if are_known(one.split()) or are_known(other.split()) or not is_plain(one) or not is_plain(other):
            kept.append(b"%b\n%b\n%b\n" % (share, one, other))
    if n < least:
        raise ValueError(f"{path}: {n} entries, and a whole table has {least} at least")
    return gzip.compress(b"".join(kept), compresslevel=1)


if __name__ == "__main__":  # the table and its least entries; the known words come in and the cut table goes out
    made = cut(Path(sys.argv[1]), frozenset(sys.stdin.buffer.read().split()), int(sys.argv[2]))
    sys.stdout.buffer.write(made)
