"""What messages may repeat of the data: of rows under an agreement where a value stands and what it is, never what it says."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable, Iterator, Sized
from contextlib import contextmanager
from contextvars import ContextVar

from harness.errors import HarnessError

_HELD: ContextVar[bool] = ContextVar("_HELD", default=False)
_SHORT = reprlib.Repr()
_MOST = 60
_WITHHELD = "its words are withheld"
_KINDS = {str: "text", list: "list", tuple: "list", dict: "mapping", int: "number", float: "number"}


@contextmanager
def withholding(held: bool = True) -> Iterator[None]:
    """Have messages of this thread withhold what rows say, until the block ends; one within another that withholds changes nothing.

    What nobody expected passes with its traceback and without its words, which may repeat a row.
    """
    token = _HELD.set(held or _HELD.get())
    try:
        yield
    except Exception as error:
        if _HELD.get() and not isinstance(error, HarnessError):
            _silence(error)
        raise
    finally:
        _HELD.reset(token)


def _silence(error: BaseException | None) -> None:
    """Take the words from an exception and from those that led to it."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        error.args = (_WITHHELD,)
        error = error.__cause__ or error.__context__


def withheld() -> bool:
    """Whether messages of this thread withhold what rows say."""
    return _HELD.get()


def quoted(value: object) -> str:
    """A value for a message: cut where it is long, wide or deep, or, where it is withheld, its kind and length."""
    if not _HELD.get():
        return f"'{value:.{_MOST}}'" if isinstance(value, str) else _SHORT.repr(value)[:_MOST]
    kind = _KINDS.get(type(value), type(value).__name__)
    length = f" of {len(value):,} {'characters' if isinstance(value, str) else 'entries'}" if isinstance(value, Sized) else ""
    return f"(a {kind}{length}, withheld)"


def names_of(names: Iterable[object]) -> str:
    """Names that a file gives its columns or fields: the first row of a file without a header is a row."""
    listed = [str(name) for name in names]
    return f"{len(listed)} names, withheld" if _HELD.get() else ", ".join(listed)


def message_of(error: BaseException, *, whole: bool = False) -> str:
    """What an exception says: that of foreign code may repeat what it was given, and is told ``whole`` where asked; ours withhold alone."""
    if _HELD.get() and not whole and not isinstance(error, HarnessError):
        return _WITHHELD
    try:
        return str.__str__(str(error))
    except KeyboardInterrupt:
        raise
    except BaseException as fault:  # noqa: BLE001  a message is anybody's code as well
        return f"its message cannot be had ({type(fault).__name__})"
