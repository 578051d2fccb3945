"""MedNLI: pairs of sentences, from the extracted files or from PhysioNet's archive as it is distributed."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path

from harness.cards import Card, Split
from harness.data.readers import Release
from harness.data.readers.files import read_text, required
from harness.errors import CorruptData
from harness.files import archives, content, json_text
from harness.rows import Row

_NAME = "mednli-a-natural-language-inference-dataset-for-the-clinical-domain-1.0.0"
_LARGEST = 200_000_000


def read(card: Card, split: Split, root: Path) -> Release:
    """One row per pair of ``mli_{train,dev,test}_v1.jsonl``."""
    name = str(split.select["file"])
    place = required(card, root, name, f"{_NAME}/{name}", f"{_NAME}.zip")
    text = _member(place, name) if place.suffix == ".zip" else read_text(place)
    return Release(rows=_rows(text, place, name), layout="zip" if place.suffix == ".zip" else "jsonl", files=(place,))


def _member(place: Path, name: str) -> str:
    try:
        with zipfile.ZipFile(place) as archive:
            found = [member for member in archive.infolist() if Path(member.filename).name == name]
            if not found or found[0].file_size > _LARGEST:
                raise CorruptData(f"{place}: holds no usable {name}; this is not the archive of PhysioNet, get it again.")
            return content.text(archive.read(found[0]), f"{place}: {name}")
    except archives.BROKEN as error:
        raise CorruptData(f"{place}: not a whole archive ({error}); a truncated download? Get the file again.") from error


def _rows(text: str, place: Path, name: str) -> Iterator[Row]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        content = json_text.parse(line, f"{place}, {name}, line {number}")
        if not isinstance(content, dict):
            raise CorruptData(f"{place}, {name}, line {number}: a JSON {type(content).__name__} where an object is expected.")
        yield Row(content, where=f"{name}, line {number}")
