"""Regular expressions that are compiled when they are first used: most commands match few of them."""

from __future__ import annotations

import re
from typing import Any, cast

_METHODS = ("sub", "search", "match", "fullmatch", "finditer", "findall", "split", "subn")


def later(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """As `re.compile`; a mistake in it shows with its first use."""
    return cast("re.Pattern[str]", _Later(pattern, flags))


class _Later:
    """A pattern by its methods, which are those of the compiled one from the first use on."""

    def __init__(self, pattern: str, flags: int) -> None:
        self.pattern = pattern
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        compiled = re.compile(self.pattern, self._flags)
        vars(self).update((method, getattr(compiled, method)) for method in _METHODS)
        return getattr(compiled, name)
