"""Folders that are gone when they are left; what a killed process could not remove, the next one does."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from harness.files import locks
from harness.files.refusals import TEMPORARY, Place, writable

_PREFIX = "harness-"
_LOCK, _CONTENT = ".held", "files"


@contextmanager
def folder(what: str, *, inside: Path | None = None, place: Place = TEMPORARY) -> Iterator[Path]:
    """A new folder that its owner alone may enter.

    Args:
        what: A word for its name.
        inside: The folder that it is made in, where its name begins with a dot; None is the system's place for what is temporary.
        place: What to say where it cannot be made.

    Raises:
        Unwritable: It cannot be made. What is written into it is up to the caller.
    """
    with writable(inside or _named(), place):
        root, prefix = inside or Path(tempfile.gettempdir()), _prefix(inside)
        sweep(inside)
        made, descriptor = _made(root, f"{prefix}{what}-")
    try:
        yield made / _CONTENT
    finally:
        shutil.rmtree(made, ignore_errors=True)
        os.close(descriptor)


def file() -> IO[bytes]:
    """A file without a name, gone when it is closed or its process ends.

    Raises:
        Unwritable: It cannot be made.
    """
    with writable(_named(), TEMPORARY):
        return tempfile.TemporaryFile()


def sweep(inside: Path | None = None) -> None:
    """Remove the folders whose makers have died; those of other users and of living processes stay."""
    with suppress(OSError):
        for left in (inside or Path(tempfile.gettempdir())).glob(f"{_prefix(inside)}*"):
            with suppress(OSError):
                discard(left)


def _named() -> Path:
    """The system's place, as the user knows it."""
    return Path(os.environ.get("TMPDIR") or "/tmp" if os.name != "nt" else "%TEMP%")  # noqa: S108  for a message alone


def _prefix(inside: Path | None) -> str:
    return _PREFIX if inside is None else f".{_PREFIX}"


def _made(root: Path, prefix: str) -> tuple[Path, int]:
    """A new folder, and the descriptor that holds it."""
    while True:
        made = Path(tempfile.mkdtemp(prefix=prefix, dir=root))
        try:
            descriptor = os.open(made / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        except FileNotFoundError:
            continue  # swept away while it was empty
        locks.hold(descriptor, wait=True)
        if (made / _LOCK).exists():
            (made / _CONTENT).mkdir()
            return made, descriptor
        os.close(descriptor)  # swept away between its making and its locking


def discard(left: Path, lock: str = _LOCK) -> None:
    """Remove a folder unless somebody holds the lock in it, or it is another user's, or no folder.

    Raises:
        OSError: It is held, or has no lock.
    """
    state = left.lstat()
    if not stat.S_ISDIR(state.st_mode) or (hasattr(os, "getuid") and state.st_uid != os.getuid()):
        return
    with suppress(OSError):
        left.rmdir()  # ended before it was held, and so empty
    descriptor = os.open(left / lock, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    try:
        if locks.hold(descriptor):
            shutil.rmtree(left, ignore_errors=True)
    finally:
        os.close(descriptor)
