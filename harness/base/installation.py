"""Which state an installation is in: what follows from the package alone stays the same while this does."""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

_PACKAGE = Path(__file__).parents[1]
_SETTLED = 2_000_000_000
"""Nanoseconds: a file that was changed more recently may be changed again without a trace."""


def state() -> str:
    """Another text for another state of this package's files, or of what is installed beside it; empty while something has just changed."""
    found = hashlib.sha256(sys.version.encode())
    newest = 0
    for place, size, changed in (*_files(str(_PACKAGE)), *_folders()):
        found.update(f"{place}\0{size}\0{changed}\0".encode("utf-8", "surrogateescape"))
        newest = max(newest, changed)
    return found.hexdigest() if newest < time.time_ns() - _SETTLED else ""


def _files(folder: str) -> Iterator[tuple[str, int, int]]:
    """Path, size and last change of each file under a folder, in an order that is always the same."""
    with os.scandir(folder) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        if entry.is_dir():
            if entry.name != "__pycache__":
                yield from _files(entry.path)
        else:
            facts = entry.stat()
            yield entry.path, facts.st_size, max(facts.st_mtime_ns, facts.st_ctime_ns)


def _folders() -> Iterator[tuple[str, int, int]]:
    """The folders of packages; putting one into such a folder, or taking one out, changes its time."""
    return ((folder, 0, changed(folder)) for folder in sys.path)


def changed(folder: str) -> int:
    """When something was last put into a folder of packages, or taken out, in nanoseconds; 0 for one that is not there."""
    try:
        return Path(folder).stat().st_mtime_ns
    except OSError:
        return 0
