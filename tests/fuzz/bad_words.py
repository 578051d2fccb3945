"""What a rank of a launch may find in the place of another's word."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from harness.runs.launch import Launch
from harness.runs.launch_folder import Word
from tests.fuzz.bad_answers import VALUES, put
from tests.fuzz.bad_places import STANDS
from tests.fuzz.outcomes import Case, Done, holding

IN_EVERY_RUN = 40
WORD = {"step": [0, 1], "over": True, "faults": [{"task": "a", "type": "ModelError", "message": "down", "exit_code": 5}]}
PLACES = (
    (), ("step",), ("step", 0), ("step", 1), ("over",), ("faults",), ("faults", 0), ("faults", 0, "task"), ("faults", 0, "type"),
    ("faults", 0, "message"), ("faults", 0, "exit_code"), ("further",),
)  # fmt: skip


def _heard(done: Done) -> str:
    """A word, or none yet, for which there is time."""
    found = done.value
    return "" if found is None or (isinstance(found, Word) and isinstance(found.over, bool)) else f"no word: {found!r:.200}"


def _listened() -> Any:
    return Launch(rank=0, size=2, folder=Path.cwd()).others()[1]


def _case(name: str, write: Callable[[Path], object]) -> Case:
    return Case(kind="words of a rank", name=name, write=write, command=_listened, oracle=_heard)


def cases() -> Iterator[Case]:
    """Every place of a word with every value, and everything that can stand where its file should be."""
    for place in PLACES:
        for name, value in VALUES.items():
            content = put(WORD, place, value) if place else value
            yield _case(f"{'.'.join(map(str, place)) or 'all'} is {name}", holding("rank-1.json", content))
    for name, stand in STANDS.items():
        yield _case(name, lambda folder, stand=stand: stand(folder / "rank-1.json"))  # type: ignore[misc]
