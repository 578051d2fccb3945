"""``harness tasks``, ``show``, ``export`` and ``leaderboard``."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from harness.checks.new_task import scaffold
from harness.data.examples import SAMPLES

FIVE = {"vqa_rad", "iu_xray", "pneumoniamnist", "trec_ct_2022", "meqsum"}


def test_tasks_are_listed_with_family_size_metrics_and_access(as_json: Any) -> None:
    found = {entry["name"]: entry for entry in as_json("tasks")["tasks"]}
    assert set(found) >= FIVE
    vqa = found["vqa_rad"]
    assert (vqa["family"], vqa["n"], vqa["access"]) == ("vqa", 451, "open")
    assert vqa["metrics"][0] == "exact_match/canonical"
    assert found["iu_xray"]["variants"] == ["r2gen", "rexrank"]


def test_tasks_can_be_narrowed(harness: Any) -> None:
    done = harness("tasks", "summarization")
    assert "meqsum" in done.stdout
    assert "vqa_rad" not in done.stdout


def test_show_tells_everything_that_is_known(harness: Any) -> None:
    text = harness("show", "vqa_rad").stdout
    for part in (
        "CC0 1.0",
        "451 examples",
        "closed 272",
        "202 of the 203 test images",
        "exact_match|variant:canonical",
        "BiomedGPT-B",
        "osf.io",
    ):
        assert part in text


def test_show_as_json_holds_prompt_and_published_numbers(as_json: Any) -> None:
    found = as_json("show", "pneumoniamnist")
    assert found["prompt"]["images"] == ["28 x 28 grey"]
    assert found["prompt"]["choices"] == ["normal", "pneumonia"]
    assert any(number["system"] == "ResNet-18 (28)" for number in found["reported"])


def test_show_gives_the_size_of_an_encoded_picture(as_json: Any, harness: Any) -> None:
    assert as_json("show", "mc_cxr")["prompt"]["images"] == ["30 x 36 grey, 12-bit PNG"]
    assert "prompt of an invented example; picture: 30 x 36 grey, 12-bit PNG" in harness("show", "mc_cxr").stdout


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A release of a credentialed dataset, as if it were the real one, with a sentence to be recognised by."""
    shutil.copytree(SAMPLES / "mednli", tmp_path / "data" / "mednli")
    path = tmp_path / "data" / "mednli" / "mli_test_v1.jsonl"
    row = {**json.loads(path.read_text().splitlines()[0]), "sentence1": "The entrusted sentence."}
    path.write_text(json.dumps(row) + "\n")
    return tmp_path / "data"


def test_show_keeps_entrusted_text_off_the_screen_until_it_is_asked_for(harness: Any, as_json: Any, root: Path) -> None:
    done = harness("show", "mednli", "--data-root", root)
    assert "prompt of an invented example" in done.stdout
    assert "The entrusted sentence." not in done.stdout
    done = harness("show", "mednli", "--data-root", root, "--real")
    assert "prompt of the release's first example, which is credentialed: it stays on this machine" in done.stdout
    assert "Premise: The entrusted sentence." in done.stdout
    assert as_json("show", "mednli", "--data-root", root, "--real")["prompt"]["synthetic"] is False


def test_show_real_needs_a_data_root_and_the_release(harness: Any, root: Path) -> None:
    done = harness("show", "mednli", "--real")
    assert (done.returncode, done.stdout) == (2, "")
    assert "pass --data-root DIR or set HARNESS_DATA" in done.stderr
    done = harness("show", "vqa_rad", "--real", "--data-root", root)
    assert done.returncode == 3
    assert "harness fetch vqa_rad" in done.stderr


def test_show_names_a_picture_that_is_not_at_hand(harness: Any, tmp_path: Path) -> None:
    shutil.copytree(SAMPLES / "vqa_rad", tmp_path / "data" / "vqa_rad", ignore=shutil.ignore_patterns("*.jpg"))
    done = harness("show", "vqa_rad", "--real", "--data-root", tmp_path / "data")
    assert done.returncode == 0
    assert "is the picture archive fully extracted?" in done.stdout


def test_show_a_task_without_a_sample(harness: Any, as_json: Any, tmp_path: Path) -> None:
    scaffold("bare_quiz", "vqa", tmp_path)
    shutil.rmtree(tmp_path / "samples")
    assert as_json("show", "bare_quiz", "--task-dir", tmp_path)["prompt"] is None
    assert "how to get the data" in harness("show", "bare_quiz", "--task-dir", tmp_path).stdout


