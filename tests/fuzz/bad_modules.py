"""Modules of the `evaluate` library with one thing wrong in what they say of themselves and give."""

from __future__ import annotations

import functools
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

from harness.cli import main
from tests.fuzz.bad_objects import HEAD, RAISES, VALUES, counted
from tests.fuzz.outcomes import Case

IN_EVERY_RUN = 0
"""Importing the library takes five seconds."""
_NAMES = "asyncio, itertools, json, sys, threading, warnings"
SOURCE = (
    # The library looks the imports of a module up line by line, and reads one name in each.
    HEAD.replace(f"import {_NAMES}", "\n".join(f"import {name}" for name in _NAMES.split(", ")))
    + """
import datasets
import evaluate

class Same(evaluate.Metric):
    def _info(self):
        return evaluate.MetricInfo(
            description="share of equal texts", citation="", inputs_description="",
            features=datasets.Features({"predictions": datasets.Value("string"), "references": datasets.Value("string")}))

    def _compute(self, predictions, references):
        return {"same": sum(p == r for p, r in zip(predictions, references)) / len(predictions)}
"""
)
GIVEN = 'return {"same": sum(p == r for p, r in zip(predictions, references)) / len(predictions)}'
SPELT = ("", "#other", "#", "?a=1", "?same", "#same?x", "@main", "?a=[1", "#\x1b[2J")


@functools.cache
def _folder() -> Path:
    """Where the library copies modules to; Python imports its package of them once."""
    from harness.metrics.evaluate_metrics import library

    folder = Path(tempfile.mkdtemp(prefix="modules-"))
    config = library().config
    config.HF_MODULES_CACHE, config.HF_METRICS_CACHE = str(folder / "modules"), str(folder / "metrics")
    for module in [module for module in sys.modules if module.partition(".")[0] == "evaluate_modules"]:
        del sys.modules[module]  # of another test's folder
    sys.path.insert(0, str(folder / "modules"))
    return folder


def _run(name: str) -> Any:
    sys.argv = ["harness", "run", "baseline:majority", "--tasks", "vqa_rad", "--sample", "--resamples", "20", "--json", "--quiet",
                "--results", "r", "--metrics", f"evaluate:./{name}"]  # fmt: skip
    with mock.patch.dict(os.environ, {"HF_HUB_OFFLINE": "1"}):
        main()


def _sources() -> Iterator[tuple[str, str]]:
    for name, value in VALUES.items():
        yield f"compute gives {name}", SOURCE.replace(GIVEN, f"return {value}")
        yield f"its result is {name}", SOURCE.replace(GIVEN, f"return {{'same': {value}}}")
        yield f"the name of its result is {name}", SOURCE.replace(GIVEN, f"return {{{value}: 1.0}}")
        yield f"_info gives {name}", SOURCE.replace("return evaluate.MetricInfo(", f"return {value}\n        return evaluate.MetricInfo(")
        start = SOURCE.index("datasets.Features(")
        yield f"its features are {name}", f"{SOURCE[:start]}{value})\n{SOURCE[SOURCE.index('    def _compute') :]}"
    for name, statement in RAISES.items():
        yield f"compute: {name}", SOURCE.replace(GIVEN, f"{statement}; {GIVEN}")
        yield f"_info: {name}", SOURCE.replace("    def _info(self):\n", f"    def _info(self):\n        {statement}\n")
        yield f"import: {name}", f"{SOURCE}\n{statement}\n"
        yield f"__init__: {name}", f"{SOURCE}\n    def __init__(self, *given, **named):\n        {statement}\n"
    yield "a syntax error", "class Same(:\n"
    yield "no metric", "other = 1\n"
    yield "nothing", ""
    yield "a NUL", "\0"


def cases() -> Iterator[Case]:
    """Each with one thing wrong."""
    for number, (name, source) in enumerate(_sources()):
        yield _case(f"fuzzed_{number}", "", name, source)
    for number, ending in enumerate(SPELT):
        yield _case(f"spelt_{number}", ending, f"named with {ending!r}", SOURCE)


def _case(module: str, ending: str, name: str, source: str) -> Case:
    def write(folder: Path) -> None:
        _folder()
        (folder / module).mkdir()
        (folder / module / f"{module}.py").write_text(source, encoding="utf-8", errors="surrogatepass")

    return Case(kind="modules of evaluate", name=name, write=write, command=functools.partial(_run, module + ending), oracle=counted)
