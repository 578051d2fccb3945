"""Several processes of one run; what one process does when it is killed is asked in `test_ended_anywhere`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

MODEL = """
import hashlib, time
from pathlib import Path
from harness.types import ModelInfo, Response

class Slow:
    info = ModelInfo(name="slow", kind="mine")
    def for_task(self, scene): return self
    def generate(self, requests):
        with Path("asked.log").open("a") as log:
            log.write(" ".join(r.id for r in requests) + "\\n")
        time.sleep(0.03)
        # The answer depends on the batch, as padding makes it: only whole batches give the undisturbed run's replies.
        batch = hashlib.sha256(" ".join(r.id for r in requests).encode()).hexdigest()
        return [Response(text="normal" if int(batch[i], 16) % 2 else "pneumonia") for i in range(len(requests))]
"""
COMMAND = [sys.executable, "-m", "harness", "run", "mine.py:Slow", "--tasks", "pneumoniamnist", "--batch-size", "7", "--json", "-q"]
BATCHES = -(-200 // 7)


def test_two_processes_do_not_write_one_run_at_a_time(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(MODEL.replace("0.03", "0.4"))
    first = subprocess.Popen(COMMAND, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while not (tmp_path / "asked.log").exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        second = subprocess.run(COMMAND, cwd=tmp_path, capture_output=True, text=True, check=False)
    finally:
        first.kill()
        first.wait()
    assert second.returncode == 3
    assert "another process is writing this run" in second.stdout


RANKED = MODEL.replace("import hashlib, time", "import hashlib, os, time").replace(
    "    def generate(self, requests):\n",
    "    def generate(self, requests):\n        Path('rank-' + os.environ['RANK']).write_text(str(os.getpid()))\n",
)


@pytest.mark.skipif(os.environ.get("HARNESS_KILLS") != "all", reason="starts torchrun three times; make kill")
@pytest.mark.parametrize("rank", ["0", "1"])
def test_a_rank_that_is_killed_ends_the_launch_and_the_same_one_goes_on(rank: str, tmp_path: Path) -> None:
    """Also one that prints nothing; the launcher ends the other, and what both have answered is kept."""
    pytest.importorskip("torch")
    launch = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", "2", "--master_port", "0", *COMMAND[1:]]
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    for folder in (whole, killed):
        folder.mkdir()
        (folder / "mine.py").write_text(RANKED)
    expected = json.loads(subprocess.run(launch, cwd=whole, capture_output=True, text=True, check=True).stdout)
    process = subprocess.Popen(launch, cwd=killed, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < deadline:
        log = killed / "asked.log"
        if (killed / f"rank-{rank}").exists() and log.exists() and len(log.read_text().splitlines()) > 6:
            os.kill(int((killed / f"rank-{rank}").read_text()), signal.SIGKILL)
            break
        time.sleep(0.005)
    assert process.wait(timeout=120) != 0
    found = json.loads(subprocess.run(launch, cwd=killed, capture_output=True, text=True, check=True).stdout)
    asked = (killed / "asked.log").read_text().splitlines()
    for run in (*found["runs"], *expected["runs"]):
        del run["path"]
    assert found == expected
    assert len(asked) <= len((whole / "asked.log").read_text().splitlines()) + 2, "a batch in flight at each rank"


@pytest.mark.skipif(os.environ.get("HARNESS_KILLS") != "all", reason="starts the same run many times; make kill")
def test_many_of_the_same_run_at_once_ask_nothing_twice(tmp_path: Path) -> None:
    """All but the first are told that another one is writing; the one that comes after it finds its result."""
    (tmp_path / "mine.py").write_text(MODEL)
    many = [subprocess.Popen(COMMAND, cwd=tmp_path, stdout=subprocess.PIPE, text=True) for _ in range(6)]
    ended = [(process.communicate(timeout=300)[0], process.returncode) for process in many]
    codes = sorted({code for _, code in ended})
    assert codes in ([0], [0, 3])
    assert all("another process is writing this run" in out for out, code in ended if code == 3)
    asked = (tmp_path / "asked.log").read_text().splitlines()
    assert len(asked) == len(set(asked)) == BATCHES
