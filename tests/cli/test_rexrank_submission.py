"""ReXrank's submissions: scored as they are, and written so that they are scored alike."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from harness.data.examples import SAMPLES

FILE = SAMPLES / "iu_xray" / "ReXRank_IUXray_test.json"


def submitted(path: Path) -> Path:
    """The invented split file with a prediction in each study."""
    studies = json.loads(FILE.read_text(encoding="utf-8"))
    for number, item in enumerate(studies.values()):
        item["model_prediction"] = f"The drawn heart fits into frame {number}."
    path.write_text(json.dumps(studies), encoding="utf-8")
    return path


def test_a_submission_is_scored_and_written_again_as_it_was(harness: Any, as_json: Any, tmp_path: Path) -> None:
    given = submitted(tmp_path / "prediction.json")
    scored = as_json(
        "score",
        given,
        "--tasks",
        "iu_xray@rexrank",
        "--text",
        "model_prediction",
        "--metrics",
        "rouge_l/bioclean",
        "--resamples",
        "0",
        "--json",
    )
    (run,) = scored["runs"]
    done = harness("export-results", run["path"], "--to", "rexrank", "-o", tmp_path / "again.json")
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "again.json").read_text(encoding="utf-8")) == json.loads(given.read_text(encoding="utf-8"))


def test_a_run_of_another_task_is_no_submission(harness: Any) -> None:
    runs = Path(__file__).resolve().parents[2] / "results" / "vqa_rad"
    done = harness("export-results", next(runs.glob("nearest-*/test-*")), "--to", "rexrank")
    assert done.returncode == 2
    assert "is no test of ReXrank's" in done.stderr


def test_a_submission_is_of_one_run(harness: Any) -> None:
    done = harness("export-results", Path(__file__).resolve().parents[2] / "results", "--to", "rexrank")
    assert done.returncode == 2
    assert "a submission is of one run" in done.stderr
