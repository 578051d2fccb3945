"""What `harness/` imports is what pyproject.toml declares."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

from tests.test_architecture import imports

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CALLED: Mapping[str, str] = {"PIL": "pillow", "sklearn": "scikit-learn", "open_clip": "open-clip-torch", "medspacy": "radeval"}
"""Modules whose distribution has another name, or that another one brings."""


def names(requirements: list[str]) -> list[str]:
    """The distributions of a list of requirements."""
    return [re.split(r"[\[<>=~!; ]", line)[0].lower().replace("_", "-") for line in requirements]


def imported() -> set[str]:
    files = [path for path in (ROOT / "harness").rglob("*.py") if "samples" not in path.parts]
    modules = {module.partition(".")[0] for path in files for _, module in imports(path)}
    return modules - sys.stdlib_module_names - {"harness", "_typeshed"}  # a type checker's


def test_every_package_that_is_imported_is_declared() -> None:
    extras = [lines for extra, lines in PROJECT["optional-dependencies"].items() if extra != "dev"]
    declared = {name for lines in (PROJECT["dependencies"], *extras) for name in names(lines)}
    assert {CALLED.get(module, module.replace("_", "-")) for module in imported()} <= declared


def test_no_package_is_declared_twice() -> None:
    for lines in (PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()):
        assert sorted(names(lines)) == sorted(set(names(lines)))
