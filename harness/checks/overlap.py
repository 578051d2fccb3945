"""What a split has in common with train: pictures, questions, answers, whole rows, patients.

Two texts are the same where nothing but case and white space differs; two pictures where their content is the same, whatever
their names.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.data import examples as loading
from harness.data.examples import Dataset
from harness.errors import CorruptData, MissingData
from harness.images.digests import Digests, digesting
from harness.text import one_line
from harness.types import Example

COMPARISON = "texts: white space and case folded; pictures: SHA-256 of the content"
"""What counts as the same."""

_UNITS_OF_THEIR_OWN = frozenset({"sample", "image"})
"""Groups that are the example or its picture: whether they recur is what the pictures say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """What the audited split has in common with train. None: there is nothing of that kind to compare."""

    train_examples: int
    pictures: int | None
    """Distinct pictures of the split that also occur in train."""
    questions: int | None
    """Examples whose text also occurs in train; None where every example has the same text."""
    questions_with_answers: int | None
    """Examples whose text occurs in train with the same target."""
    rows: int
    """Examples of which train has pictures, text and target alike."""
    targets: int
    """Examples whose target also occurs in train."""
    unseen_targets: int
    """Examples whose target never occurs in train."""
    groups: int | None
    """Patients, reports, … that also occur in train."""


Key = tuple[tuple[str, ...], str, str]
"""Pictures, text and target of an example, each as it is compared."""


class Pictures:
    """Digests of the pictures met so far, and how many examples name one that is not there."""

    def __init__(self, taken: Digests) -> None:
        self._taken = taken
        self.digests: set[str] = set()
        self.absent = 0

    def of(self, example: Example[Any]) -> tuple[str, ...]:
        """The digests of an example's pictures, or their names where one is absent."""
        try:
            digests = tuple(self._taken.of(image) for image in example.input.images)
        except MissingData:
            self.absent += 1
            return tuple(f"name:{image.name}" for image in example.input.images)
        self.digests.update(digests)
        return digests


def key_of(example: Example[Any], pictures: Pictures) -> Key:
    """An example as it is compared; its pictures join those met so far."""
    return pictures.of(example), _folded(example.input.text), _folded(example.target)


def _folded(text: object) -> str:
    """A digest in place of a long text: the reports of a large train split are not held twice."""
    folded = one_line(str(text)).casefold()
    return folded if len(folded) <= 64 else hashlib.sha256(folded.encode("utf-8", "surrogatepass")).hexdigest()


def overlap_with_train(
    dataset: Dataset, keys: Sequence[Key], seen: frozenset[str], *, data_root: Path | None, sample: bool
) -> tuple[Overlap | None, str]:
    """What a split has in common with train, or why nothing is compared.

    Args:
        dataset: The split.
        keys: Its examples as they are compared.
        seen: Digests of its pictures.
        data_root: Folder of releases, or None.
        sample: Whether the invented sample is counted though there is a data root.
    """
    if dataset.split == "train":
        return None, "this is train itself"
    read = loading.train_reader(dataset, data_root=data_root, sample=sample)
    if read is None:
        return None, "the release has no train split at hand"
    try:
        train = read()
    except CorruptData as error:
        return None, f"train cannot be read: {str(error).splitlines()[0]}"
    with digesting() as digests:
        pictures = Pictures(digests)
        others = [key_of(example, pictures) for example in train]
    texts, targets, rows = {key[1] for key in others}, {key[2] for key in others}, set(others)
    answered = {key[1:] for key in others}
    asks = len({key[1] for key in keys}) > 1
    known = sum(key[2] in targets for key in keys)
    comparable = bool(seen) and bool(pictures.digests)
    groups = None if dataset.task.card.group in _UNITS_OF_THEIR_OWN else {example.group for example in train}
    return (
        Overlap(
            train_examples=len(train),
            pictures=len(seen & pictures.digests) if comparable else None,
            questions=sum(key[1] in texts for key in keys) if asks else None,
            questions_with_answers=sum(key[1:] in answered for key in keys) if asks else None,
            rows=sum(key in rows for key in keys),
            targets=known,
            unseen_targets=len(keys) - known,
            groups=None if groups is None else len({example.group for example in dataset.examples} & groups),
        ),
        "",
    )
