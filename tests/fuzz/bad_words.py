"""What a rank of a launch may find in the place of another's word."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness.runs.launch import Launch
from harness.runs.launch_folder import Word
from tests.fuzz.bad_answers import VALUES
from tests.fuzz.bad_places import STANDS
from tests.fuzz.outcomes import Attempt, Case, Done

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


def _listened(folder: Path) -> Any:
    return Launch(rank=0, size=2, folder=folder).others()[1]


def _put(place: tuple[str | int, ...], value: str) -> str:
    if not place:
        return value
    content: Any = json.loads(json.dumps(WORD))
    at = content
    for step in place[:-1]:
        at = at[step]
    at[place[-1]] = "PLACE"
    return json.dumps(content).replace('"PLACE"', value)


def cases() -> Iterator[Case]:
    """Every place of a word with every value, and everything that can stand where its file should be."""
    for place in PLACES:
        for name, value in VALUES.items():

            def make(folder: Path, content: str = _put(place, value)) -> Attempt:
                (folder / "rank-1.json").write_text(content, encoding="utf-8", errors="surrogatepass")
                return Attempt(command=functools.partial(_listened, folder), oracle=_heard)

            yield Case(kind="words of a rank", name=f"{'.'.join(map(str, place)) or 'all'} is {name}", make=make)
    for name, stand in STANDS.items():

        def put(folder: Path, stand: Any = stand) -> Attempt:
            stand(folder / "rank-1.json")
            return Attempt(command=functools.partial(_listened, folder), oracle=_heard)

        yield Case(kind="words of a rank", name=name, make=put)
