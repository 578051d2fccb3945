"""Pickles of a release: texts, numbers, lists and mappings are read, and nothing in the file is run."""

from __future__ import annotations

import io
import pickle
import struct
from typing import Any, NoReturn

BROKEN = (
    pickle.UnpicklingError, struct.error, EOFError, ValueError, LookupError, AttributeError, TypeError, MemoryError, OverflowError,
    RuntimeError, AssertionError, NameError,
)  # fmt: skip
"""What a damaged or malicious pickle raises while it is read."""


class _Plain(pickle._Unpickler):
    """Refuses every class and function that a pickle names.

    Python's own reading, not the one in C: there a few bytes that name a large place in the list of what was read take all memory.
    """

    def find_class(self, module: str, name: str) -> NoReturn:
        raise pickle.UnpicklingError(f"it asks for {module}.{name}, which plain texts and numbers have no use for")


def load(content: bytes) -> Any:
    """The texts, numbers, lists and mappings in a pickle.

    Args:
        content: The file's bytes; Python 2's texts are taken as UTF-8.

    Raises:
        One of `BROKEN`: It is no whole pickle, or names a class or a function.
    """
    return _Plain(io.BytesIO(content), encoding="utf-8").load()
