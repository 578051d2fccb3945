"""``harness verify``: what was changed is found and named."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.data.examples import SAMPLES
from harness.runs import record


@pytest.fixture
def run(as_json: Any, tmp_path: Path) -> Path:
    """A finished run on a release of 20 questions."""
    shutil.copytree(SAMPLES / "vqa_rad", tmp_path / "data" / "vqa_rad")
    command = ["run", "baseline:nearest", "--tasks", "vqa_rad", "--data-root", tmp_path / "data", "--accept-different", "--resamples", "50"]
    [found] = as_json(*command)["runs"]
    return tmp_path / "somewhere" / str(found["path"])


def test_an_untouched_run_holds_from_the_replies_up(harness: Any, run: Path, tmp_path: Path) -> None:
    done = harness("verify", run, "--data-root", tmp_path / "data", "--json")
    assert done.returncode == 0, done.stdout
    [found] = json.loads(done.stdout)["runs"]
    assert {check["name"]: check["status"] for check in found["checks"]} == dict.fromkeys(
        ["files", "definitions", "claims", "numbers", "replies", "targets", "model", "statistics"], "holds"
    )


def test_a_committed_run_holds_without_replies_and_data_and_says_what_was_not_checked(harness: Any, run: Path) -> None:
    (run / "replies.jsonl").unlink()
    done = harness("verify", run)
    assert done.returncode == 0
    assert done.stdout.count("not checked") == 2
    assert "stays on the machine that made it" in done.stdout


def reply(run: Path, tmp_path: Path) -> None:
    path = run / "replies.jsonl"
    path.write_text(path.read_text().replace('"text": "Yes"', '"text": "Yea"', 1))


def statistic(run: Path, tmp_path: Path) -> None:
    path = run / "samples.csv"
    lines = path.read_text().splitlines()
    lines[3] = lines[3][:-1] + ("1" if lines[3][-1] == "0" else "0")
    path.write_text("\n".join(lines) + "\n")


def statistic_with_new_hashes(run: Path, tmp_path: Path) -> None:
    """A statistic that was changed by somebody who knows about the hashes."""
    path = run / "samples.csv"
    rows = list(csv.reader(path.read_text().splitlines()))
    at = rows[0].index("answers.exact")
    rows[2][at] = "0" if rows[2][at] == "1" else "1"
    with path.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    edit(run, lambda body: body["samples"].update(sha256=hashlib.sha256(path.read_bytes()).hexdigest()))


def value(run: Path, tmp_path: Path) -> None:
    path = run / "run.json"
    body = json.loads(path.read_text())
    body["estimates"][0]["value"] += 0.01
    path.write_text(json.dumps(body))


def value_with_a_new_hash(run: Path, tmp_path: Path) -> None:
    edit(run, lambda body: body["estimates"][0].update(value=body["estimates"][0]["value"] + 0.01))


def option(run: Path, tmp_path: Path) -> None:
    def change(body: dict[str, Any]) -> None:
        for estimate in body["estimates"]:
            estimate["signature"] = estimate["signature"].replace("split:answer_type", "split:none")

    edit(run, change)


def scoring_id(run: Path, tmp_path: Path) -> None:
    edit(run, lambda body: body["estimates"][0].update(scoring_id="0" * 16))


def target(run: Path, tmp_path: Path) -> None:
    [path] = (tmp_path / "data" / "vqa_rad").glob("*.json")
    path.write_text(path.read_text().replace('"answer": "no"', '"answer": "yes"'))


def edit(run: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    """Change a record and make its own hash hold again."""
    body = json.loads((run / "run.json").read_text())
    change(body)
    body["record_sha256"] = record.body_digest(body)
    (run / "run.json").write_text(json.dumps(body))


@pytest.mark.parametrize(
    ("damage", "check", "said"),
    [
        (reply, "replies", "its reply in replies.jsonl is not the one scored"),
        (statistic, "files", "samples.csv: its content differs from the hash in run.json"),
        (statistic_with_new_hashes, "numbers", "exact_match/canonical on 'all': value is"),
        (value, "files", "run.json: its content differs from its own hash"),
        (value_with_a_new_hash, "numbers", "exact_match/canonical on 'all': value is"),
        (option, "definitions", "metric exact_match/canonical: the run says"),
        (scoring_id, "numbers", "scoring_id"),
        (target, "targets", "the examples or targets of the release are not those"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_what_was_changed_is_found_and_named(
    harness: Any, run: Path, tmp_path: Path, damage: Callable[[Path, Path], None], check: str, said: str
) -> None:
    damage(run, tmp_path)
    done = harness("verify", run, "--data-root", tmp_path / "data", "--json")
    assert done.returncode == 6, done.stdout
    [found] = json.loads(done.stdout)["runs"]
    failed = [entry for entry in found["checks"] if entry["status"] == "fails"]
    assert failed[0]["name"] == check
    assert said in failed[0]["detail"]
    assert str(run) in done.stderr


def test_a_record_that_cannot_be_read_fails_and_the_others_are_verified(harness: Any, run: Path) -> None:
    broken = run.parent / "test-00000000"
    shutil.copytree(run, broken)
    (broken / "run.json").write_bytes(b"\xff\xfe no text")
    done = harness("verify", run.parent, "--json")
    assert done.returncode == 6
    found = {Path(one["path"]).name: one for one in json.loads(done.stdout)["runs"]}
    assert [one["holds"] for name, one in sorted(found.items())] == [False, True]
    assert "run.json" in found["test-00000000"]["checks"][0]["detail"]


def test_a_data_root_that_is_not_there_is_refused_beside_finished_runs(harness: Any, run: Path) -> None:
    for command in (["verify"], ["samples"], ["report"], ["compare"], ["export-results", "--to", "csv"]):
        done = harness(*command, run, "--data-root", "nowhere")
        assert (done.returncode, done.stdout) == (3, ""), command
        assert "the data root nowhere is not there; pass a folder that holds one folder per release." in done.stderr
