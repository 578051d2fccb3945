"""How an evaluation goes, for whoever called it from Python: on stderr, as the command line shows it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from harness.base.visible import visible

if TYPE_CHECKING:
    from harness.runs.runner import Progress

_REMINDED: set[str] = set()
"""What a loop over systems need not be told again."""


class Shown:
    """Progress on stderr."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet

    def begin(self, task: str, of: int) -> None:
        """Progress says it."""

    def progress(self, name: str) -> AbstractContextManager[Callable[[Progress], None]]:
        """A bar, or nothing."""
        from harness.console.progress import progress

        return progress(name) if not self._quiet else nullcontext(lambda _: None)

    def tell(self, text: str) -> None:
        """A line."""
        sys.stderr.write(f"{visible(text)}\n")

    def remind(self, text: str) -> None:
        """A line, the first time in this process."""
        if text not in _REMINDED:
            _REMINDED.add(text)
            self.tell(text)
