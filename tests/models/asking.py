"""A task's invented sample as a backend sees it, and the replies of one to all of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from harness import models
from harness.data import catalog, examples
from harness.data.examples import Dataset
from harness.errors import HarnessError
from harness.types import Backend, Request, Response, Scene


@cache
def dataset(name: str) -> Dataset:
    """The sample, read once."""
    return examples.load(catalog.task(name))


@cache
def train(name: str) -> examples.Train | None:
    """Its train split, read when it is first asked for."""
    return examples.train_reader(dataset(name), data_root=None)


def scene(name: str, n: int | None = None, **changes: Any) -> Scene:
    """Its first n examples, or all, with its train split where it has one; ``changes`` are fields of the scene."""
    found = dataset(name)
    some = found.examples[:n]
    own = {"ids": frozenset(example.id for example in some), "train": train(name)}
    return Scene(**{"task": found.task, "split": "test", "examples": some, **own, **changes})


def requests(place: Scene, n: int | None = None) -> list[Request]:
    """For its first n examples, or all."""
    task, decoding = place.task, place.decoding or place.task.decoding
    shown = [(example.id, example.input) for example in place.examples[:n]]
    return [Request(id=name, prompt=task.prompt(item), item=item, decoding=decoding, system=place.system) for name, item in shown]


def ask(backend: Backend, place: Scene) -> Sequence[Response]:
    """What a backend replies to all examples of a scene."""
    return backend.for_task(place).generate(requests(place))


def by_id(path: Path, arguments: Mapping[str, str], place: Scene) -> dict[str, Response]:
    """What a file of replies has for each example of a scene."""
    found = ask(models.open_model(f"predictions:{path}", arguments), place)
    return dict(zip([example.id for example in place.examples], found, strict=True))


class File(NamedTuple):
    """A file of replies as a row of a table: what becomes of it, and how it is read."""

    outcome: str
    """``runs``, or a part of the message that refuses it."""
    name: str
    content: bytes | Callable[[], bytes]
    arguments: Mapping[str, str] = {}

    def read(self, folder: Path, place: Scene) -> dict[str, Response] | None:
        """What it has for each example of a scene; None where it is refused, in the words of its outcome."""
        path = folder / self.name
        path.write_bytes(self.content if isinstance(self.content, bytes) else self.content())
        if self.outcome.startswith("runs"):
            return by_id(path, self.arguments, place)
        with pytest.raises(HarnessError) as refused:
            by_id(path, self.arguments, place)
        assert self.outcome in str(refused.value)
        return None


def lines(rows: Iterable[Any]) -> bytes:
    """Rows as JSON, one a line."""
    return "".join(json.dumps(row) + "\n" for row in rows).encode()
