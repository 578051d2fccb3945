"""The sample of a table or of class folders: invented rows, or where the user wants it the first of their own."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from harness.checks.new_task import drawing, layouts
from harness.checks.new_task.layouts import Files
from harness.checks.new_task.own import invented
from harness.checks.new_task.own.card import splits_of_sample
from harness.checks.new_task.own.proposal import Proposal


def of_invented(name: str, proposal: Proposal) -> Files:
    """Files of the sample by their paths in its folder, nothing of the release in them but its columns, splits and classes."""
    if proposal.shape == "folders":
        return _of_folders(name, proposal)
    numbers = [number for split in proposal.splits for number in invented.numbers(proposal, split)]
    names = [picture for number in numbers for picture in invented.picture_names(proposal, number)]
    pictures = {picture: drawing.picture(place) for place, picture in enumerate(names)}
    return of_rows(name, proposal, {split: invented.rows(proposal, split) for split in proposal.splits}, pictures, own=False)


def of_rows(
    name: str, proposal: Proposal, rows: Mapping[str, Sequence[Mapping[str, Any]]], pictures: Mapping[str, bytes], *, own: bool
) -> Files:
    """The same of some rows, the user's own that may be given away or invented, and their pictures by the names below their folder."""
    source, inside = proposal.source, proposal.pictures is not None and proposal.pictures.folder is None
    if inside:
        rows = {
            split: [{key: _cell(value, pictures) for key, value in row.items()} for row in split_rows] for split, split_rows in rows.items()
        }
    files: Files = {
        "sample.toml": splits_of_sample(
            name, proposal, {split: len(split_rows) for split, split_rows in rows.items()}, invented=not own
        ).encode()
    }
    for file, splits in _files(proposal).items():
        files[file] = written(source.reader, file, [row for split in splits for row in rows[split]])
    if inside:
        return files
    suffix = proposal.pictures.suffix if proposal.pictures is not None else ""
    used = {value for split_rows in rows.values() for row in split_rows for value in row.values() if isinstance(value, str)}
    shown = {name: content for name, content in pictures.items() if own or name.removesuffix(suffix) in used}
    return files | {f"images/{picture}": content for picture, content in shown.items()}


def _cell(value: Any, pictures: Mapping[str, bytes]) -> Any:
    return {"bytes": pictures[value], "path": value} if isinstance(value, str) and value in pictures else value


def _files(proposal: Proposal) -> dict[str, list[str]]:
    """File to the splits whose rows it holds."""
    if any("part" in select for select in proposal.splits.values()):
        return {f"{select['part']}.parquet": [split] for split, select in proposal.splits.items()}
    if any("file" in select for select in proposal.splits.values()):
        return {str(select["file"]): [split] for split, select in proposal.splits.items()}
    return {proposal.source.files[0]: list(proposal.splits)}


def written(reader: str, file: str, rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Rows as a file of the kind that a reader reads."""
    tabs = file.removesuffix(".gz").endswith((".tsv", ".tab"))
    made = {
        "csv": lambda: layouts.delimited_rows(rows, "\t" if tabs else ","),
        "jsonl": lambda: layouts.json_lines(rows),
        "json": lambda: (json.dumps(list(rows), ensure_ascii=False, indent=1) + "\n").encode(),
        "xlsx": lambda: _workbook(rows),
        "parquet_table": lambda: layouts.parquet_rows(rows),
    }[reader]()
    return gzip.compress(made, mtime=0) if file.endswith(".gz") else made


def _workbook(rows: Sequence[Mapping[str, Any]]) -> bytes:
    from openpyxl import Workbook

    book, out = Workbook(write_only=True), io.BytesIO()
    sheet = book.create_sheet("rows")
    names = layouts.columns(rows)
    sheet.append(names)
    for row in rows:
        sheet.append([row.get(name) for name in names])
    book.save(out)
    return out.getvalue()


def _of_folders(name: str, proposal: Proposal) -> Files:
    files: Files = {}
    n: dict[str, int] = {}
    for split, select in proposal.splits.items():
        folder = PurePosixPath(str(select.get("folder", ".")))
        n[split] = len(invented.numbers(proposal, split))
        for number in range(n[split]):
            label = proposal.labels[number % len(proposal.labels)]
            files[(folder / label / f"picture_{number:03}.png").as_posix()] = drawing.picture(len(files))
    return {"sample.toml": splits_of_sample(name, proposal, n, invented=True).encode(), **files}
