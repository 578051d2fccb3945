"""What installed packages announce under an entry-point group."""

from __future__ import annotations

import functools
import sys
import warnings
from collections.abc import Iterator
from importlib import metadata

from harness.base import installation, user_code

OURS = "biomed-harness"
"""The package that brings what is built in."""


def announced(group: str) -> Iterator[tuple[metadata.EntryPoint, str]]:
    """Each entry point, with the name and version of its package; what is installed is looked through once for each state of it."""
    for point in _points(group, tuple((folder, installation.changed(folder)) for folder in sys.path)):
        yield point, f"{point.dist.name} {point.dist.version}" if point.dist is not None else point.value


@functools.lru_cache(maxsize=16)
def _points(group: str, folders: tuple[tuple[str, int], ...]) -> tuple[metadata.EntryPoint, ...]:  # noqa: ARG001  another state, another entry
    try:
        return tuple(metadata.entry_points(group=group))
    except Exception:  # noqa: BLE001  one package's list cannot be read: the others' can
        return tuple(_readable(group))


def _readable(group: str) -> Iterator[metadata.EntryPoint]:
    """The entry points of all packages but those whose list cannot be read, each of which costs a warning."""
    seen: set[str] = set()
    for package in metadata.distributions():
        try:
            name = package.name
            if name not in seen:  # the first of a name is the one that is imported
                seen.add(name)
                yield from package.entry_points.select(group=group)
        except Exception as error:  # noqa: BLE001  whatever the library meets in a foreign file
            warnings.warn(f"an installed package announces what cannot be read ({user_code.told(error)}): {_folder(package)}", stacklevel=5)


def _folder(package: metadata.Distribution) -> str:
    return str(package.locate_file(""))
