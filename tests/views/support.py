"""What tests of views begin with: the committed runs, and those of baselines on the invented samples."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from msgspec import structs

from harness import models
from harness.data import catalog
from harness.data.examples import SAMPLES
from harness.models.predictions import open_model as predictions
from harness.runs import evaluate
from harness.runs import record as records
from harness.runs.evaluate import Run
from harness.runs.facts import Counts, DataFacts, PromptingFacts
from harness.runs.plan import Options
from harness.runs.record import Record
from harness.stats.bootstrap import Bootstrap
from harness.types import Decoding, Estimate, ModelFacts
from harness.views import leaderboard, selection
from harness.views.published import Reported

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "results"
AS_REAL: dict[str, Any] = {"data_root": SAMPLES, "accept_different": True}
"""Options that have the loader take an invented sample for a release."""

COLUMNS = tuple(field.name for field in fields(Reported))
GOOD = {
    **dict.fromkeys(COLUMNS, ""),
    **{"task": "vqa_rad", "split": "test", "split_known": "yes", "slice": "all", "metric": "exact_match", "metric_variant": "unknown"},
    **{"system": "Invented", "setting": "zero-shot", "value": "0.5", "unit": "fraction"},
    **{"confidence": "likely", "retrieved": "2026-01-31"},
}
"""A row of published numbers as its file has it."""
OURS = Estimate(
    metric="exact_match", variant="canonical", slice="all", value=0.72, low=0.67, high=0.77, level=0.95, n=451, n_groups=203,
    unit="fraction", higher_is_better=True, signature="s", scoring_id="i",
)  # fmt: skip
"""A score of a run of VQA-RAD."""


@functools.cache
def committed(*tasks: str) -> dict[str, Record]:
    """The committed runs of some tasks, partial ones as well, by their folders."""
    return {str(folder): records.read(folder) for task in tasks for folder in sorted(records.find(RESULTS / task))}


def real_runs(results: Path, *, partial: bool = False) -> dict[str, Record]:
    """The runs of a leaderboard, by their places under a folder."""
    return leaderboard.real(selection.select([results], partial=partial, none=True))


def evaluated(results: Path, model: str, task: str = "vqa_rad", **options: Any) -> Run:
    """A baseline's run, kept below a folder."""
    return evaluate.evaluate(catalog.task(task), models.open_model(f"baseline:{model}", {}), Options(results=results, **options))


def replied(folder: Path, lines: Iterable[Mapping[str, str]], task: str = "vqa_rad", **options: Any) -> Run:
    """The run of a file of replies, a line each."""
    path = folder / "replies.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return evaluate.evaluate(catalog.task(task), predictions(str(path), {}), Options(results=folder / "results", **options))


@functools.cache
def scored(model: str, task: str = "vqa_rad", *, limit: int | None = None, real: bool = False) -> Record:
    """A baseline's record without a folder, made once; of what the loader takes for a release where that is asked for."""
    return evaluated(Path(), model, task, limit=limit, keep=False, **(AS_REAL if real else {})).record


def by_hand(*estimates: Estimate, **changes: Any) -> Record:
    """A finished run of VQA-RAD with these scores, of which nothing else is said."""
    n = changes.pop("n", 451)
    facts: dict[str, Any] = {
        "task": "vqa_rad",
        "task_variant": "",
        "card_version": 1,
        "split": "test",
        "status": "complete",
        "not_ranked": (),
        "model": ModelFacts(name="ours", kind="test"),
        "data": DataFacts(kind="real", layout="", fingerprint="f", pictures="", complete=True, comparable=True, limit=None, notes=()),
        "counts": Counts(examples=n, answered=n, unparsed=0, empty=0, failed=0, skipped=0),
        "prompting": PromptingFacts(prompting_id="p", model_digest="m", images="", decoding=Decoding()),
        "environment": {},
        "created": "2026-01-01",
        "bootstrap": Bootstrap(),
        "measures": {},
        "samples": (),
    }
    return Record(**(facts | changes), estimates=estimates)


def competing(model: str) -> Record:
    """A baseline's record on 200 phantoms, as if these were the official release."""
    return structs.replace(scored(model, "pneumoniamnist", real=True), not_ranked=())
