"""What tests of runs have in common: a model that is its own backend, a record of the toy, and runs that are edited and verified."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

from harness import models
from harness.data import catalog
from harness.runs import evaluate, record
from harness.runs.facts import Counts, DataFacts, PromptingFacts
from harness.runs.plan import Options
from harness.runs.recomputed import Check
from harness.runs.record import Record
from harness.runs.scoring import Scored, score
from harness.runs.table import SampleRow
from harness.runs.verify import verify
from harness.stats.bootstrap import Bootstrap
from harness.types import Decoding, Example, ModelFacts, ModelInfo, Request, Response, Scene, Task

Change = Callable[[dict[str, Any]], Any]
INFO = ModelInfo(name="toy", kind="test")
NO_DRAWS = Bootstrap(resamples=0)


class Own:
    """A user's model, and its own backend for every task: it says one thing, and counts what it is asked."""

    def __init__(self, says: str = "yes", **facts: Any) -> None:
        self.info = ModelInfo(**{"name": "own", "kind": "mine", **facts})
        self.says, self.asked = says, 0

    def for_task(self, _scene: Scene) -> Self:
        return self

    def generate(self, requests: Sequence[Request]) -> Sequence[Response]:
        self.asked += len(requests)
        return [self.answer(request) for request in requests]

    def answer(self, _request: Request) -> Response:
        return Response(text=self.says)


def scored(
    task: Task[Any], examples: Sequence[Example[Any]], replies: Sequence[str | Response], info: ModelInfo = INFO, plan: Bootstrap = NO_DRAWS
) -> Scored:
    """What a whole run of these replies is worth."""
    responses = [Response(text=reply) if isinstance(reply, str) else reply for reply in replies]
    return score(task, examples, responses, split="test", info=info, complete=True, train=None, plan=plan)


def toy_record(found: Scored, examples: Sequence[Example[Any]], plan: Bootstrap) -> Record:
    """The record of the toy's examples that were scored so."""
    rows = zip(examples, found.readings, strict=True)
    n = {outcome: sum(reading.outcome == outcome for reading in found.readings) for outcome in ("answered", "unparsed", "empty", "failed")}
    return Record(
        task="toy",
        task_variant="",
        card_version=1,
        split="test",
        status="complete",
        not_ranked=(),
        model=ModelFacts(name="toy", kind="test"),
        data=DataFacts(kind="real", layout="", fingerprint="f", pictures="", complete=True, comparable=True, limit=None, notes=()),
        counts=Counts(examples=len(examples), skipped=0, **n),
        prompting=PromptingFacts(prompting_id="p", decoding=Decoding(), images="", model_digest="m"),
        bootstrap=plan,
        measures=found.measures,
        estimates=found.estimates,
        samples=tuple(SampleRow(id=e.id, group=e.group, outcome=r.outcome, reply_sha256="0" * 64, tags=e.tags) for e, r in rows),
        environment={"harness": "0"},
        created="2026-01-01",
    )


def made(results: Path, task: str, model: str, **options: Any) -> Path:
    """The folder of a finished run, on the invented sample where no other data is named."""
    chosen = Options(results=results, **{"plan": Bootstrap(resamples=20), **options})
    return evaluate.evaluate(catalog.task(task), models.open_model(model, {}), chosen).folder


def sealed(folder: Path, change: Change) -> None:
    """Change a record and make its own hash hold again."""
    body = json.loads((folder / "run.json").read_text())
    change(body)
    body["record_sha256"] = record.body_digest(body)
    (folder / "run.json").write_text(json.dumps(body))


def checks(folder: Path, data_root: Path | None = None) -> dict[str, Check]:
    return {check.name: check for check in verify(folder, data_root=data_root)}
