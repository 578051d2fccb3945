"""Calls that wait for another process, in one thread beside what is computed here meanwhile."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Future

T = TypeVar("T")
_ENDED: contextvars.ContextVar[threading.Event | None] = contextvars.ContextVar("_ENDED", default=None)


def is_ended() -> bool:
    """Whether what asks runs beside others and nobody waits for it any more."""
    ended = _ENDED.get()
    return ended is not None and ended.is_set()


class Call(Generic[T]):
    """A call that runs beside others."""

    def __init__(self, call: Callable[[], T], end: Callable[[], None] | None) -> None:
        """Run nothing yet.

        Args:
            call: What runs; with the context (what is withheld) of whoever makes this.
            end: Makes it return soon, whatever it waits for.
        """
        from concurrent.futures import Future

        self.end = end
        self._call, self._context = call, contextvars.copy_context()
        self._future: Future[T] = Future()

    def run(self, ended: threading.Event) -> None:
        """Run it, and keep what it gives or raises; it can ask whether it `is_ended`."""
        self._context.run(_ENDED.set, ended)
        try:
            self._future.set_result(self._context.run(self._call))
        except BaseException as error:  # noqa: BLE001  raised where the result is asked for
            self._future.set_exception(error)

    def result(self) -> T:
        """What it gave, once it has; what it raised is raised."""
        return self._future.result()


@contextmanager
def running(calls: Sequence[Call[T]]) -> Iterator[None]:
    """Run calls one after the other in a thread; whatever is raised here meanwhile ends them first."""
    if not calls:
        yield
        return
    ended = threading.Event()

    def run() -> None:
        for call in calls:
            if not ended.is_set():
                call.run(ended)

    thread = threading.Thread(target=run, daemon=True, name="beside")
    thread.start()
    try:
        yield
    except BaseException:
        ended.set()
        for call in calls:
            if call.end is not None:
                call.end()
        raise
    finally:
        thread.join()
