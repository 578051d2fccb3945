"""The summarisation form of MedDialog: dialogues and what the patient asked, as HELM and the Hub's lighteval hold them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from harness.cards import Card, Split
from harness.data.readers import Release
from harness.data.readers.files import required
from harness.data.readers.ids import distinct
from harness.data.readers.tables import parse_json
from harness.errors import CorruptData
from harness.rows import Row


def read(card: Card, split: Split, root: Path) -> Release:
    """One row per entry of ``{"data": [{id, src, tgt}]}``, in the release's folder or one level down, as the repository has it."""
    name = str(split.select["file"])
    path = required(card, root, name, f"{card.folder}/{name}")
    content = parse_json(path)
    items = content.get("data") if isinstance(content, dict) else content
    if not isinstance(items, list):
        raise CorruptData(f'{path}: no list under "data"; this is not the official file.')
    rows = list(_rows(items, path))
    empty = sum(not row.text("tgt").strip() for row in rows)
    notes = (f"empty references: {empty:,} of {len(rows):,}; whatever is written for them scores 0",) if empty else ()
    ids = distinct(row.identifier("id") for row in rows)
    numbered = (Row({**row, "id": row_id}, where=row.where) for row, row_id in zip(rows, ids, strict=True))
    return Release(rows=numbered, layout=path.relative_to(root).as_posix(), notes=notes, files=(path,))


def _rows(items: Sequence[Any], path: Path) -> Iterator[Row]:
    for number, item in enumerate(items):
        where = f"{path.name}, row {number}"
        if not isinstance(item, dict):
            raise CorruptData(f"{where}: a JSON {type(item).__name__} where an object is expected.")
        yield Row(item, where=where)
