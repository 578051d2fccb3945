"""Shards: one run in several processes, with the replies and scores of one; a process that dies costs nothing but its time."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.errors import PrerequisiteError, UsageError
from harness.runs import shards
from harness.runs.shards import Shard
from tests.forks import Completed, Forks

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


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A worker that says how long its prompt is, notes what it was asked, and kills the rank that it is told to."""
    path = tmp_path_factory.mktemp("worker") / "mine.py"
    path.write_text(SCRIPT)
    return path


Harness = Callable[..., Completed]


@pytest.fixture(scope="module")
def harness(forks: Forks, script: Path) -> Harness:
    """A run of VQA-RAD's sample into a folder, one request per batch."""

    def run(folder: Path, *options: str, **environment: str) -> Completed:
        return forks.run(*words(folder, script, "--tasks", "vqa_rad", *options), folder=ROOT, environment=environ(folder, **environment))

    return run


def words(folder: Path, script: Path, *options: str) -> tuple[str, ...]:
    model = f"worker:{sys.executable} {script}"
    return ("run", model, "--results", str(folder), "--json", "--batch-size", "1", "--resamples", "50", *options)


def environ(folder: Path, **given: str) -> dict[str, str]:
    return {**os.environ, "ASKED": str(folder.parent / f"{folder.name}.txt"), "OMP_NUM_THREADS": "1", **given}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, harness: Harness) -> Path:
    """What one process gives."""
    folder = tmp_path_factory.mktemp("one") / "whole"
    assert harness(folder).returncode == 0
    return folder


@pytest.fixture(scope="module")
def half(tmp_path_factory: pytest.TempPathFactory, harness: Harness) -> Path:
    """What is there where the first rank is done and the second was killed."""
    folder = tmp_path_factory.mktemp("two") / "half"
    assert harness(folder, "--shard", "1/2").returncode == 0
    assert harness(folder, RANK="1", WORLD_SIZE="2", DIES="1").returncode == -signal.SIGKILL
    return folder


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


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Locks that are held are waited for no longer than it takes to see it."""
    monkeypatch.setattr(shards, "_GLANCE", 0.01)


@pytest.mark.usefixtures("at_once")
def test_a_shard_is_written_by_one_process_and_a_whole_run_by_no_other(tmp_path: Path) -> None:
    first, second = Shard(number=1, of=2), Shard(number=2, of=2)
    with shards.writing(tmp_path, first), shards.writing(tmp_path, second):
        for other in (first, None):
            with pytest.raises(PrerequisiteError, match="another process"), shards.writing(tmp_path, other):
                pass
    with shards.writing(tmp_path, None):
        pass


def test_shards_by_hand_leave_the_record_to_the_last(tmp_path: Path, harness: Harness, whole: Path) -> None:
    shared = tmp_path / "shared"
    first = harness(shared, "--shard", "2/2")
    assert first.returncode == 0, first.stderr
    (told,) = json.loads(first.stdout)["runs"]
    assert (told["status"], told["shard"], told["estimates"]) == ("shard", {"number": 2, "of": 2}, [])
    assert not list(shared.rglob("run.json"))
    second = harness(shared, RANK="0", WORLD_SIZE="2")
    assert second.returncode == 0, second.stderr
    assert replies(shared) == replies(whole)
    assert record(shared)["estimates"] == record(whole)["estimates"]
    assert sorted(Path(f"{shared}.txt").read_text().split()) == sorted(replies(whole))  # each was asked once


def test_ranks_give_what_one_process_gives(tmp_path: Path, script: Path, whole: Path) -> None:
    torchrun = Path(sys.executable).parent / "torchrun"
    if not torchrun.is_file():
        pytest.skip("torchrun is not installed; it comes with torch")
    shared = tmp_path / "shared"
    command = [str(torchrun), "--nproc-per-node", "2", "--master-port", "0", "-m", "harness", *words(shared, script, "--tasks", "vqa_rad")]
    ended = subprocess.run(command, cwd=ROOT, env=environ(shared), capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stderr
    assert sorted(path.name for path in shared.rglob("replies*.jsonl")) == ["replies-1-of-2.jsonl", "replies-2-of-2.jsonl"]
    assert replies(shared) == replies(whole)
    assert record(shared)["estimates"] == record(whole)["estimates"]


@pytest.mark.parametrize("resumed", [{}, {"RANK": "1", "WORLD_SIZE": "2"}], ids=["whole", "as the rank"])
def test_what_a_dead_rank_did_not_answer_is_asked_by_whoever_resumes(tmp_path: Path, harness: Harness, half: Path, resumed: Any) -> None:
    shared = shutil.copytree(half, tmp_path / "half")
    shutil.copy(f"{half}.txt", tmp_path)
    assert not list(shared.rglob("run.json"))
    ended = harness(shared, **resumed)
    assert ended.returncode == 0, ended.stderr
    assert record(shared)["status"] == "complete"
    assert record(shared)["counts"]["failed"] == 0
    asked = Path(f"{shared}.txt").read_text().split()
    assert sorted(asked) == sorted(replies(shared))  # what the first rank had answered was not asked again


Launch = Callable[..., tuple[dict[str, Any], str, list[int]]]


@pytest.fixture
def launch(forks: Forks, tmp_path: Path) -> Launch:
    """Two ranks as torchrun starts them: what they print together, and their exit codes."""

    def run(script: Path, *options: str, **environment: str) -> tuple[dict[str, Any], str, list[int]]:
        ranks = []
        for rank in ("0", "1"):
            own = {"RANK": rank, "WORLD_SIZE": "2", "TORCHELASTIC_RUN_ID": "test", "ASKED": str(tmp_path / f"asked-{rank}.txt")}
            asked = words(tmp_path / "shared", script, *options)
            ranks.append(forks.begin(*asked, folder=ROOT, environment={**os.environ, **own, **environment}))
        ended = [forks.end_of(rank) for rank in ranks]
        found: dict[str, Any] = json.loads("".join(rank.stdout for rank in ended))
        return found, "".join(rank.stderr for rank in ended), [rank.returncode for rank in ended]

    return run


def test_a_launch_prints_one_object_whether_it_asks_or_finds_everything(tmp_path: Path, script: Path, launch: Launch) -> None:
    options = ("--tasks", "vqa_rad,mednli")
    found, _, codes = launch(script, *options)
    assert [(run["task"], run["status"], run["counts"]["failed"]) for run in found["runs"]] == [
        ("vqa_rad", "complete", 0),
        ("mednli", "complete", 0),
    ]
    assert codes == [0, 0]
    again, said, _ = launch(script, *options)
    assert again == found
    assert said.count("nothing was asked") == 2  # of each task, by one rank
    assert not list((tmp_path / "shared").glob(".launch*"))


def test_an_error_that_meets_all_ranks_is_told_once(tmp_path: Path, script: Path, launch: Launch) -> None:
    found, said, codes = launch(script, "--tasks", "vqa_rat")
    assert (found["runs"], found["error"]["type"]) == ([], "UsageError")
    assert said.count("error: unknown task 'vqa_rat'") == 1
    assert codes == [2, 0]
    assert not (tmp_path / "shared").exists()


FAILING = SCRIPT.replace('"text": str(len(request["prompt"]))', "**answer(request)").replace(
    "json.loads(sys.stdin",
    """
