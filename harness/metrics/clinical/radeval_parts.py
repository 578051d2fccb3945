"""The parts of the package radeval that clinical metrics use, reached without running the package.

Importing radeval 2.2 asks the network for a tokeniser's data, and its copy of RadGraph imports itself under a name (``RadEval``) that a
file system with capitals does not have. Its RadGraph is nevertheless the one that runs on transformers 5. So the two folders above
it are registered as empty packages, under both names, and what only is data is read as text.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

from harness.base import extras, user_code
from harness.errors import MissingTool
from harness.metrics.clinical import annotating


def folder() -> Path:
    """Where radeval is installed.

    Raises:
        NotComputed: It is not.
    """
    annotating.required("radeval")
    return extras.folder("radeval") or Path()


def radgraph() -> Any:
    """The module that holds the class RadGraph.

    Raises:
        NotComputed: radeval is not installed.
        MissingTool: It is, without what its RadGraph needs, or in a version that has none.
    """
    place = folder()
    annotating.networks()
    for name in ("RadEval", "radeval"):
        _empty_package(name, place)
        _empty_package(f"{name}.metrics", place / "metrics")
    try:
        return importlib.import_module("RadEval.metrics.radgraph")
    except ImportError as error:
        raise MissingTool(f"the RadGraph of radeval cannot be imported ({error}): {annotating.EXTRA}") from error


def _empty_package(name: str, place: Path) -> None:
    if name not in sys.modules:
        spec = ModuleSpec(name, None, is_package=True)
        spec.submodule_search_locations = [str(place)]
        sys.modules[name] = importlib.util.module_from_spec(spec)


def green() -> tuple[Any, Any]:
    """GREEN's prompt of a reference and a candidate, and what cleans the judge's answer, from the file that holds them alone.

    Raises:
        NotComputed: radeval is not installed.
        MissingTool: It has no such file.
    """
    path = folder() / "metrics" / "green_score" / "utils.py"
    if not path.is_file():
        raise MissingTool(f"{path} is not there; install radeval 2.2: {annotating.EXTRA}")
    module = user_code.load(path, "harness_radeval", again=False)
    return module.make_prompt, module.clean_responses


def affinity(kind: str = "LONG") -> dict[str, float]:
    """RaTEScore's published weights of kinds, from the text of radeval's source; it is not run.

    Raises:
        NotComputed: radeval is not installed.
        MissingTool: Its source has no such table.
    """
    path = folder() / "metrics" / "RaTEScore" / "scorer.py"
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = f"DEFAULT_MATRIX_{kind}"
        values = [node.value for node in tree.body if isinstance(node, ast.Assign) and names in map(ast.unparse, node.targets)]
        return {str(name).upper(): float(weight) for name, weight in ast.literal_eval(values[0]).items()}
    except (OSError, SyntaxError, ValueError, IndexError, AttributeError) as error:
        raise MissingTool(f"{path}: holds no DEFAULT_MATRIX_{kind}; install radeval 2.2: {annotating.EXTRA}") from error
