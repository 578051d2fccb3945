"""The generators of bad input: every ``bad_*.py`` of this folder, which defines ``cases()``; seeded, the same cases each time."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path

from tests.fuzz.outcomes import Case

NAMES = tuple(sorted(path.stem for path in Path(__file__).parent.glob("bad_*.py")))


def cases_of(name: str) -> list[Case]:
    """All cases of one generator."""
    found: list[Case] = list(importlib.import_module(f"tests.fuzz.{name}").cases())
    return found


def in_every_run(name: str, usual: int) -> int:
    """How many cases of a generator are tried in every run of the suite: its ``IN_EVERY_RUN``, or as usual."""
    number: int = getattr(importlib.import_module(f"tests.fuzz.{name}"), "IN_EVERY_RUN", usual)
    return number


def all_cases() -> Iterator[Case]:
    """All cases of all generators."""
    for name in NAMES:
        yield from cases_of(name)
