"""Fetching open releases: what a card says can be downloaded, checked against what is published of it; for the rest, why not.

A card's ``[source]`` says it in one of four ways: ``url`` with ``md5`` or ``sha256`` (one file), ``downloads`` (several, archives among
them), ``hub`` (a dataset of the Hugging Face Hub at a fixed revision), or ``by_hand`` (why none of these is possible). Where nothing is
published to check a file by, the release is counted against its card when all of it is there, and the outcome says so.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from harness.cards import Card
from harness.data import examples, readers
from harness.data.fetch import hub
from harness.data.fetch.archives import extract
from harness.data.fetch.download import Observe, bytes_so_far, download
from harness.data.fetch.plans import Item, plan
from harness.data.fetch.remote import is_there, refuse_offline
from harness.data.readers.files import inside
from harness.errors import CorruptData, GatedData, MissingData, PrerequisiteError
from harness.files import locks, writing
from harness.files.locks import making
from harness.files.refusals import DATA, writable
from harness.images import digests as picture_digests
from harness.types import Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What became of one fetch."""

    name: str
    status: Literal["fetched", "there"]
    """``there``: nothing had to be downloaded."""
    paths: tuple[Path, ...]
    checked: str
    """What says that this is the release: "MD5", "the card's counts", …"""


def absent(card: Card, data_root: Path) -> tuple[str, ...]:
    """Files and folders of a release that `fetch` would bring, by the names they get; empty where it would bring nothing."""
    folder = data_root / card.folder
    planned = plan(card)
    if planned.hub:
        return tuple(file.file for file in hub.files(card) if not inside(folder, file.file, str(card.path)).exists())
    return tuple(path.name for item in planned.items for path in _places(card, item, folder) if not path.exists())


def fetch(
    task: Task[Any], data_root: Path, observe: Observe = lambda _done, _total: None, *, pause: Callable[[float], None] = time.sleep
) -> Fetched:
    """Bring a task's release into the data root.

    An interrupted download goes on where it stopped; what is there already is checked and left alone.

    Args:
        task: From `catalog.task`.
        data_root: Folder of releases.
        observe: Progress of each file.
        pause: Waits that many seconds between tries.

    Raises:
        GatedData: The release must be obtained by hand; the message says why, and how.
        MissingData: A server cannot be reached, or no longer has the file.
        CorruptData: What came, or was there, is not what the publisher or the card says.
        PrerequisiteError: The machine is told to stay offline.
        Unwritable: The data root cannot be written.
    """
    card = task.card
    planned = plan(card)
    if planned.refusal:
        raise GatedData(f"{card.full_name}: the release {planned.refusal}; it cannot be fetched.\n{card.obtain.strip()}")
    try:
        return _from_hub(task, data_root, observe) if planned.hub else _items(task, planned.items, data_root, observe, pause)
    except MissingData as error:
        raise MissingData(f"{card.full_name}: {error}\nBy hand:\n{_by_hand(card)}") from error


def _by_hand(card: Card) -> str:
    """How a release is had without what has just failed."""
    return re.sub(r"^harness fetch .*\n(or )?", "", card.obtain.strip())


def _items(task: Task[Any], items: Sequence[Item], data_root: Path, observe: Observe, pause: Callable[[float], None]) -> Fetched:
    card, folder = task.card, data_root / task.card.folder
    whole = data_root / f"{card.folder} {Path(items[0].file).name}"
    if not all(_present(card, item, folder) for item in items):
        if not folder.is_dir():
            refuse_offline(card.full_name)
        with _making(whole, lambda: _follow(card, items, folder, observe)):
            return _brought(task, items, data_root, observe, pause)
    for made in (whole, *(inside(folder, item.file, str(card.path)) for item in items)):
        locks.sweep(made)
    return _brought(task, items, data_root, observe, pause)


def _follow(card: Card, items: Sequence[Item], folder: Path, observe: Observe) -> None:
    """Report how far another process is, by the one file that it has begun."""
    for item in items:
        path = inside(folder, item.file, str(card.path))
        if done := bytes_so_far(path):
            observe(done, item.remote.size or 0)


