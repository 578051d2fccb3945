"""The folder in which the ranks of one launch leave each other word: held while any of them lives, and swept away once none does."""

from __future__ import annotations

import json
import os
import shutil
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, BinaryIO

from msgspec import Meta, Struct

from harness.cards import Count
from harness.errors import HarnessError, MissingData
from harness.files import content as contents
from harness.files import json_text, kept_back, locks, temporary, writing
from harness.files.reading import decode
from harness.files.refusals import RESULTS

PREFIX = ".launch-"
_LOCK = ".held"
_LARGEST = 1 << 24
"""Bytes of a word."""
_STALE = 30.0
"""A word that is older than who reads it by more seconds is an earlier launch's."""
_ABANDONED = 600.0
"""Seconds without a change after which a folder that nobody holds is no launch's that is about to begin."""
_REMEDY = "It was edited, or the disk lost part of it. End all ranks and run again: the replies are kept."

Step = tuple[int, int]
"""A task's place in the command, and its seed's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """An error of one task, or of the command as a whole."""

    task: str
    """Empty where it met the command before its tasks."""
    type: str
    message: str
    exit_code: int
    error: HarnessError | None = field(default=None, repr=False, compare=False)
    """The error itself, in the process that met it."""

    @classmethod
    def of(cls, task: str, error: HarnessError) -> Fault:
        """The error as it is told."""
        return cls(task=task, type=type(error).__name__, message=str(error), exit_code=error.exit_code, error=error)

    @property
    def of_release(self) -> bool:
        """Whether the release of the task is not there, in the process that met it."""
        return isinstance(self.error, MissingData) and self.error.of_release

    def __str__(self) -> str:
        return self.message if self.message.startswith(self.task) else f"{self.task}: {self.message}"

    def as_json(self) -> dict[str, Any]:
        """The error as it stands in ``--json``."""
        return {"type": self.type, "message": self.message, "exit_code": self.exit_code}


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What a rank tells the first one."""

    step: Step
    """All before it is done, or has failed."""
    over: bool
    faults: tuple[Fault, ...]


class _Failed(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A fault in a file."""

    task: str
    type: str
    message: str
    exit_code: Annotated[int, Meta(ge=1, le=255, description="an exit code from 1 to 255")]


class _Left(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A word in a file."""

    step: tuple[Count, Count]
    over: bool
    faults: tuple[_Failed, ...]


def join(folder: Path) -> BinaryIO:
    """Make the folder, and hold it together with the other ranks until what is returned is closed.

    Raises:
        Unwritable: It cannot be made.
    """
    while True:
        writing.make_folder(folder, RESULTS, private=True)
        with suppress(FileNotFoundError):  # swept away since
            return locks.share(folder / _LOCK)


def write(folder: Path, rank: int, word: Word) -> None:
    """Leave word.

    Raises:
        Unwritable: The folder cannot be written.
    """
    faults = [{"task": fault.task, **fault.as_json()} for fault in word.faults]
    content = {"step": word.step, "over": word.over, "faults": faults}
    writing.make_folder(folder, RESULTS, private=True)
    kept_back.ignore(folder)
    writing.replace_file(_file(folder, rank), json.dumps(content).encode(), RESULTS)


def read(folder: Path, rank: int, since: float) -> Word | None:
    """The last word of a rank; None where it has left none yet.

    Args:
        folder: The launch's.
        rank: Whose.
        since: When the reader began; a word that is much older is another launch's.

    Raises:
        CorruptData: The file holds something else.
    """
    path = _file(folder, rank)
    try:
        if path.stat().st_mtime < since - _STALE:
            return None
        content = contents.read(path, largest=_LARGEST)
    except (OSError, MissingData):
        return None
    left = decode(_Left, json_text.parse(content, str(path), remedy=_REMEDY), path, remedy=_REMEDY)
    faults = (Fault(task=one.task, type=one.type, message=one.message, exit_code=one.exit_code) for one in left.faults)
    return Word(step=left.step, over=left.over, faults=tuple(faults))


def remove(folder: Path) -> None:
    """Remove the folder, and the results folder where it holds nothing else."""
    shutil.rmtree(folder, ignore_errors=True)
    with suppress(OSError):
        folder.parent.rmdir()


def sweep(results: Path) -> None:
    """Remove what launches have left that were killed; those of other users, of living processes and of late ranks stay."""
    if os.name == "nt":  # which knows no locks that are shared
        return
    with suppress(OSError):
        for left in results.glob(f"{PREFIX}*"):
            with suppress(OSError):
                _sweep(left)


def _sweep(left: Path) -> None:
    changed = max(path.lstat().st_mtime for path in (left, *left.iterdir()))
    if changed < time.time() - _ABANDONED:
        locks.share(left / _LOCK).close()  # one that a late rank made has no lock yet
        temporary.discard(left, _LOCK)


def _file(folder: Path, rank: int) -> Path:
    return folder / f"rank-{rank}.json"
