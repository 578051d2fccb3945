"""The user's cache: its folder, and texts by key that are kept in it from one run to the next."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from pathlib import Path

from harness.files import folders


def cache_folder() -> Path:
    """``$XDG_CACHE_HOME`` or the platform's place for caches."""
    return folders.own("XDG_CACHE_HOME", "Library/Caches", ".cache")


class Store:
    """Texts by key in a file of the cache. It can be deleted at any time; a failure or a damaged entry costs time and nothing else."""

    def __init__(self, name: str, *, at_once: int) -> None:
        """Open it, where that is possible.

        Args:
            name: Of the file and its table, a word.
            at_once: Entries that are written together, so that no process waits long for another's.
        """
        self._name, self._at_once = name, at_once
        self._database: sqlite3.Connection | None = None
        self._new: dict[str, str] = {}
        folder = cache_folder()
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            # What is said of a text may repeat its words: the file is its owner's alone, and SQLite gives the others of it the same.
            os.close(os.open(folder / f"{name}.sqlite", os.O_RDWR | os.O_CREAT, 0o600))
            self._database = sqlite3.connect(folder / f"{name}.sqlite", timeout=30)
            self._database.execute(
                f"CREATE TABLE IF NOT EXISTS {name} (key TEXT PRIMARY KEY, made TEXT NOT NULL, sha256 TEXT NOT NULL) WITHOUT ROWID"
            )
        except (OSError, sqlite3.Error):
            self._give_up()

    def get(self, key: str) -> str | None:
        """What was put under a key; None where that is not known."""
        if key in self._new or self._database is None:
            return self._new.get(key)
        try:
            row = self._database.execute(f"SELECT made, sha256 FROM {self._name} WHERE key = ?", (key,)).fetchone()  # noqa: S608  our word
        except sqlite3.Error:
            self._give_up()
            return None
        return None if row is None or _sum(str(row[0])) != row[1] else str(row[0])

    def put(self, key: str, text: str) -> None:
        """Remember a text."""
        self._new[key] = text
        if len(self._new) >= self._at_once:
            self._write()

    def close(self) -> None:
        """Keep what was put, and let go of the file."""
        self._write()
        self._give_up()

    def _write(self) -> None:
        if self._database is not None and self._new:
            rows = [(key, text, _sum(text)) for key, text in self._new.items()]
            try:
                with self._database:
                    self._database.executemany(f"INSERT OR REPLACE INTO {self._name} VALUES (?, ?, ?)", rows)  # noqa: S608  our word
            except sqlite3.Error:
                self._give_up()
        self._new.clear()

    def _give_up(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None


def _sum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
