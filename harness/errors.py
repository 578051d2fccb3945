"""The errors a user can meet, each with the exit code the command line gives it.

    HarnessError
    ├─ UsageError          unknown name, bad option                        exit 2
    ├─ PrerequisiteError   cannot start; the message says how to fix it    exit 3
    │  ├─ MissingData      the release is not where it was looked for
    │  ├─ GatedData        needs an account or an agreement; never retried
    │  ├─ CorruptData      size, count or checksum differs; both are shown
    │  ├─ DataUseRefused   credentialed data would leave the machine
    │  ├─ Unwritable       a disk is full, or a file or folder cannot be written
    │  └─ MissingTool      Java, a package extra, a GPU, model weights
    ├─ AdapterError        an adapter's bug: task, row, field              exit 4
    ├─ ModelError          the model failed beyond what can be isolated    exit 5
    └─ VerificationError   a record does not hold what it claims           exit 6

A message says what happened, where, and what to do next, in that order. These errors reach the user as a message without a
traceback; anything else is our bug and keeps its traceback.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters, half a character, and marks that turn the direction of what follows: shown by their codes."""


class HarnessError(Exception):
    """Base of all errors that are reported as a message rather than a traceback."""

    exit_code: ClassVar[int] = 1

    def __str__(self) -> str:
        """The message, in which a name or a text of anybody's can hide nothing."""
        return HIDDEN.sub(by_code, super().__str__())


def by_code(character: re.Match[str]) -> str:
    r"""A character by its code, as Python writes it: an escape character as ``\x1b``."""
    return character[0].encode("unicode_escape").decode("ascii")


class UsageError(HarnessError):
    """The command or call names something that does not exist, or combines options that exclude each other."""

    exit_code = 2


class PrerequisiteError(HarnessError):
    """The run cannot start on this machine as it is."""

    exit_code = 3


class MissingData(PrerequisiteError):
    """A release, or a file of it, is not where it was looked for."""

    of_release: bool = False
    """Whether the message ends in how a task's release is obtained; else another file is absent, such as a suite or replies."""


class GatedData(PrerequisiteError):
    """The release needs an account or a signed agreement."""


class CorruptData(PrerequisiteError):
    """A file of a release cannot be read as what it should be, or differs from the card's facts."""


class DataUseRefused(PrerequisiteError):
    """Text or images of a credentialed dataset would leave the machine or enter a file meant for sharing."""


class Unwritable(PrerequisiteError):
    """A file or folder cannot be written: its disk is full or read-only, or something is in the way."""


class MissingTool(PrerequisiteError):
    """A program, a package extra, a device or model weights are absent."""


class AdapterError(HarnessError):
    """A task adapter did what its contract forbids."""

    exit_code = 4


class ModelError(HarnessError):
    """The model failed in a way that cannot be pinned on single requests."""

    exit_code = 5


class VerificationError(HarnessError):
    """A run's record, statistics, replies or targets are not those that its numbers came from."""

    exit_code = 6


class Interrupted(KeyboardInterrupt):
    """The process was told to end, by Ctrl-C or a signal; says what is kept. No `HarnessError`: nothing that handles failures sees it."""

    def __init__(self, message: str = "", *, exit_code: int = 130, kept: int = 0, total: int = 0, path: Path | None = None) -> None:
        """Say what is kept.

        Args:
            message: What is kept and how to go on; empty where no run was under way.
            exit_code: 128 and the signal's number.
            kept: Requests of the run with a reply that counts.
            total: Requests of the run.
            path: The run's folder.
        """
        super().__init__(message)
        self.exit_code, self.kept, self.total, self.path = exit_code, kept, total, path


def unknown(kind: str, name: str, known: Iterable[str], *, remedy: str = "") -> UsageError:
    """An error for a name that does not exist, with the names it may have been meant to be.

    Args:
        kind: What was asked for, e.g. ``"task"``.
        name: The name as the user typed it.
        known: All names that exist.
        remedy: What to run or read next, a sentence.
    """
    names = sorted(known)
    spelled = {other.casefold(): other for other in names}
    close = [spelled[other] for other in difflib.get_close_matches(name.casefold(), spelled, n=3, cutoff=0.5)]
    listed = f"Known: {', '.join(names[:12])}{', …' if len(names) > 12 else ''}."
    hint = f"Did you mean {' or '.join(close)}?" if close else listed
    return UsageError(" ".join(part for part in (f"unknown {kind} '{name}'.", hint, remedy) if part))
