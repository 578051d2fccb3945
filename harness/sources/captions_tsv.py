"""bioCaption's tables: one picture's file name and its caption per line, separated by a tab, without a header."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from harness.cards import Card, Split
from harness.errors import CorruptData
from harness.rows import Row
from harness.sources import Release
from harness.sources.files import pictures, read_text, required
from harness.types import Image


def read(card: Card, split: Split, root: Path) -> Release:
    """One row per line: ``image`` and ``caption``."""
    path = required(card, root, split.select["file"])
    find = pictures(required(card, root, card.source["images"]))
    return Release(rows=_rows(path, find), layout=path.name)


def _rows(path: Path, find: Callable[[str], Image]) -> Iterator[Row]:
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        where = f"{path.name}, line {number}"
        name, tab, caption = line.partition("\t")
        if not tab or not caption.strip():
            raise CorruptData(f"{where}: expected a file name, a tab and a caption.")
        yield Row({"image": name.strip(), "caption": caption}, where=where, picture=find)
