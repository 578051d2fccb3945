"""What is wrong with a row of a credentialed release is told by its place and kind: never by what it says."""

from __future__ import annotations

import csv
import gzip
import io
import json
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.base.withheld import message_of, names_of, quoted, withholding
from harness.data import catalog
from harness.errors import HarnessError
from tests.data.support import copied, load

CANARY = "CANARY7f3a"
TASKS = ("mednli", "mimic_cxr_report", "mimic_cxr_summary", "mimic3_mortality", "mimic3_summary", "seer_treatment")


@pytest.mark.parametrize(
    ("value", "open_", "held"),
    [
        ("Mr Smith", "'Mr Smith'", "(a text of 8 characters, withheld)"),
        (["a", "b"], "['a', 'b']", "(a list of 2 entries, withheld)"),
        (17, "17", "(a number, withheld)"),
        (None, "None", "(a NoneType, withheld)"),
        ("x" * 99, f"'{'x' * 60}'", "(a text of 99 characters, withheld)"),
    ],
)
def test_a_value_is_quoted_or_measured(value: object, open_: str, held: str) -> None:
    assert quoted(value) == open_
    with withholding():
        assert quoted(value) == held
        with withholding(False):
            assert quoted(value) == held, "within another that withholds, nothing is told again"
    assert quoted(value) == open_


def test_names_and_words_of_exceptions_may_be_rows_too() -> None:
    assert (names_of(["id", "text"]), message_of(ValueError("Mr Smith"))) == ("id, text", "Mr Smith")
    with withholding():
        assert (names_of(["id", "text"]), message_of(ValueError("Mr Smith"))) == ("2 names, withheld", "its words are withheld")


def test_what_nobody_expected_keeps_its_traceback_and_loses_its_words() -> None:
    def fail() -> None:
        try:
            raise KeyError(CANARY)
        except KeyError as first:
            raise ValueError(f"no {CANARY}") from first

    with pytest.raises(ValueError, match="its words are withheld") as caught, withholding():
        fail()
    told = "".join(traceback.format_exception(caught.value))
    assert "in fail" in told
    assert CANARY not in told.replace("{CANARY}", "").replace("(CANARY)", "")
    with pytest.raises(ValueError, match=f"no {CANARY}"), withholding(False):
        fail()


def _text(path: Path) -> str:
    return (gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()).decode()


def _write(path: Path, text: str) -> None:
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())


def spoilt(path: Path) -> Iterator[tuple[str, str]]:
    """A file's content with the canary in one place after another: in each column of its first rows, for its header, as a line."""
    text = _text(path)
    if path.suffix == ".jsonl":
        first, *rest = text.splitlines()
        row = json.loads(first)
        for name in row:
            for value in (CANARY, [CANARY], {CANARY: CANARY}, None):
                yield f"{name} = {type(value).__name__}", "\n".join([json.dumps({**row, name: value}), *rest]) + "\n"
        yield "a key twice", text.replace("{", f'{{"{CANARY}": 1, "{CANARY}": 2, ', 1)
    elif ".csv" in path.name:
        rows = list(csv.reader(io.StringIO(text)))
        for at in range(1, min(4, len(rows))):
            for column in range(len(rows[at])):
                changed = [list(row) for row in rows]
                changed[at][column] = CANARY
                yield f"row {at}, column {column}", _joined(changed)
        yield "no header", _joined([[CANARY, *row[1:]] for row in rows[1:]])
        yield "two columns of a name", _joined([[CANARY, CANARY, *rows[0][2:]], *rows[1:]])
        yield "too many cells", _joined([rows[0], [*rows[1], CANARY], *rows[2:]])
    yield "a line", f"{CANARY}\n{text}"


def _joined(rows: list[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


@pytest.mark.parametrize("name", TASKS)
def test_no_error_of_a_credentialed_release_repeats_what_a_row_says(name: str, tmp_path: Path) -> None:
    task = catalog.task(name)
    seen: list[str] = []
    files = sorted(path for path in copied(task.card.folder, tmp_path).rglob("*") if path.suffix in (".csv", ".gz", ".jsonl"))
    assert files
    for path in files:
        before = path.read_bytes()
        for place, content in spoilt(path):
            _write(path, content)
            for told in _told(lambda: load(name, tmp_path).notes):
                assert CANARY not in told, f"{path.name}, {place}"
                seen.append(told)
        path.write_bytes(before)
    assert any("withheld" in told or "expected" in told or "none of" in told for told in seen), "some were refused"


def _told(load: Callable[[], tuple[str, ...]]) -> list[str]:
    """All that a user is told of a release: the error with its causes, or the notes that stand in the record."""
    try:
        return list(load())
    except HarnessError as error:
        return [str(error)]
