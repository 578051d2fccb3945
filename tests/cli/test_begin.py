"""``harness new --from`` and ``--package``, as a user types them."""

from __future__ import annotations

import io
import json
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest

from harness.base import plug_ins
from harness.checks.new_task import drawing
from harness.data import catalog


@pytest.fixture
def questions(tmp_path: Path) -> Path:
    """Twenty invented questions, two to a picture, where the user works."""
    folder = tmp_path / "somewhere"
    (folder / "pics").mkdir(parents=True)
    rows = ["qid,image,question,answer"]
    for number in range(20):
        (folder / "pics" / f"scan {number // 2}.png").write_bytes(drawing.picture(number // 2))
        rows.append(f'q{number},scan {number // 2}.png,"Is there a shadow, in {number}?",{("yes", "no")[number // 3 % 2]}')
    (folder / "questions.csv").write_text("\n".join(rows) + "\n")
    return folder / "questions.csv"


def test_twenty_questions_become_a_score_in_two_commands_and_no_edit(harness: Any, questions: Path) -> None:
    made = harness("new", "table_quiz", "--from", "questions.csv")
    assert made.returncode == 0, made.stderr
    assert "table_quiz: vqa; test 20" in made.stdout
    assert "10 of 10 are there, under pics" in made.stdout
    [command] = [line.strip() for line in made.stdout.splitlines() if line.strip().startswith("harness run")]
    assert command == "harness run baseline:majority --tasks table_quiz --task-dir my_tasks --data-root my_tasks/data"
    done = harness(*shlex.split(command)[1:], "--json")
    assert done.returncode == 0, done.stderr
    [run] = json.loads(done.stdout)["runs"]
    [first, *_] = run["estimates"]
    assert (first["metric"], first["n"], first["n_groups"], first["value"]) == ("exact_match", 20, 10, 0.55)  # 11 of 20 are yes
    assert harness("check", "table_quiz", "--task-dir", "my_tasks", "--data-root", "my_tasks/data").returncode == 0


def test_json_says_what_was_taken_for_what(as_json: Any, questions: Path) -> None:
    found = as_json("new", "told_quiz", "--from", "questions.csv", "--dir", "t", "--data-root", "d")
    assert {one["role"]: one["what"] for one in found["taken"]} == {
        "splits": "all rows are asked", "picture": "image", "question": "question", "answer": "answer", "id": "qid", "group": "image",
    }  # fmt: skip
    assert (found["family"], found["n"], found["data_root"]) == ("vqa", {"test": 20}, "d")
    assert found["links"]["d/told_quiz/questions.csv"] == str(questions)


def test_what_is_not_clear_is_an_error_and_on_a_terminal_a_question(harness: Any, questions: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    questions.write_text(questions.read_text().replace("answer", "mine", 1))
    done = harness("new", "asked_quiz", "--from", "questions.csv")
    assert (done.returncode, done.stderr) == (2, "error: which column holds what is right? Say it with --answer: qid, mine.\n")

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdin", Terminal("mine\n"))
    monkeypatch.setattr("typer.prompt", lambda text, err: input(f"{text} ({err})"))
    done = harness("new", "asked_quiz", "--from", "questions.csv")
    assert done.returncode == 0, done.stderr
    assert "which column holds what is right? (qid, mine)" in done.stdout


def test_without_a_table_a_family_is_needed_and_columns_are_of_no_use(harness: Any) -> None:
    assert "--from FILE for your own table or folder, or --family vqa" in harness("new", "no_quiz").stderr
    assert "--answer says something of a table: name it with --from FILE" in harness("new", "no_quiz", "--answer", "a").stderr


def test_a_package_announces_its_tasks(harness: Any, questions: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = questions.parent
    made = harness("new", "packed_quiz", "--from", "questions.csv", "--package", "--dir", "my-pack")
    assert made.returncode == 0, made.stderr
    assert "  pip install -e my-pack" in made.stdout
    assert "  harness run baseline:majority --tasks packed_quiz --data-root my-pack/data" in made.stdout
    assert harness("new", "second_quiz", "--family", "understanding", "--package", "--dir", "my-pack").returncode == 0
    project = tomllib.loads((folder / "my-pack" / "pyproject.toml").read_text())["project"]
    assert project["entry-points"] == {"harness.tasks": {"my_pack": "my_pack.tasks"}}
    # What an editable install leaves: the folder on the path, and the announcement.
    installed = folder / "my-pack" / "my_pack-0.1.0.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: my-pack\nVersion: 0.1.0\n")
    (installed / "entry_points.txt").write_text("[harness.tasks]\nmy_pack = my_pack.tasks\n")
    monkeypatch.syspath_prepend(folder / "my-pack")
    plug_ins._points.cache_clear()
    assert {"packed_quiz", "second_quiz"} <= set(catalog.names())
    assert harness("check", "packed_quiz", "second_quiz").returncode == 0
    plug_ins._points.cache_clear()


def test_a_project_that_announces_no_tasks_is_left_alone(harness: Any, questions: Path) -> None:
    other = questions.parent / "other"
    other.mkdir()
    (other / "pyproject.toml").write_text('[project]\nname = "other"\n')
    done = harness("new", "packed_quiz", "--from", "questions.csv", "--package", "--dir", "other")
    assert done.returncode == 2
    assert "it announces no tasks under" in done.stderr
    assert [path.name for path in other.iterdir()] == ["pyproject.toml"]
