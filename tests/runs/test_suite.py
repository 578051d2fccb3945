"""Suites: which model answers which task, read from one file."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.data import catalog
from harness.errors import MissingData, UsageError
from harness.runs.suites import Entry, chosen, is_suite, read_suite

EXAMPLES = Path(__file__).resolve().parent.parent.parent / "examples"


def suite(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "suite.toml"
    path.write_text(text)
    return path


def test_each_task_has_its_model_and_arguments(tmp_path: Path) -> None:
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "a.txt").write_text("")
    found = read_suite(
        suite(
            tmp_path,
            'name = "Mine"\nsetting = "fine-tuned"\nargs = { device = "cpu" }\n'
            '[tasks.vqa_rad]\nmodel = "biomedgpt:vqa.pt"\nargs = { answers = "lists/a.txt", zero_shot = false, words = ["a", "b"] }\n'
            '[tasks.meqsum]\nmodel = "baseline:lead"\n',
        )
    )
    assert (found.name, found.setting) == ("Mine", "fine-tuned")
    assert found.entries == (
        Entry(
            task="vqa_rad",
            model="biomedgpt:vqa.pt",
            arguments={"device": "cpu", "answers": str(tmp_path / "lists" / "a.txt"), "zero_shot": "no", "words": "a|b"},
        ),
        Entry(task="meqsum", model="baseline:lead", arguments={"device": "cpu"}),
    )


def test_paths_are_relative_to_the_suites_own_file(tmp_path: Path) -> None:
    (tmp_path / "cnn.pt2").write_text("")
    found = read_suite(suite(tmp_path, 'name = "a"\n[tasks.medmnist]\nmodel = "torch:cnn.pt2"\n[tasks.vqa_rad]\nmodel = "x.pt"\n'))
    models = {entry.task: entry.model for entry in found.entries}
    assert models["bloodmnist"] == f"torch:{tmp_path / 'cnn.pt2'}"
    assert models["vqa_rad"] == str(tmp_path / "x.pt")


def test_code_that_a_suite_names_lies_beside_it(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("")
    (tmp_path / "net.py").write_text("")
    text = (
        'name = "a"\n[tasks.vqa_rad]\nmodel = "mine.py:build"\n'
        '[tasks.pneumoniamnist]\nmodel = "torch:w.pt"\nargs = { factory = "net.py:build" }\n'
        '[tasks.meqsum]\nmodel = "elsewhere.py:build"\n'
    )
    found = {entry.task: entry for entry in read_suite(suite(tmp_path, text)).entries}
    assert found["vqa_rad"].model == f"{tmp_path / 'mine.py'}:build"
    assert found["pneumoniamnist"].arguments == {"factory": f"{tmp_path / 'net.py'}:build"}
    assert found["meqsum"].model == "elsewhere.py:build"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('name = "a"', "lacks 'tasks'.*examples/"),
        ("name = 3\ntasks = {}", "name: expected str, got int"),
        ('name = "a"\ntasks = {}', "tasks: expected table of length >= 1"),
        ('name = "a"\nmodel = "b"\n[tasks.vqa_rad]\nmodel = "b"', "unknown key 'model'"),
        ('name = "a"\n[tasks.vqa_rad]\nmodle = "b"', r"tasks\.vqa_rad: unknown key 'modle'; did you mean 'model'"),
        ('name = "a"\n[tasks.vqa_red]\nmodel = "b"', "unknown task 'vqa_red'. Did you mean vqa_rad"),
        ('name = "a"\n[tasks.vqa_rad]\nmodel = "b"\n[tasks.vqa]\nmodel = "c"', "vqa_rad is served by another entry"),
        (
            'name = "a"\n[tasks.vqa_rad]\nmodel = "b"\nargs = { a = 2024-05-01 }',
            r"tasks\.vqa_rad\.args\.a: expected bool \| int \| float \| str \| table \| list, got date",
        ),
        ("name = ", "not a TOML file"),
    ],
)
def test_a_malformed_suite_is_told_what_is_wrong(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read_suite(suite(tmp_path, text))


def test_a_suite_that_is_not_there_is_missing_data(tmp_path: Path) -> None:
    with pytest.raises(MissingData, match="no such suite"):
        read_suite(tmp_path / "none.toml")


def test_tasks_on_the_command_line_choose_among_its_own(tmp_path: Path) -> None:
    found = read_suite(suite(tmp_path, 'name = "a"\n[tasks.vqa_rad]\nmodel = "baseline:copy"\n[tasks.meqsum]\nmodel = "baseline:lead"\n'))
    assert [entry.task for entry in chosen(found, ["summarization"])] == ["meqsum"]
    with pytest.raises(UsageError, match="serves none of these; it serves vqa_rad, meqsum"):
        chosen(found, ["mednli"])


def test_only_a_toml_file_is_a_suite(tmp_path: Path) -> None:
    assert is_suite(str(suite(tmp_path, "")))
    assert is_suite("nowhere.toml")  # so that it is read, and said not to be there
    assert not is_suite("baseline:lead")


def test_the_papers_suite_serves_the_25() -> None:
    """Every task of the paper that is in the catalog, each by a checkpoint of its own."""
    found = read_suite(EXAMPLES / "biomedgpt_base.toml")
    assert [entry.task for entry in found.entries] == list(catalog.PAPER)
    assert len({entry.model for entry in found.entries}) == len(found.entries)
