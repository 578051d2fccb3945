"""`docs/models.md` shows every kind of model with every ``-a`` that the code takes, and `docs/what-runs.md` what the tests here prove.

UPDATE_GOLDEN=1 draws both anew.
"""

from __future__ import annotations

import ast
import importlib.util
import inspect
import os
import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest

from harness import models
from harness.models.arguments import Least
from harness.parsing.thinking import KNOWN

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "models.md"
WHAT_RUNS_PAGE = ROOT / "docs" / "what-runs.md"
_BLOCK = re.compile(r"<!-- -a of (\w+): drawn by tests/models/test_models_page.py -->\n(.*?)<!-- end -->", re.DOTALL)


def taken(kind: str) -> list[type[Any]]:
    """The classes whose fields are what ``-a`` may say to a kind: ``Arguments``, in the file of its factory or in one beside it."""
    place = models.KINDS[kind].factory.partition(":")[0]
    module = importlib.import_module(place)
    if kind == "baseline":
        return list(dict.fromkeys(of for of, _ in module._BASELINES.values() if fields(of)))
    package = place if hasattr(module, "__path__") else place.rpartition(".")[0]
    beside = [f"{package}.{name}" for name in ("arguments", "settings") if importlib.util.find_spec(f"{package}.{name}")]
    return next([owner.Arguments] for owner in map(importlib.import_module, [place, *beside]) if hasattr(owner, "Arguments"))


def described(owner: type) -> dict[str, str]:
    """What the text under each field of a class says, as Markdown."""
    [found] = ast.parse(textwrap.dedent(inspect.getsource(owner))).body
    assert isinstance(found, ast.ClassDef)
    said: dict[str, str] = {}
    name = ""
    for line in found.body:
        if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
            name = line.target.id
        elif isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant) and name:
            said[name] = " ".join(str(line.value.value).replace("``", "`").replace("|", "\\|").split())
    return said


def values(hint: Any) -> str:
    """What may stand behind the equals sign."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        least = f" from {inner[1].value:g}" if isinstance(inner[1], Least) else ""
        return values(inner[0]) + least if inner[0] in (int, float) else "text"
    if origin in (Union, UnionType):
        return values(inner[0])
    if origin is Literal:
        return " ".join(f"`{value}`" for value in inner)
    if origin is tuple:
        return "texts with `\\|` between" if inner[0] is str else "numbers with `,` between"
    return {bool: "`yes` `no`", int: "whole number", float: "number", Path: "path", str: "text"}[hint]


def default(field: Field[Any]) -> str:
    """What holds without it; blank where that is nothing, or the model's own."""
    value = field.default
    assert value is not MISSING
    if value == KNOWN:
        return "all known"
    if isinstance(value, bool):
        return "`yes`" if value else "`no`"
    return "" if value in ("", None, ()) else f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def rows(kind: str) -> Iterator[str]:
    for owner in taken(kind):
        said, hints = described(owner), get_type_hints(owner, include_extras=True)
        for field in fields(owner):
            yield f"| `{field.name}` | {values(hints[field.name])} | {default(field)} | {said.get(field.name, '')} |"


def table(kind: str) -> str:
    return "\n".join(["| `-a` | values | default | |", "| --- | --- | --- | --- |", *rows(kind)])


def test_the_page_has_a_table_for_each_kind_of_model_and_no_other() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert sorted(kind for kind, _ in _BLOCK.findall(text)) == sorted(models.KINDS)


@pytest.mark.parametrize("kind", models.KINDS)
def test_the_page_says_of_each_argument_what_it_takes_and_does(kind: str) -> None:
    """A new field needs a text under it, of which this makes the page's line with UPDATE_GOLDEN=1."""
    text = PAGE.read_text(encoding="utf-8")
    drawn = f"<!-- -a of {kind}: drawn by tests/models/test_models_page.py -->\n{table(kind)}\n<!-- end -->"
    whole = _BLOCK.sub(lambda block: drawn if block[1] == kind else block[0], text)
    if os.environ.get("UPDATE_GOLDEN"):
        PAGE.write_text(whole, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == whole
    assert [row for row in rows(kind) if row.endswith("|  |")] == [], "each field has a text that says what it does"


def proved() -> dict[str, dict[str, str]]:
    """The rows that test modules of this folder declare: by heading, what is given and what becomes of it.

    A module has them as ``WHAT_RUNS = {"Servers": {"a server that streams alone": "runs"}}``, and its tests are parametrised over them:
    an outcome begins with ``runs``, or is part of the message. It stands alone, or first in the call or tuple that says how it is tried;
    rows and outcomes may have names of their own. They are read as written, so that no library is imported for them.
    """
    found: dict[str, dict[str, str]] = {}
    for path in sorted(Path(__file__).parent.rglob("test_*.py")):
        names = dict(assigned(path.read_text(encoding="utf-8")))
        if "WHAT_RUNS" in names:
            for heading, declared in entries(names["WHAT_RUNS"], names):
                known = found.setdefault(heading, {})
                added = {given: outcome(row, names) for given, row in entries(declared, names)}
                assert not set(known) & set(added), f"{path.name} has rows of '{heading}' that another file has too"
                known.update(added)
    return found


def assigned(source: str) -> Iterator[tuple[str, ast.expr]]:
    """What a module gives a name to."""
    for line in ast.parse(source).body:
        target = line.target if isinstance(line, ast.AnnAssign) else line.targets[0] if isinstance(line, ast.Assign) else None
        if isinstance(line, ast.AnnAssign | ast.Assign) and isinstance(target, ast.Name) and line.value is not None:
            yield target.id, line.value


def entries(node: ast.expr, names: Mapping[str, ast.expr]) -> list[tuple[str, ast.expr]]:
    """The keys and values of a dictionary as it is written, others in it included."""
    written = names[node.id] if isinstance(node, ast.Name) else node
    assert isinstance(written, ast.Dict)
    pairs = zip(written.keys, written.values, strict=True)
    return [pair for key, value in pairs for pair in (entries(value, names) if key is None else [(ast.literal_eval(key), value)])]


def outcome(node: ast.expr, names: Mapping[str, ast.expr]) -> str:
    """The text that a row is, or that it begins with."""
    if isinstance(node, ast.Call | ast.Tuple):
        node = (node.args if isinstance(node, ast.Call) else node.elts)[0]
    return str(ast.literal_eval(names[node.id] if isinstance(node, ast.Name) else node))


def test_the_page_of_what_runs_shows_what_the_tests_prove() -> None:
    sections = proved()
    lines = [
        "# What runs",
        "",
        "Each row is a test of `tests/models` over things that the suite builds: a tiny checkpoint, a file, a server on loopback. *runs*",
        "means that it answers; what stands in another's place is the message.",
        "`UPDATE_GOLDEN=1 pytest tests/models/test_models_page.py` draws this page.",
    ]
    for heading in sorted(sections):
        lines += ["", f"## {heading}", "", "| given | outcome |", "| --- | --- |"]
        lines += [f"| {what} | {outcome} |".replace("\n", " ") for what, outcome in sections[heading].items()]
    whole = "\n".join(lines) + "\n"
    if os.environ.get("UPDATE_GOLDEN"):
        WHAT_RUNS_PAGE.write_text(whole, encoding="utf-8")
    assert WHAT_RUNS_PAGE.read_text(encoding="utf-8") == whole
