"""METEOR's paraphrase table, cut to what a set of references can match: a tenth of the time to start, and the same statistics.

A paraphrase is matched between a phrase of the hypothesis and one of a reference, so an entry neither of whose phrases is made of the
references' words can never match. Tables are kept in the cache by the words they were cut for, so that every model on a task shares one.
They are cut by a process of their own (`paraphrase_cutter`), so that other metrics can be computed meanwhile.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import subprocess
import sys
import zlib
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from harness.errors import Unwritable
from harness.files import writing
from harness.metrics.base import NotComputed
from harness.metrics.texts import java

_PIECE = re.compile(r"[^\W_]+")
_CUTTER = Path(__file__).with_name("paraphrase_cutter.py")
_LONGEST = 300.0
"""Seconds that cutting may take; it takes some."""
_LEAST = 100_000
"""Entries that a whole table has at least; fewer means that the file is not what it was taken for."""


def words(references: Iterable[str]) -> frozenset[str]:
    """All words that METEOR's normalisation can find in the texts, and more: pieces between marks, and words without their marks."""
    vocabulary: set[str] = set()
    for text in references:
        for word in text.lower().split():
            pieces = _PIECE.findall(word)
            vocabulary.update(pieces)
            vocabulary.add("".join(pieces))
    return frozenset(vocabulary)


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
    if not make or not sys.executable:
        return None
    with suppress(OSError, NotComputed, Unwritable, subprocess.SubprocessError):
        whole = java.jar("meteor", "data", "paraphrase-en.gz")
        command = [sys.executable, "-I", str(_CUTTER), str(whole), str(_LEAST)]
        known = "\n".join(vocabulary).encode()
        made = subprocess.run(command, input=known, capture_output=True, check=True, timeout=_LONGEST).stdout  # noqa: S603
        writing.replace_file(path, made)
        return path
    return None


def _sound(path: Path) -> bool:
    """Whether a table can be read to its end: METEOR would die of another."""
    with suppress(OSError, EOFError, zlib.error):
        gzip.decompress(path.read_bytes())
        return True
    return False
