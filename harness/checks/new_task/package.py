"""A package that brings tasks wherever it is installed, by the entry point ``harness.tasks``."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from harness.base.version import __version__
from harness.checks.new_task.writing import PLACE
from harness.errors import UsageError
from harness.files import writing

_GROUP = "harness.tasks"


def home(project: Path) -> Path:
    """The folder of the project's tasks: laid out as ours, in the package that is called after the project's folder.

    Raises:
        UsageError: The project has a ``pyproject.toml`` that announces no tasks, or the folder's name is none of a package.
    """
    return project / name_of(project) / "tasks"


def name_of(project: Path) -> str:
    """The package's name: what an earlier command wrote, else the folder's as Python can import it."""
    told = project / "pyproject.toml"
    if told.is_file():
        return _announced(told)
    name = re.sub(r"\W+", "_", project.resolve().name.casefold(), flags=re.ASCII).strip("_")
    if not name.isidentifier():
        raise UsageError(f"--dir {project}: a package is called after the folder, and this is no name of one; choose another folder.")
    return name


def write(project: Path, task: str) -> list[Path]:
    """Write what makes a package of the folder, where it is not there yet; a further task needs nothing more.

    Returns:
        What was written.

    Raises:
        Unwritable: The folder cannot be written.
    """
    package = name_of(project)
    files = {
        project / "pyproject.toml": _PYPROJECT.format(name=package.replace("_", "-"), package=package, version=__version__),
        project / package / "__init__.py": f'"""Tasks for biomed-harness, {task} the first of them."""\n',
        project / "README.md": _README.format(name=package.replace("_", "-"), task=task),
        project / ".gitignore": "data/\nresults/\n__pycache__/\n*.egg-info/\ndist/\n",
    }
    made = [path for path in files if not path.exists()]
    for path in made:
        writing.replace_file(path, files[path].encode(), PLACE)
    return made


def _announced(told: Path) -> str:
    try:
        points = tomllib.loads(told.read_text(encoding="utf-8"))["project"]["entry-points"][_GROUP]
        [folder] = points.values()
        package, _, tasks = str(folder).rpartition(".")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            f'{told}: it announces no tasks under [project.entry-points."{_GROUP}"]; name an empty folder with --dir, or add'
            f' the line: mine = "PACKAGE.tasks"'
        ) from error
    if tasks != "tasks" or not package.isidentifier():
        raise UsageError(f"{told}: its tasks lie in {folder}; name that package's folder of tasks with --dir, without --package.")
    return package


_PYPROJECT = """[build-system]
requires = ["hatchling>=1.26"]
build-backend = "hatchling.build"

[project]
name = "{name}"
version = "0.1.0"
description = "Tasks for biomed-harness"
readme = "README.md"
requires-python = ">=3.11"
dependencies = ["biomed-harness>={version}"]

[project.entry-points."harness.tasks"]
{package} = "{package}.tasks"

[tool.hatch.build.targets.wheel]
packages = ["{package}"]
"""
_README = """# {name}

Tasks for [biomed-harness](https://pypi.org/project/biomed-harness/), which finds them once this package is installed:

    pip install -e .
    harness tasks {task}
    harness check {task}

The folder `data/` holds links to the data, and is no part of the package.
"""
