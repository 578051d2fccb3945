"""What `harness/` imports is what pyproject.toml declares."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CALLED: Mapping[str, str] = {"PIL": "pillow", "sklearn": "scikit-learn", "open_clip": "open-clip-torch", "medspacy": "radeval"}
"""Modules whose distribution has another name, or that another one brings."""


def names(requirements: list[str]) -> list[str]:
    """The distributions of a list of requirements."""
    return [re.split(r"[\[<>=~!; ]", line)[0].lower().replace("_", "-") for line in requirements]


def imported() -> set[str]:
    nodes = [
        node for path in (ROOT / "harness").rglob("*.py") if "samples" not in path.parts for node in ast.walk(ast.parse(path.read_bytes()))
    ]
    modules = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    modules |= {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
    return {module.partition(".")[0] for module in modules} - sys.stdlib_module_names - {"harness", "_typeshed"}  # a type checker's


def test_every_package_that_is_imported_is_declared() -> None:
    extras = [lines for extra, lines in PROJECT["optional-dependencies"].items() if extra != "dev"]
    declared = {name for lines in (PROJECT["dependencies"], *extras) for name in names(lines)}
    assert {CALLED.get(module, module.replace("_", "-")) for module in imported()} <= declared


def test_no_package_is_declared_twice() -> None:
    for lines in (PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()):
        assert sorted(names(lines)) == sorted(set(names(lines)))
