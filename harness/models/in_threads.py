"""Work on many pictures in threads: decoding and resizing let go of the interpreter, so that every core of the machine has a part in it."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

S = TypeVar("S")
T = TypeVar("T")

_MOST = 8
"""Threads beyond which a faster device than ours would not wait any less."""


def _cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def mapped(call: Callable[[S], T], items: Sequence[S]) -> list[T]:
    """What a function gives for each item, in their order; the first thing that it raises is raised."""
    threads = min(_MOST, _cores(), len(items))
    if threads < 2:
        return list(map(call, items))
    with ThreadPoolExecutor(max_workers=threads, thread_name_prefix="pictures") as pool:
        return list(pool.map(call, items))
