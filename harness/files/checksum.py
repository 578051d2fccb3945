"""The checksum of a file: read in blocks, and once by a process while the file stays as it is."""

from __future__ import annotations

import functools
import hashlib
import time
from pathlib import Path

from msgspec import Struct

_SETTLED = 2_000_000_000
"""Nanoseconds: no file system's clock is coarser. A file that was changed more recently may be changed again without a trace."""


class State(Struct, frozen=True):
    """What tells one state of a file from another."""

    stamp: str
    changed: int
    """When it last changed, in nanoseconds: its content, or its entry, whose time nobody can set back."""

    @classmethod
    def of(cls, path: Path) -> State:
        """The state of a file.

        Raises:
            OSError: It cannot be asked for.
        """
        state = path.stat()
        return cls(f"{state.st_size} {state.st_mtime_ns} {state.st_ctime_ns} {state.st_ino}", max(state.st_mtime_ns, state.st_ctime_ns))

    @property
    def is_settled(self) -> bool:
        """Whether any change from now on would show."""
        return self.changed < time.time_ns() - _SETTLED


def of_file(path: Path, algorithm: str = "sha256") -> str:
    """The checksum of a file's content, in hexadecimal.

    Raises:
        OSError: It cannot be read.
    """
    state = State.of(path)
    return (_remembered if state.is_settled else _read)(path.absolute(), algorithm, state)


def _read(path: Path, algorithm: str, state: State) -> str:  # noqa: ARG001  a changed file is another entry
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.new(algorithm, usedforsecurity=False)).hexdigest()


_remembered = functools.lru_cache(maxsize=4096)(_read)
