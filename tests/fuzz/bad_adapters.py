"""A user's own tasks with one thing wrong in what their adapters make, read and measure."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.fuzz.bad_objects import HEAD, RAISES, VALUES, counted
from tests.fuzz.outcomes import Case, Done

CARD = """
name = "quiz"
version = 1
family = "vqa"
adapter = "quiz"
title = "A quiz"
modality = "text"
folder = "quiz"
group = "sample"
licence = "CC0"
access = "open"
obtain = "Nothing to obtain."
citation = "none"

[source]
reader = "jsonl"
file = "quiz.jsonl"

[splits.test]
n = 4
"""
SAMPLE = """
[quiz.test]
n = 4
"""
EXAMPLE = """Example(
        id=str(row["id"]),
        input=Input(text=row["q"], images=(), context={"topic": "toy"}, choices=()),
        target=row["a"],
        group="g" + str(row["id"]),
        tags={"kind": "short"},
        references=(),
    )"""
METRIC = """Metric(
    name="right",
    variant="toy",
    measure=Measure(name="equal", run=run, additive=True, expand=None, needs=frozenset({"text"}), unread=None),
    value=value,
    bind=None,
    interval="percentile",
    basis=None,
    options={"a": "b"},
    unit="fraction",
    higher_is_better=True,
    scope="everywhere",
    slices=(),
    only_without="",
)"""
TASK = """Task(
        card=card,
        example=example,
        prompt=lambda item: item.text,
        parse=lambda response, item: response.text or None,
        metrics=(METRIC,),
        decoding=Decoding(),
        decide=None,
        say=str,
    )"""
ADAPTER = (
    HEAD.replace(
        "from harness.types import ModelInfo, Response", "from harness.types import Decoding, Example, Input, ModelInfo, Response, Task"
    )
    + f"""
from harness.metrics.base import Measure, Metric, Statistics

def run(samples, context):
    table = np.array([[float(p == t), 1.0] for p, t in zip(samples.predictions, samples.targets)]).reshape(-1, 2)
    return Statistics(names=("right", "asked"), table=table, fixed={{}}, note="")

def value(statistics, weights):
    return (weights @ statistics.table[:, 0]) / (weights @ statistics.table[:, 1])

METRIC = {METRIC}

def example(row):
    return {EXAMPLE}

def task(card):
    return {TASK}
