"""A release of a credentialed task as if it were the real one: three rows of invented text, with a sentence to be recognised by."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from harness.data import catalog
from harness.data.examples import SAMPLES
from harness.runs import evaluate
from harness.runs.evaluate import Run
from harness.runs.plan import Options
from harness.stats.bootstrap import Bootstrap
from harness.types import Request, Response
from tests.runs.support import Own

CANARY = "CANARY 7f3a of the ninth ward coughs at noon and sings"


class Parrot(Own):
    """A model of this machine that repeats what it is asked."""

    def __init__(self, **facts: Any) -> None:
        super().__init__(**{"name": "parrot", "kind": "python", "identity": "1", **facts})

    def answer(self, request: Request) -> Response:
        return Response(text=request.prompt)


def mednli(tmp_path: Path, *, rows: int = 3) -> Path:
    """The data root."""
    folder = tmp_path / "data" / "mednli"
    folder.mkdir(parents=True)
    row = json.loads((SAMPLES / "mednli" / "mli_test_v1.jsonl").read_text().splitlines()[0])
    lines = [{**row, "pairID": f"pair{number}", "sentence1": f"{CANARY} {number}."} for number in range(rows)]
    (folder / "mli_test_v1.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return tmp_path / "data"


def options(root: Path, results: Path, **more: Any) -> Options:
    return Options(data_root=root, accept_different=True, results=results, plan=Bootstrap(resamples=0), **more)


def run(root: Path, results: Path, model: Any = None, **more: Any) -> Run:
    return evaluate.evaluate(catalog.task("mednli"), model or Parrot(), options(root, results, **more))
