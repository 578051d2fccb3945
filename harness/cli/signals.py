"""Signals: being told to end is an interruption like Ctrl-C, so that what was started ends and what is kept is said."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from harness.errors import Interrupted

_ENDING = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))


@contextmanager
def as_interrupts() -> Iterator[list[int]]:
    """Raise `Interrupted` where a cluster, a launcher or a closing terminal ends the process; what is ignored stays so, as under nohup.

    Yields:
        The signals that were met.
    """
    met: list[int] = []

    def interrupt(number: int, _frame: FrameType | None) -> None:
        met.append(number)
        raise Interrupted(exit_code=128 + number)

    with _handled(interrupt, (number for number in _ENDING if signal.getsignal(number) is signal.SIG_DFL)):
        yield met


@contextmanager
def held() -> Iterator[None]:
    """Let nothing come between the beginning and the end of what is printed."""
    with _handled(signal.SIG_IGN, (signal.SIGINT, *_ENDING)):
        yield


@contextmanager
def _handled(handler: Callable[[int, FrameType | None], Any] | signal.Handlers, numbers: Iterable[int]) -> Iterator[None]:
    """Handle some signals otherwise meanwhile; the main thread alone may."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, known in before.items():
            signal.signal(number, known)
