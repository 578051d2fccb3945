"""The catalog: which tasks exist, and the one place that imports adapters by name.

Tasks are ``<family>/<name>.toml`` in the package's own folder, in folders the user names (``--task-dir``, same layout), and in
packages that announce the entry point ``harness.tasks``. Listing reads cards alone; an adapter is imported when its task is asked for.
"""

from __future__ import annotations

import fnmatch
import importlib
import importlib.util
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

from msgspec import Struct

from harness import cards
from harness.base import plug_ins, user_code
from harness.base.names import meant, named
from harness.cards import Card
from harness.data import contract, listing
from harness.data.listing import FAMILIES as FAMILIES
from harness.data.listing import GROUPS
from harness.data.listing import PAPER as PAPER
from harness.data.listing import TASKS as TASKS
from harness.errors import AdapterError, HarnessError, PrerequisiteError, UsageError, unknown
from harness.types import Task

_GLOB = re.compile(r"[*?\[]")


class _Home(Struct, frozen=True):
    """Where a card lies, and how its adapter is imported."""

    card: Path
    package: str
    """``harness.tasks`` for our own; empty for a folder, whose adapters are loaded from their files."""
    owner: str
    """Who brings it, for messages: a package or a folder."""


def names(task_dirs: Sequence[Path] = ()) -> tuple[str, ...]:
    """All tasks without their variants: the paper's in its order, then the others, then those of plug-ins and folders."""
    return _in_order(_homes(task_dirs))


def _in_order(homes: Mapping[str, _Home]) -> tuple[str, ...]:
    order = {name: position for position, name in enumerate(PAPER)}
    return tuple(sorted(homes, key=lambda name: (not homes[name].package, order.get(name, len(order)), name)))


def card(name: str, task_dirs: Sequence[Path] = ()) -> Card:
    """The card of ``name`` or ``name@variant``, in any spelling: ``VQA-RAD``."""
    return _home_and_card(name, _homes(task_dirs), task_dirs)[1]


def _home_and_card(name: str, homes: Mapping[str, _Home], task_dirs: Sequence[Path]) -> tuple[_Home, Card]:
    base, _, variant = name.partition("@")
    home = homes[named("task", base, homes, remedy=_remedy(task_dirs))]
    return home, _read(home.card, variant)


def _remedy(task_dirs: Sequence[Path]) -> str:
    own = "" if task_dirs else ". A task of your own is found in its folder: --task-dir DIR"
    return f"List them with: harness tasks{own}"


def task(name: str, task_dirs: Sequence[Path] = ()) -> Task[Any]:
    """The task ``name`` or ``name@variant``: its card and its adapter's functions.

    Raises:
        UsageError: No such task or variant.
        AdapterError: The card or the adapter is malformed.
    """
    return tasks((name,), task_dirs)[0]


def tasks(wanted: Iterable[str], task_dirs: Sequence[Path] = ()) -> tuple[Task[Any], ...]:
    """Each as by `task`; what there is is looked for once."""
    homes = _homes(task_dirs)
    return tuple(_made(*_home_and_card(name, homes, task_dirs)) for name in wanted)


def _made(home: _Home, declared: Card) -> Task[Any]:
    module = _adapter(home, declared)
    make = getattr(module, "task", None)
    if not callable(make):
        raise AdapterError(f"{home.card.parent / (declared.adapter + '.py')}: an adapter defines task(card); this one does not.")
    with user_code.guarded(f"{module.__file__}: for {declared.full_name} task()", AdapterError):
        made = contract.checked_task(make(declared), declared, str(module.__file__))
    from harness.metrics.labels import classification  # an adapter has imported NumPy by now; a list of names need not

    return replace(made, metrics=classification.fitted(made.metrics, declared.labels))


