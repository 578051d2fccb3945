"""METEOR's paraphrase table, cut to what a set of references can match: a tenth of the time to start, and the same statistics.

A paraphrase is matched between a phrase of the hypothesis and one of a reference, so an entry neither of whose phrases is made of the
references' words can never match. Tables are kept in the cache by the words they were cut for, so that every model on a task shares one.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import zlib
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from harness.errors import Unwritable
from harness.files import writing
from harness.metrics.base import NotComputed
from harness.metrics.texts import java

_PIECE = re.compile(r"[^\W_]+")
_PLAIN = re.compile(rb"[a-z0-9 ]*")
_LEAST = 100_000
"""Entries that a whole table has at least; fewer means that the file is not what it was taken for."""


def words(references: Iterable[str]) -> frozenset[str]:
    """All words that METEOR's normalisation can find in the texts, and more: pieces between marks, and words without their marks."""
    found: set[str] = set()
    for text in references:
        for word in text.lower().split():
            pieces = _PIECE.findall(word)
            found.update(pieces)
            found.add("".join(pieces))
    return frozenset(found)


def cut(references: Iterable[str], folder: Path, *, make: bool) -> Path | None:
    """The table for these references; None where there is none, so that the whole one serves.

    Args:
        references: Texts as METEOR gets them.
        folder: The cache.
        make: Whether to cut one that is not there yet, which takes some seconds.
    """
    vocabulary = words(references)
    digest = hashlib.sha256("\n".join(sorted(vocabulary)).encode()).hexdigest()[:32]
    path = folder / f"paraphrases-{digest}.gz"
    if _sound(path):
        return path
    if not make:
        return None
    with suppress(OSError, EOFError, NotComputed, Unwritable):
        lines = gzip.decompress(java.jar("meteor", "data", "paraphrase-en.gz").read_bytes()).splitlines()
        if len(lines) < 3 * _LEAST or len(lines) % 3:
            return None
        known = frozenset(word.encode() for word in vocabulary)
        kept = [
            b"%b\n%b\n%b\n" % (share, one, other)
            for share, one, other in zip(lines[0::3], lines[1::3], lines[2::3], strict=True)
            if _possible(one, known) or _possible(other, known)
        ]
        writing.replace_file(path, gzip.compress(b"".join(kept), compresslevel=1))
        return path
    return None


def _sound(path: Path) -> bool:
    """Whether a table can be read to its end: METEOR would die of another."""
    with suppress(OSError, EOFError, zlib.error):
        gzip.decompress(path.read_bytes())
        return True
    return False


def _possible(phrase: bytes, known: frozenset[bytes]) -> bool:
    """Whether each word is known; one with a mark or a letter beyond ASCII may come from anywhere."""
    return known.issuperset(phrase.split()) or not _PLAIN.fullmatch(phrase)
