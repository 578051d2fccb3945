"""bioCaption's tables: one picture's file name and its caption per line, separated by a tab, without a header."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from harness.cards import Card, Split
from harness.data.readers import Release
from harness.data.readers.files import pictures, read_text, required
from harness.errors import CorruptData
from harness.rows import Row
from harness.types import Image


def read(card: Card, split: Split, root: Path) -> Release:
    """One row per line: ``image`` and ``caption``; a caption may be empty, and a tab within it is a part of it."""
    path = required(card, root, split.select["file"])
    find = pictures(required(card, root, card.source["images"]))
    text = read_text(path)
    cut = () if text.endswith("\n") else (f"{path.name} does not end in a line break: its last caption may be cut off",)
    return Release(rows=_rows(path, text, find), layout=path.name, notes=cut, files=(path,))


def _rows(path: Path, text: str, find: Callable[[str], Image]) -> Iterator[Row]:
    seen: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        name, tab, caption = line.partition("\t")
        name = name.strip()
        if not tab or not name:
            raise CorruptData(f"{path}, line {number}: expected a file name, a tab and a caption; a truncated or edited file?")
        if name in seen:
            raise CorruptData(f"{path}, line {number}: {name} stands in line {seen[name]} too; a crawl writes every picture once.")
        seen[name] = number
        yield Row({"image": name, "caption": caption}, where=f"{path.name}, line {number}", picture=find)
