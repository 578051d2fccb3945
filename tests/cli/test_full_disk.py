"""A full disk: every command that writes says which file, why, what is kept and what to do; with room again, the same command ends well.

The disk is one on which no file grows beyond some bytes: none at all, or enough for a journal to begin and not for a record.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.data import catalog, examples

ROOT = Path(__file__).resolve().parent.parent.parent

resource = pytest.importorskip("resource")

EVERYTHING = os.environ.get("HARNESS_DISK") == "all"
"""As under ``make disk``."""
LIMITS = (0, 1500, 6000) if EVERYTHING else (1500,)
FEW = ("--resamples", "20", "--json", "-q")
WORKER = """
import json, sys
print(json.dumps({"ready": True, "name": "mine"}), flush=True)
next(sys.stdin)
for line in sys.stdin:
    print(json.dumps({"id": json.loads(line)["id"], "text": "yes"}), flush=True)
"""
MODEL = """
from harness.types import ModelInfo, Response

class Mine:
    info = ModelInfo(name="mine", kind="mine", digest="1")
    def for_task(self, scene): return self
    def generate(self, requests): return [Response(text="yes") for _ in requests]
"""
SUITE = """
name = "Both"
[tasks.vqa_rad]
model = "mine.py:Mine"
[tasks.mednli]
model = "baseline:majority"
"""
TABLE = "question,answer\n" + "".join(f"Where is {number}?,left\n" for number in range(9))
EVALUATING = {
    "run": ("run", "mine.py:Mine", "--tasks", "vqa_rad"),
    "repeats": ("run", "mine.py:Mine", "--tasks", "vqa_rad", "--few-shot", "1", "--repeat", "2", "--sample"),
    "suite": ("run", "suite.toml"),
    "shard": ("run", "mine.py:Mine", "--tasks", "vqa_rad", "--shard", "1/1"),
    "worker": ("run", f"worker:{sys.executable} worker.py", "--tasks", "vqa_rad"),
    "worker with pictures": ("run", f"worker:{sys.executable} worker.py", "--tasks", "pneumoniamnist"),
    "score": ("score", "vqa_rad.jsonl", "--tasks", "vqa_rad"),
    "meteor": ("score", "meqsum.jsonl", "--tasks", "meqsum"),
}
if not EVERYTHING:
    EVALUATING = {name: EVALUATING[name] for name in ("run", "worker with pictures", "score")}
WRITING = {
    "export": (("export", "vqa_rad", "--sample", "-o", "out/requests.jsonl"), "out/"),
    "report": (("report", "results", "-o", "out/page.html"), "out/page.html"),
    "leaderboard": (("leaderboard", "--results", str(ROOT / "results"), "-o", "out/board.csv"), "out/board.csv"),
    "export-results": (("export-results", "results", "--to", "csv", "-o", "out/table.csv"), "out/table.csv"),
    "new": (("new", "my_quiz", "--family", "vqa", "--dir", "out/tasks"), "out/tasks"),
    "new --from": (("new", "my_table", "--from", "table.csv", "--dir", "out/tasks"), f"{tempfile.gettempdir()}/"),  # where it is tried
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "somewhere"
    found.mkdir(exist_ok=True)
    for name, text in {"mine.py": MODEL, "worker.py": WORKER, "suite.toml": SUITE, "table.csv": TABLE}.items():
        (found / name).write_text(text)
    for task in ("vqa_rad", "meqsum"):
        ids = [example.id for example in examples.load(catalog.task(task), sample=True).examples]
        (found / f"{task}.jsonl").write_text("".join(json.dumps({"id": name, "text": "yes"}) + "\n" for name in ids))
    return found


@contextlib.contextmanager
def room_for(size: int) -> Iterator[None]:
    """No file grows beyond so many bytes; the package's own bytecode, which Python would cut there without a word, is not written."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "dont_write_bytecode", True)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def scores(told: str) -> list[Any]:
    return [(run["task"], run["counts"], run["estimates"]) for run in json.loads(told)["runs"]]


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.java if name == "meteor" else ()) for name in EVALUATING])
def test_an_evaluation_says_so_and_its_rerun_has_the_same_scores(harness: Any, folder: Path, name: str, limit: int) -> None:
    words = EVALUATING[name]
    with room_for(limit):
        refused = harness(*words, "--results", "small", *FEW)
    assert (refused.returncode, "Traceback" in refused.stderr) == (3, False), refused.stderr
    found = json.loads(refused.stdout)
    (*_, message) = [run["error"]["message"] for run in found["runs"] if run["status"] == "error"]
    assert "cannot be written (File too large; " in message or "No usable temporary directory" in message, message
    assert " bytes were wanted)" in message or "TMPDIR" in message
    assert "What was " in message
    assert message.endswith("; the same command then goes on.")
    rerun, whole = (harness(*words, "--results", results, *FEW) for results in ("small", "large"))
    assert rerun.returncode == whole.returncode
    assert scores(rerun.stdout) == scores(whole.stdout)
    assert left(folder) == []


@pytest.mark.parametrize("name", WRITING)
def test_a_writing_command_says_so_and_its_rerun_writes(harness: Any, folder: Path, name: str) -> None:
    words, path = WRITING[name]
    harness("run", "mine.py:Mine", "--tasks", "vqa_rad", *FEW)
    with room_for(100):
        refused = harness(*words)
    assert refused.returncode == 3
    assert refused.stderr.startswith(f"error: {path}")
    assert "cannot be written (File too large; " in refused.stderr
    assert not [entry for entry in (folder / "out").rglob("*") if entry.is_file() and entry.suffix in (".html", ".csv", ".jsonl")]
    assert harness(*words).returncode == 0
    assert left(folder) == []


def left(folder: Path) -> list[str]:
    """Files that are of no use once a command has ended."""
    return [str(path) for path in folder.rglob(".*") if path.name.endswith((".new", ".part")) or "harness-" in path.name]
