"""``harness run`` and ``harness score``."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.data.examples import SAMPLES

Json = Callable[..., dict[str, Any]]


def value(run: dict[str, Any], metric: str, name: str = "all") -> Any:
    return next(e["value"] for e in run["estimates"] if (e["metric"], e["slice"]) == (metric, name))


def test_a_run_prints_its_scores_and_leaves_a_record(harness: Any, tmp_path: Path) -> None:
    done = harness("run", "baseline:majority", "--tasks", "vqa_rad")
    assert done.returncode == 0, done.stderr
    assert "SYNTHETIC SAMPLE" in done.stdout
    assert "exact_match" in done.stdout
    assert "95 % interval" in done.stdout
    [record] = (tmp_path / "somewhere" / "results" / "vqa_rad").rglob("run.json")
    assert sorted(path.name for path in record.parent.iterdir()) == [".gitignore", "replies.jsonl", "run.json", "run.lock", "samples.csv"]


def test_json_is_one_object_of_the_documented_form(as_json: Json) -> None:
    found = as_json("run", "baseline:majority", "--tasks", "vqa_rad")
    assert set(found) == {"runs"}
    [run] = found["runs"]
    assert {"task", "task_variant", "model", "status", "path", "counts", "prompting_id", "estimates"} <= set(run)
    assert run["counts"]["examples"] == 20
    wanted = {"metric", "metric_variant", "slice", "value", "low", "high", "n", "n_groups", "unit", "signature", "scoring_id", "note"}
    assert all(wanted <= set(estimate) for estimate in run["estimates"])
    assert {estimate["slice"] for estimate in run["estimates"]} >= {"all", "closed", "open"}


def test_a_second_run_asks_nothing_and_changes_no_file(as_json: Json, tmp_path: Path) -> None:
    [first] = as_json("run", "baseline:random", "--tasks", "vqa_rad")["runs"]
    folder = tmp_path / "somewhere" / first["path"]
    before = {path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.iterdir() if path.suffix != ".lock"}
    [again] = as_json("run", "baseline:random", "--tasks", "vqa_rad")["runs"]
    assert again == first
    assert before == {path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.iterdir() if path.suffix != ".lock"}


def test_a_limited_run_is_partial_and_has_a_folder_of_its_own(as_json: Json) -> None:
    [whole] = as_json("run", "baseline:random", "--tasks", "vqa_rad")["runs"]
    [part] = as_json("run", "baseline:random", "--tasks", "vqa_rad", "--limit", "3")["runs"]
    assert (whole["status"], part["status"]) == ("complete", "partial")
    assert "limited to the first 3 of 20 examples" in part["not_ranked"]
    assert part["path"] != whole["path"]
    assert part["estimates"][0]["scoring_id"] != whole["estimates"][0]["scoring_id"]


def test_several_tasks_finish_or_fail_on_their_own_and_the_worst_exit_code_counts(harness: Any) -> None:
    done = harness("run", "baseline:lead", "--tasks", "meqsum,vqa_rad", "--json")
    assert done.returncode == 2
    good, bad = json.loads(done.stdout)["runs"]
    assert (good["task"], good["status"]) == ("meqsum", "complete")
    assert (bad["task"], bad["status"], bad["error"]["type"]) == ("vqa_rad", "error", "UsageError")


@pytest.fixture
def replies(tmp_path: Path, as_json: Json) -> Path:
    """A reply to every exported request."""
    as_json("export", "vqa_rad", "-o", "requests.jsonl")
    lines = (tmp_path / "somewhere" / "requests.jsonl").read_text().splitlines()
    path = tmp_path / "replies.jsonl"
    path.write_text("".join(json.dumps({"id": json.loads(line)["id"], "text": "yes"}) + "\n" for line in lines))
    return path


def test_exported_requests_answered_elsewhere_are_scored(as_json: Json, replies: Path) -> None:
    [run] = as_json("score", replies, "--tasks", "vqa_rad", "--name", "my model", "--setting", "zero-shot")["runs"]
    assert run["model"] == "my model"
    assert run["status"] == "complete"
    assert value(run, "exact_match", "closed") > 0


def test_a_missing_reply_is_a_failure_and_makes_the_run_partial(harness: Any, replies: Path) -> None:
    replies.write_text("".join(replies.read_text().splitlines(keepends=True)[1:]))
    done = harness("score", replies, "--tasks", "vqa_rad", "--json")
    assert done.returncode == 1
    [run] = json.loads(done.stdout)["runs"]
    assert (run["status"], run["counts"]["failed"]) == ("partial", 1)
    assert "1 of 20 requests failed" in run["not_ranked"]


def test_scoring_a_file_needs_no_torch(harness: Any, replies: Path, tmp_path: Path) -> None:
    """The core installs without it: a module of that name that refuses to be imported is in the way of every import."""
    import os
    import subprocess
    import sys

    blocker = tmp_path / "no_torch"
    blocker.mkdir()
    for name in ("torch", "transformers"):
        (blocker / f"{name}.py").write_text(f"raise ImportError('{name} must not be imported')")
    done = subprocess.run(
        [sys.executable, "-m", "harness", "score", str(replies), "--tasks", "vqa_rad"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(blocker)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["run", "baseline:majority", "--tasks", "vqa_rat"], 2, "unknown task 'vqa_rat'. Did you mean vqa_rad"),
        (["run", "baseline:majority", "--tasks", "vqa_rad", "--data-root", "nowhere"], 3, "the data root nowhere is not there"),
        (["run", "nothing.pt2", "--tasks", "vqa_rad"], 3, "nothing.pt2: no such file"),
        (["run", "basline:x", "--tasks", "vqa_rad"], 2, "unknown kind of model 'basline'. Did you mean baseline"),
        (["run", "baseline:majority", "--tasks", "vqa_rad", "--split", "dev"], 2, "unknown split of vqa_rad 'dev'"),
        (["run", "baseline:majority", "--tasks", "vqa_rad", "-a", "x"], 2, "expected KEY=VALUE"),
        (["show", "vqa"], 2, "unknown task 'vqa'"),
        (["verify", "."], 2, "no run.json under"),
        (["run", "nosuite.toml"], 3, "nosuite.toml"),
        (["compare", "reportd"], 2, "no run.json under reportd"),
        (["compare", "reported"], 2, "no run is named beside"),
        (["report", "nowhere"], 2, "no run.json under nowhere"),
        (["fetch", "vqa_rad"], 2, "no data root"),
        (["fetch", "mednli", "--data-root", "."], 3, "needs credentialed access and a signed agreement; it cannot be fetched"),
    ],
)
def test_a_mistake_gets_one_clear_message_and_the_documented_exit_code(harness: Any, arguments: list[str], code: int, message: str) -> None:
    done = harness(*arguments)
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.returncode == code


def test_a_truncated_archive_and_a_missing_field_are_named_with_exit_code_3(harness: Any, tmp_path: Path) -> None:
    root = tmp_path / "data"
    shutil.copytree(SAMPLES, root)
    path = root / "medmnist" / "pneumoniamnist.npz"
    path.write_bytes(path.read_bytes()[:-2000])
    [table] = (root / "vqa_rad").glob("*.json")
    table.write_text(json.dumps([{k: v for k, v in row.items() if k != "answer"} for row in json.loads(table.read_text())]))
    done = harness("run", "baseline:majority", "--tasks", "pneumoniamnist,vqa_rad", "--data-root", root)
    assert done.returncode == 3
    assert "pneumoniamnist.npz: not a whole .npz archive" in done.stderr
    assert "no field 'answer' (there are:" in done.stderr


def test_help_explains_itself_with_examples(harness: Any) -> None:
    text = harness("run", "--help").stdout
    for example in ("baseline:majority --tasks vqa_rad", "predictions:replies.jsonl", "baseline:oracle --tasks all"):
        assert example in text
    assert "Exit codes" in harness("--help").stdout


def test_a_damaged_picture_costs_one_sample_and_a_rerun_asks_it_alone(tmp_path: Path, as_json: Json, harness: Any) -> None:
    mine = tmp_path / "mine.py"
    mine.write_text(
        "from harness.types import ModelInfo, Response\n"
        "from pathlib import Path\n"
        f"MARK = Path({str(tmp_path / 'mended')!r})\n"
        f"LOG = Path({str(tmp_path / 'log')!r})\n"
        "class Fragile:\n"
        "    info = ModelInfo(name='fragile', kind='mine')\n"
        "    def for_task(self, scene): return self\n"
        "    def generate(self, requests):\n"
        "        with LOG.open('a') as log: log.write(' '.join(r.id for r in requests) + '\\n')\n"
        "        if not MARK.exists() and any(r.id == '64' for r in requests): raise ValueError('cannot decode')\n"
        "        return [Response(text='x') for _ in requests]\n"
    )
    done = harness("run", f"{mine}:Fragile", "--tasks", "vqa_rad", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["runs"][0]["counts"]["failed"] == 1
    (tmp_path / "mended").touch()
    (tmp_path / "log").unlink()
    [run] = as_json("run", f"{mine}:Fragile", "--tasks", "vqa_rad")["runs"]
    assert run["status"] == "complete"
    assert (tmp_path / "log").read_text() == "64\n"
