"""``harness reported`` as a user types it."""

from __future__ import annotations

import io
import shutil
from pathlib import Path
from typing import Any

import pytest

from harness.views.published import FILE

ROW = (
    "task=vqa_rad", "metric=accuracy", "system=Invented-1B", "setting=zero-shot", "original_value=61.2", "original_unit=%",
    "original_metric=accuracy", "source_title=Invented", "source_id=arXiv:2301.00001", "read_from=full text", "confidence=certain",
)  # fmt: skip


def test_the_packaged_file_keeps_its_rules(as_json: Any) -> None:
    assert as_json("reported", "check", "--json")["problems"] == []


def test_a_row_is_added_and_the_file_is_checked(harness: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    path = tmp_path / "reported.csv"
    shutil.copy(FILE, path)
    done = harness("reported", "add", "--file", path, *ROW)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Invented-1B on vqa_rad, accuracy 61.2 %" in done.stdout
    assert harness("reported", "check", path).returncode == 0
    path.write_text(path.read_text(encoding="utf-8").replace(",61.2,%,", ",61.3,%,"), encoding="utf-8")
    broken = harness("reported", "check", "--file", path)
    assert broken.returncode == 3
    assert harness("reported", "check", path, "--file", path).returncode == 2
    assert "Invented-1B on vqa_rad" in broken.stdout


@pytest.mark.parametrize(
    ("fields", "message"),
    [((), "needs also task"), (("task",), "is no COLUMN=TEXT"), (("tsk=vqa_rad",), "Did you mean task")],
    ids=["nothing", "no value", "misspelt"],
)
def test_what_is_missing_is_named_away_from_a_terminal(
    harness: Any, monkeypatch: pytest.MonkeyPatch, fields: tuple[str, ...], message: str
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    done = harness("reported", "add", *fields)
    assert done.returncode == 2
    assert message in done.stderr
