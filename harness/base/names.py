"""Names as people type them: capitals, dashes, underscores and blanks make no other name."""

from __future__ import annotations

import re
from collections.abc import Iterable

from harness.errors import unknown

_SEPARATORS = re.compile(r"[-_\s]+")


def meant(name: str, known: Iterable[str]) -> str:
    """The known name that a typed one means: itself, or the only one that differs in capitals and separators alone; else as typed."""
    names = tuple(known)
    if name in names:
        return name
    alike = {other for other in names if _letters(other) == _letters(name)}
    return alike.pop() if len(alike) == 1 else name


def named(kind: str, name: str, known: Iterable[str], *, remedy: str = "") -> str:
    """The known name that a typed one means, as `meant`.

    Raises:
        UsageError: There is none; the message, as of `harness.errors.unknown`, has those it may have been meant to be.
    """
    names = tuple(known)
    meant_name = meant(name, names)
    if meant_name not in names:
        raise unknown(kind, name, names, remedy=remedy)
    return meant_name


def _letters(name: str) -> str:
    return _SEPARATORS.sub("", name).casefold()
