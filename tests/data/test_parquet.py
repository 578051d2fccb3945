"""Parquet files as the Hub serves datasets: shards found by their names, pictures by their content, errors that name file and row."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness.data import catalog
from harness.data import examples as loading
from harness.data.examples import SAMPLES, Dataset
from harness.errors import CorruptData, MissingData

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
    return loading.load(catalog.task("path_vqa"), data_root=data.parent.parent, accept_different=True)


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
    with pytest.raises(MissingData, match=r"data holds 2 of 3 shards; number 1 \(counted from 0\) is not there\.\nharness fetch path_vqa"):
        load(data)


def test_no_shard_at_all_is_missing_data(data: Path) -> None:
    write(data / "train-00000-of-00001.parquet", rows(1))
    with pytest.raises(MissingData, match=r"data/test-00000-of-….parquet is not there"):
        load(data)


@pytest.mark.parametrize("second", ["test-00000-of-00001-0b.parquet", "test-00000-of-00002-0b.parquet"])
def test_two_versions_side_by_side_are_refused(data: Path, second: str) -> None:
    for name in ("test-00000-of-00001-0a.parquet", second):
        write(data / name, rows(1))
    with pytest.raises(CorruptData, match=r"shards of two versions stand side by side \(test-00000-of-0000[12]-0[ab]\.parquet, test-"):
        load(data)


def test_a_truncated_file_is_named(data: Path) -> None:
    path = data / "test-00000-of-00001.parquet"
    write(path, rows(3))
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(CorruptData, match=r"test-00000-of-00001\.parquet: not a whole Parquet file .*truncated download"):
        load(data)


def test_a_page_that_is_damaged_is_named(data: Path) -> None:
    path = data / "test-00000-of-00001.parquet"
    write(path, rows(3))
    content = bytearray(path.read_bytes())
    content[4:200] = b"\xff" * 196
    path.write_bytes(content)
    with pytest.raises(CorruptData, match=r"test-00000-of-00001\.parquet, row group 0: cannot be read"):
        load(data)


def test_a_file_of_other_columns_lists_them(data: Path) -> None:
    pq.write_table(pa.table({"question": ["?"], "answer": ["no"]}), data / "test.parquet")
    with pytest.raises(CorruptData, match=r"test\.parquet: no column 'image' \(there are: question, answer\)"):
        load(data)
    table = pa.Table.from_pylist([{"image": rows(1)[0]["image"], "answer": "no"}])
    pq.write_table(table, data / "test.parquet")
    with pytest.raises(CorruptData, match=r"test\.parquet, row 0: no field 'question' \(there are: answer, image, row_number\)"):
        load(data)


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
    with pytest.raises(CorruptData, match=rf"test\.parquet, row 2: {message}"):
        load(data)


def test_another_copy_of_vqa_rad_has_the_pictures_and_questions_of_the_official_release() -> None:
    official, copy = (loading.load(catalog.task(name)) for name in ("vqa_rad", "vqa_rad@hub"))
    asked = [[(e.input.text, e.input.images[0].digest()) for e in found.examples] for found in (official, copy)]
    assert asked[0] == asked[1]
    assert copy.notes == ("closed questions are those answered yes or no: this copy states no answer type",)


def test_a_random_re_split_is_refused(tmp_path: Path) -> None:
    """The real release has 6,719 test rows; whatever has another number is not the one the card describes."""
    shutil.copytree(SAMPLES / "path_vqa", tmp_path / "path_vqa")
    with pytest.raises(CorruptData, match="24 examples where 6,719 are expected; 12 with yes_no yes_no where 3,362 are expected"):
        loading.load(catalog.task("path_vqa"), data_root=tmp_path)
