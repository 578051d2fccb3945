"""Writing a new task's files: under a name that is free, all of them or none, and nothing of the user's is overwritten."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from harness.data import catalog
from harness.errors import UsageError
from harness.files import writing
from harness.files.refusals import Place

PLACE = Place(kept="What was written before is kept.", instead="name another folder with --dir")


def check_name(name: str) -> None:
    """Refuse a name that is none, or another task's.

    Raises:
        UsageError: It is malformed or taken.
    """
    if re.fullmatch(r"[a-z][a-z0-9_]*", name) is None:
        raise UsageError(f"'{name}': a task's name is small letters, digits and underscores, such as my_quiz.")
    if name in catalog.names():
        raise UsageError(f"a task called '{name}' exists already; choose another name.")


def refuse_taken(files: Mapping[Path, bytes]) -> None:
    """Refuse files of which one is there with other content, or all are there already.

    Raises:
        UsageError: So it is.
    """
    there = {path for path in files if os.path.lexists(path)}
    # Some of them, as they are written here, are left from a command that did not come to its end.
    taken = min(there) if there == set(files) else min((path for path in there if not _holds(path, files[path])), default=None)
    if taken is not None:
        raise UsageError(f"{taken} is there already; nothing was written. Choose another name or folder.")


def write(files: Mapping[Path, bytes], place: Place = PLACE) -> None:
    """Write files of which none is there with other content; ``place`` is what is said of a folder that cannot be written.

    Raises:
        UsageError: One is, or all are there already: nothing is written.
        Unwritable: The folder cannot be written.
    """
    refuse_taken(files)
    for path, content in files.items():
        writing.replace_file(path, content, place)


def _holds(path: Path, content: bytes) -> bool:
    try:
        return path.read_bytes() == content
    except OSError:
        return False