def _brought(task: Task[Any], items: Sequence[Item], data_root: Path, observe: Observe, pause: Callable[[float], None]) -> Fetched:
    card, folder = task.card, data_root / task.card.folder
    there = [_present(card, item, folder) for item in items]
    if not any(there) and (other_layout := _in_another_layout(task, data_root)):
        return other_layout
    for item, present in zip(items, there, strict=True):
        if not present:
            _get(card, item, folder, observe, pause)
    unchecked = [item.file for item in items if not item.remote.checksum]
    checked = " and ".join(sorted({item.remote.check for item in items} - {""}))
    if unchecked:
        checked = _counted(task, data_root, f"{checked}; " if checked else "")
    return Fetched(
        name=card.full_name,
        status="there" if all(there) else "fetched",
        paths=tuple(path for item in items for path in _places(card, item, folder)),
        checked=checked,
    )


def _places(card: Card, item: Item, folder: Path) -> list[Path]:
    return [inside(folder, name, str(card.path)) for name in item.gives or (item.file,)]


def _present(card: Card, item: Item, folder: Path) -> bool:
    places = _places(card, item, folder)
    if not item.gives:
        return is_there(item.remote, places[0])
    return all(path.exists() for path in places) and not _unpacking(item, folder).exists()


def _unpacking(item: Item, folder: Path) -> Path:
    """A mark that stands for as long as an archive is being unpacked: what is there by then is not all of it, also after a crash."""
    return folder / f".{Path(item.file).name}.unpacking"


def _get(card: Card, item: Item, folder: Path, observe: Observe, pause: Callable[[float], None]) -> None:
    path = inside(folder, item.file, str(card.path))
    if not item.gives:
        download(item.remote, path, observe, pause=pause)
        return
    if not (item.remote.checksum and is_there(item.remote, path)):
        download(item.remote, path, observe, pause=pause)
    mark = _unpacking(item, folder)
    writing.replace_file(mark, b"", DATA)
    extract(path, inside(folder, item.into, str(card.path)))
    missing = [str(place) for place in _places(card, item, folder) if not place.exists()]
    if missing:
        raise CorruptData(f"{path}: it was extracted and does not hold {', '.join(missing)}; is this another version of the release?")
    writing.remove(path, DATA)
    writing.remove(mark, DATA)


@contextmanager
def _making(target: Path, waiting: Callable[[], None]) -> Iterator[None]:
    with writable(target.parent, DATA):
        writing.make_folder(target.parent, DATA)
        with making(target, waiting):
            yield


def _in_another_layout(task: Task[Any], data_root: Path) -> Fetched | None:
    """What is found of a release that is there already as a whole, in another layout than the one that is fetched; None where none is.

    Raises:
        CorruptData: A part of it is; readers would go on preferring that to what is downloaded.
    """
    folder = data_root / task.card.folder
    try:
        release = readers.open_release(task.card, task.card.splits["test"], folder)
    except PrerequisiteError:
        return None
    if not release.complete:
        raise CorruptData(f"{folder}: a part of the release is there in the layout {release.layout}; move it away, then fetch.")
    checked = _counted(task, data_root, f"the layout {release.layout}, ")
    return Fetched(name=task.card.full_name, status="there", paths=(folder,), checked=checked)


def _counted(task: Task[Any], data_root: Path, before: str) -> str:
    """Every split counted against the card, and every picture read; what that amounts to.

    Raises:
        CorruptData: Another number is there.
        MissingData: A file or a picture is not.
    """
    counted = []
    for split, facts in task.card.splits.items():
        dataset = examples.load(task, split=split, data_root=data_root, accept_different=facts.n is None, whole_checksums=True)
        if not dataset.complete:
            raise CorruptData(f"{data_root / task.card.folder}: {'; '.join(dataset.notes)}; move the folder away, then fetch.")
        with picture_digests.digesting() as digests:
            picture_digests.of_pictures(((e.id, e.input.images) for e in dataset.examples), digests, complete=True)
        counted.append(f"{split} {len(dataset.examples):,}")
    return f"{before}no published checksum for all of it: the card's counts ({', '.join(counted)})"


def _from_hub(task: Task[Any], data_root: Path, observe: Observe) -> Fetched:
    card = task.card
    missing = absent(card, data_root)
    if len(missing) == len(hub.files(card)) and (other_layout := _in_another_layout(task, data_root)):
        return other_layout
    paths = hub.download(card, data_root, observe)
    return Fetched(name=card.full_name, status="fetched" if missing else "there", paths=tuple(paths), checked="the Hub's pinned revision")
