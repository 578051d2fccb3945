"""The house rules that a reader of `harness/` relies on, checked on the source itself."""

from __future__ import annotations

import ast
import functools
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
HARNESS = ROOT / "harness"
PAGE = ROOT / "docs" / "architecture.md"

ROOMS: Mapping[str, str] = {
    "errors": "",
    "base": "errors",
    "files": "errors base",
    "text": "base",
    "cards": "errors base files",
    "images": "errors files",
    "rows": "errors base images",
    "parsing": "base text",
    "prompts": "parsing",
    "metrics": "errors base files text parsing",
    "types": "cards images rows metrics",
    "families": "text cards rows parsing prompts metrics types",
    "stats": "metrics types",
    "data": "errors base files text cards images rows metrics types",
    "models": "errors base files text cards images parsing metrics types data",
    "runs": "errors base files cards images prompts metrics types stats data models",
    "views": "errors base files cards images parsing metrics types stats data runs",
    "checks": "errors base files text cards images rows parsing metrics types families stats data models runs",
    "console": "errors base files images metrics types data runs views checks",
    "report": "errors base files cards images metrics types stats data runs views console",
    "api": "errors base files metrics types stats data models runs views console",
    "harness": "base api views",
    "cli": "errors base files cards metrics types stats data models runs views checks console report harness",
    "__main__": "cli",
}
"""From the ground up: what each room may import, all of it above. `harness` is the public API in the package itself."""

LARGEST = 250
"""Lines of a module."""

ADAPTERS_MAY_IMPORT = frozenset({"types", "rows", "cards", "metrics", "text", "parsing", "prompts", "families", "errors"})

_HEAVY_ROOMS = (
    *(f"harness.models.{name}" for name in ("classifiers", "contrastive", "biomedgpt.", "hf.", "devices")),
    "harness.base.torch_vision",
)
"""Modules that are loaded with the model that needs them."""
HEAVY = ("torch", "datasets", "evaluate", "pandas", "sklearn", "pycocoevalcap", "transformers", "PIL", "openpyxl")


EMPTY = frozenset({"found", "said"})
"""Names of variables and parameters that say nothing of what they hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nodes:
    """What is asked of a file, which is read once for all of it."""

    imports: tuple[ast.Import | ast.ImportFrom, ...]
    calls: tuple[ast.Call, ...]
    """Of what may change files."""
    empty: tuple[int, ...]
    """Lines with a name that is `EMPTY`."""


@functools.cache
def nodes(path: Path) -> Nodes:
    """Of one file."""
    tree = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    return Nodes(
        imports=tuple(node for node in tree if isinstance(node, ast.Import | ast.ImportFrom)),
        calls=tuple(node for node in tree if isinstance(node, ast.Call) and _name(node.func) in _LAST),
        empty=tuple(node.lineno for node in tree if _stored(node) in EMPTY),  # type: ignore[attr-defined]
    )


def _stored(node: ast.AST) -> str:
    """The variable or parameter that a node makes."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        return node.id
    return node.arg if isinstance(node, ast.arg) else ""


def _name(called: ast.expr) -> str:
    """The last word of what is called."""
    return called.id if isinstance(called, ast.Name) else called.attr if isinstance(called, ast.Attribute) else ""


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Line and module of every import, those inside functions and under TYPE_CHECKING included."""
    for node in nodes(path).imports:
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif node.module:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield node.lineno, whole if whole in known() else node.module


@functools.cache
def known() -> dict[str, Path]:
    """The package's own modules by name."""
    parts = {path: path.relative_to(ROOT).with_suffix("").parts for path in modules()}
    return {".".join(part for part in names if part != "__init__"): path for path, names in parts.items()}


def modules() -> list[Path]:
    """The package's own files; the adapters under harness/tasks have rules of their own."""
    return sorted(path for path in HARNESS.rglob("*.py") if "tasks" not in path.relative_to(HARNESS).parts[:-1])


def adapters() -> list[Path]:
    return sorted(path for path in (ROOT / "tasks").rglob("*.py") if "samples" not in path.parts)


def room(module: str) -> str:
    """Where a module stands; empty for one that is not ours."""
    top, _, rest = module.partition(".")
    return (rest.split(".")[0] or "harness") if top == "harness" else ""


def test_the_table_names_every_room_and_no_other() -> None:
    assert {room(name) for name in known()} == set(ROOMS)


