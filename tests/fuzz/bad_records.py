"""Records that were edited and sealed again, whole and in their tables, read by every command that reads records."""

from __future__ import annotations

import copy
import csv
import functools
import hashlib
import io
import itertools
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from msgspec import to_builtins

import harness
from harness.runs import record as records
from tests.fuzz.outcomes import Case, Done, anything, refused

IN_EVERY_RUN = 30

ABSENT = object()
DEEP = json.loads("[" * 500 + "]" * 500)
VALUES: dict[str, Any] = {
    "absent": ABSENT,
    "null": None,
    "true": True,
    "zero": 0,
    "below zero": -1,
    "a fraction": 0.5,
    "huge": 1e308,
    "an integer of 400 digits": 10**400,
    "not a number": float("nan"),
    "an empty text": "",
    "a text": "a text",
    "200 kB of text": "x" * 200_000,
    "half a character": "a\ud800b",
    "control characters": "a\x00\x1b[2J\x07b",
    "lines": "a\r\nb",
    "a path": "../../../etc",
    "markup": "<script>alert(1)</script>",
    "an empty list": [],
    "a list of null": [None],
    "a list of texts": ["a", "b"],
    "an empty table": {},
    "a table": {"a": None},
    "nested deep": DEEP,
}
COMMANDS: dict[str, tuple[str, ...]] = {
    "verify": ("verify", "results"),
    "leaderboard": ("leaderboard", "--results", "results", "--partial", "-o", "board.csv"),
    "leaderboard --json": ("leaderboard", "--results", "results", "--partial", "-o", "board.csv", "--json"),
    "report": ("report", "results", "--partial", "-o", "page.html"),
    "compare": ("compare", "results/first", "results/second"),
    "compare reported": ("compare", "results/first", "reported"),
    "verify --json": ("verify", "results", "--json"),
}
FORMATS = ("every-eval-ever", "model-index", "csv", "latex", "bibtex", "markdown")


@functools.cache
def base() -> Path:
    """A run on the invented sample, made to look real; in a folder that lives as long as the process."""
    keep = tempfile.TemporaryDirectory(prefix="harness-fuzz-record-")
    _KEPT.append(keep)
    results = Path(keep.name, "made")
    run = harness.evaluate("baseline:majority", "vqa_rad", sample=True, results=results, resamples=20, progress=False)["vqa_rad"]
    assert run.folder is not None
    folder = Path(keep.name, "first")
    shutil.copytree(run.folder, folder)
    body = json.loads((folder / "run.json").read_text())
    body["data"]["kind"], body["not_ranked"] = "real", []
    seal(folder, body)
    return folder


_KEPT: list[tempfile.TemporaryDirectory[str]] = []


def seal(folder: Path, body: dict[str, Any]) -> None:
    """Write a run.json with the hash of what it says now."""
    content = {key: value for key, value in body.items() if key != "record_sha256"}
    text = json.dumps(content, sort_keys=True, ensure_ascii=True)
    body["record_sha256"] = hashlib.sha256(text.encode()).hexdigest()
    (folder / "run.json").write_text(json.dumps(body), encoding="utf-8")


