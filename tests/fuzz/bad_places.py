"""Paths at which something else stands than a command expects: every path that a user can name, and every file of a run's folder."""

from __future__ import annotations

import functools
import itertools
import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from unittest import mock

import harness
from tests.fuzz.outcomes import Case, Done, anything, refused

IN_EVERY_RUN = 20

REPLIES = '{"id": "1", "text": "yes"}\n'
RUN = ("run", "baseline:majority", "--tasks", "vqa_rad", "--sample", "-q")


def _two(path: Path) -> None:
    path.symlink_to("other")
    path.with_name("other").symlink_to(path.name)


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path)) if len(str(path)) < 100 else path.write_text("")


def _itself(path: Path) -> None:
    path.mkdir()
    (path / "again").symlink_to(path)


STANDS: Mapping[str, Callable[[Path], object]] = {
    "a file": lambda path: path.write_text("somebody's notes\n"),
    "a folder": Path.mkdir,
    "a folder that leads into itself": _itself,
    "a link to itself": lambda path: path.symlink_to(path.name),
    "a circle of two links": _two,
    "a link to nothing": lambda path: path.symlink_to("nothing"),
    "a pipe": os.mkfifo,
    "a link to /dev/zero": lambda path: path.symlink_to("/dev/zero"),
    "a link to /dev/full": lambda path: path.symlink_to("/dev/full"),
    "a socket": _socket,
}
"""What can stand at a path."""
SPELT: Mapping[str, str] = {
    "a name too long": "x" * 300,
    "a path too long": "/".join(["x" * 200] * 30),
    "below a file": "notes.txt/deep/x",
    "below a file that is there": "notes.txt/x",
    "no name": "",
    "a blank": " ",
    "below /dev/null": "/dev/null/x",
    "below /proc": "/proc/nothing/x",
    "another user's home": "~nobody-of-that-name/x",
}
"""Paths that cannot be."""

OUTPUTS: Mapping[str, Sequence[str]] = {
    "run --results": (*RUN, "--results", "@"),
    "score --results": ("score", "replies.jsonl", "--tasks", "vqa_rad", "--sample", "-q", "--results", "@"),
    "export --out": ("export", "vqa_rad", "--sample", "--limit", "2", "--out", "@"),
    "report --out": ("report", "results", "--out", "@"),
    "export-results --out": ("export-results", "results", "--out", "@"),
    "leaderboard --out": ("leaderboard", "--out", "@"),
    "new --dir": ("new", "quiz", "--family", "understanding", "--dir", "@"),
}
INPUTS: Mapping[str, Sequence[str]] = {
    "run MODEL": ("run", "@", "--tasks", "vqa_rad", "--sample", "-q"),
    "run MODEL.py": ("run", "@.py:Model", "--tasks", "vqa_rad", "--sample", "-q"),
    "run suite": ("run", "@.toml", "--tasks", "vqa_rad", "--sample", "-q"),
    "run predictions": ("run", "predictions:@", "--tasks", "vqa_rad", "--sample", "-q"),
    "run worker": ("run", "worker:@", "--tasks", "vqa_rad", "--sample", "-q"),
    "run worker script": ("run", "worker:python @.py", "--tasks", "vqa_rad", "--sample", "-q"),
    "run factory": ("run", "torch:@", "-a", "factory=@.py:build", "--tasks", "pneumoniamnist", "--sample", "-q"),
    "run checkpoint": ("run", "@.pt2", "--tasks", "pneumoniamnist", "--sample", "-q"),
    "run hf": ("run", "hf:@", "--tasks", "vqa_rad", "--sample", "-q"),
    "run --data-root": (*RUN[:-2], "--data-root", "@"),
    "run --task-dir": (*RUN, "--task-dir", "@"),
    "run --prompt-file": (*RUN, "--prompt-file", "@"),
    "run --metrics": (*RUN, "--metrics", "evaluate:@"),
    "score REPLIES": ("score", "@", "--tasks", "vqa_rad", "--sample", "-q"),
    "export --data-root": ("export", "vqa_rad", "--data-root", "@", "--out", "x.jsonl"),
    "verify RUN": ("verify", "@"),
    "verify --data-root": ("verify", "results", "--data-root", "@"),
    "compare RUN": ("compare", "@"),
    "report RUN": ("report", "@"),
    "report --data-root": ("report", "results", "--data-root", "@"),
    "export-results RUN": ("export-results", "@"),
    "leaderboard --results": ("leaderboard", "--results", "@", "--out", "x.csv"),
    "audit --data-root": ("audit", "vqa_rad", "--data-root", "@"),
    "check --data-root": ("check", "vqa_rad", "--data-root", "@"),
    "check --task-dir": ("check", "quiz", "--task-dir", "@"),
    "doctor --data-root": ("doctor", "--data-root", "@"),
    "tasks --task-dir": ("tasks", "--task-dir", "@"),
    "show --data-root": ("show", "vqa_rad", "--data-root", "@"),
    "new --from": ("new", "quiz", "--from", "@", "--dir", "x"),
}
HARMLESS = ("--data-root", "--task-dir", "doctor", "below a file", "no name", "a blank", "a folder", "RUN", "run MODEL")
"""Where a success may be right: nothing of what stands there is needed, or the empty folder of one's own tasks is no fault."""
IN_A_RUN = ("run.json", "samples.csv", "samples.new.csv", "replies.jsonl", "run.lock", "replies-1-of-2.jsonl", "shard-1-of-2.lock")
ON_A_RUN: Mapping[str, Sequence[str]] = {
    "run": RUN,
    "verify": ("verify", "results"),
    "compare": ("compare", "results"),
    "report": ("report", "results"),
    "leaderboard": ("leaderboard", "--results", "results", "--out", "x.csv"),
    "export-results": ("export-results", "results"),
}
PLACES = ("XDG_CACHE_HOME", "TMPDIR", "HARNESS_DATA", "HOME")


