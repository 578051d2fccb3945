"""A task of the user's own table or class folders: looked at, written down, and read once as it will be read, before anything is kept."""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

from msgspec import structs

from harness.cards import Access, Card
from harness.checks import promises
from harness.checks.new_task import writing
from harness.checks.new_task.own import adapter, invented, places, sample, sources
from harness.checks.new_task.own.card import Counted, card_of
from harness.checks.new_task.own.declared import Declared, amount
from harness.checks.new_task.own.proposal import Proposal, propose
from harness.checks.new_task.own.roles import Taken
from harness.data import catalog, contract, examples, readers
from harness.errors import CorruptData, DataUseRefused, HarnessError, Unwritable, UsageError
from harness.files import temporary
from harness.files.refusals import Place
from harness.rows import Unusable
from harness.runs import privacy
from harness.types import Example, Task

_TEMPORARY = Place(kept="Nothing else was written.", instead="set TMPDIR to a folder that can be written")
_PRIVATE = ("application", "credentialed")
_ASKED = frozenset({"pictures", "prompts", "ids", "groups", "ids say nothing", "round trip"})
"""Promises that a release is asked for while its task is made; `harness check` asks for all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A task that was made."""

    name: str
    family: str
    files: tuple[Path, ...]
    """The card first, then the adapter, then the sample's."""
    data_root: Path
    links: Mapping[Path, Path]
    """What was put under the data root, and where it leads."""
    n: Mapping[str, int]
    """Examples of each split."""
    taken: tuple[Taken, ...]
    notes: tuple[str, ...]
    """What is not in order with the data, for whoever made it."""


def begin(name: str, path: Path, folder: Path, data_root: Path, declared: Declared) -> Begun:
    """Make a task of a table or of class folders.

    Args:
        name: The task's.
        path: The table, or the folder.
        folder: Where the user's tasks live; made where it is not there.
        data_root: Where the release is linked to, as a folder of the task's name.
        declared: What the user says of it.

    Raises:
        Unclear: It can be taken for several things; nothing was written.
        UsageError, MissingData, CorruptData: It cannot be read, or what is said does not fit it; nothing was written.
        DataUseRefused: Rows of an own sample would be given away that may not be, or a tag would tell of somebody.
        Unwritable: A folder cannot be written.
    """
    writing.check_name(name)
    if declared.access not in get_args(Access):
        raise UsageError(f"--access {declared.access}: it must be one of {', '.join(get_args(Access))}.")
    if declared.own_rows and declared.access in _PRIVATE:
        raise DataUseRefused(
            f"--own-rows with --access {declared.access}: a sample is there to be shared, and your rows would be in it. Leave it out for an"
            " invented one, or say --access open where anybody may have them."
        )
    source = sources.look(path, declared.test)
    rows = {} if source.reader == "folders" else sources.rows(source)
    proposal = propose(source, rows, declared)
    _refuse_dropped(proposal, declared)
    tried = _tried(name, proposal, declared)
    if proposal.id and not declared.id and "ids say nothing" in tried.broken:
        proposal = _without_id(proposal, tried.broken["ids say nothing"])
        tried = _tried(name, proposal, declared)
    home = data_root / name
    wanted = places.links(proposal, home)
    places.refuse_other(wanted)
    files = _files(name, folder, proposal, declared, places.images(proposal, home), tried)
    writing.refuse_taken(files)
    places.make(wanted)  # first: a command that was ended before its last file is told from one that came to its end
    writing.write(files)
    pictures = proposal.pictures
    notes = [*source.notes, *tried.notes, *(f"the release does not keep '{name}': {detail}" for name, detail in tried.broken.items())]
    if pictures is not None and pictures.prefix:
        notes.append(f"the adapter names {pictures.prefix}, which stands before the names of pictures in the table")
    if pictures is not None and pictures.absent:
        n = len(pictures.absent)
        are, they = ("is", "it is") if n == 1 else ("are", "they are")
        notes.append(f"{amount(n, 'picture')} {are} not there (first: {pictures.absent[0]}); until {they}, a run is not ranked")
    return Begun(
        name=name, family=proposal.family, files=tuple(files), data_root=data_root, links=wanted,
        n={split: counted.n for split, counted in tried.counted.items()}, taken=proposal.taken, notes=tuple(notes),
    )  # fmt: skip


def _refuse_dropped(proposal: Proposal, declared: Declared) -> None:
    """Refuse what is said and would change nothing."""
    is_read = {
        "labels": bool(proposal.labels),
        "choices": proposal.options is not None,
        "pictures": proposal.pictures is not None and proposal.pictures.folder is not None,
        "test": proposal.splits != {"test": {}},
    }
    if name := next((name for name, read in is_read.items() if getattr(declared, name) and not read), ""):
        taken = f"{proposal.family}, {proposal.shape}; splits {', '.join(proposal.splits)}"
        raise UsageError(f"--{name}: nothing in {proposal.source.path} is read by it, which is taken for {taken}. Leave it out.")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tried:
    """The release, as the task reads it."""

    counted: Mapping[str, Counted]
    notes: tuple[str, ...]
    broken: Mapping[str, str]
    rows: Mapping[str, list[dict[str, Any]]]
    """The first usable ones of each split, where they are to be the sample."""
    pictures: Mapping[str, bytes]


