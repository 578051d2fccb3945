"""Cards, suites, names and folders: what a user writes into a file or an option, with one thing wrong."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import harness
from harness.cli import main
from tests.fuzz.bad_adapters import CARD, RUN, verified, write
from tests.fuzz.outcomes import Case, anything, holding, recorded, refused

IN_EVERY_RUN = 30

WORDS: dict[str, str | None] = {
    "absent": None,
    "empty": '""',
    "a number": "7",
    "a list": '["a"]',
    "a table": "{ a = 1 }",
    "true": "true",
    "control characters": '"a\\u0000\\u001b[2J"',
    "a path": '"../../etc"',
    "200 kB": f'"{"x" * 200_000}"',
}


def _cards() -> Iterator[tuple[str, str]]:
    lines = CARD.strip().split("\n")
    values = {
        **WORDS, "a date": "2026-01-01", "half a character": '"\\uD800"',
        "huge": "9" * 400, "not a number": "nan", "below zero": "-1", "nested": "[" * 200 + "]" * 200, "markup": '"<script>"',
    }  # fmt: skip
    for place, line in enumerate(lines):
        key = line.partition(" = ")[0]
        if line.startswith("[") or not line:
            yield f"without {line or 'a blank line'}", "\n".join(lines[:place] + lines[place + 1 :])
            continue
        for name, value in values.items():
            changed = [] if value is None else [f"{key} = {value}"]
            yield f"{key} is {name}", "\n".join(lines[:place] + changed + lines[place + 1 :])
        yield f"{key} twice", "\n".join([*lines[:place], line, line, *lines[place + 1 :]])
        yield f"{key} misspelt", "\n".join([*lines[:place], "x" + line, *lines[place + 1 :]])
    yield "empty", ""
    yield "no TOML", "{"
    yield "nested 100,000 deep", "a = " + "[" * 100_000
    yield "an integer of 6,000 digits", "version = " + "1" * 6_000


SHOW: dict[str, tuple[str, ...]] = {
    "run": RUN,
    "show": ("show", "quiz", "--task-dir", "mine", "--json"),
    "tasks": ("tasks", "--task-dir", "mine"),
    "check": ("check", "quiz", "--task-dir", "mine"),
    "export": ("export", "quiz", "--task-dir", "mine", "--sample", "-o", "out.jsonl"),
}


SUITES = ("run", "suite.toml", "--resamples", "0", "--json", "--quiet")
SUITE = """
name = "mine"
setting = "as it is"

