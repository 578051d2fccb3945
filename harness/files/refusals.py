"""What a file system refuses, as one message: which file, why, how much was wanted, what is kept, and what to do."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from msgspec import Struct

from harness.errors import PrerequisiteError, Unwritable

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
"""No room is left, or none that this user may take."""
HALF = ".new"
"""How the name of a file ends that is being written, which a message does not tell: it is known by what it will be called."""
_WRITING = FULL | {errno.EFBIG, errno.EROFS}
"""What only a writer meets."""
_REMEDIES: Mapping[int, str] = {
    **dict.fromkeys(FULL, "Make room there"),
    errno.EFBIG: "Raise the largest size of a file (`ulimit -f`)",
    errno.EROFS: "Mount it so that it can be written",
    errno.EACCES: "Change who may do that",
    errno.EPERM: "Change who may do that",
    errno.EISDIR: "Move the folder away",
    errno.ELOOP: "Mend the link, which leads in a circle",
    errno.ENAMETOOLONG: "Choose a shorter name",
    errno.EMFILE: "Raise the number of open files (`ulimit -n`)",
}


class Place(Struct, frozen=True, kw_only=True):
    """What is said of a place that cannot be written."""

    kept: str = ""
    """What is on disk all the same, a sentence."""
    instead: str = ""
    """What else the user can do, such as ``pass --results with another folder``."""


RESULTS = Place(kept="What was written before is kept.", instead="pass --results with a folder that can be written")
OUT = Place(instead="name another file with --out")
DATA = Place(kept="What came before is kept.", instead="choose another --data-root")
TEMPORARY = Place(kept="What was answered before is kept.", instead="set TMPDIR to a folder that can be written")
ANYWHERE = Place()


@contextmanager
def writable(path: Path, place: Place = ANYWHERE, *, wanted: int = 0) -> Iterator[None]:
    """Hold what writes a file or folder: an `OSError` in it becomes the house's message.

    Args:
        path: What is written, as the user knows it: not a temporary name.
        place: What to say of it.
        wanted: Bytes that were to be written; 0 where that is not known.

    Raises:
        Unwritable: The file system refused.
    """
    try:
        yield
    except OSError as refused:
        raise Unwritable(unwritten(refused, path, place, wanted=wanted)) from refused


@contextmanager
def told() -> Iterator[None]:
    """Hold a whole command or call: what a file system refuses anywhere in it, and nobody nearer has told, becomes a message.

    Raises:
        PrerequisiteError: It refused, and the message names the path as the system does.
    """
    try:
        yield
    except OSError as refused:
        if refused.filename is None and refused.errno in _WRITING:
            raise Unwritable(unwritten(refused, Path("a file"))) from refused
        if not isinstance(refused.filename, str | bytes):  # no file's
            raise
        path = Path(os.fsdecode(refused.filename))
        if refused.errno in _WRITING:
            raise Unwritable(unwritten(refused, path)) from refused
        raise PrerequisiteError(f"{path}: cannot be used ({_why(refused)}). {_REMEDIES.get(refused.errno or 0, 'Mend that')}.") from refused


def unwritten(refused: OSError, path: Path, place: Place = ANYWHERE, *, wanted: int = 0) -> str:
    """The message for what could not be written; arguments as of `writable`."""
    why = _why(refused)
    if wanted and refused.errno in FULL:
        why += f"; {wanted:,} bytes were wanted and {_free(path):,} are free"
    elif wanted and refused.errno == errno.EFBIG:
        why += f"; {wanted:,} bytes were wanted"
    elif other := _other(refused, path):
        why += f": {other}"
    blocking = _in_the_way(path) if refused.errno in (errno.ENOTDIR, errno.EEXIST) else None
    if blocking is not None:
        why += f": {blocking} is a file where a folder is needed" if blocking != path else ": it is a file where a folder is needed"
    remedy = "Move that file away" if blocking is not None else _REMEDIES.get(refused.errno or 0, "Mend that")
    onward = f"{remedy}{f', or {place.instead}' if place.instead else ''}; the same command then goes on."
    return " ".join(part for part in (f"{path}: cannot be written ({why}).", place.kept, onward) if part)


def unread(refused: OSError, path: Path, remedy: str = "") -> str:
    """The message for what could not be read.

    Args:
        refused: What the file system raised.
        path: The file, as the user knows it.
        remedy: What to do about it, a sentence; without it what the error itself suggests.
    """
    known = _REMEDIES.get(refused.errno or 0, "")
    return f"{path}: cannot be read ({_why(refused)}). {remedy or (f'{known}.' if known else '')}".rstrip()


def _other(refused: OSError, path: Path) -> str:
    """The file that was refused, where that is another one than what was to be written, and there."""
    if refused.errno == errno.ENOENT or not isinstance(refused.filename, str | bytes):
        return ""
    filename = os.fsdecode(refused.filename)
    return "" if Path(filename) == path or filename.endswith(HALF) else filename


def _why(refused: OSError) -> str:
    return refused.strerror or str(refused) or type(refused).__name__


def _free(path: Path) -> int:
    """Bytes that are left where a file is or would be."""
    for place in (path, *path.absolute().parents):
        with suppress(OSError):
            return shutil.disk_usage(place).free
    return 0


def _in_the_way(path: Path) -> Path | None:
    """The nearest of a path and its parents that is there and no folder; None where the nearest one is a folder."""
    for place in (path, *path.parents):
        if os.path.lexists(place):
            return None if place.is_dir() else place
    return None
