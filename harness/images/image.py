"""A picture as the vocabulary has it: a name, and how its content is read."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """One picture of an input, read only when it is needed."""

    name: str
    """Where the picture comes from, for error messages. Never shown to a model: a file name can give the answer away."""
    read: Callable[[], bytes] = field(repr=False, compare=False)
    """Returns the file's bytes, or the raw pixels where ``shape`` is set."""
    shape: tuple[int, ...] | None = None
    """``(height, width)`` or ``(height, width, 3)`` of raw 8-bit pixels; None for an encoded file (PNG, JPEG, DICOM)."""
    file: Path | None = field(default=None, repr=False, compare=False)
    """The file whose whole content the picture is, where it is one: its digest is then taken once and known again by size and time."""

    def digest(self) -> str:
        """SHA-256 of the content, in hexadecimal: the same picture under another name has the same digest."""
        header = repr(self.shape).encode()
        return hashlib.sha256(header + b"\0" + self.read()).hexdigest()
