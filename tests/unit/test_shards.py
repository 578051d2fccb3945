"""Shards: one run in several processes, with the replies and scores of one; a process that dies costs nothing but its time."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness import shards
from harness.errors import PrerequisiteError, UsageError
from harness.shards import Shard

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = """
import json, os, signal, sys
json.loads(sys.stdin.readline())
print(json.dumps({"ready": True, "name": "mine"}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    if os.environ.get("DIES") == os.environ.get("RANK", "none"):
        os.kill(os.getppid(), signal.SIGKILL)
        raise SystemExit
    with open(os.environ["ASKED"], "a") as file:
        file.write(request["id"] + "\\n")
    print(json.dumps({"id": request["id"], "text": str(len(request["prompt"]))}), flush=True)
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """A worker that says how long its prompt is, notes what it was asked, and kills the rank that it is told to."""
    path = tmp_path / "mine.py"
    path.write_text(SCRIPT)
    return path


def harness(folder: Path, script: Path, *, options: tuple[str, ...] = (), launcher: tuple[str, ...] = (), **environment: str) -> Any:
    """A run of VQA-RAD's sample into a folder, one request per batch."""
    command = ["-m", "harness", "run", f"worker:{sys.executable} {script}", "--tasks", "vqa_rad", "--results", str(folder), "--json"]
    return subprocess.run(
        [*(launcher or (sys.executable,)), *command, "--batch-size", "1", "--resamples", "50", *options],
        cwd=ROOT,
        env={**os.environ, "ASKED": str(folder.parent / f"{folder.name}.txt"), "OMP_NUM_THREADS": "1", **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def replies(folder: Path) -> dict[str, str]:
    """Text by id, over all journals of the one run in a folder."""
    lines = [json.loads(line) for path in folder.rglob("replies*.jsonl") for line in path.read_text().splitlines()]
    return {line["id"]: line["text"] for line in lines}


def record(folder: Path) -> dict[str, Any]:
    (path,) = folder.rglob("run.json")
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def test_every_batch_belongs_to_one_shard() -> None:
    batches = [list(range(start, start + 10)) for start in range(0, 200, 10)]
    dealt = [Shard(number=number, of=3).deal(batches) for number in (1, 2, 3)]
    assert sorted(batch for part in dealt for batch in part) == batches
    assert [len(part) for part in dealt] == [7, 7, 6]


def test_few_batches_are_halved_so_that_no_shard_is_idle() -> None:
    dealt = [Shard(number=number, of=2).deal([list(range(16)), [16, 17]]) for number in (1, 2)]
    assert [[len(batch) for batch in part] for part in dealt] == [[2, 2, 2, 2, 1], [2, 2, 2, 2, 1]]
    assert sorted(item for part in dealt for batch in part for item in batch) == list(range(18))


def test_more_shards_than_requests_leave_some_without_any() -> None:
    assert [Shard(number=number, of=3).deal([["a", "b"]]) for number in (1, 2, 3)] == [[["a"]], [["b"]], []]


@pytest.mark.parametrize("text", ["0/4", "5/4", "2", "a/b", "-1/4", "1/0", ""])
def test_what_is_no_shard_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="NUMBER/OF"):
        shards.parse(text)


@pytest.mark.parametrize(
    ("environment", "shard"),
    [
        ({}, None),
        ({"RANK": "0", "WORLD_SIZE": "1"}, None),
        ({"RANK": "0", "WORLD_SIZE": "4"}, Shard(number=1, of=4)),
        ({"RANK": "3", "WORLD_SIZE": "4"}, Shard(number=4, of=4)),
        ({"SLURM_ARRAY_TASK_ID": "2", "SLURM_ARRAY_TASK_COUNT": "4"}, None),
    ],
    ids=["none", "one process", "first rank", "last rank", "an array may be over models"],
)
def test_a_launcher_names_the_shard(environment: dict[str, str], shard: Shard | None) -> None:
    assert shards.of_launcher(environment) == shard


def test_a_rank_beyond_its_world_is_refused() -> None:
    with pytest.raises(UsageError, match="no rank of a world"):
        shards.of_launcher({"RANK": "4", "WORLD_SIZE": "4"})


def test_a_shard_is_written_by_one_process_and_a_whole_run_by_no_other(tmp_path: Path) -> None:
    first, second = Shard(number=1, of=2), Shard(number=2, of=2)
    with shards.writing(tmp_path, first), shards.writing(tmp_path, second):
        for other in (first, None):
            with pytest.raises(PrerequisiteError, match="another process"), shards.writing(tmp_path, other):
                pass
    with shards.writing(tmp_path, None):
        pass


def test_shards_by_hand_leave_the_record_to_the_last(tmp_path: Path, script: Path) -> None:
    whole, shared = tmp_path / "whole", tmp_path / "shared"
    assert harness(whole, script).returncode == 0
    first = harness(shared, script, options=("--shard", "2/2"))
    assert first.returncode == 0, first.stderr
    (told,) = json.loads(first.stdout)["runs"]
    assert (told["status"], told["shard"], told["estimates"]) == ("shard", {"number": 2, "of": 2}, [])
    assert not list(shared.rglob("run.json"))
    second = harness(shared, script, RANK="0", WORLD_SIZE="2")
    assert second.returncode == 0, second.stderr
    assert replies(shared) == replies(whole)
    assert record(shared)["estimates"] == record(whole)["estimates"]
    assert sorted(Path(f"{shared}.txt").read_text().split()) == sorted(replies(whole))  # each was asked once


def test_ranks_give_what_one_process_gives(tmp_path: Path, script: Path) -> None:
    torchrun = Path(sys.executable).parent / "torchrun"
    if not torchrun.is_file():
        pytest.skip("torchrun is not installed; it comes with torch")
    whole, shared = tmp_path / "whole", tmp_path / "shared"
    assert harness(whole, script).returncode == 0
    launcher = (str(torchrun), "--nproc-per-node", "2", "--master-port", "0")
    ended = harness(shared, script, launcher=launcher)
    assert ended.returncode == 0, ended.stderr
    assert sorted(path.name for path in shared.rglob("replies*.jsonl")) == ["replies-1-of-2.jsonl", "replies-2-of-2.jsonl"]
    assert replies(shared) == replies(whole)
    assert record(shared)["estimates"] == record(whole)["estimates"]


@pytest.mark.parametrize("resumed", [{}, {"RANK": "1", "WORLD_SIZE": "2"}], ids=["whole", "as the rank"])
def test_what_a_dead_rank_did_not_answer_is_asked_by_whoever_resumes(tmp_path: Path, script: Path, resumed: Any) -> None:
    shared = tmp_path / "shared"
    assert harness(shared, script, RANK="0", WORLD_SIZE="2").returncode == 0
    assert harness(shared, script, RANK="1", WORLD_SIZE="2", DIES="1").returncode == -signal.SIGKILL
    assert not list(shared.rglob("run.json"))
    ended = harness(shared, script, **resumed)
    assert ended.returncode == 0, ended.stderr
    assert record(shared)["status"] == "complete"
    assert record(shared)["counts"]["failed"] == 0
    asked = Path(f"{shared}.txt").read_text().split()
    assert sorted(asked) == sorted(replies(shared))  # what the first rank had answered was not asked again