def test_export_writes_requests_and_pictures_and_no_answer(as_json: Any, tmp_path: Path) -> None:
    found = as_json("export", "pneumoniamnist", "-o", "out/requests.jsonl", "--limit", "4")
    assert (found["requests"], found["data"]) == (4, "synthetic")
    folder = tmp_path / "somewhere" / "out"
    lines = [json.loads(line) for line in (folder / "requests.jsonl").read_text().splitlines()]
    assert all((folder / name).is_file() for line in lines for name in line["images"])
    assert all(set(line) == {"id", "prompt", "question", "images", "release_images", "choices", "context"} for line in lines)
    assert [line["release_images"] for line in lines[:2]] == [["pneumoniamnist.npz, test 0"], ["pneumoniamnist.npz, test 1"]]
    assert found["ids"].startswith("the picture's place in the arrays of the split, counted from 0")


def test_what_an_id_is_stands_in_show_and_export(harness: Any) -> None:
    said = "the question's row in the sheet, counted from 1 below the header (901 to 1000 of the test split); the column File of that row"
    assert said in harness("export", "meqsum", "-o", "requests.jsonl").stdout
    assert "an id is" in harness("show", "meqsum").stdout
    assert json.loads(harness("show", "meqsum", "--json").stdout)["ids"].startswith(said)


def test_leaderboard_is_written_and_checked(harness: Any, tmp_path: Path) -> None:
    runs = ("--results", Path(__file__).resolve().parent.parent.parent / "results")
    assert harness("leaderboard", *runs).returncode == 0
    assert harness("leaderboard", *runs, "--check").returncode == 0
    path = tmp_path / "somewhere" / "leaderboard.csv"
    path.write_text(path.read_text().replace("0.732000", "0.742000", 1))
    done = harness("leaderboard", *runs, "--check")
    assert done.returncode == 6
    assert "0.742000" in done.stderr


def test_version_and_unknown_command(harness: Any) -> None:
    assert harness("--version").stdout.startswith("biomed-harness ")
    assert harness("rum").returncode == 2


def test_every_example_of_the_help_stands_on_a_line_of_its_own(harness: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    for name in ("tasks", "show", "new", "doctor", "audit", "leaderboard"):
        lines = [" ".join(line.split()) for line in harness(name, "--help").stdout.splitlines()]
        assert any(line == f"harness {name}" or line.startswith(f"harness {name} ") for line in lines), name
        assert not any(line.count("harness ") > 1 for line in lines if line.startswith("harness ")), name


def test_help_shows_flags_without_a_type_and_what_each_command_does_with_the_data_root(
    harness: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    uses = {}
    for name in ("run", "fetch", "doctor", "report", "verify", "export", "check"):
        told = harness(name, "--help").stdout
        assert "<bool>" not in told
        uses[name] = next(line.split("per release.")[1].strip(" │") for line in told.splitlines() if "per release." in line)
    assert uses["fetch"] == "Releases are put there; it is made where it is not there."
    assert len(set(uses.values())) == len(uses)


def test_a_column_that_no_run_has_is_refused_rather_than_an_empty_table(harness: Any) -> None:
    runs = Path(__file__).resolve().parent.parent.parent / "results" / "pneumoniamnist"
    done = harness("export-results", runs, "--metric", "acuracy")
    assert (done.returncode, "Did you mean accuracy" in done.stderr, done.stdout) == (2, True, "")
    assert "| accuracy<br>label |" in harness("export-results", runs, "--metric", "accuracy").stdout


@pytest.mark.parametrize("columns", ["80", "140"])
def test_hundreds_of_published_numbers_stay_readable(harness: Any, monkeypatch: pytest.MonkeyPatch, columns: str) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    shown = harness("show", "vqa_rad").stdout.splitlines()
    assert max(map(len, shown)) <= int(columns)
    assert "    76.50  Lingshu-32B       Lingshu" in [line.rstrip() for line in shown]
    assert "graded by people; not comparable by program" in [line.strip() for line in shown]
    assert any("54.7 % (+-5.7)  Instruct-BiomedGPT-B" in line for line in shown)
    assert len(shown) < 320 < len(harness("show", "vqa_rad", "--all").stdout.splitlines())
