"""Python's search for circles among objects: made seldom while a great many records come into being, none of which is in a circle."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_SELDOM = 100_000
"""Objects that come into being between two searches, each of which looks at the records that are there."""


@contextmanager
def seldom() -> Iterator[None]:
    """Search seldom, and afterwards as before; what no circle holds is given back at once all the same."""
    before = gc.get_threshold()
    if 0 < before[0] < _SELDOM:
        gc.set_threshold(_SELDOM, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


@contextmanager
def set_aside() -> Iterator[None]:
    """Leave out of every search what is there already and stays: a run's examples and requests, while its model is asked.

    A model may leave circles behind that hold much, so that searches stay as frequent as they are.
    """
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
