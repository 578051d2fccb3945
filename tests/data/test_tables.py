"""Tables as people have them: each kind of file with each flaw gives the right rows, or an error that names the place and the remedy."""

from __future__ import annotations

import contextlib
import csv
import gzip
import io
import json
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.data.readers import delimited, sheets, tables
from harness.errors import CorruptData
from harness.files import json_text
from tests.data.support import gzipped

Rows = list[dict[str, Any]]
TWO: Rows = [{"id": "1", "question": "Is there\na mass?", "answer": "yes"}, {"id": "2", "question": "Side?", "answer": "left"}]


def written(rows: Rows, *, mark: str = ",", end: str = "\n", quoting: Any = csv.QUOTE_MINIMAL) -> str:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(rows[0]), delimiter=mark, lineterminator=end, quoting=quoting)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def read(path: Path, *columns: str) -> Rows:
    return [dict(fields) for _, fields in delimited.read(path, *columns)]


def put(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("plain.csv", written(TWO)),
        ("windows.csv", written(TWO, end="\r\n")),
        ("spreadsheet.csv", "\ufeff" + written(TWO, mark=";", end="\r\n") + ";;\r\n"),
        ("tabs.csv", written(TWO, mark="\t")),
        ("bars.csv", written(TWO, mark="|")),
        ("all_quoted.csv", written(TWO, quoting=csv.QUOTE_ALL)),
        ("all_quoted.tsv", written(TWO, mark="\t", quoting=csv.QUOTE_ALL)),
        ("empty_rows.csv", written(TWO) + ",,\n\n,,\n"),
        ("empty_columns.csv", 'id,question,answer,,\n1,"Is there\na mass?",yes,,\n2,Side?,left,,\n'),
        ("blank_names.csv", written(TWO).replace("id,question,answer", " id , question,answer ")),
        ("zipped.csv.gz", gzip.compress(written(TWO).encode(), mtime=0)),
    ],
)
def test_what_a_program_adds_is_no_data(tmp_path: Path, name: str, content: str | bytes) -> None:
    assert read(put(tmp_path, name, content)) == TWO


@pytest.mark.parametrize(
    ("content", "cell"),
    [
        ('id\ttext\n1\t"a ""quoted"" note"\n', 'a "quoted" note'),  # as pandas writes it
        ('id\ttext\n1\tsays "no"\n', 'says "no"'),  # nothing was quoted: the quote is a letter like any other
        ('id\ttext\n1\t"no"\n', '"no"'),  # a program would have had no reason to quote it
        ('id\ttext\n1\t5" catheter\n2\t"a ""b"""\n', '5" catheter'),
        ('"id"\t"text"\n"1"\t"no"\n', "no"),
    ],
)
def test_tab_separated_cells_are_unquoted_where_they_were_quoted(tmp_path: Path, content: str, cell: str) -> None:
    assert read(put(tmp_path, "t.tsv", content))[0]["text"] == cell


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('id,q,a\n1,a,"ok\n2,b,fine\n3,c,\n', r"t\.csv, line 2, column 5: the field 'a' begins with a quote that is never closed"),
        ('id,q\n1,x\n2,"a ""b"" c\n3,y\n', r"t\.csv, line 3, column 3: the field 'q' begins with a quote that is never closed"),
        ('id,q\n1,"un\n2,"fine"\n', r"line 2, column 3: the field 'q' goes on behind its closing quote in line 3, or it was never closed"),
        ('id,q\n1,"ok"x\n', r"line 2, column 3: the field 'q' goes on behind its closing quote"),
        ("id,q,id\n1,2,3\n", r"line 1: two columns are called 'id'"),
        ("id,,q\n1,2,3\n", r"line 1: column 2 of 3 has no name"),
        ("id,q\n1\n", r"line 2: 1 fields where the header has 2"),
        ("id,q\n1,a,b\n", r"line 2: 3 fields where the header has 2"),
        ("", r"empty, where column names are expected"),
        ("\nid,q\n", r"its first line is empty"),
        (b"id,q\n1,a\n2,caf\xe9\n", r"t\.csv, line 3: not UTF-8"),
        ("id,q\n1,a\n".encode("utf-16"), r"t\.csv: UTF-16 text where a table of text is expected.*; save it as UTF-8"),
        ("ID,Question\n1,2\n", r"no column id, question \(there are: ID, Question\); rename 'ID' for 'id', 'Question' for 'question'"),
        ("id;answer\n1;2\n", r"no column question \(there are: id, answer\)"),
    ],
)
def test_what_a_program_breaks_is_named(tmp_path: Path, content: str | bytes, message: str) -> None:
    path = put(tmp_path, "t.csv", content)
    with pytest.raises(CorruptData, match=message):
        read(path, *(("id", "question") if "uestion" in message else ()))


def test_a_field_of_any_length_is_read(tmp_path: Path) -> None:
    """Python's own limit is 131,072 characters."""
    assert len(read(put(tmp_path, "long.csv", "id,q\n1," + "x" * 140_000 + "\n"))[0]["q"]) == 140_000


def test_the_columns_that_are_wanted_tell_the_delimiter(tmp_path: Path) -> None:
    path = put(tmp_path, "t.csv", "id;size, in mm\n1;2,5\n")
    assert read(path, "id", "size, in mm") == [{"id": "1", "size, in mm": "2,5"}]