def test_no_circle_between_rooms() -> None:
    above: set[str] = set()
    for name, allowed in ROOMS.items():
        assert set(allowed.split()) <= above, f"{name} may import what stands below it"
        above.add(name)


@pytest.mark.parametrize("name", ROOMS)
def test_a_room_imports_what_its_row_allows(name: str) -> None:
    allowed = {name, "", *ROOMS[name].split()}
    mine = {path for module, path in known().items() if room(module) == name}
    wrong = [f"{path.relative_to(ROOT)}:{line}: {module}" for path in mine for line, module in imports(path) if room(module) not in allowed]
    assert not wrong, f"{name} may import {ROOMS[name] or 'nothing of ours'}, see ROOMS"


def test_no_circle_between_files() -> None:
    left = {name: {module for _, module in imports(path) if module in known()} - {name} for name, path in known().items()}
    while free := {name for name, needs in left.items() if not needs}:
        left = {name: needs - free for name, needs in left.items() if name not in free}
    # What only leads into a circle is no part of it.
    while entries := set(left) - set().union(*left.values()):
        left = {name: needs for name, needs in left.items() if name not in entries}
    assert not left


def picture() -> str:
    """The rooms as `docs/architecture.md` shows them: floors from the top down, then each room's sentence and what it may import."""
    floor: dict[str, int] = {}
    for name, allowed in ROOMS.items():
        floor[name] = 1 + max((floor[other] for other in allowed.split()), default=0)
    floors = ["   ".join(name for name in ROOMS if floor[name] == n) for n in range(max(floor.values()), 0, -1)]
    rows = [f"| `{name}` | {sentence(name)} | {allowed or 'nothing of ours'} |" for name, allowed in ROOMS.items()]
    drawn = ["<!-- not run: shows a form -->", "```text", *floors, "```"]
    return "\n".join([*drawn, "", "| room | what is in it | may import |", "| --- | --- | --- |", *rows])


def sentence(name: str) -> str:
    """Over the door of a room: the first sentence of its docstring."""
    path = known()["harness" if name == "harness" else f"harness.{name}"]
    said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return " ".join(re.split(r"(?<=[.])\s|\n\n", said)[0].replace("``", "`").split()).removesuffix(".")


