"""A user's own code: their Python file as a module, and whatever they raise as an error that names them.

A file is what it says now, under a name that no other file has.
"""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from contextlib import AbstractContextManager
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

from harness.base.visible import visible_line
from harness.base.withheld import message_of
from harness.errors import HarnessError

_MOST = 500
"""Characters of a message that anybody's code has written."""


def told(error: BaseException, where: str = "", *, whole: bool = False) -> str:
    """What was raised, in one line: its class and its message, whatever that holds.

    Args:
        error: Anything that was raised.
        where: What it was raised on, to stand between the two: ``on quiz.jsonl, line 1``.
        whole: For a place that the data's holder alone reads: nothing is withheld.
    """
    message = " ".join(visible_line(part) for part in message_of(error, whole=whole).split())
    text = f"{type(error).__name__}{where and ' '}{where}: {message}".removesuffix(": ")
    return text if len(text) <= _MOST else text[: _MOST - 1] + "…"


class _Guard:
    """A call that is held; a class, because a sample has several and a generator for each takes as long as the call."""

    __slots__ = ("_passing", "_remedy", "_to", "_what", "_where")

    def __init__(self, what: str, to: type[HarnessError], remedy: str, where: str, passing: tuple[type[Exception], ...]) -> None:
        self._what, self._to, self._remedy, self._where, self._passing = what, to, remedy, where, passing

    def __enter__(self) -> None:
        """Nothing has to be made ready."""

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        """Say what was raised."""
        if error is not None and not isinstance(error, (*self._passing, KeyboardInterrupt)):
            raise self._to(f"{self._what} raised {told(error, self._where)}. {self._remedy}".rstrip()) from error


def guarded(
    what: str, to: type[HarnessError], remedy: str = "", *, where: str = "", passing: tuple[type[Exception], ...] = (HarnessError,)
) -> AbstractContextManager[None]:
    """Hold a call of a user's code: whatever it raises becomes an error that names it, an end of the process included.

    Args:
        what: The call, for the message: ``mine.py: for_task()``.
        to: The error's class.
        remedy: What to do about it, a sentence.
        where: As of `told`.
        passing: What comes through as it is, as an interruption does: errors of ours.

    Raises:
        HarnessError: The code raised anything else.
    """
    return _Guard(what, to, remedy, where, passing)


def load(path: Path, prefix: str, *, again: bool) -> ModuleType:
    """Run a file as a module. Whatever it raises comes through; the module is then forgotten.

    Args:
        path: A file of Python source.
        prefix: What its name in `sys.modules` begins with; the rest follows from where it lies and what it says.
        again: Run it anew even where it was run before, unchanged.

    Raises:
        ValueError: It is no file of Python source.
    """
    content = path.read_bytes()
    unique = hashlib.sha256(str(path.absolute()).encode() + b"\0" + content).hexdigest()[:16]
    name = f"{prefix}_{path.stem}_{unique}"
    if name in sys.modules and not again:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or not isinstance(spec.loader, SourceFileLoader):
        raise ValueError("not a file of Python source")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    try:
        # What was read, not compiled code beside it: that is told by size and second, and an edit may leave both.
        exec(spec.loader.source_to_code(content, str(path)), module.__dict__)  # noqa: S102  the user named this file
    except BaseException:
        del sys.modules[name]
        raise
    return module
