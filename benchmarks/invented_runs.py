"""Folders of finished runs at any size, for the benchmarks of what reads them.

A run is a committed one with its statistics drawn anew: how many samples, which groups, and how good the system is. Replies are invented,
where they are asked for; the record's hashes hold, and its intervals are those of proportions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from msgspec import structs

from harness.data import catalog
from harness.metrics.base import Statistics
from harness.metrics.measuring import Measured
from harness.runs import record as records
from harness.runs.journal import reply_digest, to_line
from harness.runs.record import Record
from harness.runs.table import SampleRow
from harness.stats.intervals import wilson
from harness.types import Estimate, Response

ROOT = Path(__file__).resolve().parent.parent
_OF = {"answers": ROOT / "results/vqa_rad/nearest-67a8f2a5/test-d1d0795d", "summaries": ROOT / "results/meqsum/lead-7a875db4/test-46202b75"}
TASKS = {"vqa_rad": "answers", "slake_en": "answers", "path_vqa": "answers", "meqsum": "summaries", "healthcaremagic": "summaries"}
"""Tasks whose runs can be invented, and what each is made from."""
SAMPLES, GROUPS = 451, 203
"""Those of VQA-RAD's test split."""


def make(
    root: Path, *, systems: int, tasks: Sequence[str] = tuple(TASKS), samples: int = SAMPLES, first: int = 0, words: int = 0
) -> list[Path]:
    """Write the runs of some systems on some tasks, and return their folders; with replies of so many words beside them."""
    made = []
    for task in tasks:
        template = records.read(_OF[TASKS[task]])
        for system in range(first, first + systems):
            folder = root / task / f"system-{system}" / "test"
            folder.mkdir(parents=True, exist_ok=True)
            said = [_reply(system, number, words) for number in range(samples)]
            records.write(folder, invented(template, task, system, said))
            if words:
                lines = (to_line(f"{task}-{number}", "", response) for number, response in enumerate(said))
                (folder / "replies.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
            made.append(folder)
    return made


def _reply(system: int, number: int, words: int) -> Response:
    """An invented reply; one in a hundred requests failed."""
    text = " ".join(f"w{(system * 31 + number * 7 + place * place) % 9973}" for place in range(words))
    return Response(error="timed out") if words and number % 100 == system else Response(text=text)


def invented(template: Record, task: str, system: int, said: Sequence[Response]) -> Record:
    """A run of one system: right on a share of the samples that its number decides."""
    samples = len(said)
    rng = np.random.default_rng((system, *task.encode()))
    places = np.arange(samples) % len(template.samples)
    groups = max(1, samples * GROUPS // SAMPLES) if TASKS[task] == "answers" else samples
    share = 0.3 + 0.5 * ((system * 37) % 100) / 100
    rows = tuple(
        SampleRow(
            id=f"{task}-{number}",
            group=f"group-{number % groups}",
            outcome="answered" if said[number].error is None else "failed",
            reply_sha256=reply_digest(said[number]),
            tags=template.samples[place].tags,
        )
        for number, place in enumerate(places.tolist())
    )
    measures = {
        name: replace(found, statistics=None if found.statistics is None else _drawn(found.statistics, places, rng, share))
        for name, found in template.measures.items()
    }
    name = f"system-{system}"
    return structs.replace(
        template,
        task=task,
        card_version=catalog.card(task).version,
        model=replace(template.model, name=name),
        prompting=structs.replace(template.prompting, model_digest=hashlib.sha256(name.encode()).hexdigest()),
        counts=structs.replace(template.counts, examples=samples, answered=samples, unparsed=0, empty=0, refused=0, failed=0),
        estimates=tuple(_estimated(estimate, task, measures, samples) for estimate in template.estimates),
        samples=rows,
        measures=measures,
    )


def _drawn(statistics: Statistics, places: np.ndarray, rng: np.random.Generator, share: float) -> Statistics:
    """As many rows as are wanted; what is a share of each sample is right as often as the system is."""
    table = statistics.table[places].copy()
    for column, name in enumerate(statistics.names):
        if name not in ("n", "target", "predicted") and np.nanmax(table[:, column], initial=0) <= 1:
            value = rng.random(len(table)) < share
            table[:, column] = value if "rouge" not in name else np.round(value * rng.random(len(table)), 6)
    return replace(statistics, table=table)


def _estimated(estimate: Estimate, task: str, measures: dict[str, Measured], samples: int) -> Estimate:
    metric = next((one for one in catalog.task(task).metrics if one.signature == estimate.signature), None)
    scoring = hashlib.sha256(f"{task} {estimate.scoring_id}".encode()).hexdigest()[: len(estimate.scoring_id)]
    measured = None if metric is None else measures.get(metric.measure.name)
    statistics = None if measured is None else measured.statistics
    if metric is None or statistics is None or estimate.slice != "all" or estimate.value is None or metric.measure.expand is not None:
        return structs.replace(estimate, scoring_id=scoring, n=samples if estimate.slice == "all" else estimate.n)
    value = float(metric.value(statistics, np.ones((1, samples)))[0])
    low, high = wilson(min(1.0, max(0.0, value)), samples, 0.95)
    return structs.replace(estimate, scoring_id=scoring, n=samples, value=value, low=low, high=high)