[tasks.vqa_rad]
model = "baseline:majority"
args = {}
"""


def _suites() -> Iterator[tuple[str, str]]:
    values = {**WORDS, "nan": "nan", "a nested table": "{ a = { b = 1 } }"}
    lines = SUITE.strip().split("\n")
    for place, line in enumerate(lines):
        key = line.partition(" = ")[0]
        for name, value in values.items() if " = " in line else ():
            changed = [] if value is None else [f"{key} = {value}"]
            yield f"{key} is {name}", "\n".join(lines[:place] + changed + lines[place + 1 :])
        yield f"line {place} twice", "\n".join([*lines[:place], line, line, *lines[place + 1 :]])
    for task in ("no_such", "vqa_rad@nothing", '""', '"a\\u0000"', '"[a"', '"vqa_rad,meqsum"'):
        yield f"the task {task}", SUITE.replace("tasks.vqa_rad", f"tasks.{task}")
    for model in (
        "",
        ":",
        "baseline:",
        "baseline:none",
        "none:x",
        "x.py:",
        "x.py:f",
        ".",
        "/",
        "predictions:absent",
        "suite.toml",
        "a\\u0000",
    ):
        yield f"the model '{model}'", SUITE.replace("baseline:majority", model)


NAMES = {
    "half a character": "a\udcffb",
    "escape sequences": "a\x1b[2J\x1b]0;x\x07b",
    "lines": "a\r\nb\vc\fd",
    "tabs": "a\tb",
    "turned text": "a\u202egpj.exe",
    "zero width": "a\u200bb\ufeff",
    "a formula": "=cmd|'/c calc'!A0",
    "markup": "<script>alert(1)</script>[bold]",
    "LaTeX": "\\input{/etc/passwd}%$&#_^~",
    "a path": "../../../tmp/x",
    "dots": "..",
    "blank": "   ",
    "long": "x" * 300,
    "200 kB": "x" * 200_000,
    "emoji": "🩻" * 20,
    "combining": "e" + "\u0301" * 500,
    "a hyphen": "-rf",
    "reserved": "CON",
    "quotes": "'\"`;|&$(touch x)",
}
VIEWS: dict[str, tuple[str, ...]] = {
    "report": ("report", "r", "-o", "page.html"),
    "verify": ("verify", "r"),
    "compare": ("compare", "r", "reported"),
    "leaderboard": ("leaderboard", "--results", "r", "-o", "b.csv"),
    **{
        f"export {to}": ("export-results", "r", "--to", to)
        for to in ("markdown", "latex", "bibtex", "csv", "every-eval-ever", "model-index")
    },
}


def _shown(option: str, name: str, view: tuple[str, ...]) -> str:
    """A run under a hostile name, and what a view of it sends to the terminal and to its file."""
    options: dict[str, Any] = {option: name}
    harness.evaluate("baseline:majority", "vqa_rad", sample=True, resamples=0, progress=False, results="r", **options)
    sys.argv = ["harness", *view]
    try:
        main()
    except SystemExit as ended:
        if ended.code not in (0, None):
            raise
    return "shown"


def _foreign(folder: Path, name: str, content: str) -> None:
    (folder / "results" / "a").mkdir(parents=True)
    (folder / "results" / "a" / name).write_text(content)


def _nothing() -> Iterator[tuple[str, tuple[str, ...], Callable[[Path], object]]]:
    """Commands that find nothing to do."""
    made: dict[str, Callable[[Path], object]] = {
        "a missing folder": lambda folder: None,
        "an empty folder": lambda folder: (folder / "results").mkdir(),
        "foreign files": lambda folder: _foreign(folder, "notes.txt", "x"),
        "foreign records": lambda folder: _foreign(folder, "run.json", "{}"),
        "a file": lambda folder: (folder / "results").write_text("x"),
    }
    commands = {
        "verify": ("verify", "results"), "report": ("report", "results"), "compare": ("compare", "results"),
        "compare two": ("compare", "results", "results"), "export": ("export-results", "results"),
        "leaderboard": ("leaderboard", "--results", "results"), "leaderboard --check": ("leaderboard", "--results", "results", "--check"),
        "leaderboard of ours": ("leaderboard",), "score": ("score", "results", "--tasks", "vqa_rad"),
        "run no task": ("run", "baseline:majority", "--tasks", ""), "tasks": ("tasks", "no_such_task"), "metrics": ("metrics", "no_such"),
        "fetch": ("fetch", "--tasks", "", "--data-root", "results"), "audit": ("audit", "--tasks", "", "--data-root", "results"),
        "check": ("check", "", "--task-dir", "results"), "export task": ("export", "", "-o", "x.jsonl"), "schema": ("schema", ""),
    }  # fmt: skip
    for what, prepare in made.items():
        for name, command in commands.items():
            yield f"{name}: {what}", command, prepare


def cases() -> Iterator[Case]:
    """Each with one thing wrong."""
    for number, (name, text) in enumerate(_cards()):
        which = list(SHOW)[number % len(SHOW)]
        oracle = verified if which == "run" else anything
        written = functools.partial(write, card=text)
        yield Case(kind="cards", name=f"{which}: {name}", write=written, command=SHOW[which], oracle=oracle)
    for name, text in _suites():
        yield Case(kind="suites", name=name, write=holding("suite.toml", text), command=SUITES, oracle=lambda done: recorded(done, None))
    for name, text in NAMES.items():
        for option in ("name", "setting"):
            for which, view in VIEWS.items():
                shown = functools.partial(_shown, option, text, view)
                yield Case(kind="hostile names", name=f"{which}: {option}: {name}", command=shown, oracle=anything)
    for name, command, prepare in _nothing():
        yield Case(kind="nothing to do", name=name, write=prepare, command=command, oracle=refused)
