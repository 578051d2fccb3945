"""Parquet files: as the Hub serves datasets, shards found by their names and pictures by their content, and tables of any columns."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from msgspec import structs

from harness.cards import Card, Split
from harness.data.examples import Dataset
from harness.data.readers import Release, parquet
from harness.errors import AdapterError, CorruptData, MissingData
from tests.data import support
from tests.data.support import refused, sample

CELL = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
PICTURES = (b"first picture", b"second picture")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The folder of the shards, empty."""
    folder = tmp_path / "path_vqa" / "data"
    folder.mkdir(parents=True)
    return folder


def rows(n: int, start: int = 0) -> list[dict[str, Any]]:
    """Questions about two pictures in turn."""
    return [
        {"image": {"bytes": PICTURES[i % 2], "path": None}, "question": f"is it number {i}?", "answer": "no"}
        for i in range(start, start + n)
    ]


def write(path: Path, cells: Sequence[dict[str, Any]], *, group: int = 100, image: pa.DataType = CELL) -> None:
    schema = pa.schema([("image", image), ("question", pa.string()), ("answer", pa.string())])
    pq.write_table(pa.Table.from_pylist(list(cells), schema=schema), path, row_group_size=group)


def load(data: Path) -> Dataset:
    return support.load("path_vqa", data.parent.parent)


def test_rows_are_numbered_over_all_shards_in_the_order_of_their_numbers(data: Path) -> None:
    write(data / "test-00001-of-00002-0123456789abcdef.parquet", rows(3, start=5), group=2)
    write(data / "test-00000-of-00002-fedcba9876543210.parquet", rows(5), group=2)
    found = load(data)
    assert [(e.id, e.input.text) for e in found.examples] == [(str(n + 1), f"is it number {n}?") for n in range(8)]
    assert found.layout == "parquet, 2 shards"


def test_rows_of_one_picture_are_one_group_and_each_reads_its_own(data: Path) -> None:
    write(data / "test-00000-of-00001.parquet", rows(7), group=3)
    examples = load(data).examples
    assert [e.group for e in examples] == [hashlib.sha256(PICTURES[n % 2]).hexdigest() for n in range(7)]
    assert [e.input.images[0].read() for e in reversed(examples)] == [PICTURES[n % 2] for n in reversed(range(7))]


@pytest.mark.parametrize("name", ["test-00000-of-00001.parquet", "../test-00000-of-00001-0a.parquet", "test.parquet"])
def test_names_of_the_hub_and_of_its_tools_are_known(data: Path, name: str) -> None:
    write(data / name, rows(2))
    assert len(load(data).examples) == 2


def test_pictures_may_be_plain_bytes(data: Path) -> None:
    write(data / "test.parquet", [{**row, "image": row["image"]["bytes"]} for row in rows(2)], image=pa.binary())
    assert [e.input.images[0].read() for e in load(data).examples] == list(PICTURES)


def test_a_shard_that_is_not_there_is_missed_by_its_number(data: Path) -> None:
    for number in (0, 2):
        write(data / f"test-{number:05d}-of-00003-0a.parquet", rows(1))
    refused(
        "path_vqa",
        data.parent.parent,
        r"data holds 2 of 3 shards; number 1 \(counted from 0\) is not there\.\nharness fetch path_vqa",
        MissingData,
    )


def test_no_shard_at_all_is_missing_data(data: Path) -> None:
    write(data / "train-00000-of-00001.parquet", rows(1))
    refused("path_vqa", data.parent.parent, r"data/test-00000-of-….parquet is not there", MissingData)


@pytest.mark.parametrize("second", ["test-00000-of-00001-0b.parquet", "test-00000-of-00002-0b.parquet"])
def test_two_versions_side_by_side_are_refused(data: Path, second: str) -> None:
    for name in ("test-00000-of-00001-0a.parquet", second):
        write(data / name, rows(1))
    refused("path_vqa", data.parent.parent, r"shards of two versions stand side by side \(test-00000-of-0000[12]-0[ab]\.parquet, test-")


def test_a_truncated_file_is_named(data: Path) -> None:
    path = data / "test-00000-of-00001.parquet"
    write(path, rows(3))
    path.write_bytes(path.read_bytes()[:-40])
    refused("path_vqa", data.parent.parent, r"test-00000-of-00001\.parquet: not a whole Parquet file .*truncated download")


def test_a_page_that_is_damaged_is_named(data: Path) -> None:
    path = data / "test-00000-of-00001.parquet"
    write(path, rows(3))
    content = bytearray(path.read_bytes())
    content[4:200] = b"\xff" * 196
    path.write_bytes(content)
    refused("path_vqa", data.parent.parent, r"test-00000-of-00001\.parquet, row group 0: cannot be read")


