"""The names of published systems: one spelling each, and what else sources call them, in `tasks/systems.csv`."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from harness.errors import unknown
from harness.views.csv_rows import FOLDER, records

ALIASES = FOLDER / "systems.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """One other name of a system."""

    alias: str
    system: str
    """The name in the files of published numbers."""
    printed_by: str
    """Where it stands so."""


def plain(name: str) -> str:
    """A name without what spellings differ in: case, blanks, hyphens, dots, underscores."""
    return re.sub(r"[\s_.\-]", "", name.casefold())


def read(path: Path = ALIASES) -> tuple[Alias, ...]:
    """All other names, in the file's order.

    Raises:
        CorruptData: The message names the file, the line and the field.
    """
    return tuple(alias for _, alias in records(path, Alias))


def named(name: str, known: Iterable[str]) -> str:
    """The system that a user names, in any spelling or by another name.

    Args:
        name: As typed.
        known: The systems that there are.

    Raises:
        UsageError: There is no such system; the message has those it may have been meant to be.
    """
    systems = {plain(system): system for system in known}
    wanted = _aliases().get(plain(name), name)
    if plain(name) in systems:
        return systems[plain(name)]
    if plain(wanted) in systems:
        return systems[plain(wanted)]
    raise unknown("published system", name, systems.values(), remedy="harness why TASK lists those with several values.")


@functools.cache
def _aliases() -> dict[str, str]:
    return {plain(alias.alias): alias.system for alias in read()}
