"""``harness score`` on files as people have them, and the tasks whose release is at hand."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from harness.data import catalog, examples
from harness.data.examples import SAMPLES

TARGETS = {example.id: example.target for example in examples.load(catalog.task("vqa_rad")).examples}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The invented VQA-RAD as a release of its own; nothing else."""
    shutil.copytree(SAMPLES / "vqa_rad", tmp_path / "data" / "vqa_rad")
    return tmp_path / "data"


@pytest.fixture
def spreadsheet(tmp_path: Path) -> Path:
    """Semicolons, byte-order mark, carriage returns, a line break within a cell, an empty row at the end."""
    lines = ["qid;answer;remark", *(f'{name};"{target}";"first\r\nsecond"' for name, target in TARGETS.items()), ";;"]
    path = tmp_path / "answers.csv"
    path.write_bytes("\ufeff".encode() + "\r\n".join(lines).encode())
    return path


def test_from_a_spreadsheet_to_a_scoreboard_in_one_command(harness: Any, spreadsheet: Path) -> None:
    done = harness("score", str(spreadsheet), "--id", "qid", "--text", "answer", "--tasks", "vqa_rad", "--sample", "--name", "By hand")
    assert done.returncode == 0, done.stderr
    assert "By hand" in done.stdout
    assert "100.00" in done.stdout
    assert "invented sample, not the release" not in done.stderr


def test_replies_held_against_the_invented_sample_are_told_so_before_anything_else(harness: Any, spreadsheet: Path) -> None:
    done = harness("score", str(spreadsheet), "--id", "qid", "--text", "answer", "--tasks", "vqa_rad")
    assert done.stderr.startswith("note: no data root is given, so these replies are scored against the invented sample, not the release;")


def test_a_decimal_comma_is_refused_by_name(harness: Any, tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    path.write_bytes(b"id;p_normal;p_pneumonia\r\n0;0,25;0,75\r\n")
    done = harness("score", str(path), "--probabilities", "p_normal,p_pneumonia", "--tasks", "pneumoniamnist", "--sample")
    assert done.returncode == 3
    assert "line 2: 'p_normal' is '0,25', a number with a decimal comma; write 0.25." in done.stderr


def test_an_option_and_the_same_argument_are_refused_together(harness: Any, spreadsheet: Path) -> None:
    done = harness("score", str(spreadsheet), "--id", "qid", "-a", "id=qid", "--tasks", "vqa_rad")
    assert (done.returncode, "--id and -a id= are the same" in done.stderr) == (2, True)


def test_tasks_that_are_ready_are_run_and_no_other(as_json: Any, harness: Any, root: Path) -> None:
    found = as_json("run", "baseline:majority", "--tasks", "ready", "--data-root", str(root), "--accept-different", "--resamples", "0")
    assert [run["task"] for run in found["runs"]] == ["vqa_rad"]
    assert "--tasks ready: those whose release is at hand" in harness("run", "baseline:majority", "--tasks", "ready").stderr


def test_tasks_whose_release_is_missing_are_skipped_where_that_is_wanted(harness: Any, root: Path) -> None:
    arguments = (
        "run",
        "baseline:majority",
        "--tasks",
        "vqa_rad,meqsum",
        "--data-root",
        str(root),
        "--accept-different",
        "--resamples",
        "0",
    )
    assert harness(*arguments, "--json").returncode == 3
    done = harness(*arguments)
    assert done.returncode == 3
    assert done.stderr.count("error:") == 1
    assert "error: 1 of 2 tasks lack their release: meqsum. harness doctor says how to get each; --tasks ready" in done.stderr
    done = harness(*arguments, "--json", "--skip-missing")
    assert done.returncode == 0
    assert [run["task"] for run in json.loads(done.stdout)["runs"]] == ["vqa_rad"]
    assert "note: left out, as their release is not there: meqsum" in done.stderr
    alone = harness("run", "baseline:majority", "--tasks", "meqsum", "--data-root", str(root), "--skip-missing")
    assert alone.returncode == 3
    assert "none of the 1 tasks has its release" in alone.stderr