def test_a_file_of_other_columns_lists_them(data: Path) -> None:
    pq.write_table(pa.table({"question": ["?"], "answer": ["no"]}), data / "test.parquet")
    refused("path_vqa", data.parent.parent, r"test\.parquet: no column 'image' \(there are: question, answer\)")
    table = pa.Table.from_pylist([{"image": rows(1)[0]["image"], "answer": "no"}])
    pq.write_table(table, data / "test.parquet")
    refused("path_vqa", data.parent.parent, r"test\.parquet, row 0: no field 'question' \(there are: answer, image, row_number\)")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"image": {"bytes": None, "path": "1.jpg"}}, "holds no picture"),
        ({"image": {"bytes": b"", "path": None}}, "holds no picture"),
        ({"image": None}, "holds no picture"),
        ({"answer": None}, "no value in 'answer'"),
    ],
    ids=["a path alone", "empty", "null", "no answer"],
)
def test_a_row_without_its_content_is_named(data: Path, changes: dict[str, Any], message: str) -> None:
    cells = rows(3)
    cells[2] |= changes
    write(data / "test.parquet", cells)
    refused("path_vqa", data.parent.parent, rf"test\.parquet, row 2: {message}")


def test_bytes_in_the_place_of_a_text_are_no_picture(data: Path) -> None:
    pq.write_table(pa.Table.from_pylist([row | {"answer": b"yes"} for row in rows(2)]), data / "test.parquet")
    refused("path_vqa", data.parent.parent, r"test\.parquet, row 0: 'answer' holds bytes where a text is expected")


def test_another_copy_of_vqa_rad_has_the_pictures_and_questions_of_the_official_release() -> None:
    official, copy = (sample(name) for name in ("vqa_rad", "vqa_rad@hub"))
    asked = [[(e.input.text, e.input.images[0].digest()) for e in found.examples] for found in (official, copy)]
    assert asked[0] == asked[1]
    assert copy.notes == ("closed questions are those answered yes or no: this copy states no answer type",)


# Tables of any columns

ONE, TWO, THREE = ({"bytes": content, "path": None} for content in (b"one", b"two", b"three"))


def write_any(path: Path, cells: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(cells), path, row_group_size=2)


def read(card: Card, root: Path, *, select: dict[str, Any] | None = None, **source: str) -> Release:
    return parquet.read_table(structs.replace(card, source={"reader": "parquet_table", **source}), Split(select=select or {}), root)


def test_numbered_columns_hold_several_pictures_of_which_later_ones_may_be_empty(toy_card: Card, tmp_path: Path) -> None:
    write_any(tmp_path / "a.parquet", [{"image_1": ONE, "image_2": TWO, "q": "x"}, {"image_1": THREE, "image_2": None, "q": None}] * 3)
    found = list(read(toy_card, tmp_path, file="a.parquet").rows)
    assert [[image.read() for image in row.images("image")] for row in found] == [[b"one", b"two"], [b"three"]] * 3
    assert [row["row_number"] for row in found] == [1, 2, 3, 4, 5, 6]
    assert (found[0].where, found[1]["q"]) == ("a.parquet, row 1", None)


def test_a_cell_may_hold_a_list_of_pictures_or_bytes_alone(toy_card: Card, tmp_path: Path) -> None:
    write_any(tmp_path / "a.parquet", [{"images": [ONE, TWO], "scan": b"three"}])
    [row] = read(toy_card, tmp_path, file="a.parquet").rows
    assert [image.read() for image in (*row.images("images"), row.image(row["scan"]))] == [b"one", b"two", b"three"]


def test_names_are_those_of_pictures_beside_the_table(toy_card: Card, tmp_path: Path) -> None:
    write_any(tmp_path / "a.parquet", [{"image": "x.png", "hub": {"bytes": None, "path": "x.png"}}])
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "x.png").write_bytes(b"beside")
    [row] = read(toy_card, tmp_path, file="a.parquet", images="pictures").rows
    assert [row.image(row[name]).read() for name in ("image", "hub")] == [b"beside", b"beside"]
    [alone] = read(toy_card, tmp_path, file="a.parquet").rows
    with pytest.raises(CorruptData, match=r"'x.png' is no picture in the rows, and the card's \[source\] names no folder 'images'"):
        alone.image("x.png")


def test_rows_are_selected_by_shards_or_by_a_field(toy_card: Card, tmp_path: Path) -> None:
    for number in (0, 1):
        write_any(tmp_path / "data" / f"test-0000{number}-of-00002.parquet", [{"n": number, "split": split} for split in ("test", "train")])
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