def _tried(name: str, proposal: Proposal, declared: Declared) -> _Tried:
    """Write the task into a folder that does not stay, and read every split with it."""
    with temporary.folder("new") as home, _told_of(home, proposal):
        folder, root = home / "tasks", home / "data"
        places.make(places.links(proposal, root / name))
        # Open, for it is read by its owner, whom messages may tell what it says.
        texts = _text_files(name, folder, proposal, replace(declared, access="open"), places.images(proposal, root / name), {}, [])
        writing.write(texts, _TEMPORARY)
        task = catalog.task(name, [folder])
        counted: dict[str, Counted] = {}
        notes: list[str] = []
        for split in proposal.splits:
            dataset = examples.load(task, split=split, data_root=root)
            if declared.tags:  # under its real access, as every run asks
                privacy.check_tags(structs.replace(task.card, access=declared.access), dataset.examples, synthetic=False, of="--tags")
            labels = Counter(example.target for example in dataset.examples) if proposal.labels else Counter()
            counted[split] = Counted(
                n=len(dataset.examples),
                groups=len({example.group for example in dataset.examples}),
                labels={label: labels[label] for label in proposal.labels},
            )
            notes += [note for note in dataset.notes if note not in notes]
        asked = [one for one in promises.PROPERTIES if one.name in _ASKED]
        absent = proposal.pictures is not None and proposal.pictures.absent
        findings = promises.check(task, root, [one for one in asked if not (absent and one.name == "pictures")])
        broken = {one.property: _named(one.detail, home, proposal) for one in findings if not one.holds}
        rows, pictures = _own_rows(task, proposal, root) if declared.own_rows else ({}, {})
    return _Tried(counted=counted, notes=tuple(notes), broken=broken, rows=rows, pictures=pictures)


def _without_id(proposal: Proposal, why: str) -> Proposal:
    """The proposal with the row's number for an id."""
    own = [
        replace(one, what="the row's number", why=f"'{proposal.id}' says more than it may: {why}") if one.role == "id" else one
        for one in proposal.taken
    ]
    return replace(proposal, id="", taken=tuple(own))


@contextmanager
def _told_of(home: Path, proposal: Proposal) -> Iterator[None]:
    """Let errors name the user's own files, not the links to them in a folder that is gone."""
    try:
        yield
    except Unwritable:
        raise
    except HarnessError as error:
        error.args = tuple(_named(str(one), home, proposal) for one in error.args)
        raise


def _named(text: str, home: Path, proposal: Proposal) -> str:
    pictures = proposal.pictures
    folder = str(pictures.folder) if pictures is not None and pictures.folder is not None else ""
    for link in (r"data/\w+/images", r"data/\w+", "tasks", ""):
        leads = {"tasks": "the task", "": ""}.get(link, folder if link.endswith("images") and folder else str(proposal.source.root))
        text = re.sub(f"{re.escape(str(home))}/?{link}", lambda _, leads=leads: leads, text)  # type: ignore[misc]
    return text


def _own_rows(task: Task[Any], proposal: Proposal, root: Path) -> tuple[dict[str, list[dict[str, Any]]], dict[str, bytes]]:
    """The first usable rows of each split, with the columns that are used, and their pictures."""
    if proposal.shape == "folders":
        raise UsageError("--own-rows: a sample of class folders is invented; copy pictures that may be shared into it by hand.")
    rows: dict[str, list[dict[str, Any]]] = {}
    pictures: dict[str, bytes] = {}
    card, home = examples.place(task.card, root, synthetic=False)
    for split, facts in card.splits.items():
        own = rows.setdefault(split, [])
        for row in readers.open_release(card, facts, home).rows:
            try:
                example = contract.example_of(task, row)
            except Unusable:
                continue
            own.append({name: row[name] for name in row if name in proposal.used})
            pictures |= _pictures(example, card, home)
            if len(own) == invented.FEWEST[split]:
                break
    return rows, pictures


def _pictures(example: Example[Any], card: Card, home: Path) -> dict[str, bytes]:
    """By the names that rows use: those of files below the folder of pictures, or digests."""
    folder = home / str(card.source.get("images", "."))
    pictures = {}
    for image in example.input.images:
        content = image.read()
        pictures[hashlib.sha256(content).hexdigest() if image.file is None else os.path.relpath(image.file, folder)] = content
    return pictures


def _text_files(
    name: str, folder: Path, proposal: Proposal, declared: Declared, images: str, counted: Mapping[str, Counted], flaws: list[str]
) -> dict[Path, bytes]:
    title = name.replace("_", " ").capitalize()
    texts = {
        "toml": card_of(name, title, proposal, declared.access, images, counted, flaws),
        "py": adapter.source_of(proposal, title),
    }
    try:
        return {folder / proposal.family / f"{name}.{suffix}": text.encode() for suffix, text in texts.items()}
    except UnicodeEncodeError as error:
        half = ascii(error.object[error.start])
        raise CorruptData(f"{proposal.source.path}: half a character ({half}) in a column's name or a class; write it anew.") from error


def _files(name: str, folder: Path, proposal: Proposal, declared: Declared, images: str, tried: _Tried) -> dict[Path, bytes]:
    made = sample.of_rows(name, proposal, tried.rows, tried.pictures, own=True) if declared.own_rows else sample.of_invented(name, proposal)
    home, flaws = folder / "samples" / name, [note for note in tried.notes if "cannot be used" in note]
    texts = _text_files(name, folder, proposal, declared, images, tried.counted, flaws)
    for path, content in made.items():
        texts[home / (path.replace("images/", f"{images}/", 1) if images and path.startswith("images/") else path)] = content
    return texts
