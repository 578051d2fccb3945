"""A run that is told to end says what is kept and how to go on; one that goes on says what it used again."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

MODEL = """
import os, signal
from pathlib import Path
from harness.types import ModelInfo, Response

class Mine:
    info = ModelInfo(name="mine", kind="mine", digest="1")
    def for_task(self, scene): return self
    def close(self): Path("closed").touch()
    def generate(self, requests):
        told = Path("signal")
        if told.exists() and Path("asked").exists() and len(Path("asked").read_text().split()) == 8:
            os.kill(os.getpid(), int(told.read_text()))
        with Path("asked").open("a") as file:
            file.write(" ".join(request.id for request in requests) + "\\n")
        return [Response(text="yes") for _ in requests]
"""
RUN = ("run", "mine.py:Mine", "--tasks", "vqa_rad", "--batch-size", "4")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where commands run, with a model that sends its own process the signal in a file once it has answered eight requests."""
    found = tmp_path / "somewhere"
    found.mkdir(exist_ok=True)
    (found / "mine.py").write_text(MODEL)
    return found


@pytest.mark.parametrize(("number", "code", "by"), [(2, 130, ""), (15, 143, " by SIGTERM"), (1, 129, " by SIGHUP")])
def test_what_is_kept_is_said_and_the_same_command_goes_on(forked: Any, folder: Path, number: int, code: int, by: str) -> None:
    (folder / "signal").write_text(str(number))
    stopped = forked(*RUN)
    assert stopped.returncode == code
    assert f"interrupted{by}; 8 of 20 replies are kept in results/vqa_rad/mine-" in stopped.stderr
    assert "replies.jsonl; the same command goes on from there" in stopped.stderr
    assert "Traceback" not in stopped.stderr
    assert (folder / "closed").exists()
    (folder / "signal").unlink()
    resumed = forked(*RUN)
    assert resumed.returncode == 0
    assert "vqa_rad: reused 8 replies of an earlier run; asked 12\n" in resumed.stderr
    repeated = forked(*RUN)
    assert "vqa_rad: all 20 replies are of an earlier run; nothing was asked\n" in repeated.stderr
    assert len((folder / "asked").read_text().split()) == 20


WORKER = """
import json, os, sys, time
with open("pid", "w") as file:
    file.write(str(os.getpid()))
print(json.dumps({"ready": True}), flush=True)
next(sys.stdin)
asked = [json.loads(next(sys.stdin)) for _ in range(4)]
with open("pictures", "w") as file:
    file.write(json.dumps(asked[0]["images"]))
os.kill(os.getppid(), int(sys.argv[1]))
time.sleep(600)
"""


@pytest.mark.parametrize(("number", "code"), [(2, 130), (15, 143), (1, 129)])
def test_a_worker_and_its_pictures_end_with_the_command(forked: Any, folder: Path, number: int, code: int) -> None:
    (folder / "worker.py").write_text(WORKER)
    stopped = forked("run", f"worker:{sys.executable} worker.py {number}", "--tasks", "pneumoniamnist", "--batch-size", "4")
    assert stopped.returncode == code
    assert "0 of 200 replies are kept in results/pneumoniamnist/" in stopped.stderr
    assert "Traceback" not in stopped.stderr
    with pytest.raises(ProcessLookupError):
        os.kill(int((folder / "pid").read_text()), 0)
    (picture,) = json.loads((folder / "pictures").read_text())
    assert not Path(picture).parent.exists()


def test_json_is_one_object_even_where_the_run_is_told_to_end(forked: Any, folder: Path) -> None:
    (folder / "signal").write_text("15")
    stopped = forked("run", "mine.py:Mine", "--tasks", "vqa_rad,mednli", "--batch-size", "4", "--json")
    assert stopped.returncode == 143
    (run,) = json.loads(stopped.stdout)["runs"]
    assert (run["task"], run["status"], run["error"]["exit_code"]) == ("vqa_rad", "interrupted", 143)
    assert run["counts"] == {"examples": 20, "kept": 8}
    assert (folder / run["path"] / "replies.jsonl").is_file()


@pytest.mark.parametrize(
    ("arguments", "code", "kind"),
    [
        (("run", "mine.py:Mine", "--tasks", "vqa_rat"), 2, "UsageError"),
        (("run", "nothing.pt2", "--tasks", "vqa_rad"), 3, "MissingData"),
        (("run", "mine.py:Mine", "--tasks", "vqa_rad", "--batch-size", "0"), 2, "UsageError"),
        (("score", "none.jsonl", "--tasks", "vqa_rad"), 3, "MissingData"),
    ],
    ids=["task", "model", "option", "replies"],
)
def test_json_is_one_object_where_nothing_could_begin(forked: Any, folder: Path, arguments: tuple[str, ...], code: int, kind: str) -> None:
    done = forked(*arguments, "--json")
    assert done.returncode == code
    found = json.loads(done.stdout)
    assert (found["runs"], found["error"]["type"], found["error"]["exit_code"]) == ([], kind, code)
    assert found["error"]["message"] in done.stderr
