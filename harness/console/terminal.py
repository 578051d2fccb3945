"""Anyone's terminal: what its encoding lacks is written another way, a reader that stops reading ends nothing, a full disk is told."""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import sys
import warnings
from pathlib import Path
from typing import TextIO

from harness.base import user_code
from harness.base.visible import visible
from harness.errors import Unwritable
from harness.files.refusals import Place, unwritten

_PLAIN = str.maketrans(
    dict(zip("–—−·×“”’", '---|x""\'', strict=True))
    | {"…": "...", "±": "+/-", "→": "->", "≥": ">=", "≤": "<=", "↓": "(lower is better)", "†": "+"}
)
_HANDLER = "harness.plain"
_STDOUT = Place(kept="What the command wrote into files is kept.")


def ready() -> None:
    """Make stdout and stderr take any text and outlive their reader; streams that a caller has put in their place are left alone.

    Warnings are one line each, in which what a terminal would obey is shown by its code.
    """
    warnings.formatwarning = _warned
    codecs.register_error(_HANDLER, _plainly)
    sys.stdout = _patient(sys.stdout, "standard output")
    sys.stderr = _patient(sys.stderr, "")


def _warned(message: Warning | str, category: type[Warning], filename: str, lineno: int, line: str | None = None) -> str:  # noqa: ARG001
    told = user_code.told(message, whole=True) if isinstance(message, Warning) else f"{category.__name__}: {message}"
    return visible(f"{filename}:{lineno}: {told}\n")


def _patient(stream: TextIO | None, name: str) -> TextIO:
    if stream is None:  # the caller has closed it
        return Path(os.devnull).open("w", encoding="utf-8")
    if type(stream) is not io.TextIOWrapper:  # a test's capture derives from it, and would miss what is not flushed
        return stream
    # The first wrapper stays in sys.__stdout__, or the file would be closed with it.
    patient = _Patient(stream.buffer, encoding=stream.encoding, errors=_HANDLER, line_buffering=stream.line_buffering)
    patient.told = name
    return patient


class _Patient(io.TextIOWrapper):
    """A stream whose reader may go, as `| head` does: the rest is written to nowhere, and the command ends as it would have.

    What else cannot be written is written to nowhere as well, once an `Unwritable` has said so.
    """

    told: str = ""
    """What it is called in a message; empty for the one that messages themselves are written to."""

    def write(self, text: str, /) -> int:
        try:
            return super().write(text)
        except OSError as refused:
            self._to_nowhere(refused)
            return len(text)

    def flush(self) -> None:
        try:
            super().flush()
        except OSError as refused:
            self._to_nowhere(refused)

    def _to_nowhere(self, refused: OSError) -> None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.fileno())
        os.close(nowhere)
        with contextlib.suppress(OSError):
            super().flush()
        if self.told and not isinstance(refused, BrokenPipeError):
            raise Unwritable(unwritten(refused, Path(self.told), _STDOUT)) from refused


def _plainly(error: UnicodeError) -> tuple[str, int]:
    """A typographic character by its plain one; any other by its code, as Python writes it."""
    assert isinstance(error, UnicodeEncodeError)
    plain = error.object[error.start : error.end].translate(_PLAIN)
    return plain.encode("ascii", "backslashreplace").decode(), error.end
