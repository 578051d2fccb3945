"""Releases that many runs are of: the last one that was read stays, for runs of one lie side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.data import examples as loading
from harness.data.examples import Dataset, Train
from harness.images import digests as picture_digests
from harness.runs.excerpt import Excerpt
from harness.types import Example, Task


class Releases:
    """What the runs that are looked at in one go have in common, each read once while no other is asked for."""

    def __init__(self) -> None:
        """Nothing is read yet."""
        self._known: dict[str, tuple[object, Any]] = {}

    def of(self, task: Task[Any], split: str, data_root: Path | None) -> tuple[Dataset, Train | None]:
        """A split of a release, and what reads the train split that belongs to it.

        Args:
            task: Its card and adapter.
            split: Of the card.
            data_root: Folder of releases; None for the invented sample.

        Raises:
            HarnessError: As `harness.data.examples.load`.
        """

        def read() -> tuple[Dataset, Train | None]:
            dataset = loading.load(task, split=split, data_root=data_root, sample=data_root is None, accept_different=True)
            return dataset, loading.train_reader(dataset, data_root=data_root, sample=data_root is None)

        splits: tuple[Dataset, Train | None] = self._once("sample" if data_root is None else "release", (task.card, split, data_root), read)
        return splits

    def pictures(self, dataset: Dataset, excerpt: Excerpt, examples: Sequence[Example[Any]], *, complete: bool) -> str:
        """The digest of the pictures of a part of a dataset from here.

        Raises:
            HarnessError: As `harness.images.digests.of_pictures`.
        """

        def read() -> str:
            with picture_digests.digesting() as digests:
                return picture_digests.of_pictures(((e.id, e.input.images) for e in examples), digests, complete=complete)

        digest: str = self._once("pictures", (id(dataset), excerpt, complete), read)
        return digest

    def _once(self, what: str, of: object, read: Any) -> Any:
        if what not in self._known or self._known[what][0] != of:
            for of_before in (what, "pictures"):  # two are not held while the second is read
                self._known.pop(of_before, None)
            self._known[what] = of, read()
        return self._known[what][1]
