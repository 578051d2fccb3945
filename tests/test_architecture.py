"""The house rules that a reader of `harness/` relies on, checked on the source itself."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
HARNESS = ROOT / "harness"

WINGS: tuple[frozenset[str], ...] = (
    frozenset({"errors", "types", "rows"}),
    frozenset({"base", "text"}),
    frozenset({"images", "cards", "parsing", "prompts"}),
    frozenset({"metrics"}),
    frozenset({"stats"}),
    frozenset({"data", "models"}),
    frozenset({"runs"}),
    frozenset({"views", "checks"}),
    frozenset({"report", "console"}),
    frozenset({"cli"}),
)
"""From the ground up: a wing imports itself and what stands before it."""

ADAPTERS_MAY_IMPORT = frozenset({"types", "rows", "cards", "metrics", "text", "parsing", "prompts", "errors"})

_HEAVY_ROOMS = (
    *(f"harness.models.{name}" for name in ("classifiers", "contrastive", "biomedgpt.", "hf.", "devices")),
    "harness.base.torch_vision",
)
"""Modules that are loaded with the model that needs them."""
HEAVY = ("torch", "datasets", "evaluate", "pandas", "sklearn", "pycocoevalcap", "transformers", "PIL", "openpyxl")


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Line and module of every import that happens at run time, those inside functions included."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            if node.module == "harness":
                yield from ((node.lineno, f"harness.{alias.name}") for alias in node.names)
            else:
                yield node.lineno, node.module


def modules() -> list[Path]:
    """The package's own files; the adapters under harness/tasks have rules of their own."""
    return sorted(path for path in HARNESS.rglob("*.py") if "tasks" not in path.relative_to(HARNESS).parts[:-1])


def adapters() -> list[Path]:
    return sorted(path for path in (ROOT / "tasks").rglob("*.py") if "samples" not in path.parts)


def room(module: str) -> str:
    """The first part of a module's name under `harness`."""
    return module.split(".")[1] if module.startswith("harness.") else ""


def wing(name: str) -> int | None:
    return next((number for number, rooms in enumerate(WINGS) if name in rooms), None)


def test_every_room_belongs_to_a_wing() -> None:
    rooms = {path.relative_to(HARNESS).parts[0].removesuffix(".py") for path in modules()} - {"__init__", "__main__"}
    assert rooms == set().union(*WINGS) & rooms
    assert not rooms - set().union(*WINGS)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(HARNESS)))
def test_imports_point_one_way(path: Path) -> None:
    own = path.relative_to(HARNESS).parts[0].removesuffix(".py")
    if own in ("__init__", "__main__"):
        return
    here = wing(own)
    assert here is not None
    wrong = [f"line {line}: {module}" for line, module in imports(path) if room(module) and (wing(room(module)) or 0) > here]
    assert not wrong, f"{path.name} imports from a wing above it: {wrong}"


@pytest.mark.parametrize("path", adapters(), ids=lambda path: path.name)
def test_an_adapter_imports_the_words_it_is_written_with_and_nothing_else(path: Path) -> None:
    wrong = []
    for line, module in imports(path):
        top = module.split(".")[0]
        allowed = room(module) in ADAPTERS_MAY_IMPORT or module == "harness" if top == "harness" else top in sys.stdlib_module_names
        if not allowed:
            wrong.append(f"line {line}: {module}")
    assert not wrong


@pytest.mark.parametrize("path", adapters(), ids=lambda path: path.name)
def test_an_adapter_is_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 60


@pytest.mark.parametrize("path", [*modules(), *adapters()], ids=lambda path: path.name)
def test_a_file_has_one_reason_to_exist(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 410


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