def select(patterns: Sequence[str], task_dirs: Sequence[Path] = ()) -> tuple[str, ...]:
    """The tasks that patterns name, each once, in the order in which they are named.

    A pattern is a name in any spelling, ``name@variant``, one of the five families, ``all`` (the paper's 25), ``open`` (those without an
    agreement), ``medmnist``, or a glob.

    Raises:
        UsageError: A pattern matches nothing; the message lists close names.
    """
    homes = _homes(task_dirs)
    known = _in_order(homes)
    chosen: dict[str, None] = {}
    for pattern in patterns:
        matching = list(_matching(pattern, known, lambda name: _read(homes[name].card)))
        if not matching:
            raise unknown("task", pattern, (*known, *GROUPS), remedy=_remedy(task_dirs))
        chosen.update(dict.fromkeys(matching))
    if not chosen:
        raise UsageError("no task is named; pass --tasks, for example --tasks vqa_rad. List them with: harness tasks")
    return tuple(chosen)


def _matching(pattern: str, known: Sequence[str], card_of: Callable[[str], Card]) -> Iterator[str]:
    base, at, variant = pattern.partition("@")
    base = meant(base, (*known, *GROUPS)) if base in known or not _GLOB.search(base) else base.lower()
    pattern = f"{base}{at}{variant}"
    if pattern == "all":
        yield from (name for name in known if name in PAPER)
    elif pattern == "open":
        yield from (name for name in known if card_of(name).access == "open")
    elif pattern == "medmnist":
        yield from (name for name in known if card_of(name).folder == "medmnist")
    elif pattern in FAMILIES:
        yield from (name for name in known if card_of(name).family == pattern)
    else:
        for name in fnmatch.filter(known, base):
            if not at:
                yield name
            else:
                there = card_of(name).variants
                variant = meant(variant, there)
                if name == base and not fnmatch.filter(there, variant):
                    raise unknown(f"variant of {name}", variant, there)
                yield from (f"{name}@{matching}" for matching in fnmatch.filter(there, variant))


def _homes(task_dirs: Sequence[Path]) -> dict[str, _Home]:
    """Name of task to where it lies. A name of ours is never replaced by anybody else's.

    Raises:
        UsageError: A folder has a task that exists already.
        PrerequisiteError: A plug-in has.
    """
    homes = {path.stem: _Home(path, "harness.tasks", plug_ins.OURS) for path in listing.card_files(TASKS)}
    for folder in task_dirs:
        if not folder.is_dir():
            raise UsageError(f"--task-dir {folder}: no such folder.")
        for path in listing.card_files(folder):
            if path.stem in homes:
                raise UsageError(f"{path}: a task called '{path.stem}' exists already; rename this one.")
            homes[path.stem] = _Home(path, "", f"--task-dir {folder}")
    for plug_in, package, folder in listing.announced():
        for path in listing.card_files(folder):
            if path.stem in homes:
                raise PrerequisiteError(
                    f"task {path.stem}: {homes[path.stem].owner} and {package} both bring one of that name; which is meant cannot be told."
                    " Uninstall one of them, or rename its task."
                )
            try:
                _read(path)
            except HarnessError as error:
                warnings.warn(f"plug-in '{plug_in}': {error} It is left out", stacklevel=3)
            else:
                homes[path.stem] = _Home(path, "", package)
    return homes


def _read(path: Path, variant: str = "") -> Card:
    declared = cards.read_card(path, variant)
    if (declared.name, declared.family) != (path.stem, path.parent.name):
        raise AdapterError(f"{path}: the card of '{declared.name}' is {declared.family}/{declared.name}.toml; rename the file or the task.")
    return declared


def _adapter(home: _Home, declared: Card) -> ModuleType:
    if not declared.adapter.isidentifier():
        raise AdapterError(f"{home.card}: 'adapter' is '{declared.adapter}'; it must be the name of a module beside the card.")
    if home.package:
        try:
            return importlib.import_module(f"{home.package}.{declared.family}.{declared.adapter}")
        except ModuleNotFoundError as error:
            raise AdapterError(f"{home.card}: its adapter '{declared.adapter}' cannot be imported ({error}).") from error
    return _from_file(home.card.parent / f"{declared.adapter}.py")


def _from_file(path: Path) -> ModuleType:
    """A module of the user's own; registered under a name of its own, because records refer to their module."""
    if not path.is_file():
        raise AdapterError(f"{path}: the card names this adapter, and it is not there.")
    with user_code.guarded(f"{path}: importing it", AdapterError):
        return user_code.load(path, "harness_task", again=False)
