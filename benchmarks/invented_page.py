"""Runs for a page to be looked at: invented systems of several sizes on invented answers, summaries and phantoms."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from msgspec import structs

from benchmarks import invented_runs
from harness import models
from harness.data import catalog
from harness.runs import evaluate
from harness.runs import record as records
from harness.runs.plan import Options
from harness.runs.record import Record
from harness.stats.bootstrap import Bootstrap
from harness.types import Model, ModelFacts, ModelInfo, Request, Response, Scene

_SIZES = (33_000_000, 182_000_000, 930_000_000, 2_000_000_000, 7_000_000_000, 8_000_000_000, 13_000_000_000, 34_000_000_000, None)
_SETTINGS = ("zero-shot", "fine-tuned", "few-shot")
_PHANTOMS = "pneumoniamnist"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Guesser:
    """Probabilities that are right more often the better the system is."""

    info: ModelInfo
    skill: float
    labels: tuple[str, ...] = ()
    right: dict[str, int] | None = None

    def for_task(self, scene: Scene) -> Model:
        right = {example.id: scene.task.card.labels.index(example.target) for example in scene.examples}
        return replace(self, labels=scene.task.card.labels, right=right)

    def generate(self, requests: Sequence[Request]) -> Sequence[Response]:
        return [self._guess(request.id) for request in requests]

    def _guess(self, name: str) -> Response:
        from scipy.special import log_softmax

        drawn = random.Random(f"{self.info.name} {name}")
        scores = [drawn.gauss(0, 1) + (3 * self.skill if place == (self.right or {})[name] else 0) for place in range(len(self.labels))]
        return Response(choice_log_probs=tuple(log_softmax(scores).tolist()))


def runs(root: Path, *, systems: int, samples: int = invented_runs.SAMPLES, resamples: int = 200) -> list[tuple[Path, Record]]:
    """The runs of so many systems on VQA-RAD and MeQSum, and on the phantoms of PneumoniaMNIST's sample as if these were a release.

    Args:
        root: A folder for the runs.
        systems: How many.
        samples: Of VQA-RAD and of MeQSum.
        resamples: For the intervals and tests of the phantoms.
    """
    found = [
        (folder, _of_system(records.read(folder)))
        for folder in invented_runs.make(root, systems=systems, tasks=("vqa_rad", "meqsum"), samples=samples)
    ]
    for number in range(systems):
        guesser = _Guesser(info=_info(number), skill=0.2 + 0.6 * ((number * 37) % 100) / 100)
        done = evaluate.evaluate(catalog.task(_PHANTOMS), guesser, Options(results=root, plan=Bootstrap(resamples=resamples)))
        found.append(
            (done.folder, structs.replace(done.record, not_ranked=(), data=structs.replace(done.record.data, kind="real", notes=())))
        )
    return found


def quiz(root: Path) -> list[tuple[Path, Record]]:
    """Three baselines on the invented questions and pictures of VQA-RAD's sample."""
    task, options = catalog.task("vqa_rad"), Options(results=root, plan=Bootstrap(resamples=20))
    done = [evaluate.evaluate(task, models.open_model(f"baseline:{name}", {}), options) for name in ("nearest", "majority", "random")]
    return [(run.folder, run.record) for run in done]


def _of_system(record: Record) -> Record:
    number = int(record.model.name.rpartition("-")[2])
    info = _info(number)
    facts = {name: getattr(info, name) for name in ModelFacts.__dataclass_fields__}
    return structs.replace(record, model=ModelFacts(**facts))


def _info(number: int) -> ModelInfo:
    """What a system says of itself: every ninth answers from elsewhere and does not say how large it is."""
    name, size = f"system-{number}", _SIZES[number % len(_SIZES)]
    digest = hashlib.sha256(name.encode()).hexdigest()
    facts = ModelInfo(name=name, kind="torch", digest=digest, parameters=size, setting=_SETTINGS[number % len(_SETTINGS)], scores="softmax")
    return facts if size else replace(facts, kind="openai", digest="", identity=name, remote=True)