"""
)
CHECK = ("check", "quiz", "--task-dir", "mine", "--sample", "--json")
RUN = ("run", "baseline:constant", "-a", "text=yes", "--tasks", "quiz", "--task-dir", "mine", "--sample", "--resamples", "50", "--json",
       "--quiet", "--results", "r")  # fmt: skip
ROWS = [{"id": str(number), "q": f"question {number}", "a": "yes" if number % 2 else "no"} for number in range(4)]


def write(
    folder: Path, *, adapter: str = ADAPTER, card: str = CARD, sample: str = SAMPLE, rows: list[dict[str, Any]] | None = None
) -> None:
    """A folder of one task, ``mine``, with its invented sample."""
    (folder / "mine" / "vqa").mkdir(parents=True)
    (folder / "mine" / "samples" / "quiz").mkdir(parents=True)
    (folder / "mine" / "vqa" / "quiz.py").write_text(adapter, encoding="utf-8")
    (folder / "mine" / "vqa" / "quiz.toml").write_text(card, encoding="utf-8")
    (folder / "mine" / "samples" / "quiz" / "sample.toml").write_text(sample, encoding="utf-8")
    lines = "".join(json.dumps(row) + "\n" for row in (ROWS if rows is None else rows))
    (folder / "mine" / "samples" / "quiz" / "quiz.jsonl").write_text(lines, encoding="utf-8")


def _told(done: Done) -> str:
    """A check that finds nothing wrong says so."""
    return "" if json.loads(done.out) else "nothing is said"


def verified(done: Done) -> str:
    """Every row of the sample is an example or was skipped, and the record that was written can be read and holds."""
    from harness.runs.verify import verify

    (run,) = json.loads(done.out)["runs"]
    if run["counts"]["examples"] + run["counts"]["skipped"] != len(ROWS):
        return f"rows are lost: {run['counts']}"
    if wrong := counted(done):
        return wrong
    failing = [check for check in verify(Path(run["path"]), task_dirs=[Path("mine")]) if check.status == "fails"]
    return f"the record does not hold: {failing[0].detail}" if failing else ""


def _with(part: str, field: str, value: str) -> str:
    """The adapter with one field of its example, metric or task otherwise."""
    lines = part.split("\n")
    start = next(line for line in lines if line.strip().startswith(f"{field}="))
    indent = start[: len(start) - len(start.lstrip())]
    return ADAPTER.replace(part, part.replace(start, f"{indent}{field}={value},"))


def _functions() -> Iterator[tuple[str, str, str]]:
    """A function of the adapter, and the line with which it gives what it gives."""
    yield "example", f"return {EXAMPLE}", "return "
    yield "task", f"return {TASK}", "return "
    yield "measure", "return Statistics(", ""
    yield "value", "return (weights @", ""
    yield "prompt", "lambda item: item.text", "lambda item: "
    yield "parse", "lambda response, item: response.text or None", "lambda response, item: "
    yield "say", "say=str", "say=lambda target: "


def _adapters() -> Iterator[tuple[str, str]]:
    for name, value in VALUES.items():
        for field in ("id", "input", "target", "group", "tags", "references"):
            yield f"example.{field} is {name}", _with(EXAMPLE, field, value)
        for field in ("text", "images", "context", "choices"):
            known = {"text": 'text=row["q"]', "images": "images=()", "context": 'context={"topic": "toy"}', "choices": "choices=()"}[field]
            yield f"input.{field} is {name}", ADAPTER.replace(known, f"{field}={value}")
        for field in ("card", "example", "prompt", "parse", "metrics", "decoding", "decide", "say"):
            yield f"task.{field} is {name}", _with(TASK, field, value)
        for field in ("name", "variant", "measure", "value", "bind", "interval", "basis", "options", "unit", "higher_is_better", "scope",
                      "slices", "only_without"):  # fmt: skip
            yield f"metric.{field} is {name}", _with(METRIC, field, value)
        for field, known in (("name", 'name="equal"'), ("run", "run=run"), ("additive", "additive=True"), ("expand", "expand=None"),
                             ("needs", 'needs=frozenset({"text"})'), ("unread", "unread=None")):  # fmt: skip
            yield f"measure.{field} is {name}", ADAPTER.replace(known, f"{field}={value}")
        for field, known in (("names", 'names=("right", "asked")'), ("table", "table=table"), ("fixed", "fixed={}"), ("note", 'note=""')):
            yield f"statistics.{field} is {name}", ADAPTER.replace(known, f"{field}={value}")
        for function, line, before in _functions():
            given = f"{before}{value}" if before else f"return {value}\n    {line}"
            yield f"{function}() gives {name}", ADAPTER.replace(line, given)
        yield f"a tag is {name}", ADAPTER.replace('"kind": "short"', f'"kind": {value}')
        yield f"metrics hold {name}", _with(TASK, "metrics", f"(METRIC, {value})")
        yield f"decide() gives {name}", _with(TASK, "decide", f"lambda scores, item: {value}")
    for name, statement in RAISES.items():
        for function in ("example", "task", "run", "value"):
            yield f"{function}: {name}", ADAPTER.replace(f"def {function}(", f"def {function}(*_):\n    {statement}\ndef _{function}(")
        for function, line, _ in _functions():
            if line.startswith("lambda"):
                body = f"\ndef fails(*_):\n    {statement}\n"
                yield f"{function}: {name}", ADAPTER.replace(line, "fails") + body
        yield f"import: {name}", ADAPTER + f"\n{statement}\n"
    yield "no task()", ADAPTER.replace("def task(", "def other(")
    yield "a syntax error", "def task(card:\n"
    yield "metrics twice", _with(TASK, "metrics", "(METRIC, METRIC)")
    yield "one id for all", _with(EXAMPLE, "id", "'1'")


def cases() -> Iterator[Case]:
    """Each with one thing wrong."""
    for name, source in _adapters():
        written = functools.partial(write, adapter=source)
        yield Case(kind="adapters and metrics", name=name, write=written, command=RUN, oracle=verified)
        yield Case(kind="adapters that are checked", name=name, write=written, command=CHECK, oracle=_told)
        if "parse" in name or "say" in name or "metric" in name:
            metrics = (*CHECK[:2], "--metrics", *CHECK[2:])
            yield Case(kind="adapters that are checked", name=f"--metrics: {name}", write=written, command=metrics, oracle=_told)
