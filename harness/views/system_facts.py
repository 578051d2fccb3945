"""What is known of a published system itself, whoever measured it: how large it is, whether its weights are open, whose work it is.

`tasks/system_facts.csv` has a line for each system that has such a fact, and where the fact was read.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from harness.views.csv_rows import FOLDER, Count, records

FILE = FOLDER / "system_facts.csv"


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


def read(path: Path = FILE) -> tuple[SystemFact, ...]:
    """All facts, in the file's order.

    Raises:
        CorruptData: The message names the file, the line and the field.
    """
    return tuple(fact for _, fact in records(path, SystemFact))


def of(system: str) -> SystemFact | None:
    """The facts of a system; None where there are none."""
    return _known().get(system)


def parameters(system: str) -> int | None:
    """How many parameters a system has; None where that is not known."""
    fact = of(system)
    return None if fact is None else fact.parameters


@functools.cache
def _known() -> dict[str, SystemFact]:
    return {fact.system: fact for fact in read()}
