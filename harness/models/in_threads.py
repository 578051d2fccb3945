"""Work on many pictures in threads: decoding and resizing let go of the interpreter, so that every core of the machine has a part in it.

The threads are those of the process and stay: pictures of the next batch are begun while the last ones of this batch are under way.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

S = TypeVar("S")
T = TypeVar("T")

_MOST = 8
"""Threads beyond which a faster device than ours would not wait any less."""


def _cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@functools.cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=min(_MOST, _cores()), thread_name_prefix="pictures")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)  # threads stay with the parent


def begun(call: Callable[[S], T], items: Sequence[S]) -> list[Future[T]]:
    """What a function will have given for each item, in their order; begun after what was begun before. The function begins nothing."""
    return [_pool().submit(call, item) for item in items]


def mapped(call: Callable[[S], T], items: Sequence[S]) -> list[T]:
    """What a function gives for each item, in their order; the first thing that it raises is raised. The function begins nothing."""
    if min(_cores(), len(items)) < 2:
        return list(map(call, items))
    waiting = begun(call, items)
    try:
        return [future.result() for future in waiting]
    finally:
        for future in waiting:
            future.cancel()
