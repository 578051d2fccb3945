"""``harness fetch``, without a network: what is there, what is refused, what is said."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from harness.cli import app
from harness.data.examples import SAMPLES
from harness.data.fetch import releases
from harness.models.biomedgpt import vocabulary_files


@pytest.fixture(autouse=True)
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here may reach a server."""
    monkeypatch.setenv("HARNESS_OFFLINE", "1")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    shutil.copytree(SAMPLES / "trec_ct_2022", tmp_path / "data" / "trec_ct_2022")
    return tmp_path / "data"


def run(*arguments: str | Path) -> Any:
    return CliRunner().invoke(app, ["fetch", *map(str, arguments)])


def test_all_tasks_are_gone_through_and_end_in_a_table(root: Path) -> None:
    done = run("all", "--data-root", root)
    assert done.exit_code == 3
    lines = {line.split()[0]: line for line in done.stdout.splitlines() if line.strip()}
    assert "needs credentialed access and a signed agreement" in lines["mednli"]
    assert "is given on application" in lines["seer_treatment"]
    assert "HARNESS_OFFLINE is set: no connection is made" in lines["pathmnist"]
    assert "0 of " in done.stdout
    assert "What to do for those by hand: harness show TASK" in done.stdout


def test_open_leaves_out_what_needs_an_agreement(root: Path) -> None:
    found = json.loads(run("open", "--data-root", root, "--json").stdout)["fetched"]
    assert {"vqa_rad", "meqsum", "pathmnist"} <= {row["task"] for row in found}
    assert "mednli" not in {row["task"] for row in found}
    assert {row["exit_code"] for row in found} == {3}


def test_one_that_cannot_be_fetched_says_the_whole_of_what_to_do(root: Path) -> None:
    done = run("mednli", "--data-root", root)
    assert done.exit_code == 3
    assert done.stderr.startswith("error: mednli: the release needs credentialed access and a signed agreement; it cannot be fetched.\n")
    assert "DATA_ROOT/mednli/mli_" in done.stderr
    assert done.stdout == ""


def test_the_vocabulary_needs_no_data_root(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    there = releases.Fetched(name="biomedgpt-vocabulary", status="there", paths=(tmp_path / "encoder.json",), checked="SHA-256")
    monkeypatch.setattr(vocabulary_files, "fetch_vocabulary", lambda _observe: there)
    done = run("biomedgpt-vocabulary")
    assert (done.exit_code, done.stdout.splitlines()[0]) == (0, "biomedgpt-vocabulary: there, checked by SHA-256")
    found = json.loads(run("biomedgpt-vocabulary", "--json").stdout)["fetched"]
    assert found == [
        {"task": "biomedgpt-vocabulary", "status": "there", "checked": "SHA-256", "paths": [str(tmp_path / "encoder.json")]},
    ]


def test_the_vocabulary_that_is_not_there_is_not_fetched_offline() -> None:
    done = run("biomedgpt-vocabulary")
    assert done.exit_code == 3
    assert "HARNESS_OFFLINE is set: no connection is made" in done.stderr
