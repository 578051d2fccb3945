"""What installed packages announce under an entry-point group."""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

OURS = "biomed-harness"
"""The package that brings what is built in."""


def announced(group: str) -> Iterator[tuple[metadata.EntryPoint, str]]:
    """Each entry point, with the name and version of its package; what is installed is looked through once for each state of it."""
    for point in _points(group, tuple((folder, _changed(folder)) for folder in sys.path)):
        yield point, f"{point.dist.name} {point.dist.version}" if point.dist is not None else point.value


@functools.lru_cache(maxsize=16)
def _points(group: str, folders: tuple[tuple[str, int], ...]) -> tuple[metadata.EntryPoint, ...]:  # noqa: ARG001  another state, another entry
    return tuple(metadata.entry_points(group=group))


def _changed(folder: str) -> int:
    """When something was last put into a folder of packages, or taken out, in nanoseconds."""
    try:
        return Path(folder).stat().st_mtime_ns
    except OSError:
        return 0
