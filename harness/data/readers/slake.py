"""SLAKE: bilingual questions about radiology images, in the official folder or archive, or as its authors put it on the Hub."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.cards import Card, Split
from harness.data.readers import Release
from harness.data.readers.files import inside, required
from harness.data.readers.ids import distinct
from harness.data.readers.tables import objects
from harness.data.readers.trees import Tree, open_tree
from harness.files import content, json_text
from harness.rows import Row
from harness.types import Image

_OFFICIAL = ("Slake1.0", "Slake1.0.zip")
_ON_THE_HUB = {"validate.json": "validation.json"}
"""The one file that has another name there."""
_PICTURES_KEPT = 128
"""Eleven questions share a picture, the test has 96 of them, and an archive is opened anew for each that is read."""


def read(card: Card, split: Split, root: Path) -> Release:
    """The rows of one language; ``id`` is the release's ``qid``, made distinct should a language repeat one.

    Official: ``Slake1.0/`` or ``Slake1.0.zip`` with ``test.json`` and ``imgs/``. On the Hub: the same JSON files, with ``imgs/`` or
    ``imgs.zip`` beside them.
    """
    name, language = str(split.select["file"]), str(card.source["language"])
    if any((root / place).exists() for place in _OFFICIAL):
        tree = open_tree(card, root, _OFFICIAL[0], _OFFICIAL[1:])
        questions, pictures, place = tree.read(name), "imgs/", f"{tree.place}/{name}"
        files: tuple[Path, ...] = (tree.place,)
        layout = tree.place.name
    else:
        path = required(card, root, *_OFFICIAL, _ON_THE_HUB.get(name, name), name)
        questions, pictures, place = content.read(path), "", str(path)
        tree = open_tree(card, root, "imgs", ("imgs.zip",))
        layout = f"{path.name}, {tree.place.name}"
        files = (path, tree.place)
    items = [item for item in _items(questions, place) if item.text("q_lang") == language]
    return Release(rows=_rows(items, tree, pictures), layout=layout, files=files)


def _items(questions: bytes, place: str) -> Iterator[Row]:
    rows = json_text.parse(content.text(questions, place), place)
    return (Row(fields, where=where) for where, fields in objects(rows, place, place, of="questions"))


def _rows(items: Sequence[Row], tree: Tree, pictures: str) -> Iterator[Row]:
    read = functools.lru_cache(maxsize=_PICTURES_KEPT)(tree.read)

    def find(picture: str) -> Image:
        within = pictures + picture
        if not tree.folder:  # in an archive a name is looked up, and cannot lead anywhere
            inside(tree.place / pictures, picture, str(tree.place))
        return Image(name=f"{tree.place}/{within}", read=lambda: read(within), file=tree.file(within))

    ids = distinct(item.identifier("qid") for item in items)
    for item, row_id in zip(items, ids, strict=True):
        yield Row({**item, "id": row_id}, where=item.where, picture=find)
