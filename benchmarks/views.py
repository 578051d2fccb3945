"""What reading many runs costs: leaderboard, report and the start of the commands, in CPU seconds of one core.

    python benchmarks/views.py [--systems 100] [--samples 100000]

The runs are invented (`invented_runs.py`): 451 samples of 203 groups on each of five tasks. A command is a process of its own, with a cache
of its own; its start stands beside that of the same command line library with a program that does nothing.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import invented_runs

NOTHING = "import typer\napp = typer.Typer()\n@app.command()\ndef a(x: int = 1): pass\n@app.command()\ndef b(x: int = 1): pass\napp()\n"
_TRIES = 5


def seconds(*command: str) -> float:
    """CPU seconds of a process and its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *command], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def told(what: str, took: float) -> None:
    """One line of the table."""
    print(f"{what:<70} {took:8.2f} s", flush=True)


def leaderboard(root: Path, systems: int) -> None:
    """From nothing, again, and again with one new run."""
    invented_runs.make(root / "results", systems=systems)
    runs = systems * len(invented_runs.TASKS)
    command = ("-m", "harness", "leaderboard", "--results", str(root / "results"), "--out", str(root / "leaderboard.csv"))
    told(f"leaderboard of {runs} runs, from nothing", seconds(*command))
    told("  again", seconds(*command))
    invented_runs.make(root / "results", systems=1, tasks=("vqa_rad",), first=systems)
    told("  with one new run", seconds(*command))


def report(root: Path, samples: int) -> None:
    """Thirty runs, and two of many samples with replies."""
    invented_runs.make(root / "thirty", systems=6)
    told("report of 30 runs", seconds("-m", "harness", "report", str(root / "thirty"), "--out", str(root / "thirty.html")))
    invented_runs.make(root / "large", systems=2, tasks=("vqa_rad",), samples=samples, words=57)
    page = root / "large.html"
    took = seconds("-m", "harness", "report", str(root / "large"), "--out", str(page))
    told(f"report of two runs of {samples:,} samples ({page.stat().st_size / 1e6:.1f} MB)", took)


def start(root: Path) -> None:
    """The least of some tries, beside nothing."""
    program = root / "nothing.py"
    program.write_text(NOTHING, encoding="utf-8")
    for own, nothing in (("--help", "--help"), ("tasks", "a"), ("show vqa_rad", "a"), ("metrics", "a")):
        ours, theirs = (
            min(seconds(*command) for _ in range(_TRIES)) for command in (("-m", "harness", *own.split()), (str(program), nothing))
        )
        told(f"harness {own}: {ours / theirs:.2f} times a program that does nothing ({theirs:.2f} s)", ours)


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--systems", type=int, default=100)
    parser.add_argument("--samples", type=int, default=100_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = str(Path(folder) / "cache")
        start(Path(folder))
        leaderboard(Path(folder), given.systems)
        report(Path(folder), given.samples)


if __name__ == "__main__":
    main()
