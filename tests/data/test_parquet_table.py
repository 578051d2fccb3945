"""Parquet tables of any columns: pictures in cells, in lists, in numbered columns, and beside the table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from msgspec import structs

from harness.cards import Card, Split
from harness.data.readers import Release, parquet
from harness.errors import AdapterError, CorruptData, MissingData

ONE, TWO, THREE = ({"bytes": content, "path": None} for content in (b"one", b"two", b"three"))


def write(path: Path, rows: list[dict[str, Any]], *, group: int = 2) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), path, row_group_size=group)


def read(card: Card, root: Path, *, select: dict[str, Any] | None = None, **source: str) -> Release:
    return parquet.read_table(structs.replace(card, source={"reader": "parquet_table", **source}), Split(select=select or {}), root)


def test_numbered_columns_hold_several_pictures_of_which_later_ones_may_be_empty(toy_card: Card, tmp_path: Path) -> None:
    write(tmp_path / "a.parquet", [{"image_1": ONE, "image_2": TWO, "q": "x"}, {"image_1": THREE, "image_2": None, "q": None}] * 3)
    rows = list(read(toy_card, tmp_path, file="a.parquet").rows)
    assert [[image.read() for image in row.images("image")] for row in rows] == [[b"one", b"two"], [b"three"]] * 3
    assert [row["row_number"] for row in rows] == [1, 2, 3, 4, 5, 6]
    assert (rows[0].where, rows[1]["q"]) == ("a.parquet, row 1", None)


def test_a_cell_may_hold_a_list_of_pictures_or_bytes_alone(toy_card: Card, tmp_path: Path) -> None:
    write(tmp_path / "a.parquet", [{"images": [ONE, TWO], "scan": b"three"}])
    [row] = read(toy_card, tmp_path, file="a.parquet").rows
    assert [image.read() for image in (*row.images("images"), row.image(row["scan"]))] == [b"one", b"two", b"three"]


def test_names_are_those_of_pictures_beside_the_table(toy_card: Card, tmp_path: Path) -> None:
    write(tmp_path / "a.parquet", [{"image": "x.png", "hub": {"bytes": None, "path": "x.png"}}])
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "x.png").write_bytes(b"beside")
    [row] = read(toy_card, tmp_path, file="a.parquet", images="pictures").rows
    assert [row.image(row[name]).read() for name in ("image", "hub")] == [b"beside", b"beside"]
    [alone] = read(toy_card, tmp_path, file="a.parquet").rows
    with pytest.raises(CorruptData, match=r"'x.png' is no picture in the rows, and the card's \[source\] names no folder 'images'"):
        alone.image("x.png")


def test_rows_are_selected_by_shards_or_by_a_field(toy_card: Card, tmp_path: Path) -> None:
    for number in (0, 1):
        write(tmp_path / "data" / f"test-0000{number}-of-00002.parquet", [{"n": number, "split": split} for split in ("test", "train")])
    found = read(toy_card, tmp_path, select={"part": "test", "field": "split", "values": ["test"]})
    assert ([row["n"] for row in found.rows], found.layout) == ([0, 1], "parquet, 2 shards")


def test_what_is_no_table_is_named(toy_card: Card, tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(CorruptData, match=r"a\.parquet: not a whole Parquet file"):
        list(read(toy_card, tmp_path, file="a.parquet").rows)
    with pytest.raises(MissingData, match=r"b\.parquet is not there"):
        read(toy_card, tmp_path, file="b.parquet")
    with pytest.raises(AdapterError, match="needs 'file' in"):
        read(toy_card, tmp_path)
