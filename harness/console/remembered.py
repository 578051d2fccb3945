"""What a command shows of the package alone, kept from one call to the next: to show it again takes neither cards nor metrics."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, redirect_stderr, redirect_stdout
from contextvars import ContextVar
from typing import Any, TextIO, cast

from harness.base import installation

_ON: ContextVar[bool] = ContextVar("remembered", default=False)
_GROUPS = ("harness.tasks", "harness.metrics")
"""What other packages may add to; where one does, nothing is kept."""


@contextmanager
def once_a_process() -> Iterator[None]:
    """A command that is a process of its own, in which nothing was put in the place of the package's parts, may show what was kept."""
    token = _ON.set(True)
    try:
        yield
    finally:
        _ON.reset(token)


def show(command: Sequence[object], made: Callable[[], None]) -> None:
    """Show what follows from the package, the command and the screen alone.

    Args:
        command: Its name and what it was given.
        made: Shows it; what it also writes to stderr, or raises, is not kept.
    """
    state = installation.state() if _ON.get() else ""
    if not state:
        made()
        return
    from harness.files.cache import Store

    key = json.dumps([str(word) for word in command])
    seen = [state, *_screen()]
    with closing(Store("shown", at_once=1)) as store:
        kept = json.loads(store.get(key) or "{}")
        if kept.get("seen") == seen:
            sys.stdout.write(kept["text"])
            return
        shown, told = _Copy(sys.stdout), _Copy(sys.stderr)
        with redirect_stdout(cast("TextIO", shown)), redirect_stderr(cast("TextIO", told)):
            made()
        if not told.text and not _added():
            store.put(key, json.dumps({"seen": seen, "text": shown.text}))


def _screen() -> list[Any]:
    """All that decides how a text is set."""
    from harness.console.base import out

    console = out()
    return [console.width, console.is_terminal, console.color_system, console.no_color, console.legacy_windows, console.encoding]


def _added() -> bool:
    from harness.base.plug_ins import announced

    return any(True for group in _GROUPS for _ in announced(group))


class _Copy:
    """A stream that remembers what is written to it."""

    buffer = None
    """Else whoever looks for bytes below the text would write past it."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._parts: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    @property
    def text(self) -> str:
        return "".join(self._parts)

    def write(self, text: str) -> int:
        written = int(self._stream.write(text))  # bytes, which some try, are refused here
        self._parts.append(text)
        return written