def test_the_page_shows_the_rooms_as_they_are() -> None:
    """Accept a change with UPDATE_GOLDEN=1."""
    text = PAGE.read_text(encoding="utf-8")
    before, after = text.split("<!-- rooms: drawn by tests/test_architecture.py -->\n")[0], text.split("<!-- end of rooms -->")[1]
    whole = f"{before}<!-- rooms: drawn by tests/test_architecture.py -->\n{picture()}\n<!-- end of rooms -->{after}"
    if os.environ.get("UPDATE_GOLDEN"):
        PAGE.write_text(whole, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == whole


def test_the_walk_of_a_sample_names_files_that_are_there_and_none_twice() -> None:
    steps = re.findall(r"^\d+\. `([^`]+)`", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert (steps[0], steps[-1]) == ("tasks/vqa/vqa_rad.py", "leaderboard.csv")
    assert [name for name in steps if not (ROOT / name).is_file()] == []
    assert len(set(steps)) == len(steps)


def test_loose_modules_are_the_vocabulary() -> None:
    loose = {path.stem for path in HARNESS.glob("*.py")} - {"__init__", "__main__"}
    assert loose <= ADAPTERS_MAY_IMPORT
    assert len(loose) <= 8


@pytest.mark.parametrize("path", adapters(), ids=lambda path: path.name)
def test_an_adapter_imports_the_words_it_is_written_with_and_nothing_else(path: Path) -> None:
    wrong = []
    for line, module in imports(path):
        top = module.split(".")[0]
        allowed = room(module) in ADAPTERS_MAY_IMPORT if top == "harness" else top in sys.stdlib_module_names
        if not allowed:
            wrong.append(f"line {line}: {module}")
    assert not wrong


@pytest.mark.parametrize("path", adapters(), ids=lambda path: path.name)
def test_an_adapter_is_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 40


def test_a_file_has_one_reason_to_exist() -> None:
    lines = {str(path.relative_to(HARNESS)): len(path.read_text(encoding="utf-8").splitlines()) for path in modules()}
    assert not {name: n for name, n in lines.items() if n > LARGEST}, "split along a seam; a file of this house has one reason to exist"


WRITERS = frozenset(
    "files/writing.py files/content.py files/kept_back.py files/temporary.py files/locks.py files/secret.py files/cache.py"
    " files/refusals.py console/terminal.py".split()
)
"""Who may ask the file system for a change; all others ask `harness.files.writing`, which says what was refused."""
_CHANGES = frozenset("write_text write_bytes mkdir makedirs unlink touch rename symlink_to hardlink_to chmod savefig".split())
_OF_MODULES = frozenset(
    "os.open os.write os.replace os.remove os.truncate tempfile.mkdtemp tempfile.mkstemp tempfile.TemporaryDirectory tempfile.TemporaryFile"
    " tempfile.NamedTemporaryFile shutil.copy shutil.copyfile shutil.copytree shutil.move np.save np.savez json.dump pickle.dump".split()
)
_LAST = {"open", "replace"} | _CHANGES | {name.rpartition(".")[2] for name in _OF_MODULES}


def changes(path: Path) -> Iterator[tuple[int, str]]:
    """Line and name of every call that writes, moves or removes a file."""
    for node in nodes(path).calls:
        called, name = ast.unparse(node.func), _name(node.func)
        modes = [word.value for word in (*node.args, *(pair.value for pair in node.keywords)) if isinstance(word, ast.Constant)]
        opens = name == "open" and any(isinstance(mode, str) and re.fullmatch(r"[rbt]*[wax+][wax+bt]*", mode) for mode in modes)
        moves = name == "replace" and isinstance(node.func, ast.Attribute) and len(node.args) == 1 and not node.keywords
        of_path = name in _CHANGES and isinstance(node.func, ast.Attribute)
        ours = called.startswith(("writing.", "structs.", "dataclasses."))
        if not ours and (called in _OF_MODULES or opens or moves or of_path):
            yield node.lineno, called


def test_a_variable_is_called_what_it_holds() -> None:
    """The one field of a record that is called so says whether a tool was found."""
    places = [f"{path.relative_to(ROOT)}:{line}" for path in (*modules(), *adapters()) for line in nodes(path).empty]
    assert [place.partition(":")[0] for place in places] == ["harness/checks/machine.py"], places


def test_one_way_to_write() -> None:
    mine = {path.relative_to(HARNESS).as_posix(): path for path in modules()}
    found = [f"{name}:{line}: {call}" for name, path in mine.items() if name not in WRITERS for line, call in changes(path)]
    assert found == [], "write through harness.files.writing"
    assert {name for name in WRITERS if any(changes(mine[name]))} >= {"files/writing.py", "files/temporary.py", "files/locks.py"}


def test_an_adapters_functions_are_called_in_one_place() -> None:
    """Else each caller would have to know what they may raise and return."""
    call = re.compile(r"\btask\.(?:example|prompt|parse|say|decide)\(")
    found = {path.relative_to(HARNESS).as_posix() for path in modules() if call.search(path.read_text(encoding="utf-8"))}
    assert found == {"data/contract.py"}, "ask harness.data.contract, which names the function and the sample"


def test_tasks_is_no_top_level_package() -> None:
    assert not list((ROOT / "tasks").rglob("__init__.py"))
    assert (HARNESS / "tasks").is_symlink()


@pytest.mark.parametrize(
    ("only", "package"),
    [("cli", "typer"), ("console", "rich")],
)
def test_one_room_alone_knows_the_terminal(only: str, package: str) -> None:
    found = {path.relative_to(HARNESS).parts[0] for path in modules() for _, module in imports(path) if module.split(".")[0] == package}
    assert found == {only}


def test_importing_the_package_loads_nothing_heavy() -> None:
    names = [f"harness.{'.'.join(path.relative_to(HARNESS).with_suffix('').parts)}" for path in modules()]
    light = [name.removesuffix(".__init__") for name in names if not name.startswith((*_HEAVY_ROOMS, "harness.__"))]
    code = f"""
import importlib, sys
for name in {light!r}:
    importlib.import_module(name)
print([name for name in {HEAVY!r} if name in sys.modules])
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert result.stdout.strip() == "[]"


def test_importing_touches_no_file_and_no_random_state() -> None:
    code = """
import random, numpy, sys
before = random.getstate(), numpy.random.get_state()[1].tolist()
import harness.cli, harness.metrics, harness.models, harness.data.catalog
assert (random.getstate(), numpy.random.get_state()[1].tolist()) == before
assert not __import__("logging").getLogger().handlers
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
