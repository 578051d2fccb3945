"""``harness new`` and ``harness check TASK``."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from harness.cli import app, main
from harness.data.examples import SAMPLES
from harness.errors import AdapterError, UsageError


def run(*arguments: str | Path) -> Any:
    return CliRunner().invoke(app, list(map(str, arguments)))


def test_a_new_task_passes_its_check_at_once(tmp_path: Path) -> None:
    made = run("new", "first_quiz", "--family", "understanding", "--dir", tmp_path)
    assert made.exit_code == 0, made.output
    assert f"harness check first_quiz --task-dir {tmp_path}" in made.stdout
    done = run("check", "first_quiz", "--task-dir", tmp_path)
    assert done.exit_code == 0, done.output
    assert "first_quiz on the invented sample" in done.stdout
    assert "15 promises, 0 broken" in done.stdout


def test_new_as_json_lists_its_files(tmp_path: Path) -> None:
    found = json.loads(run("new", "listed_quiz", "--family", "vqa", "--dir", tmp_path, "--json").stdout)
    assert (found["task"], found["family"], len(found["files"])) == ("listed_quiz", "vqa", 22)
    assert all(Path(file).is_file() for file in found["files"])


def test_check_names_the_promise_the_row_and_the_difference(tmp_path: Path) -> None:
    run("new", "leaky_quiz", "--family", "understanding", "--dir", tmp_path)
    adapter = tmp_path / "understanding" / "leaky_quiz.py"
    adapter.write_text(adapter.read_text().replace("row.text('note')", "row.text('note') + row.text('label')"))
    done = run("check", "leaky_quiz", "--task-dir", tmp_path)
    assert isinstance(done.exception, AdapterError)
    assert "broken" in done.stdout
    assert "rows.jsonl, line 1: with another answer (label) the input differs" in done.stdout
    found = json.loads(run("check", "leaky_quiz", "--task-dir", tmp_path, "--json").stdout)
    assert not found["holds"]
    assert [finding["property"] for finding in found["findings"] if not finding["holds"]] == ["blind"]


def test_a_card_that_cannot_be_read_is_a_finding(tmp_path: Path) -> None:
    run("new", "broken_quiz", "--family", "vqa", "--dir", tmp_path)
    (tmp_path / "vqa" / "broken_quiz.toml").write_text("name = ")
    done = run("check", "broken_quiz", "--task-dir", tmp_path)
    assert isinstance(done.exception, AdapterError)
    assert "not a TOML file" in done.stdout


def test_the_release_is_checked_where_it_is_there(tmp_path: Path) -> None:
    shutil.copytree(SAMPLES / "vqa_rad", tmp_path / "data" / "vqa_rad")
    found = json.loads(run("check", "vqa_rad", "mednli", "--data-root", tmp_path / "data", "--json").stdout)["findings"]
    assert {(finding["task"], finding["data"]) for finding in found} == {("vqa_rad", "sample"), ("vqa_rad", "real"), ("mednli", "sample")}


def test_check_asks_what_to_check() -> None:
    done = run("check")
    assert isinstance(done.exception, UsageError)
    assert "harness check TASK, or harness check --metrics" in str(done.exception)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["new", "vqa_rad", "--family", "vqa", "--dir", "."], 2),
        (["check", "no_such_task"], 2),
        (["check", "exit_quiz", "--task-dir", "."], 4),
    ],
)
def test_exit_codes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int
) -> None:
    monkeypatch.chdir(tmp_path)
    run("new", "exit_quiz", "--family", "vqa", "--dir", ".")
    (tmp_path / "vqa" / "exit_quiz.py").write_text("")
    monkeypatch.setattr("sys.argv", ["harness", *arguments])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == code
    assert capsys.readouterr().err.startswith("error: ")
