"""Published systems: what they are called, and what is known of them, whoever measured them.

`tasks/systems.csv` has what else sources call them, beside the one spelling of each; `tasks/system_facts.csv` a line for each of which is
known how large it is, whether its weights are open or whose work it is, and where that was read.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from harness.errors import unknown
from harness.views.csv_rows import FOLDER, Count, table

ALIASES = FOLDER / "systems.csv"
FACTS = FOLDER / "system_facts.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """One other name of a system."""

    alias: str
    system: str
    """The name in the files of published numbers."""
    printed_by: str
    """Where it stands so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemFact:
    """The facts of one system; an empty field is not known."""

    system: str
    """The name in the files of published numbers."""
    parameters: Count | None
    """All of them, those of a mixture's idle experts too."""
    weights: Literal["open", "closed", ""]
    """Whether anybody can load its weights."""
    authors: str
    """The publication of its own authors, as `source_title` names it."""
    read_in: str
    """Where the size and the weights' terms stand."""


def plain(name: str) -> str:
    """A name without what spellings differ in: case, blanks, hyphens, dots, underscores."""
    return re.sub(r"[\s_.\-]", "", name.casefold())


def named(name: str, known: Iterable[str]) -> str:
    """The system that a user names, in any spelling or by another name.

    Args:
        name: As typed.
        known: The systems that there are.

    Raises:
        UsageError: There is no such system; the message has those it may have been meant to be.
    """
    systems = {plain(system): system for system in known}
    for spelling in (name, _aliases().get(plain(name), name)):
        if plain(spelling) in systems:
            return systems[plain(spelling)]
    raise unknown("published system", name, systems.values(), remedy="harness why TASK lists those with several values.")


def of(system: str) -> SystemFact | None:
    """The facts of a system; None where there are none."""
    return _facts().get(system)


def parameters(system: str) -> int | None:
    """How many parameters a system has; None where that is not known."""
    fact = of(system)
    return None if fact is None else fact.parameters


@functools.cache
def _aliases() -> dict[str, str]:
    return {plain(alias.alias): alias.system for alias in table(ALIASES, Alias)}


@functools.cache
def _facts() -> dict[str, SystemFact]:
    return {fact.system: fact for fact in table(FACTS, SystemFact)}
