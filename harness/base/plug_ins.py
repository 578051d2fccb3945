"""What installed packages announce under an entry-point group."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import metadata

OURS = "biomed-harness"
"""The package that brings what is built in."""


def announced(group: str) -> Iterator[tuple[metadata.EntryPoint, str]]:
    """Each entry point, with the name and version of its package."""
    for point in metadata.entry_points(group=group):
        yield point, f"{point.dist.name} {point.dist.version}" if point.dist is not None else point.value
