"""Rows of a file of facts as they are written: cut into texts only where they are asked for, and then as a reader of CSV cuts them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.errors import CorruptData
from harness.views import csv_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    task: str
    note: str


@pytest.mark.parametrize(
    "content",
    [
        'task,note\na,plain\nb,"two, and ""said"""\n',
        'task,note\na,"first\nsecond, ""third""\n"\nb,after it\n',
        "task,note\r\na,one\r\nb,two\r\n",
        "task,note\na,no break at the end",
        "task,note\n",
    ],
)
def test_written_rows_are_those_of_a_reader_with_their_lines(tmp_path: Path, content: str) -> None:
    path = tmp_path / "facts.csv"
    path.write_bytes(content.encode())
    cut = [(line, csv_rows.cut(Fact, row, "here")) for line, row in csv_rows.as_written(path, Fact)]
    assert cut == list(csv_rows.rows(path, Fact))


@pytest.mark.parametrize(("content", "wrong"), [("note,task\n", "the columns are note, task"), ("", "the columns are none")])
def test_other_columns_are_refused(tmp_path: Path, content: str, wrong: str) -> None:
    path = tmp_path / "facts.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(CorruptData, match=wrong):
        list(csv_rows.as_written(path, Fact))


def test_a_row_of_other_length_is_refused_where_it_is_cut() -> None:
    with pytest.raises(CorruptData, match=r"facts\.csv, line 3: 1 fields where 2 are expected"):
        csv_rows.cut(Fact, "a", "facts.csv, line 3")
