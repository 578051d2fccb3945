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

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.data import catalog
from harness.errors import MissingData, UsageError, unknown

_KEYS = frozenset({"name", "setting", "args", "tasks"})
_ENTRY_KEYS = frozenset({"model", "args"})


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
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise MissingData(f"{path}: no such suite.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: not a TOML file ({error}).") from error
    for key in content:
        if key not in _KEYS:
            raise unknown(f"key of the suite {path}", key, _KEYS)
    tasks = content.get("tasks")
    if not isinstance(content.get("name"), str) or not isinstance(tasks, dict) or not tasks:
        raise UsageError(f"{path}: a suite has a 'name' and a table [tasks.NAME] for each task; see examples/.")
    shared = _arguments(content.get("args", {}), f"{path}: args")
    entries: dict[str, Entry] = {}
    for pattern, value in tasks.items():
        where = f"{path}: tasks.{pattern}"
        if not isinstance(value, dict) or not isinstance(value.get("model"), str) or set(value) - _ENTRY_KEYS:
            raise UsageError(f"{where}: must be a table with 'model' and, where it needs any, 'args'.")
        for name in catalog.select([pattern], task_dirs):
            if name in entries:
                raise UsageError(f"{where}: {name} is served by another entry of the suite already.")
            arguments = {**shared, **_arguments(value.get("args", {}), f"{where}.args")}
            entries[name] = Entry(
                task=name,
                model=_model(value["model"], path.parent),
                arguments={key: _beside(text, path.parent) for key, text in arguments.items()},
            )
    return Suite(name=content["name"], setting=str(content.get("setting", "")), entries=tuple(entries.values()))


def chosen(suite: Suite, patterns: Sequence[str], task_dirs: Sequence[Path] = ()) -> tuple[Entry, ...]:
    """The entries that the user asks for; all where no pattern is given.

    Raises:
        UsageError: The suite serves none of them.
    """
    if not patterns:
        return suite.entries
    wanted = set(catalog.select(patterns, task_dirs))
    found = tuple(entry for entry in suite.entries if entry.task in wanted)
    if not found:
        raise UsageError(f"the suite '{suite.name}' serves none of these; it serves {', '.join(entry.task for entry in suite.entries)}.")
    return found


def _arguments(value: Any, where: str) -> dict[str, str]:
    if not isinstance(value, dict) or any(isinstance(item, dict | list) for item in value.values()):
        raise UsageError(f"{where}: must be a table of single values.")
    return {key: ("yes" if item else "no") if isinstance(item, bool) else str(item) for key, item in value.items()}


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
    return f"{folder / path}{rest}" if path and not Path(path).is_absolute() and (folder / path).exists() else text
