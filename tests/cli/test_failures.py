"""Failed and refused requests: how many, why, the first of each; on the screen, in the record, in JSON and on the page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

MODEL = """
from harness.types import ModelInfo, Response

class Mine:
    info = ModelInfo(name="mine", kind="mine", digest="1")
    def for_task(self, scene): return self
    def generate(self, requests):
        return [reply(request) for request in requests]

def reply(request):
    number = sum(map(ord, request.id)) % 4
    if number == 0:
        return Response(error=f"HTTP 503: request {request.id} met 10.0.0.1:8000")
    if number == 1:
        return Response(refusal="content_filter")
    return Response(text="yes")
"""
DEAD = MODEL.replace("number == 0", "True")
RUN = ("run", "mine.py:Mine", "--tasks", "vqa_rad")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where commands run, with a model of which a quarter fails and a quarter is refused."""
    found = tmp_path / "somewhere"
    found.mkdir(exist_ok=True)
    (found / "mine.py").write_text(MODEL)
    return found


def test_why_requests_failed_is_told_wherever_the_run_is(harness: Any, folder: Path) -> None:
    shown = harness(*RUN)
    assert shown.returncode == 1
    (run,) = json.loads(harness(*RUN, "--json").stdout)["runs"]
    failed, refused = run["counts"]["failed"], run["counts"]["refused"]
    assert failed > 1 < refused
    assert run["not_ranked"][:2] == [f"{failed} of 20 requests failed", f"{refused} of 20 requests were refused"]
    reasons = [{"reason": "HTTP 503: request … met …", "n": failed, "first": run["failures"][0]["first"]}]
    assert run["failures"] == reasons
    assert json.loads((folder / run["path"] / "run.json").read_text())["failures"] == reasons
    line = f"{failed} failed: HTTP 503: request … met … (first: {reasons[0]['first']})"
    assert line in shown.stdout
    assert f"answered {20 - failed - refused} · unparsed 0 · empty 0 · refused {refused} · failed {failed}" in shown.stdout
    assert harness("report", "results", "--partial", "-o", "page.html").returncode == 0
    assert line in (folder / "page.html").read_text()


def test_refusals_can_count_as_wrong_and_are_not_asked_again(harness: Any, folder: Path) -> None:
    (folder / "mine.py").write_text(MODEL.replace("number == 0", "False"))
    first = harness(*RUN)
    assert first.returncode == 1
    assert "--refusals wrong counts them as wrong answers" in first.stdout
    second = harness(*RUN, "--refusals", "wrong", "--json")
    assert second.returncode == 0
    assert "nothing was asked" in second.stderr
    (run,) = json.loads(second.stdout)["runs"]
    assert run["status"] == "complete"
    assert run["not_ranked"] == ["synthetic sample"]
    assert run["counts"]["refused"] > 1
    assert json.loads((folder / run["path"] / "run.json").read_text())["prompting"]["refusals"] == "wrong"
    assert harness("verify", "results").returncode == 0


def test_a_run_in_which_everything_failed_has_no_scoreboard(harness: Any, folder: Path) -> None:
    (folder / "mine.py").write_text(DEAD)
    done = harness(*RUN, "--give-up-after", "0", "--json")
    assert done.returncode == 5
    (run,) = json.loads(done.stdout)["runs"]
    assert (run["status"], run["error"]["type"]) == ("error", "ModelError")
    assert run["error"]["message"].startswith("the model failed on every one of the 20 requests: 20 × HTTP 503: request … met … (first: ")
    assert not list((folder / "results").rglob("run.json"))


def test_the_run_gives_up_where_it_is_told_to(harness: Any, folder: Path) -> None:
    (folder / "mine.py").write_text(DEAD)
    done = harness(*RUN, "--give-up-after", "3", "--batch-size", "1")
    assert done.returncode == 5
    assert "given up after 3 failures in a row; 17 of 20 requests were never asked." in done.stderr


def test_a_file_of_replies_with_a_gap_is_scored_whatever_its_length(harness: Any, folder: Path) -> None:
    harness("export", "vqa_rad", "-o", "requests.jsonl")
    last = (folder / "requests.jsonl").read_text().splitlines()[-1]
    (folder / "replies.jsonl").write_text(json.dumps({"id": json.loads(last)["id"], "text": "x"}) + "\n")
    done = harness("run", "predictions:replies.jsonl", "--tasks", "vqa_rad", "--give-up-after", "2", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["runs"][0]["failures"][0]["reason"] == "no reply for this id in replies.jsonl"


def test_a_results_folder_that_cannot_be_written_is_named(harness: Any, folder: Path) -> None:
    (folder / "taken").write_text("a file")
    done = harness(*RUN, "--results", "taken")
    assert done.returncode == 3
    assert "taken/vqa_rad/mine-" in done.stderr
    assert "cannot be written (Not a directory: " in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("words", [("run", "baseline:majority", "--tasks", "vqa_rad", "--limit", "0"), ("rnu",)], ids=["option", "command"])
@pytest.mark.parametrize(("rank", "code", "says"), [("0", 2, True), ("1", 0, False)])
def test_a_wrong_word_is_said_by_one_rank_of_a_launch(
    harness: Any, monkeypatch: pytest.MonkeyPatch, rank: str, code: int, says: bool, words: tuple[str, ...]
) -> None:
    for name, value in {"RANK": rank, "WORLD_SIZE": "2", "TORCHELASTIC_RUN_ID": "a"}.items():
        monkeypatch.setenv(name, value)
    done = harness(*words)
    assert done.returncode == code
    assert (words[0] in done.stderr) == says
    assert says or not done.stdout + done.stderr
