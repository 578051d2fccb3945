"""Loading: a release's rows become examples, counted against the card before anything is asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import cards
from harness.base import collecting
from harness.base.withheld import withholding
from harness.cards import Card
from harness.data import checksums, contract, counts, fingerprints, readers
from harness.data.counts import Skipped
from harness.data.readers import files
from harness.errors import CorruptData, MissingData, UsageError, unknown
from harness.rows import Unusable
from harness.types import Example, Task

SAMPLES = Path(__file__).parents[1] / "tasks" / "samples"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """One split of one task, ready to be asked."""

    task: Task[Any]
    split: str
    examples: tuple[Example[Any], ...]
    skipped: tuple[Skipped, ...]
    synthetic: bool
    """Whether this is the invented sample; such a run is never ranked."""
    complete: bool
    """False where a known part of the release is not at hand; such a run is never ranked."""
    differences: tuple[str, ...]
    """In what the release differs from the card, which the user has accepted."""
    notes: tuple[str, ...]
    layout: str
    """Which of the accepted layouts was found."""
    fingerprint: str
    """SHA-256 over all that a model or a scorer reads of the examples but their pictures: sorted (id, group, text, choices, context,
    target, references, tags). Two copies of a release have the same, wherever they lie and in whichever layout. Pictures have a digest
    of their own: `picture_digests`."""

    @property
    def comparable(self) -> bool:
        """Whether the release is the one that the card describes; no other run is ranked."""
        return not self.differences


@collecting.seldom()
def load(
    task: Task[Any],
    *,
    split: str = "test",
    data_root: Path | None = None,
    sample: bool = False,
    accept_different: bool = False,
    whole_checksums: bool = False,
) -> Dataset:
    """Read one split.

    Args:
        task: Card and adapter.
        split: A split of the card.
        data_root: Folder of releases; None reads the invented sample.
        sample: Read the invented sample even where a data root is given.
        accept_different: Go on where counts or checksums differ from the card's.
        whole_checksums: Check large files as well as small ones against the checksums that the card states.

    Raises:
        UsageError: The card has no such split.
        MissingData: The release, or a file of it, is not there; the message says how to obtain it.
        CorruptData: A file cannot be read, or a count or a checksum differs and that was not accepted.
        AdapterError: The adapter breaks its contract.
    """
    synthetic = sample or data_root is None
    card, root = place(task.card, data_root, synthetic=synthetic)
    if split not in card.splits:
        raise unknown(f"split of {card.full_name}", split, card.splits)
    expected = card.splits[split]
    examples: list[Example[Any]] = []
    skipped: list[Skipped] = []
    blanks: dict[str, list[str]] = {}
    token = files.DATA_ROOT.set(None if synthetic else data_root)
    try:
        with withholding(card.credentialed and not synthetic):
            release = readers.open_release(card, expected, root)
            for row in release.rows:
                try:
                    examples.append(contract.example_of(task, row))
                except Unusable as reason:
                    skipped.append(Skipped(where=row.where, reason=str(reason)))
                else:
                    for name in dict.fromkeys(row.blanks):
                        blanks.setdefault(name, []).append(row.where)
            counts.check_ids(card, examples)
    finally:
        files.DATA_ROOT.reset(token)
    differences = [
        *(counts.differences(expected, examples, len(skipped)) if release.complete else ()),
        *checksums.differences(card, release.files, largest=None if whole_checksums else checksums.SMALL),
    ]
    if differences and not accept_different:
        raise CorruptData(
            f"{card.full_name}, split {split}, in {root}: this is not the release the card describes: {'; '.join(differences)}.\n"
            "A random re-split, another year's file, a truncated or an edited one differs in this way. Get the official release"
            f" (harness show {card.full_name}), or pass --accept-different to evaluate it as not comparable."
        )
    if not examples:
        raise CorruptData(f"{card.full_name}, split {split}, in {root}: no usable row.")
    return Dataset(
        task=task,
        split=split,
        examples=tuple(examples),
        skipped=tuple(skipped),
        synthetic=synthetic,
        complete=release.complete,
        differences=tuple(differences),
        notes=(
            *release.notes,
            *(f"differs from the card: {difference}" for difference in differences),
            *counts.left_out(skipped),
            *counts.empty(blanks),
        ),
        layout=release.layout,
        fingerprint=fingerprints.of_examples(examples),
    )


class Train:
    """The train split that belongs to a dataset, read once and when first called."""

    def __init__(self, read: Callable[[], Dataset], known: Sequence[str] = ()) -> None:
        self._read, self._known = read, known
        self._dataset: Dataset | None = None

    def __call__(self) -> Sequence[Example[Any]]:
        """Its examples."""
        if self._dataset is None:
            self._dataset = self._read()
        return self._dataset.examples

    @property
    def notes(self) -> tuple[str, ...]:
        """In what it differs from the card, beside what is known of the dataset's own files; nothing where nobody has read it."""
        differences = (
            [] if self._dataset is None else [difference for difference in self._dataset.differences if difference not in self._known]
        )
        return tuple(f"the train split, which was read, differs from the card: {difference}" for difference in differences)


def train_reader(dataset: Dataset, *, data_root: Path | None, sample: bool = False) -> Train | None:
    """What reads the train split that belongs to a dataset; None where the release has none at hand."""
    card, root = place(dataset.task.card, data_root, synthetic=sample or data_root is None)
    if "train" not in card.splits:
        return None
    try:
        readers.open_release(card, card.splits["train"], root)
    except MissingData:
        return None
    return Train(lambda: load(dataset.task, split="train", data_root=data_root, sample=sample, accept_different=True), dataset.differences)


def has_sample(card: Card) -> bool:
    """Whether an invented sample stands in for the task's release."""
    return _sample(card) is not None


def place(card: Card, data_root: Path | None, *, synthetic: bool) -> tuple[Card, Path]:
    """Where a task's release lies, and the card as it describes what lies there.

    Args:
        card: The task's.
        data_root: Folder of releases, or None.
        synthetic: Take the invented sample, which has splits and counts of its own.

    Raises:
        UsageError: The task has no invented sample.
        MissingData: There is no such release; the message says how to obtain it.
    """
    if synthetic or data_root is None:
        root = _sample(card)
        if root is None:
            raise UsageError(f"{card.full_name} has no invented sample; pass --data-root DIR to evaluate real data.")
        return cards.with_sample(card, root / cards.SAMPLE), root
    check_root(data_root)
    root = data_root / card.folder
    if not root.is_dir():
        raise files.absent(card, f"{root} is not there.")
    return card, root


def check_root(data_root: Path) -> None:
    """Refuse a folder of releases that is not there.

    Raises:
        MissingData: It is no folder.
    """
    if not data_root.is_dir():
        raise MissingData(f"the data root {data_root} is not there; pass a folder that holds one folder per release.")


def _sample(card: Card) -> Path | None:
    places = (SAMPLES / card.folder, card.path.parent.parent / "samples" / card.folder)
    return next((place for place in places if place.is_dir()), None)
