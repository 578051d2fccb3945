"""The rows of credentialed releases that are at hand, as far as a copy of them can be told: runs of words, likenesses, ids."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.checks.shareable import likeness, words
from harness.data import catalog, contract
from harness.data import examples as loading
from harness.errors import HarnessError, MissingData
from harness.images.image import Image
from harness.types import Example, Task

_GROUPS = 3
"""A short text that stands in more groups than this is common wording and nobody's own."""


@dataclass(slots=True, kw_only=True)
class Entrusted:
    """What is at hand, and what of it a copy could not be told by."""

    tasks: list[str] = field(default_factory=list)
    texts: int = 0
    runs: dict[int, str] = field(default_factory=dict)
    """A run of words to the task that it comes from."""
    short: dict[int, dict[int, str]] = field(default_factory=dict)
    """Whole texts of fewer words, by their number of words."""
    ids: dict[str, str] = field(default_factory=dict)
    """Ids and groups as they are, and as plain hashes that anybody turns back."""
    images: list[tuple[str, Image]] = field(default_factory=list)
    too_short: int = 0
    """Texts that are too short or too common to be looked for."""
    unread: list[str] = field(default_factory=list)
    """Releases that are here and cannot be read, with the reason."""
    _pictures: Pictures | None = None

    def pictures(self) -> Pictures:
        """The likenesses of all pictures, made when a picture is first looked at."""
        if self._pictures is None:
            self._pictures = Pictures.of(self.images)
        return self._pictures


@dataclass(frozen=True, slots=True, kw_only=True)
class Pictures:
    """Pictures by content and by likeness."""

    exact: dict[str, str]
    galleries: dict[str, NDArray[np.uint8]]
    """The likenesses of a task's pictures, one a row."""
    n: int
    plain: int
    """Pictures that show nothing, or cannot be decoded: known by their content alone."""

    @classmethod
    def of(cls, images: Sequence[tuple[str, Image]]) -> Pictures:
        """Of each picture with its task, each once."""
        exact: dict[str, str] = {}
        likenesses: dict[str, list[Any]] = {}
        plain = 0
        for task, image in images:
            try:
                digest = likeness.exact(image.read())
                if digest in exact:
                    continue
                exact[digest] = task
                own_likeness = likeness.of(image)
            except HarnessError:
                plain += 1
                continue
            if own_likeness is None:
                plain += 1
            else:
                likenesses.setdefault(task, []).append(own_likeness)
        galleries = {task: np.stack(rows) for task, rows in likenesses.items()}
        return cls(exact=exact, galleries=galleries, n=len(exact), plain=plain)


def at_hand(data_root: Path, task_dirs: Sequence[Path] = (), only: Sequence[str] = ()) -> Entrusted:
    """All splits of every credentialed release under a data root.

    Args:
        data_root: Folder of releases.
        task_dirs: Folders of the user's own tasks.
        only: Names of tasks to read; all where there are none.

    Raises:
        MissingData: None is there: nothing can be proved.
    """
    entrusted = Entrusted()
    for name in only or catalog.names(task_dirs):
        card = catalog.card(name, task_dirs)
        if card.credentialed and (data_root / card.folder).is_dir():
            _add(entrusted, catalog.task(name, task_dirs), data_root)
    if not entrusted.tasks:
        why = f": {'; '.join(entrusted.unread)}" if entrusted.unread else ""
        raise MissingData(f"{data_root}: no credentialed release is there to compare with, so that nothing can be proved{why}.")
    return entrusted


def _add(entrusted: Entrusted, task: Task[Any], data_root: Path) -> None:
    name = task.card.full_name
    examples: list[Example[Any]] = []
    for split in task.card.splits:
        try:
            examples += loading.load(task, split=split, data_root=data_root, accept_different=True).examples
        except MissingData:
            continue
        except HarnessError as error:
            entrusted.unread.append(f"{name}, {split}: {str(error).splitlines()[0]}")
    if not examples:
        return
    entrusted.tasks.append(name)
    public = _public(task)
    short_texts = {(tuple(text), example.group) for example in examples for text in _texts(task, example) if len(text) < words.RUN}
    groups = Counter(text for text, _ in short_texts)
    seen: set[tuple[str, ...]] = set()
    for example in examples:
        entrusted.images += [(name, image) for image in example.input.images]
        for identifier in (example.id, example.group):
            hashed = hashlib.sha256(f"{task.card.name}:{identifier}".encode("utf-8", "surrogatepass")).hexdigest()[:16]
            entrusted.ids |= {identifier: name, hashed: name}
        for text in _texts(task, example):
            entrusted.texts += 1
            if len(text) >= words.RUN:
                kept = [run for run in words.runs(text, step=words.STEP) if run not in public]
                entrusted.runs |= dict.fromkeys(kept, name)
            elif len(text) >= words.SHORT and groups[tuple(text)] <= _GROUPS:
                kept = [run for run in words.runs(text, len(text)) if run not in public]
                entrusted.short.setdefault(len(text), {}).update(dict.fromkeys(kept, name))
            elif tuple(text) not in seen:
                seen.add(tuple(text))
                entrusted.too_short += 1


def _public(task: Task[Any]) -> frozenset[int]:
    """Runs that stand in most examples of the invented sample: the task's own words, which every prompt repeats."""
    try:
        sample = loading.load(task, sample=True, accept_different=True).examples
    except HarnessError:
        return frozenset()
    seen: Counter[int] = Counter()
    for example in sample:
        texts = [*_texts(task, example), words.words(contract.prompt_of(task, example.input, example.id))]
        seen.update({run for text in texts for length in range(words.SHORT, words.RUN + 1) for run in words.runs(text, length)})
    return frozenset(run for run, n in seen.items() if 2 * n > len(sample))


def _texts(task: Task[Any], example: Example[Any]) -> Iterator[list[str]]:
    """The words of all that an example says; classes are the card's."""
    item = example.input
    texts = [item.text, *item.context.values()]
    answers = (example.target, *example.references)
    texts += [contract.said_of(task, target, example.id) for target in answers if target not in task.card.labels]
    for text in dict.fromkeys(texts):
        if text not in item.choices:
            yield words.words(text)
