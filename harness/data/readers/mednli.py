"""MedNLI: pairs of sentences, from the extracted files or from PhysioNet's archive as it is distributed."""

from __future__ import annotations

import zipfile
from pathlib import Path

from harness.cards import Card, Split
from harness.data.readers import Release
from harness.data.readers.files import read_text, required
from harness.data.readers.tables import objects_by_line
from harness.errors import CorruptData
from harness.files import archives, content
from harness.rows import Row

_NAME = "mednli-a-natural-language-inference-dataset-for-the-clinical-domain-1.0.0"
_LARGEST = 200_000_000


def read(card: Card, split: Split, root: Path) -> Release:
    """One row per pair of ``mli_{train,dev,test}_v1.jsonl``."""
    name = str(split.select["file"])
    place = required(card, root, name, f"{_NAME}/{name}", f"{_NAME}.zip")
    text = _member(place, name) if place.suffix == ".zip" else read_text(place)
    rows = (Row(fields, where=where) for where, fields in objects_by_line(text, f"{place}, {name}", name))
    return Release(rows=rows, layout="zip" if place.suffix == ".zip" else "jsonl", files=(place,))


def _member(place: Path, name: str) -> str:
    with archives.whole(place), zipfile.ZipFile(place) as archive:
        members = [member for member in archive.infolist() if Path(member.filename).name == name]
        if not members or members[0].file_size > _LARGEST:
            raise CorruptData(f"{place}: holds no usable {name}; this is not the archive of PhysioNet, get it again.")
        return content.text(archive.read(members[0]), f"{place}: {name}")
