"""Readiness: which tasks can be evaluated on this machine, and for each of the others the one step that is missing.

Nothing is assumed: a task is ready when its release was opened here, its files have the checksums that the card states of them, and its
first row became an example whose pictures could be read. ``deep`` reads every row and every picture, counts rows against the card, and
leaves out no file for its size.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from harness.cards import Card
from harness.data import at_hand, catalog, examples
from harness.data.fetch import plans, releases, remote
from harness.errors import AdapterError, CorruptData, HarnessError, MissingData, MissingTool, PrerequisiteError
from harness.images import digests as picture_digests
from harness.metrics.texts import java
from harness.types import Task

Step = Literal["", "download", "by hand", "account", "agreement", "file", "package", "damaged", "adapter"]
"""What is missing: nothing; a download that ``harness fetch`` makes; one made by hand; an account; a signed agreement;
a file of a folder that is there; a package; nothing, but a file is not what it should be; nothing, but our own code fails."""

Looked = Literal["not at all", "opened", "counted"]
"""How far a release was read: not; its first row, with pictures; every row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """Whether a task can be evaluated here."""

    task: str
    access: str
    ready: bool
    checked: Looked
    missing: Step
    step: str
    """What to do next, a sentence; empty where the task is ready."""
    notes: tuple[str, ...] = ()
    """What holds beside: a part of the release that is absent, a metric that will not be computed, a variant that is ready."""


def diagnose(names: Sequence[str], *, data_root: Path | None, task_dirs: Sequence[Path] = (), deep: bool = False) -> list[Readiness]:
    """Look at the release of each task.

    Args:
        names: Tasks and ``name@variant``.
        data_root: Folder of releases, or None.
        task_dirs: Folders of the user's own tasks.
        deep: Read every row and picture, count, and check large files too.
    """
    return [_diagnose(name, data_root, task_dirs, deep=deep) for name in names]


def folded(entries: Sequence[Readiness]) -> list[Readiness]:
    """One entry per task: a variant's is left out, and named in its task's notes where it is ready or damaged."""
    states: dict[str, dict[str, list[str]]] = {}
    for item in entries:
        base, at, variant = item.task.partition("@")
        state = "ready" if item.ready else item.missing
        if at and state in ("ready", "damaged"):
            states.setdefault(base, {}).setdefault(state, []).append(f"@{variant}")
    return [
        replace(item, notes=(*item.notes, *(f"{state}: {', '.join(names)}" for state, names in states.get(item.task, {}).items())))
        for item in entries
        if "@" not in item.task
    ]


def exit_code(entries: Sequence[Readiness], *, named: bool) -> int:
    """What a command ends with: tasks that are named are wanted, of all tasks only those that are here and broken are an error."""
    missing = {item.missing for item in entries}
    if "adapter" in missing:
        return AdapterError.exit_code
    return CorruptData.exit_code if (missing - {""} if named else "damaged" in missing) else 0


def everything(task_dirs: Sequence[Path] = ()) -> list[str]:
    """Every task, each followed by its variants."""
    names = []
    for name in catalog.names(task_dirs):
        names.append(name)
        with contextlib.suppress(AdapterError):  # a malformed card of the user's is a line of the table
            names += [f"{name}@{variant}" for variant in catalog.card(name, task_dirs).variants]
    return names


def _diagnose(name: str, data_root: Path | None, task_dirs: Sequence[Path], *, deep: bool) -> Readiness:
    try:
        card = catalog.card(name, task_dirs)
        task = catalog.task(name, task_dirs)
    except AdapterError as error:
        return Readiness(task=name, access="", ready=False, checked="not at all", missing="adapter", step=_first_line(error))

    def lacks(missing: Step, step: str, checked: Looked = "not at all") -> Readiness:
        return Readiness(task=name, access=card.access, ready=False, checked=checked, missing=missing, step=step)

    if data_root is None or not (data_root / card.folder).is_dir():
        return lacks(*_way_to(card, data_root))
    try:
        notes = _counted(task, data_root) if deep else at_hand.opened(task, data_root)
    except MissingData as error:
        if absent := releases.absent(card, data_root):
            missing, step = _way_to(card, data_root)
            part = len(absent) < len(plans.plan(card).items)
            return lacks(missing, f"{step} (brings {', '.join(absent)})" if part else step, "opened")
        return lacks("file", f"{_first_line(error)} See: harness show {name}", "opened")
    except MissingTool as error:
        return lacks("package", _first_line(error), "opened")
    except CorruptData as error:
        return lacks("damaged", _first_line(error), "opened")
    except HarnessError as error:
        return lacks("adapter", _first_line(error), "opened")
    return Readiness(
        task=name,
        access=card.access,
        ready=True,
        checked="counted" if deep else "opened",
        missing="",
        step="",
        notes=(*notes, *_without_java(task)),
    )


def _way_to(card: Card, data_root: Path | None) -> tuple[Step, str]:
    """How a release that is not there is got, by what its access asks for."""
    refusal = plans.plan(card).refusal
    if not refusal:
        fetch = f"harness fetch {card.full_name} --data-root {data_root or 'DATA_ROOT'}"
        away = remote.offline()
        return "download", f"{away} is set: bring {data_root or 'DATA_ROOT'}/{card.folder} from a machine with: {fetch}" if away else fetch
    missing: Step = {"open": "by hand", "registration": "account"}.get(card.access, "agreement")  # type: ignore[assignment]
    return missing, f"{refusal}: harness show {card.full_name}"


def _counted(task: Task[Any], data_root: Path) -> tuple[str, ...]:
    """Read every row and picture of every split. The test split must be what the card says; of the others it is noted when they are not."""
    dataset = _read_whole(task, "test", data_root)
    for image in dataset.examples[0].input.images:
        image.read()
    notes = [f"test: {len(dataset.examples):,} examples", *dataset.notes]
    for split in task.card.splits:
        if split == "test":
            continue
        try:
            n = len(_read_whole(task, split, data_root).examples)
        except PrerequisiteError as error:
            notes.append(f"{split}: {_first_line(error)}")
        else:
            notes.append(f"{split}: {n:,} examples")
    return tuple(notes)


def _read_whole(task: Task[Any], split: str, data_root: Path) -> examples.Dataset:
    dataset = examples.load(task, split=split, data_root=data_root, whole_checksums=True)
    with picture_digests.digesting() as digests:
        picture_digests.of_pictures(((e.id, e.input.images) for e in dataset.examples), digests, complete=dataset.complete)
    return dataset


def _without_java(task: Task[Any]) -> tuple[str, ...]:
    lost = java.java() is None and any(metric.name == "meteor" for metric in task.metrics)
    return ("meteor not computed: Java absent",) if lost else ()


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
