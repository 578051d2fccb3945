"""What reading many runs costs: leaderboard, comparison, report and the start of the commands, in CPU seconds of one core.

The runs are invented (`invented_runs.py`): 451 samples of 203 groups on each of five tasks. A command is a process of its own, with a cache
of its own; its start stands beside that of the same command line library with a program that does nothing, both by turns.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks import invented_runs
from benchmarks.lines import Line
from benchmarks.sides import Spent, spent

NOTHING = "import typer\napp = typer.Typer()\n@app.command()\ndef a(x: int = 1): pass\n@app.command()\ndef b(x: int = 1): pass\napp()\n"
_TURNS = 5
_SYSTEMS, _MANY = 100, 100_000


def lines(work: Path, _: str) -> Iterator[Line | str]:
    """Each with its bar."""
    yield from start(work)
    yield from leaderboard(work)
    yield from two(work)


def _harness(work: Path, *arguments: str, times: int = 1) -> Spent:
    env = {"OMP_NUM_THREADS": "1", "XDG_CACHE_HOME": str(work / "cache-of-views")}
    return spent([sys.executable, "-m", "harness", *arguments], env, times=times)


def _seconds(what: str, took: Spent, bar: float) -> Line:
    return Line(what=what, ours=took.shown, beside=f"{bar:g} s", ratio=took.cpu / bar, bar=1)


def start(work: Path) -> Iterator[Line]:
    """The least of some turns, beside nothing."""
    program = work / "nothing.py"
    program.write_text(NOTHING, encoding="utf-8")
    for own, nothing, bar in (("--help", "--help", 1.5), ("tasks", "a", 2), ("show vqa_rad", "a", 2), ("metrics", "a", 2)):
        _harness(work, *own.split())
        pairs = [(_harness(work, *own.split()), spent([sys.executable, str(program), nothing])) for _ in range(_TURNS)]
        ours, theirs = (min(pair[side].cpu for pair in pairs) for side in (0, 1))
        yield Line(
            what=f"`harness {own}`; beside it a program that does nothing",
            ours=f"{ours:.2f} s",
            beside=f"{theirs:.2f} s",
            ratio=ours / theirs,
            bar=bar,
        )
    command = [str(Path(sys.executable).with_name("harness"))]
    for what, words in (("a command", "harness ru"), ("a task", "harness run x --tasks vqa_rad,sl"), ("a run", "harness verify results/")):
        asked = {"_HARNESS_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
        both = [(spent(command, asked), spent([sys.executable, str(program), "a"])) for _ in range(_TURNS)]
        ours, theirs = (min(pair[side].cpu for pair in both) for side in (0, 1))
        yield Line(
            what=f"the name of {what} completed in the shell; beside it a program that does nothing",
            ours=f"{ours:.2f} s",
            beside=f"{theirs:.2f} s",
            ratio=ours / theirs,
            bar=1.5,
        )


def leaderboard(work: Path) -> Iterator[Line]:
    """From nothing, and again with one new run."""
    results = work / "results"
    invented_runs.make(results, systems=_SYSTEMS)
    command = ("leaderboard", "--results", str(results), "--out", str(work / "leaderboard.csv"))
    runs = _SYSTEMS * len(invented_runs.TASKS)
    yield _seconds(f"`leaderboard` of {runs} runs, from nothing", _harness(work, *command), 20)
    invented_runs.make(results, systems=1, tasks=("vqa_rad",), first=_SYSTEMS)
    yield _seconds("the same with one new run", _harness(work, *command), 2)
    invented_runs.make(work / "thirty", systems=6)
    yield _seconds("`report` of 30 runs", _harness(work, "report", str(work / "thirty"), "--out", str(work / "thirty.html")), 5)


def two(work: Path) -> Iterator[Line]:
    """Two runs of many samples with replies."""
    large, page = work / "large", work / "large.html"
    invented_runs.make(large, systems=2, tasks=("vqa_rad",), samples=_MANY, words=57)
    yield _seconds(f"`compare` of two runs of {_MANY:,} samples", _harness(work, "compare", str(large)), 20)
    took = _harness(work, "report", str(large), "--out", str(page))
    size = page.stat().st_size / 1e6
    yield Line(
        what=f"page of two runs of {_MANY:,} samples with replies; beside it 20 MB",
        ours=f"{size:.1f} MB, {took.cpu:.0f} s of CPU",
        beside="20 MB",
        ratio=size / 20,
        bar=1,
    )
