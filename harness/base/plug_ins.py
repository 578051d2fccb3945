"""What installed packages announce under an entry-point group."""

from __future__ import annotations

import functools
import sys
import warnings
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

from harness.base import user_code

OURS = "biomed-harness"
"""The package that brings what is built in."""


def announced(group: str) -> Iterator[tuple[metadata.EntryPoint, str]]:
    """Each entry point, with the name and version of its package; what is installed is looked through once for each state of it."""
    for point in _points(tuple((folder, _changed(folder)) for folder in sys.path)).select(group=group):
        yield point, f"{point.dist.name} {point.dist.version}" if point.dist is not None else point.value


@functools.lru_cache(maxsize=16)
def _points(folders: tuple[tuple[str, int], ...]) -> Any:  # noqa: ARG001  another state, another entry
    """All entry points there are, to select a group of."""
    try:
        return metadata.entry_points()
    except Exception:  # noqa: BLE001  one package's list cannot be read: the others' can
        return metadata.EntryPoints(_readable())


def _readable() -> Iterator[metadata.EntryPoint]:
    """The entry points of all packages but those whose list cannot be read, each of which costs a warning."""
    seen: set[str] = set()
    for package in metadata.distributions():
        try:
            name = package.name
            if name not in seen:  # the first of a name is the one that is imported
                seen.add(name)
                yield from package.entry_points
        except Exception as error:  # noqa: BLE001  whatever the library meets in a foreign file
            warnings.warn(f"an installed package announces what cannot be read ({user_code.told(error)}): {_folder(package)}", stacklevel=5)


def _folder(package: metadata.Distribution) -> str:
    return str(package.locate_file(""))


def _changed(folder: str) -> int:
    """When something was last put into a folder of packages, or taken out, in nanoseconds; 0 for one that is not there."""
    try:
        return Path(folder).stat().st_mtime_ns
    except OSError:
        return 0
