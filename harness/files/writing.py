"""The one way to write: a file stands under its name whole or not at all, with the user's own umask, and a refusal is a message.

What is written first goes into a hidden file beside the target, which is locked for as long as its writer lives. One that a killed process
has left is therefore told from one under way, and is removed by the next writer of that file.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

from msgspec import structs

from harness.files import locks
from harness.files.refusals import ANYWHERE, HALF, Place, writable

_LONGEST = 60
"""Characters of a file's name in its temporary one, which is longer and has to fit as well."""
_DIGITS = 8
_LITERAL = {ord(mark): f"[{mark}]" for mark in "*?["}
"""A name's own marks, in a pattern."""


def replace_file(path: Path, content: bytes, place: Place = ANYWHERE, *, private: bool = False) -> None:
    """Write a file so that readers see the old content or the new, never a part; its folder is made.

    A device or a pipe, such as ``/dev/stdout``, is written to and stays what it is.

    Args:
        path: The file.
        content: All of it.
        place: What to say of a place that cannot be written.
        private: Only its owner may read it; else the user's umask says who may.

    Raises:
        Unwritable: The file system refuses; the message names the file, and an older one of that name is as it was.
    """
    with writable(path, place if place.kept else structs.replace(place, kept=_older(path)), wanted=len(content)):
        if _is_special(path):
            _pour(path, content)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        sweep(path.parent, path.name)
        temporary, descriptor = _temporary(path, 0o600 if private else 0o666)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(descriptor)
                if os.name != "nt":
                    temporary.replace(path)  # while it is held
            if os.name == "nt":  # which renames no file that is open
                temporary.replace(path)
        except BaseException:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)


def new_file(path: Path, content: bytes, place: Place = ANYWHERE, *, private: bool = False) -> None:
    """Write a file of a folder that nobody reads before it is whole, such as a temporary one; nothing waits for the disk.

    Raises:
        Unwritable: The file system refuses, or the file is there already.
    """
    with stream(path, "new", place, private=private, wanted=len(content)) as write:
        write(content)


def append(path: Path, content: bytes, place: Place = ANYWHERE, *, private: bool = False) -> None:
    """Add to the end of a file in one piece, which is on disk after `sync`; the file is made where it is not there.

    Raises:
        Unwritable: The file system refuses; a part of the content may be in the file.
    """
    with stream(path, "on", place, private=private, wanted=len(content)) as write:
        write(content)


@contextmanager
def stream(
    path: Path, how: Literal["new", "anew", "on"], place: Place = ANYWHERE, *, private: bool = False, wanted: int = 0
) -> Iterator[Callable[[bytes], None]]:
    """What writes a block at a time; whatever else is raised meanwhile, such as by the source of the blocks, passes.

    Args:
        path: The file.
        how: A file that is not there yet, one that begins anew, or one that goes on where it ends.
        place: What to say of a place that cannot be written.
        private: As for `replace_file`.
        wanted: Bytes in all, for the message; 0 where that is not known.

    Raises:
        Unwritable: The file system refuses; what was written before is in the file.
    """
    flag = {"new": os.O_EXCL, "anew": os.O_TRUNC, "on": os.O_APPEND}[how]
    with writable(path, place):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | flag | getattr(os, "O_BINARY", 0), 0o600 if private else 0o666)

    def write(block: bytes) -> None:
        with writable(path, place, wanted=wanted):
            _write(descriptor, block)

    try:
        yield write
    finally:
        with writable(path, place, wanted=wanted):  # some file systems over a network refuse only now
            os.close(descriptor)


def cut(path: Path, length: int, place: Place = ANYWHERE) -> None:
    """Shorten a file to so many bytes, on disk."""
    with writable(path, place), path.open("rb+") as file:
        file.truncate(length)
        os.fsync(file.fileno())


def sync(path: Path, place: Place = ANYWHERE) -> None:
    """Wait until all that was written to a file is on disk."""
    with writable(path, place):
        _sync(path)


def make_folder(path: Path, place: Place = ANYWHERE, *, private: bool = False) -> None:
    """Make a folder and those above it, where they are not there.

    Args:
        path: The folder.
        place: What to say of a place that cannot be written.
        private: Only its owner may enter one that is made here; else the user's umask says who may.

    Raises:
        Unwritable: The file system refuses, or a file is in the way.
    """
    with writable(path, place):
        path.mkdir(mode=0o700 if private else 0o777, parents=True, exist_ok=True)


def move(path: Path, target: Path, place: Place = ANYWHERE) -> None:
    """Give a file another name, in the place of what has that name; the target's folder is made."""
    with writable(target, place):
        target.parent.mkdir(parents=True, exist_ok=True)
        path.replace(target)


def link(path: Path, target: Path, place: Place = ANYWHERE) -> None:
    """Make a link that leads to a file or folder; its own folder is made."""
    with writable(path, place):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(target, target_is_directory=target.is_dir())


def remove(path: Path, place: Place = ANYWHERE) -> None:
    """Remove a file, where it is there."""
    with writable(path, place):
        path.unlink(missing_ok=True)


def sweep(folder: Path, name: str) -> None:
    """Remove what killed processes have left of their writing of a file; what a living one is writing stays."""
    for leftover in folder.glob(f".{name[:_LONGEST].translate(_LITERAL)}.{'[0-9a-f]' * _DIGITS}{HALF}"):
        locks.discard(leftover)


def sync_folder(folder: Path) -> None:
    """Bring a folder's names to disk, so that names change in the same order after a power failure; where the system can."""
    with suppress(OSError):
        _sync(folder)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _older(path: Path) -> str:
    with suppress(OSError):
        if path.is_file():
            return "The file that stands there is as it was."
    return ""


def _is_special(path: Path) -> bool:
    """Whether a device or a pipe has that name.

    Raises:
        OSError: A folder has it, a link leads in a circle, or the file system does not say.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return False
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    return not stat.S_ISREG(mode)


def _pour(path: Path, content: bytes) -> None:
    # A pipe that nobody reads refuses at once, where it would block for good.
    descriptor = os.open(path, os.O_WRONLY | getattr(os, "O_NONBLOCK", 0))
    try:
        if hasattr(os, "set_blocking"):
            os.set_blocking(descriptor, True)
        _write(descriptor, content)
    finally:
        os.close(descriptor)


def _temporary(path: Path, mode: int) -> tuple[Path, int]:
    """A new hidden file beside a target, and its descriptor, which holds it."""
    while True:
        temporary = path.with_name(f".{path.name[:_LONGEST]}.{secrets.token_hex(_DIGITS // 2)}{HALF}")
        try:
            descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode)
        except FileExistsError:
            continue
        if not locks.hold(descriptor, wait=True) or locks.is_at(descriptor, temporary):
            return temporary, descriptor
        os.close(descriptor)  # swept away between its making and its locking


def _write(descriptor: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
