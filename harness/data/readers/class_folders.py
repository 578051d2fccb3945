"""Pictures in a folder per class, as classifiers are trained on: ``test/pneumonia/patient7/a.png``."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from harness.cards import Card, Split
from harness.data.readers import Release
from harness.data.readers.files import absent, is_data, pictures, required
from harness.errors import AdapterError, CorruptData
from harness.rows import Row
from harness.text import plain

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".gif", ".dcm"})
"""What files of pictures are called."""


def read(card: Card, split: Split, root: Path) -> Release:
    """One row per picture: ``id``, ``label``, ``image`` and ``group``.

    The split selects the folder that holds those of the classes, ``{ folder = "test" }``; without, the release's own does. A class's folder
    is called as a label of the card, but for capitals, and ``_`` or ``-`` for a blank. Neither a folder nor a file's name may reach a
    model: the id is the beginning of the path's hash, and rows are ordered by it. The group is the first folder within that of the class,
    where pictures lie in folders of their patients, else the id.

    Raises:
        AdapterError: The card has no labels, or selects otherwise.
        MissingData: The folder is not there, or no picture is in it.
        CorruptData: A folder is no label of the card.
    """
    if not card.labels:
        raise AdapterError(f"{card.path}: 'labels' says which folders there are; it is empty.")
    if set(split.select) - {"folder"}:
        raise AdapterError(f'{card.path}: a split of class folders selects by folder = "…", not by {", ".join(split.select)}.')
    home = required(card, root, str(split.select.get("folder", ".")))
    folders = {folder.name: _label(card, folder) for folder in sorted(home.iterdir()) if folder.is_dir() and is_data(folder.name)}
    picture_names: list[str] = []
    others: list[str] = []
    for folder in folders:
        for path in sorted((home / folder).rglob("*")):
            name = path.relative_to(home).as_posix()
            if is_data(path.name) and path.is_file():
                (picture_names if path.suffix.lower() in SUFFIXES else others).append(name)
    if not picture_names:
        raise absent(card, f"no picture in {home}/{card.labels[0]} or any other label's folder.")
    n = len(others)
    notes = (f"{n:,} {'file is' if n == 1 else 'files are'} no picture and left out (first: {others[0]})",) if others else ()
    return Release(rows=_rows(card, home, folders, picture_names), layout="folders", notes=notes)


def _label(card: Card, folder: Path) -> str:
    named = [label for label in card.labels if plain(label) == plain(folder.name)]
    if len(named) != 1:
        raise CorruptData(
            f"{folder}: '{folder.name}' is no label of {card.full_name} ({', '.join(card.labels)}). Name the label in the card, or move"
            " what is no class out of the way."
        )
    return named[0]


def _rows(card: Card, home: Path, folders: dict[str, str], names: Sequence[str]) -> Iterator[Row]:
    find = pictures(home)
    hidden = {hashlib.sha256(f"{card.name}:{home.name}/{name}".encode()).hexdigest()[:16]: name for name in names}
    for row_id in sorted(hidden):
        parts = PurePosixPath(hidden[row_id]).parts
        group = hashlib.sha256(f"{card.name}:{parts[1]}".encode()).hexdigest()[:16] if len(parts) > 2 else row_id
        fields = {"id": row_id, "label": folders[parts[0]], "image": hidden[row_id], "group": group}
        yield Row(fields, where=f"{home.name}/{hidden[row_id]}", picture=find)