def answer(request):
    return {"error": "down"} if os.environ.get("FAILS") == os.environ.get("RANK") else {"text": "yes"}
json.loads(sys.stdin""",
    1,
)
"""The worker that answers yes, and at the rank it is told to nothing."""


@pytest.mark.parametrize("rank", ["0", "1"])
def test_what_fails_at_one_rank_is_told_by_the_first_and_costs_the_other_nothing(tmp_path: Path, rank: str, launch: Launch) -> None:
    failing = tmp_path / "failing.py"
    failing.write_text(FAILING)
    found, _, codes = launch(failing, "--tasks", "vqa_rad", "--give-up-after", "3", FAILS=rank)
    (run,) = found["runs"]
    assert (run["status"], run["error"]["type"], codes) == ("error", "ModelError", [5, 0])
    assert "given up after 3 failures in a row; 7 of 10 requests were never asked. Why: 3 × down" in run["error"]["message"]
    assert sum(bool(text) for text in replies(tmp_path / "shared").values()) == 10


def test_the_user_s_own_share_is_refused_under_a_launcher(script: Path, launch: Launch) -> None:
    found, _, codes = launch(script, "--tasks", "vqa_rad", "--shard", "1/2")
    assert "each rank has its own share" in found["error"]["message"]
    assert codes[0] == 2


def test_ranks_started_by_hand_print_one_object_too(tmp_path: Path, script: Path, forks: Forks) -> None:
    shared = tmp_path / "shared"
    asked = words(shared, script, "--tasks", "vqa_rad")
    ranks = [forks.begin(*asked, folder=ROOT, environment=environ(shared, RANK=rank, WORLD_SIZE="2")) for rank in ("0", "1")]
    (run,) = json.loads("".join(forks.end_of(rank).stdout for rank in ranks))["runs"]
    assert run["task"] == "vqa_rad"


def test_scoring_is_waited_for_as_long_as_its_holder_lives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "_PATIENCE", 0.01)
    told: list[str] = []
    order: list[str] = []
    inside, told_so = threading.Event(), threading.Event()

    def tell(text: str) -> None:
        told.append(text)
        told_so.set()

    def hold() -> None:
        with shards.joining(tmp_path, tell):
            inside.set()
            told_so.wait(30)
            order.append("first")

    holder = threading.Thread(target=hold)
    holder.start()
    inside.wait(30)
    with shards.joining(tmp_path, tell):
        order.append("second")
    holder.join()
    assert order == ["first", "second"]
    assert told == [f"{tmp_path}: another process is scoring this run; waiting until it is done or has ended"]


@pytest.mark.usefixtures("at_once")
def test_a_shard_begins_while_another_scores_and_a_whole_run_is_refused(tmp_path: Path) -> None:
    first, second = Shard(number=1, of=2), Shard(number=2, of=2)
    with shards.writing(tmp_path, first), shards.joining(tmp_path, lambda _: None):
        with shards.writing(tmp_path, second):
            assert shards.is_written(tmp_path, second)
        with pytest.raises(PrerequisiteError, match="another process"), shards.writing(tmp_path, None):
            pass
    with shards.writing(tmp_path, None), pytest.raises(PrerequisiteError, match="another process"), shards.writing(tmp_path, first):
        pass
    assert not shards.is_written(tmp_path, second)
