"""One process at a time makes a file; the others wait until it is done, and find it there."""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

_SECONDS = 0.1
"""Between two looks at a lock that somebody holds."""
_WITHOUT_LOCKS = frozenset({errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOLCK})


@contextmanager
def making(target: Path, waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Hold the making of a file, or wait for whoever holds it; a process that dies lets go.

    A hidden file beside the target is locked, and is gone again when the last one leaves.

    Args:
        target: What is made; its folder exists.
        waiting: Called while another process holds it.

    Raises:
        OSError: The folder cannot be written.
    """
    path = _beside(target)
    if sys.platform == "win32":
        from filelock import FileLock

        with FileLock(path):  # removes its file, which Windows allows the last holder alone
            yield
        return
    descriptor = _held(path, waiting)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)  # while it is held: whoever waits for this file sees that it is another one's by now
        os.close(descriptor)


def sweep(target: Path) -> None:
    """Remove the lock that a killed process has left beside what it made; one that is held stays."""
    discard(_beside(target))


def discard(left: Path) -> None:
    """Remove a file unless somebody holds it; what is no file, or another user's, stays."""
    with suppress(OSError):
        descriptor = os.open(left, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
        try:
            if hold(descriptor):
                left.unlink()
        finally:
            os.close(descriptor)


def _beside(target: Path) -> Path:
    return target.with_name(f".{target.name}.lock")


def share(path: Path) -> BinaryIO:
    """Hold a file together with any number of others, until what is returned is closed; who wants it alone finds it held.

    Args:
        path: Made where it is not there; its folder exists.

    Raises:
        OSError: The folder is gone, or cannot be written.
    """
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            hold(descriptor, wait=True, shared=True)
            if is_at(descriptor, path):
                return os.fdopen(descriptor, "rb")
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # swept away between its making and its locking


def hold(descriptor: int, *, wait: bool = False, shared: bool = False) -> bool:
    """Lock an open file until it is closed; False where its file system knows no locks, and everybody goes on as without them.

    Args:
        descriptor: Open for writing.
        wait: Whether to wait for another holder.
        shared: Whether others that share it may hold it as well.

    Raises:
        BlockingIOError: Another process holds it.
        OSError: The file system refuses.
    """
    if sys.platform == "win32":  # which removes no file that is open
        return True
    import fcntl

    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB))
    except OSError as error:
        if error.errno not in _WITHOUT_LOCKS:
            raise
        return False
    return True


def _held(path: Path, waiting: Callable[[], None]) -> int:
    """The descriptor of the locked file that has that name now."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            hold(descriptor)
            if is_at(descriptor, path):
                return descriptor
        except BlockingIOError:
            waiting()
            time.sleep(_SECONDS)
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def is_at(descriptor: int, path: Path) -> bool:
    """Whether an open file still has its name."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
