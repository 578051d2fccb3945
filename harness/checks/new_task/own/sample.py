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

FIRST = {"test": 12, "train": 6, "val": 6}
"""Rows of the user's own, by split."""


def of_invented(name: str, proposal: Proposal) -> Files:
    """Files of the sample by their paths in its folder, nothing of the release in them but its columns, splits and classes."""
    if proposal.shape == "folders":
        return _of_folders(name, proposal)
    rows = {split: invented.rows(proposal, split) for split in proposal.splits}
    pictures: dict[str, bytes] = {}
    numbered = 0
    for split, found in rows.items():
        first = {"test": 0, "train": 100, "val": 200}[split]
        for number in range(first, first + len(found)):
            for picture in invented.picture_names(proposal, number):
                pictures[picture] = drawing.picture(numbered)
                numbered += 1
    return _of_table(name, proposal, rows, pictures, invented_=True)


def of_own(name: str, proposal: Proposal, rows: Mapping[str, Sequence[Mapping[str, Any]]], pictures: Mapping[str, bytes]) -> Files:
    """The same of rows that the user gives away, and their pictures by the names below the folder of pictures."""
    return _of_table(name, proposal, rows, pictures, invented_=False)


def _of_table(
    name: str, proposal: Proposal, rows: Mapping[str, Sequence[Mapping[str, Any]]], pictures: Mapping[str, bytes], *, invented_: bool
) -> Files:
    source, inside = proposal.source, proposal.pictures is not None and proposal.pictures.folder is None
    if inside:
        rows = {split: [{key: _cell(value, pictures) for key, value in row.items()} for row in found] for split, found in rows.items()}
    files: Files = {
        "sample.toml": splits_of_sample(name, proposal, {split: len(found) for split, found in rows.items()}, invented=invented_).encode()
    }
    for file, splits in _files(proposal).items():
        files[file] = written(source.reader, file, [row for split in splits for row in rows[split]])
    used = used_pictures(rows)
    return {
        **files,
        **(
            {}
            if inside
            else {
                f"images/{picture}": content for picture, content in pictures.items() if not invented_ or _stem(picture, proposal) in used
            }
        ),
    }


def used_pictures(rows: Mapping[str, Sequence[Mapping[str, Any]]]) -> set[str]:
    """All texts of some rows, the names of pictures among them."""
    return {value for found in rows.values() for row in found for value in row.values() if isinstance(value, str)}


def _stem(picture: str, proposal: Proposal) -> str:
    suffix = proposal.pictures.suffix if proposal.pictures is not None else ""
    return picture.removesuffix(suffix) if suffix else picture


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
    names = invented.columns(rows)
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
        n[split] = max(12 if split == "test" else 6, 3 * len(proposal.labels) if split == "test" else 0)
        for number in range(n[split]):
            label = proposal.labels[number % len(proposal.labels)]
            files[(folder / label / f"picture_{number:03}.png").as_posix()] = drawing.picture(len(files))
    return {"sample.toml": splits_of_sample(name, proposal, n, invented=True).encode(), **files}
