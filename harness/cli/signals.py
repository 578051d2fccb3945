"""Signals: being told to end is an interruption like Ctrl-C, so that what was started ends and what is kept is said."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from harness.errors import Interrupted

_ENDING = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))


@contextmanager
def as_interrupts() -> Iterator[list[int]]:
    """Raise `Interrupted` where a cluster, a launcher or a closing terminal ends the process; what is ignored stays so, as under nohup.

    Yields:
        The signals that were met.
    """
    met: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield met
        return

    def interrupt(number: int, _frame: FrameType | None) -> None:
        met.append(number)
        raise Interrupted(exit_code=128 + number)

    before = {number: signal.signal(number, interrupt) for number in _ENDING if signal.getsignal(number) is signal.SIG_DFL}
    try:
        yield met
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def held() -> Iterator[None]:
    """Let nothing come between the beginning and the end of what is printed."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, *_ENDING)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
