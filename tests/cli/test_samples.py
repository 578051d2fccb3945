"""``harness samples`` as a user types it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import harness as package
from tests.cli.conftest import Command

ONE = """
vqa_rad · test · majority
1 of 20 samples; ✓ and ✗ by exact_match/canonical
  Share of questions answered right: closed ones by the label in the reply, open ones by equality after normalisation.

64  answer_type: closed · organ: head · question_type: pres · yes_no: yes_no
    question   {question}
               Answer with a single word or a short phrase.
    picture    {picture}
    reference  Yes
  ✗ majority  unparsed
    reply      a drawing program
    read       as it stands  (as text, in which the metric finds no answer to this question)
    values     exact_match/canonical 0 · unparsed_rate/canonical 1 · token_recall/canonical 0 ·"""


@pytest.fixture
def folder(harness: Command, tmp_path: Path) -> Path:
    assert harness("run", "baseline:majority", "--tasks", "vqa_rad", "-q", "--resamples", "0").returncode == 0
    return next((tmp_path / "somewhere" / "results" / "vqa_rad").glob("*/*"))


def test_a_sample_is_printed_with_what_decided(harness: Command, as_json: Callable[..., dict[str, Any]], folder: Path) -> None:
    [sample] = as_json("samples", folder, "--id", "64")["tables"][0]["samples"]
    expected = ONE.format(question=sample["question"].splitlines()[0], picture=sample["pictures"][0])
    done = harness("samples", folder, "--id", "64")
    assert (done.returncode, done.stdout[: len(expected)]) == (0, expected)
    assert not any(line.endswith(" ") for line in done.stdout.splitlines())
    assert "! nothing is drawn: what reads this shows no colours" in harness("samples", folder, "--id", "64", "--draw").stdout


def test_ten_are_printed_and_the_rest_is_counted(harness: Command, as_json: Callable[..., dict[str, Any]], folder: Path) -> None:
    done = harness("samples", folder, "--wrong")
    assert done.stdout.splitlines()[2] == "18 of 20 samples; ✓ and ✗ by exact_match/canonical"
    assert done.stdout.count("✗ majority") == 10
    assert done.stdout.splitlines()[-1] == "  and 8 more: --limit 18, or --limit 0 for all"
    assert harness("samples", folder, "--wrong", "--limit", "0").stdout.count("✗ majority") == 18
    assert len(as_json("samples", folder, "--wrong")["tables"][0]["samples"]) == 18


def test_of_several_tasks_those_are_shown_that_have_what_is_asked_for(harness: Command, folder: Path) -> None:
    results = folder.parents[2]
    assert harness("run", "baseline:majority", "--tasks", "pneumoniamnist", "-q", "--resamples", "0").returncode == 0
    assert harness("samples", results, "--id", "64").stdout.count(" samples; ") == 1
    sliced = harness("samples", results, "--slice", "closed")
    assert (sliced.returncode, sliced.stdout.count(" samples; ")) == (0, 1)
    assert "note: left out: pneumoniamnist; unknown slice of pneumoniamnist 'closed'" in sliced.stderr


def test_an_unknown_sample_is_refused(harness: Command, folder: Path) -> None:
    done = harness("samples", folder, "--id", "nobody")
    assert (done.returncode, done.stdout) == (2, "")
    assert "unknown sample of these runs 'nobody'" in done.stderr


def test_python_gives_the_same_as_a_frame(as_json: Callable[..., dict[str, Any]], folder: Path) -> None:
    pytest.importorskip("pandas")
    frame = package.samples(folder, wrong=True)
    [table] = as_json("samples", folder, "--wrong")["tables"]
    assert frame["id"].tolist() == [sample["id"] for sample in table["samples"]]
    assert frame["read"].tolist() == [sample["replies"][0]["read"] for sample in table["samples"]]
    assert frame["exact_match/canonical"].tolist() == [0.0] * 18
    assert {"question", "pictures", "references", "reply", "why", "tag.answer_type"} <= set(frame.columns)
    assert json.loads(frame.to_json(orient="records"))[0]["system"] == "majority"


def test_a_report_has_a_file_beside_it_where_it_needs_one(harness: Command, folder: Path) -> None:
    there = folder.parents[3]
    assert harness("report", "results").returncode == 0
    assert not (there / "report.samples.zip").exists()
    done = harness("report", "results", "--full-pictures", "--json")
    assert json.loads(done.stdout)["beside"] == "report.samples.zip"
    assert (there / "report.samples.zip").read_bytes().startswith(b"PK")
    done = harness("report", "results", "--full-pictures", "-o", "/dev/null")
    assert (done.returncode, "--full-pictures writes a file beside the page" in done.stderr) == (2, True)
