"""The summarisation form of MedDialog: dialogues and what the patient asked, as HELM and the Hub's lighteval hold them."""

from __future__ import annotations

from pathlib import Path

from harness.cards import Card, Split
from harness.data.readers import Release
from harness.data.readers.files import required
from harness.data.readers.ids import distinct
from harness.data.readers.tables import objects, parse_json
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
    rows = [Row(fields, where=where) for where, fields in objects(items, path.name, path.name)]
    empty = sum(not row.text("tgt").strip() for row in rows)
    notes = (f"empty references: {empty:,} of {len(rows):,}; whatever is written for them scores 0",) if empty else ()
    ids = distinct(row.identifier("id") for row in rows)
    numbered = (Row({**row, "id": row_id}, where=row.where) for row, row_id in zip(rows, ids, strict=True))
    return Release(rows=numbered, layout=path.relative_to(root).as_posix(), notes=notes, files=(path,))