def places(value: Any, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The way to every part of a record, of lists to the first item alone."""
    if at:
        yield at
    if isinstance(value, dict):
        for key in value:
            yield from places(value[key], (*at, key))
    elif isinstance(value, list) and value:
        yield from places(value[0], (*at, 0))


def put(body: Any, at: tuple[str | int, ...], value: Any) -> Any:
    """The body with another value at a place."""
    body = copy.deepcopy(body)
    inner = body
    for step in at[:-1]:
        inner = inner[step]
    if value is ABSENT:
        del inner[at[-1]]
    else:
        inner[at[-1]] = value
    return body


def two(folder: Path) -> Path:
    """Two runs under ``results``, of which the first is to be edited."""
    shutil.copytree(base(), folder / "results" / "first")
    shutil.copytree(base(), folder / "results" / "second")
    other = folder / "results" / "second"
    body = json.loads((other / "run.json").read_text())
    body["model"]["name"] = "the other"
    seal(other, body)
    return folder / "results" / "first"


def _said(_done: Done) -> str:
    """An edited record is read as it stands, or refused; never as something else."""
    path = Path("results/first/run.json")
    unlike = [".".join(map(str, at)) for at in _unlike(json.loads(path.read_text()), to_builtins(records.read_file(path)))]
    return f"read as something else: {unlike[:5]}" if unlike else ""


def _unlike(body: Any, read: Any, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Where what was read differs from what is written; a key that was absent, and has a default, does not."""
    if isinstance(body, dict) and isinstance(read, dict):
        for key in body:
            yield from _unlike(body[key], read.get(key, ABSENT), (*at, key))
    elif isinstance(body, list) and isinstance(read, list | tuple):
        if len(body) != len(read):
            yield at
        for place, (one, other) in enumerate(zip(body, read, strict=False)):
            yield from _unlike(one, other, (*at, place))
    elif type(body) in (int, float) and type(read) in (int, float):
        if body != read:
            yield at
    elif body is not read and (body != read or type(body) is not type(read)):
        yield at


def _edited(at: tuple[str | int, ...], value: Any, folder: Path) -> None:
    first = two(folder)
    seal(first, put(json.loads((first / "run.json").read_text()), at, value))


def _load() -> Any:
    return harness.load_results("results").to_dict("records")


def _compare() -> Any:
    return harness.compare("results/first", "results/second")


def _commands() -> Iterator[tuple[str, Any]]:
    every: list[tuple[str, Any]] = [
        *COMMANDS.items(),
        *((f"export {name}", ("export-results", "results", "--to", name, "-o", f"out-{name}", "--partial")) for name in FORMATS),
        ("load_results", _load),
        ("compare()", _compare),
    ]
    return itertools.cycle(every)


def _table_edits() -> Iterator[tuple[str, Callable[[list[list[str]]], object]]]:
    def cell(row: int, column: int, text: str) -> Callable[[list[list[str]]], None]:
        def edit(rows: list[list[str]]) -> None:
            rows[row][column] = text

        return edit

    texts = {"empty": "", "NUL": "\0", "half a character": "\udc80", "a text": "abc", "nan": "nan", "infinite": "inf", "huge": "9" * 400,
             "200 kB": "y" * 200_000, "a formula": "=1+1", "lines": "a\nb", "escape": "\x1b[2J"}  # fmt: skip
    for row, what in ((0, "header"), (1, "first row"), (-1, "last row")):
        for column in range(-1, 6):
            for name, text in texts.items():
                yield f"{what}, column {column}: {name}", cell(row, column, text)
    yield "no header", lambda rows: rows.pop(0)
    yield "no rows", lambda rows: rows.__delitem__(slice(1, None))
    yield "one row twice", lambda rows: rows.append(rows[-1])
    yield "a column twice", lambda rows: rows.__setitem__(slice(None), [[row[0], *row] for row in rows])
    yield "a short row", lambda rows: rows[2].pop()
    yield "nothing", lambda rows: rows.clear()


def _rows() -> list[list[str]]:
    return list(csv.reader(io.StringIO((base() / "samples.csv").read_text(), newline="")))


def _with_table(rows: list[list[str]], folder: Path) -> None:
    first = two(folder)
    out = io.StringIO()
    csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
    table = out.getvalue().encode("utf-8", "surrogatepass")
    (first / "samples.csv").write_bytes(table)
    body = json.loads((first / "run.json").read_text())
    body["samples"] = {"rows": max(0, len(rows) - 1), "sha256": hashlib.sha256(table).hexdigest()}
    seal(first, body)


def _verified(done: Done) -> str:
    return "verify holds a table that was edited" if "fails" not in done.out and "reply" not in done.out else ""


def _contents() -> Iterator[tuple[str, Callable[[Path], object]]]:
    """What may stand where a run.json belongs."""
    yield "empty", lambda path: path.write_bytes(b"")
    yield "binary", lambda path: path.write_bytes(bytes(range(256)))
    yield "a list", lambda path: path.write_text("[]")
    yield "null", lambda path: path.write_text("null")
    yield "a number", lambda path: path.write_text("7")
    yield "an empty table", lambda path: path.write_text("{}")
    yield "nested 100,000 deep", lambda path: path.write_text("[" * 100_000 + "]" * 100_000)
    yield "an integer of 6,000 digits", lambda path: path.write_text('{"schema_version": ' + "1" * 6_000 + "}")
    yield "UTF-16", lambda path: path.write_bytes('{"schema_version": 2}'.encode("utf-16"))
    yield "a mark before it", lambda path: path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    yield "cut off", lambda path: path.write_bytes(path.read_bytes()[:-100])
    yield "twice", lambda path: path.write_bytes(path.read_bytes() * 2)
    yield "NaN", lambda path: path.write_text('{"schema_version": NaN}')
    yield "a schema of tomorrow", lambda path: path.write_text('{"schema_version": 99}')
    yield "a schema of a text", lambda path: path.write_text('{"schema_version": "2"}')
    yield "a schema of a list", lambda path: path.write_text('{"schema_version": []}')
    yield "a schema of a truth", lambda path: path.write_text('{"schema_version": true}')
    yield "a key twice", lambda path: path.write_text(path.read_text().replace('"split"', '"split": "test", "split"', 1))


def cases() -> Iterator[Case]:
    """Every place of a record with every value, each read by one of the commands in turn; tables and whole files by all."""
    commands = _commands()
    readers: list[tuple[str, Any]] = [*COMMANDS.items(), ("load_results", _load)]
    body = json.loads((base() / "run.json").read_text())
    for at in places(body):
        for name, value in VALUES.items():
            which, command = next(commands)
            named, edited = f"{which}: {'.'.join(map(str, at))}: {name}", functools.partial(_edited, at, value)
            yield Case(kind="records edited", name=named, write=edited, command=command, oracle=_said)
    for name, edit in _table_edits():
        which, command = next(commands)
        edit(rows := _rows())
        oracle = _verified if which == "verify" and rows != _rows() else anything
        written = functools.partial(_with_table, rows)
        yield Case(kind="tables edited", name=f"{which}: {name}", write=written, command=command, oracle=oracle)
    for name, write in _contents():
        written = functools.partial(lambda write, folder: write(two(folder) / "run.json"), write)
        oracle = anything if name == "a mark before it" else refused
        for which, command in readers:
            yield Case(kind="no record", name=f"{which}: {name}", write=written, command=command, oracle=oracle)
