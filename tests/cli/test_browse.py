"""``harness tasks``, ``show``, ``export`` and ``leaderboard``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FIVE = {"vqa_rad", "iu_xray", "pneumoniamnist", "trec_ct_2022", "meqsum"}


def test_tasks_are_listed_with_family_size_metrics_and_access(as_json: Any) -> None:
    found = {entry["name"]: entry for entry in as_json("tasks")["tasks"]}
    assert set(found) >= FIVE
    vqa = found["vqa_rad"]
    assert (vqa["family"], vqa["n"], vqa["access"]) == ("vqa", 451, "open")
    assert vqa["metrics"][0] == "exact_match/canonical"
    assert found["iu_xray"]["variants"] == ["r2gen"]


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


def test_export_writes_requests_and_pictures_and_no_answer(as_json: Any, tmp_path: Path) -> None:
    found = as_json("export", "pneumoniamnist", "-o", "out/requests.jsonl", "--limit", "4")
    assert (found["requests"], found["data"]) == (4, "synthetic")
    folder = tmp_path / "somewhere" / "out"
    lines = [json.loads(line) for line in (folder / "requests.jsonl").read_text().splitlines()]
    assert all((folder / name).is_file() for line in lines for name in line["images"])
    assert all(set(line) == {"id", "prompt", "images", "choices", "context"} for line in lines)


def test_leaderboard_is_written_and_checked(harness: Any, tmp_path: Path) -> None:
    assert harness("leaderboard").returncode == 0
    assert harness("leaderboard", "--check").returncode == 0
    path = tmp_path / "somewhere" / "leaderboard.csv"
    path.write_text(path.read_text().replace("0.732000", "0.742000", 1))
    done = harness("leaderboard", "--check")
    assert done.returncode == 6
    assert "0.742000" in done.stderr


def test_version_and_unknown_command(harness: Any) -> None:
    assert harness("--version").stdout.startswith("biomed-harness ")
    assert harness("rum").returncode == 2
