"""Which tasks can be asked here: whose release lies under the data root, and whether it opens."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.base.names import meant
from harness.data import catalog, checksums, contract, examples, readers
from harness.errors import CorruptData, HarnessError, UsageError
from harness.rows import Unusable
from harness.types import Task

READY = "ready"
"""What ``--tasks`` calls all tasks that are ready."""


def opened(task: Task[Any], data_root: Path, *, split: str = "test", pictures: bool = True) -> tuple[str, ...]:
    """Open a release and read the first usable row of a split.

    Args:
        task: Card and adapter.
        data_root: Folder of releases.
        split: A split of the card.
        pictures: Read the row's pictures as well.

    Returns:
        What to know of the release.

    Raises:
        MissingData: It, or a file of it, is not there.
        CorruptData: It is not what the card describes.
    """
    card, root = examples.place(task.card, data_root, synthetic=False)
    release = readers.open_release(card, card.splits[split], root)
    for row in release.rows:
        try:
            example = contract.example_of(task, row)
        except Unusable:
            continue
        if wrong := checksums.differences(card, release.files):
            raise CorruptData(f"{card.full_name}: not the files that the card describes: {'; '.join(wrong)}")
        if pictures:
            for image in example.input.images:
                image.read()
        return release.notes if release.complete else (*release.notes, "a run is not ranked")
    raise CorruptData(f"{card.full_name}: no usable row in {root}; is this the official release?")


def select(patterns: Sequence[str], task_dirs: Sequence[Path], data_root: Path | None, among: Sequence[str] = ()) -> tuple[str, ...]:
    """The tasks that patterns name, as `catalog.select`; ``ready`` are those whose release opens here.

    Args:
        patterns: As of `catalog.select`.
        task_dirs: Folders of the user's own tasks.
        data_root: Folder of releases; None where the invented samples are asked.
        among: What ``ready`` chooses from; by default all tasks without their variants.

    Raises:
        UsageError: A pattern matches nothing, or ``ready`` is asked without a data root, or nothing is.
    """
    if not is_asked(patterns):
        return catalog.select(patterns, task_dirs)
    if data_root is None:
        raise UsageError("--tasks ready: those whose release is at hand; pass --data-root DIR or set HARNESS_DATA.")
    ready = tuple(name for name in among or catalog.names(task_dirs) if is_ready(name, task_dirs, data_root))
    if not ready:
        raise UsageError(f"--tasks ready: no release under {data_root} is; harness doctor --data-root {data_root} says what each lacks.")
    others = [pattern for pattern in patterns if not _is_ready(pattern)]
    return tuple(dict.fromkeys((*(catalog.select(others, task_dirs) if others else ()), *ready)))


def is_asked(patterns: Sequence[str]) -> bool:
    """Whether ``ready`` is among some patterns, in any spelling."""
    return any(map(_is_ready, patterns))


def _is_ready(pattern: str) -> bool:
    return meant(pattern, (READY,)) == READY


def is_ready(name: str, task_dirs: Sequence[Path], data_root: Path) -> bool:
    """Whether a task's release is there and opens, its first row and pictures included."""
    try:
        if not (data_root / catalog.card(name, task_dirs).folder).is_dir():
            return False  # before an adapter is imported
        opened(catalog.task(name, task_dirs), data_root)
    except HarnessError:
        return False
    return True
