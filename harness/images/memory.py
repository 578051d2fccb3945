"""The memory of one picture, kept for the next one."""

from __future__ import annotations

import functools

_BLOCK = 31 << 20
"""Bytes: what the C library of Linux keeps free, at most, is twice the largest block of under 32 MiB that was ever given back to it."""


@functools.cache
def keep() -> None:
    """Let the C library keep the memory of a picture once it is done with; once a process, and nothing happens where it does so already.

    A picture is some arrays that come and go together. As long as the library keeps twice the largest of them, the rest goes back to the
    system, and comes from there page by page for the next picture: half of the time that a DICOM file of 2 MB takes. A block that is given
    back untouched costs nothing, and has it keep more.
    """
    bytes(_BLOCK)
