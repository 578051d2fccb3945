"""Tables of a user's own that a task is to be made of: a cell that holds something else, a column said to be what it is not."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.checks import promises
from harness.checks.new_task import drawing, own
from harness.checks.new_task.own.declared import Declared
from harness.checks.promises.replies import METRICS
from harness.data import catalog
from tests.fuzz.bad_answers import VALUES, put
from tests.fuzz.bad_files import KINDS
from tests.fuzz.outcomes import Case, Done, holding

IN_EVERY_RUN = 30
PLACES = ("left lung", "right lung", "the heart", "neither")
ROWS: Mapping[str, Callable[[int], dict[str, Any]]] = {
    "questions": lambda n: {"image": f"p{n % 3}.png", "question": f"Where, in {n}?", "answer": f"at {n}", "ward": "ab"[n % 2]},
    "options": lambda n: {"question": f"Where, in {n}?", **dict(zip("ABCD", PLACES, strict=True)), "answer": "ABCD"[n * 7 // 3 % 4]},
    "lists": lambda n: {"question": f"Where, in {n}?", "options": PLACES, "answer": PLACES[n * 7 // 3 % 4], "image": [f"p{n % 3}.png"]},
    "classes": lambda n: {"id": n, "note": f"Patient {n}.", "label": ("cold", "flu")[n * 5 // 3 % 2], "patient": n // 2},
    "splits": lambda n: {"findings": f"The heart is {n} cm.", "impression": f"Heart {n} cm.", "split": ("test", "train")[n % 2]},
}
ROLES = ("id", "question", "answer", "image", "choices", "group", "split", "tags", "test", "labels")


def _made(file: str, **said: Any) -> None:
    own.begin("own_task", Path.cwd() / file, Path.cwd() / "tasks", Path.cwd() / "data", Declared(**said))


def _keeps(_done: Done) -> str:
    """The task that was made is one: its sample keeps what every task promises."""
    asked = [one for one in promises.PROPERTIES if one is not METRICS]
    found = promises.check(catalog.task("own_task", [Path.cwd() / "tasks"]), properties=asked)
    return "; ".join(one.detail for one in found if not one.holds)


def _written(lines: list[str], folder: Path) -> None:
    holding("rows.jsonl", "\n".join(lines))(folder)
    for number in range(3):
        (folder / f"p{number}.png").write_bytes(drawing.picture(number))


def cases() -> Iterator[Case]:
    """Every cell of every table with every value, every column in every role, and every other kind of file under every name."""
    for what, row in ROWS.items():
        lines = [json.dumps(row(number)) for number in range(12)]
        make = functools.partial(_made, "rows.jsonl")
        for column in row(0):
            for name, value in VALUES.items():
                spoilt = functools.partial(_written, [*lines[:2], put(row(2), (column,), value), *lines[3:]])
                yield Case(kind="cells of an own table", name=f"{what}: {column} is {name}", write=spoilt, command=make, oracle=_keeps)
            for role in ROLES:
                said = {role: column if isinstance(getattr(Declared(), role), str) else (column,)}
                written, told = functools.partial(_written, lines), functools.partial(_made, "rows.jsonl", **said)
                yield Case(kind="columns said wrongly", name=f"{what}: --{role} {column}", write=written, command=told, oracle=_keeps)
    for suffix in ("csv", "tsv", "jsonl", "json", "xlsx", "parquet", "csv.gz"):
        for name, content in KINDS.items():
            command = functools.partial(_made, f"rows.{suffix}")
            yield Case(kind="no table", name=f"{suffix}: {name}", write=holding(f"rows.{suffix}", content), command=command, oracle=_keeps)