def test_a_device_is_no_table(tmp_path: Path) -> None:
    (tmp_path / "t.csv").symlink_to("/dev/zero")
    with pytest.raises(CorruptData, match="not a regular file"):
        read(tmp_path / "t.csv")


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\r\x00"), max_size=12).filter(lambda text: text == text.strip("\ufeff"))


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.tuples(CELLS, CELLS).filter(lambda row: bool("".join(row).strip())), min_size=1, max_size=5), st.sampled_from(",;\t|"))
def test_what_is_written_is_read(tmp_path: Path, rows: list[tuple[str, str]], mark: str) -> None:
    cells = [{"first": one, "second": other} for one, other in rows]
    assert read(put(tmp_path, "t.csv", written(cells, mark=mark)), "first", "second") == cells


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=4), st.integers(0, 200), st.sampled_from(['"', ",", "\n", ";", "\t"]))
def test_a_table_with_a_foreign_character_never_ends_in_a_traceback(
    tmp_path: Path, rows: list[tuple[str, str]], at: int, letter: str
) -> None:
    content = written([{"first": one, "second": other} for one, other in rows])
    changed = content[:at] + letter + content[at:]
    with contextlib.suppress(CorruptData):
        assert all(isinstance(cell, str) for row in read(put(tmp_path, "t.csv", changed)) for cell in row.values())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"id": 1, "id": 2}', "the key 'id' stands twice in one object"),
        ('[{"a": {"b": 1, "c": 2, "b": 3}}]', "the key 'b' stands twice"),
        ('{"id": NaN}', "NaN is no JSON number"),
        ('{"id": ' + "9" * 6000 + "}", "a number has thousands of digits"),
        ("[" * 100_000, "too deep in one another"),
        ('{"id": 1', r"not JSON at column 9|not JSON at line 1, column 9"),
    ],
)
def test_json_that_could_be_read_in_two_ways_is_refused(text: str, message: str) -> None:
    with pytest.raises(CorruptData, match=message):
        json_text.parse(text, "rows.json")


def test_a_line_of_json_is_named(tmp_path: Path) -> None:
    path = put(tmp_path, "rows.jsonl", json.dumps({"id": 1}) + '\n\n{"id": 2, "id": 3}\n')
    rows: Iterator[tuple[str, Mapping[str, Any]]] = tables.json_lines(path)
    assert next(rows) == ("rows.jsonl, line 1", {"id": 1})
    with pytest.raises(CorruptData, match=r"rows\.jsonl, line 3: the key 'id' stands twice"):
        next(rows)


def sheet(folder: Path, change: Callable[[Any], None]) -> Path:
    from openpyxl import Workbook

    book = Workbook()
    for row in (["id", "question", "answer", None], [10.0, "Is there a mass?", "yes", None], [11, None, 2.5, None], [None] * 4):
        book.active.append(row)
    change(book.active)
    book.save(folder / "t.xlsx")
    return folder / "t.xlsx"


def test_a_sheet_is_read_by_its_cells(tmp_path: Path) -> None:
    found = list(sheets.read(sheet(tmp_path, lambda _: None)))
    assert found == [
        ("t.xlsx, row 2", {"id": 10, "question": "Is there a mass?", "answer": "yes"}),
        ("t.xlsx, row 3", {"id": 11, "question": "", "answer": 2.5}),
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda own: own.__setitem__("B2", "=A2+1"), r"cell B2: a formula that was never calculated"),
        (lambda own: own.__setitem__("B1", "id"), r"row 1: two columns are called 'id'"),
        (lambda own: own.__setitem__("B1", None), r"row 1: column 2 of 3 has no name"),
        (lambda own: own.__setitem__("E3", "a note"), r"cell E3: a value in a column without a name"),
        (lambda own: own.merge_cells("A2:A3"), r"cells A2:A3 of the sheet 'Sheet' \(sheet1\.xml\) are merged"),
        (lambda own: own.delete_rows(1, 9), r"holds no column names"),
        (lambda own: own.__setitem__("C2", "#DIV/0!"), r"cell C2: the formula ended in #DIV/0!"),
    ],
)
def test_a_sheet_that_says_less_than_it_shows_is_refused(tmp_path: Path, change: Callable[[Any], None], message: str) -> None:
    with pytest.raises(CorruptData, match=message):
        list(sheets.read(sheet(tmp_path, change)))


def test_sheets_that_are_not_read_are_named(tmp_path: Path) -> None:
    assert sheets.notes(sheet(tmp_path, lambda _: None)) == ()
    path = sheet(tmp_path, lambda own: own.parent.create_sheet("answers 2024"))
    assert sheets.notes(path) == ("of the workbook the first sheet ('Sheet') alone is read, not 'answers 2024'",)


def test_a_broken_archive_is_called_an_excel_file_only_where_it_is_called_so(tmp_path: Path) -> None:
    for name, kind in (("replies.csv", "a damaged ZIP archive"), ("replies.xlsx", "not an Excel file, or a truncated one")):
        (tmp_path / name).write_bytes(b"PK\x03\x04" + bytes(200))
        with pytest.raises(CorruptData, match=rf"{name}: {kind} \(File is not a zip file\)"):
            list(sheets.read(tmp_path / name))


def test_a_table_is_streamed(tmp_path: Path) -> None:
    path = tmp_path / "big.csv.gz"
    path.write_bytes(gzipped(("a", "b"), ((number, "x" * 1000) for number in range(4_000))))
    tracemalloc.start()
    try:
        assert sum(1 for _ in delimited.read(path, "a")) == 4_000
        assert tracemalloc.get_traced_memory()[1] < 1_000_000  # of 4 MB
    finally:
        tracemalloc.stop()
