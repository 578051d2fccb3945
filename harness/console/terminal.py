"""Anyone's terminal: what its encoding lacks is written another way, and a reader that stops reading ends nothing."""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import sys
from typing import TextIO

_PLAIN = str.maketrans(
    dict(zip("–—−·×“”’", '---|x""\'', strict=True))
    | {"…": "...", "±": "+/-", "→": "->", "≥": ">=", "≤": "<=", "↓": "(lower is better)", "†": "+"}
)
_HANDLER = "harness.plain"


def ready() -> None:
    """Make stdout and stderr take any text and outlive their reader; streams that a caller has put in their place are left alone."""
    codecs.register_error(_HANDLER, _plainly)
    sys.stdout = _patient(sys.stdout)
    sys.stderr = _patient(sys.stderr)


def _patient(stream: TextIO) -> TextIO:
    if type(stream) is not io.TextIOWrapper:  # a test's capture derives from it, and would miss what is not flushed
        return stream
    # The first wrapper stays in sys.__stdout__, or the file would be closed with it.
    return _Patient(stream.buffer, encoding=stream.encoding, errors=_HANDLER, line_buffering=stream.line_buffering)


class _Patient(io.TextIOWrapper):
    """A stream whose reader may go, as `| head` does: the rest is written to nowhere, and the command ends as it would have."""

    def write(self, text: str, /) -> int:
        try:
            return super().write(text)
        except BrokenPipeError:
            self._to_nowhere()
            return len(text)

    def flush(self) -> None:
        try:
            super().flush()
        except BrokenPipeError:
            self._to_nowhere()

    def _to_nowhere(self) -> None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.fileno())
        os.close(nowhere)
        with contextlib.suppress(BrokenPipeError):
            super().flush()


def _plainly(error: UnicodeError) -> tuple[str, int]:
    """A typographic character by its plain one; any other by its code, as Python writes it."""
    assert isinstance(error, UnicodeEncodeError)
    plain = error.object[error.start : error.end].translate(_PLAIN)
    return plain.encode("ascii", "backslashreplace").decode(), error.end
