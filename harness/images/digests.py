"""Digests of pictures: by content alone, whatever they are called and wherever they lie.

What a whole file contains is known again by the file's place, size, times and number in the file system, so that a release of many
thousand pictures is read once and later only asked about. The cache holds hashes of paths, no path and no picture; it can be
deleted at any time, and without it pictures are read again.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.base.environment import cache_folder
from harness.errors import MissingData
from harness.images.image import Image

ABSENT = "absent"
"""Stands for the digest of a picture that an incomplete release lacks."""

_SETTLED = 2_000_000_000
"""Nanoseconds: no file system's clock is coarser. A file that was changed more recently may be changed again without a trace."""
_PER_COMMIT = 1000
_MOST_REMEMBERED = 1 << 14


class Digests:
    """The digests of pictures; made by `digesting`."""

    def __init__(self, cache: _Cache) -> None:
        """Begin with what the cache knows."""
        self._cache = cache
        self._of_file = functools.lru_cache(maxsize=_MOST_REMEMBERED)(self._looked_up)

    def of(self, image: Image, *, complete: bool = True) -> str:
        """SHA-256 of the picture's content, as `Image.digest` takes it.

        Args:
            image: The picture.
            complete: Whether the release claims to hold it; if not, an absent one is `ABSENT`.

        Raises:
            MissingData: It is not there, in a release that claims to be complete.
            CorruptData: It cannot be read.
        """
        try:
            state = None if image.file is None else _State.of(image.file)
            return image.digest() if image.file is None or state is None else self._of_file(image.file, state, image)
        except MissingData:
            if complete:
                raise
            return ABSENT

    def _looked_up(self, path: Path, state: _State, image: Image) -> str:
        key = hashlib.sha256(str(path.absolute()).encode("utf-8", "surrogateescape")).hexdigest()
        known = self._cache.get(key, state.stamp)
        if known:
            return known
        before = time.time_ns()
        found = image.digest()
        if state.changed < before - _SETTLED and _State.of(path) == state:
            self._cache.put(key, state.stamp, found)
        return found


@contextlib.contextmanager
def digesting() -> Iterator[Digests]:
    """Digests over the user's cache; what was learnt is kept on leaving."""
    with contextlib.closing(_Cache()) as cache:
        yield Digests(cache)


def of_pictures(shown: Iterable[tuple[str, Sequence[Image]]], digests: Digests, *, complete: bool) -> str:
    """SHA-256 over the sorted (id, digests of its pictures) of examples; empty where none has a picture.

    Args:
        shown: The examples that are evaluated, by id, in any order.
        digests: From `digesting`.
        complete: Whether their release claims to hold every picture.

    Raises:
        MissingData, CorruptData: As `Digests.of`.
    """
    return combined((name, [digests.of(image, complete=complete) for image in images]) for name, images in shown)


def combined(shown: Iterable[tuple[str, Sequence[str]]]) -> str:
    """SHA-256 over the sorted (id, digests of pictures), whatever their order; empty where there is no picture."""
    lines = sorted(json.dumps([name, list(digests)], ensure_ascii=True) for name, digests in shown if digests)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest() if lines else ""


@dataclass(frozen=True, slots=True)
class _State:
    """What tells one state of a file from another."""

    stamp: str
    changed: int
    """When it last changed, in nanoseconds: its content, or its entry, whose time nobody can set back."""

    @classmethod
    def of(cls, path: Path) -> _State | None:
        """The state of a file; None where it cannot be asked for."""
        try:
            state = path.stat()
        except OSError:
            return None
        stamp = f"{state.st_size} {state.st_mtime_ns} {state.st_ctime_ns} {state.st_ino}"
        return cls(stamp, max(state.st_mtime_ns, state.st_ctime_ns))


class _Cache:
    """Digests by the hash of a path and the file's stamp; a failure costs time and nothing else."""

    def __init__(self) -> None:
        self._database: sqlite3.Connection | None = None
        self._new: dict[str, tuple[str, str]] = {}
        folder = cache_folder()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(folder / "pictures.sqlite", timeout=30)
            self._database.execute(
                "CREATE TABLE IF NOT EXISTS pictures (path TEXT PRIMARY KEY, stamp TEXT NOT NULL, digest TEXT NOT NULL) WITHOUT ROWID"
            )
        except (OSError, sqlite3.Error):
            self._give_up()

    def get(self, path: str, stamp: str) -> str:
        """The digest of a file in that state; empty where it is not known."""
        if self._database is None:
            return ""
        try:
            row = self._database.execute("SELECT stamp, digest FROM pictures WHERE path = ?", (path,)).fetchone()
        except sqlite3.Error:
            self._give_up()
            return ""
        return str(row[1]) if row is not None and row[0] == stamp and len(str(row[1])) == 64 else ""

    def put(self, path: str, stamp: str, digest: str) -> None:
        """Remember a digest; many are written at once, so that no process waits for another's pictures."""
        self._new[path] = (stamp, digest)
        if len(self._new) >= _PER_COMMIT:
            self._write()

    def _write(self) -> None:
        if self._database is not None and self._new:
            try:
                with self._database:
                    self._database.executemany(
                        "INSERT OR REPLACE INTO pictures VALUES (?, ?, ?)", [(path, *entry) for path, entry in self._new.items()]
                    )
            except sqlite3.Error:
                self._give_up()
        self._new.clear()

    def close(self) -> None:
        """Keep what was put, and let go of the file."""
        self._write()
        self._give_up()

    def _give_up(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None
