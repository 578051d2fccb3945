"""An invented release of the repository, spoilt in one place: what it becomes must be what it was, or something must be said of it."""

from __future__ import annotations

import functools
import random
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness import cards
from harness.data import catalog, examples
from harness.data.examples import Dataset
from harness.types import Example, Task
from tests.fuzz.outcomes import Case, Done

SEED = 13
"""Of what is drawn; the same cases each time."""
Spoil = Callable[[Path], object]
"""Changes one file."""
Accepted = Callable[[Dataset], str]
"""What is wrong with a release that was accepted in spite of the change; empty where nothing is."""


@dataclass(frozen=True, slots=True)
class Table:
    """A file of a release that rows of a task are read from."""

    task: str
    file: str
    """Below the release's folder."""

    @property
    def folder(self) -> str:
        return catalog.card(self.task).folder

    @property
    def path(self) -> Path:
        """The file of the repository's own sample."""
        return examples.SAMPLES / self.folder / self.file


def flipped(content: bytes, place: int) -> bytes:
    """The content with four bits of one byte turned."""
    return content[:place] + bytes([content[place] ^ 0x55]) + content[place + 1 :]


def flipped_somewhere(content: bytes, number: int) -> bytes:
    """The same at a place that is drawn by a number."""
    return flipped(content, random.Random(f"{SEED} {number}").randrange(len(content)))


def spoilt(kind: str, name: str, table: Table, spoil: Spoil, *, accepted: Accepted | None = None, heavy: bool = False) -> Case:
    """A case that changes one file of a copy of the sample, and reads the split with all its pictures."""

    def write(folder: Path) -> None:
        copied(table, folder)
        spoil(folder / table.folder / table.file)

    oracle = accepted or functools.partial(told_or_as_it_was, table.task)
    return Case(
        kind=kind,
        name=f"{table.task}, {Path(table.file).name}: {name}",
        write=write,
        command=lambda: read(table.task, Path.cwd()),
        oracle=lambda done: _judged(done, oracle),
        heavy=heavy,
    )


def copied(table: Table, folder: Path) -> None:
    """The sample; of those that hold many releases, the file in question alone."""
    source = examples.SAMPLES / table.folder
    if table.folder == "medmnist":
        (folder / table.folder).mkdir(parents=True)
        for name in (table.file, cards.SAMPLE):
            shutil.copy(source / name, folder / table.folder / name)
    else:
        shutil.copytree(source, folder / table.folder)


@functools.cache
def task_of(name: str) -> Task[Any]:
    """The task, its splits and counts those of the sample: as a release is held against its card."""
    found = catalog.task(name)
    return replace(found, card=cards.with_sample(found.card, examples.SAMPLES / found.card.folder / cards.SAMPLE))


def read(name: str, data_root: Path) -> Dataset:
    """The test split, every picture of it read."""
    found = examples.load(task_of(name), data_root=data_root)
    for example in found.examples:
        task_of(name).prompt(example.input)
        for image in example.input.images:
            image.digest()
    return found


@functools.cache
def as_it_was(name: str) -> Mapping[str, Any]:
    """The examples of the unspoilt sample."""
    return {example.id: facts(example) for example in read(name, examples.SAMPLES).examples}


@functools.cache
def told_before(name: str) -> frozenset[str]:
    """What is said of the unspoilt sample."""
    return frozenset(read(name, examples.SAMPLES).notes)


def facts(example: Example[Any]) -> Any:
    """All that a model or a scorer sees of an example."""
    item = example.input
    pictures = tuple(image.digest() for image in item.images)
    return item.text, dict(item.context), item.choices, example.target, example.group, dict(example.tags), pictures


def told_or_as_it_was(name: str, found: Dataset) -> str:
    """Right is a release that reads as it did before, or of which more is said than before."""
    if set(found.notes) - told_before(name) or found.differences or not found.complete:
        return ""
    before, now = as_it_was(name), {example.id: facts(example) for example in found.examples}
    changed = [key for key in {*before, *now} if before.get(key) != now.get(key)]
    return f"nothing is said, and {len(changed)} examples differ (first: {changed[0]}: {now.get(changed[0])!s:.200})" if changed else ""


def same_as_it_was(name: str) -> Accepted:
    """Right is a release that reads as it did before, and nothing else."""

    def compared(found: Dataset) -> str:
        return "" if {e.id: facts(e) for e in found.examples} == as_it_was(name) else "it reads differently from the unspoilt release"

    return compared


def _judged(done: Done, accepted: Accepted) -> str:
    return accepted(done.value) if isinstance(done.value, Dataset) else f"no release came back: {done.value!r}"
