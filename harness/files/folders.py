"""Folders as they are walked while others write in them: what vanishes meanwhile is not there, what cannot be looked into is named."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from harness.errors import CorruptData
from harness.files.refusals import unread

_ABSENT = frozenset({errno.ENOENT, errno.ENOTDIR})


def walk(root: Path) -> Iterator[tuple[Path, list[str]]]:
    """Every folder at and under a path, each with the names in it; links to folders are not followed.

    Raises:
        CorruptData: A folder cannot be looked into.
    """

    def failed(refused: OSError) -> None:
        if refused.errno not in _ABSENT:
            path = Path(os.fsdecode(refused.filename)) if refused.filename else root
            raise CorruptData(unread(refused, path)) from refused

    for where, below, names in os.walk(root, onerror=failed):
        yield Path(where), below + names


def from_home(word: str) -> Path:
    """The path that a user wrote, with ``~`` as that home folder where there is such a user."""
    try:
        return Path(word).expanduser()
    except RuntimeError:
        return Path(word)


def own(variable: str, apple: str, other: str) -> Path:
    """A user's folder of ours: in the one that a variable names, or in the platform's own place.

    Args:
        variable: Of the XDG base directories.
        apple: The place below the home folder on macOS.
        other: And elsewhere; on Windows it is that of ``LOCALAPPDATA``, where there is one.
    """
    given = os.environ.get(variable) or (os.environ.get("LOCALAPPDATA") if sys.platform == "win32" else None)
    return (Path(given) if given else Path.home() / (apple if sys.platform == "darwin" else other)) / "biomed-harness"


def can_be_named(text: str) -> bool:
    """Whether a path may be written so: without a NUL, and without half a character."""
    try:
        return b"\0" not in os.fsencode(text)
    except UnicodeEncodeError:
        return False


def is_there(path: Path) -> bool:
    """Whether a file or folder of that name is there; what is no name of one, too long or with a NUL in it, is not."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False