@functools.cache
def _finished() -> Path:
    """A results folder with one run, to copy."""
    folder = Path(tempfile.mkdtemp(prefix="places-"))
    harness.evaluate("baseline:majority", "vqa_rad", sample=True, results=folder / "results")
    return folder


def _prepared(folder: Path) -> None:
    shutil.copytree(_finished() / "results", folder / "results")
    (folder / "replies.jsonl").write_text(REPLIES)
    (folder / "notes.txt").write_text("mine\n")


def _put(make: Callable[[Path], object], file: str, folder: Path) -> None:
    _prepared(folder)
    make(folder / file)


def _put_into_run(make: Callable[[Path], object], file: str, folder: Path) -> None:
    _prepared(folder)
    (run,) = (path.parent for path in (folder / "results").rglob("run.json"))
    (run / file).unlink(missing_ok=True)
    make(run / file)


def _written(done: Done) -> str:
    """What a command that wrote something must have left: what it says it wrote, and none of its own temporary files."""
    left = [path.name for path in Path.cwd().rglob(".*") if path.name.endswith((".new", ".part")) or ".harness-" in path.name]
    if left:
        return f"left {left}"
    return "" if done.out.strip() or done.code == 1 else "no word of what was written"


def _read(name: str, stands: str) -> Callable[[Done], str]:
    return anything if any(word in f"{name} {stands}" for word in HARMLESS) else refused


def _under(variable: str) -> object:
    with mock.patch.dict(os.environ, {variable: str(Path.cwd() / "here")}), mock.patch.object(tempfile, "tempdir", None):
        return harness.evaluate("baseline:majority", "pneumoniamnist", sample=True, results=Path.cwd() / "mine", resamples=10)


def _kept(_done: Done) -> str:
    return "" if any(Path("mine").rglob("run.json")) else "no record"


def _at(kinds: tuple[str, str], name: str, words: Sequence[str], oracle_of: Callable[[str, str], Callable[[Done], str]]) -> Iterator[Case]:
    """A command whose path is in use, and one whose path cannot be."""
    suffix = next((word[word.index("@") + 1 :].partition(":")[0] for word in words if "@" in word), "")

    def case(kind: str, what: str, path: str, write: Callable[[Path], object]) -> Case:
        command = tuple(word.replace("@", path) for word in words)
        return Case(kind=kind, name=f"{name}, {what}", write=write, command=command, oracle=oracle_of(name, what))

    for what, make in STANDS.items():
        yield case(kinds[0], what, "here", functools.partial(_put, make, f"here{suffix}"))
    for what, path in SPELT.items():
        yield case(kinds[1], what, path, _prepared)


def cases() -> Iterator[Case]:
    """All of them."""
    for name, words in OUTPUTS.items():
        yield from _at(("something in the way of what is written", "a path that cannot be written"), name, words, lambda *_: _written)
    for name, words in INPUTS.items():
        yield from _at(("something else than what is read", "a path that cannot be read"), name, words, _read)
    for (name, words), file, (what, make) in itertools.product(ON_A_RUN.items(), IN_A_RUN, STANDS.items()):
        needed = file in ("run.json", "samples.csv") and name != "run"
        put = functools.partial(_put_into_run, make, file)
        named = f"{name}, {file} is {what}"
        yield Case(kind="something else in a run's folder", name=named, write=put, command=words, oracle=refused if needed else _written)
    for variable, (what, make) in itertools.product(PLACES, STANDS.items()):
        put, under = functools.partial(_put, make, "here"), functools.partial(_under, variable)
        yield Case(kind="a place of the environment", name=f"{variable} is {what}", write=put, command=under, oracle=_kept)
