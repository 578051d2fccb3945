"""Suites: one system that is many checkpoints, such as a model fine-tuned once per dataset.

    name = "My model"
    setting = "fine-tuned on each task"

    [tasks.vqa_rad]
    model = "checkpoints/vqa_rad.pt"
    args = { answers = "lists/vqa_rad.pkl" }

    [tasks.pneumoniamnist]
    model = "torch:cnn.pt2"

Paths are relative to the suite's own file. Keys of ``[tasks]`` are names, ``name@variant``, families or globs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta, Struct

from harness.data import catalog
from harness.errors import MissingData, UsageError
from harness.files import folders
from harness.files.reading import decode, read_toml
from harness.models.arguments import word

Value = str | int | float | bool | list[Any] | dict[str, Any]
"""What an argument of a model may be; `word` says it as the command line does."""


class EntryFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What answers a task, or several: a model as on the command line, and its arguments."""

    model: str
    args: Mapping[str, Value] = {}


class SuiteFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A suite's file."""

    name: str
    """The system's, on the scoreboard."""
    setting: str = ""
    args: Mapping[str, Value] = {}
    """Of every model."""
    tasks: Annotated[Mapping[str, EntryFile], Meta(min_length=1)]
    """By name, ``name@variant``, family or glob."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What answers one task."""

    task: str
    model: str
    """As on the command line, paths resolved."""
    arguments: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """A system and what answers each of its tasks."""

    name: str
    setting: str
    entries: tuple[Entry, ...]


def is_suite(spec: str) -> bool:
    """Whether a MODEL on the command line is a suite's file."""
    return spec.endswith(".toml") and ":" not in Path(spec).name and not Path(spec).is_dir()


def read_suite(path: Path, task_dirs: Sequence[Path] = ()) -> Suite:
    """Read a suite.

    Raises:
        MissingData: The file is not there.
        UsageError: It is no TOML, a key is unknown or missing, or a task does not exist or is served twice.
    """
    if not path.is_file():
        raise MissingData(f"{path}: no such suite.")
    file = decode(SuiteFile, read_toml(path, UsageError), path, remedy="Suites to begin with are in examples/.", error=UsageError)
    entries: dict[str, Entry] = {}
    for pattern, given in file.tasks.items():
        for name in catalog.select([pattern], task_dirs):
            if name in entries:
                raise UsageError(f"{path}: tasks.{pattern}: {name} is served by another entry of the suite already.")
            entries[name] = Entry(
                task=name,
                model=_model(given.model, path.parent),
                arguments={key: _beside(word(value), path.parent) for key, value in {**file.args, **given.args}.items()},
            )
    return Suite(name=file.name, setting=file.setting, entries=tuple(entries.values()))


def chosen(suite: Suite, patterns: Sequence[str], task_dirs: Sequence[Path] = ()) -> tuple[Entry, ...]:
    """The entries that the user asks for; all where no pattern is given.

    Raises:
        UsageError: The suite serves none of them.
    """
    if not patterns:
        return suite.entries
    wanted = set(catalog.select(patterns, task_dirs))
    served = tuple(entry for entry in suite.entries if entry.task in wanted)
    if not served:
        raise UsageError(f"the suite '{suite.name}' serves none of these; it serves {', '.join(entry.task for entry in suite.entries)}.")
    return served


def _model(spec: str, folder: Path) -> str:
    """The spec with its path, where it has one, taken from the suite's folder."""
    kind, colon, location = spec.partition(":")
    if colon and kind.endswith(".py"):
        return _beside(spec, folder)
    return f"{kind}:{_beside(location, folder)}" if colon else str(folder / spec)


def _beside(text: str, folder: Path) -> str:
    """A path from the suite's folder, where there is such a file or folder; anything else as it stands. Code is ``file.py:function``."""
    file, colon, function = text.rpartition(":")
    path, rest = (file, f":{function}") if colon and file.endswith(".py") else (text, "")
    return f"{folder / path}{rest}" if path and not Path(path).is_absolute() and folders.is_there(folder / path) else text
