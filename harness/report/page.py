"""The page: runs in, one HTML file out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.base.version import __version__
from harness.base.visible import visible
from harness.console.runs import warnings_of
from harness.data import catalog
from harness.metrics.units import FRACTION
from harness.report import charts, packing, template
from harness.report.samples import Pictures, browse
from harness.report.section import Shown, section
from harness.runs import evidence, privacy
from harness.runs.record import Record
from harness.views import naming, standings
from harness.views.kept import Memory
from harness.views.selection import headings, tables

_RADAR = 3
"""Fewer axes than this make no polygon."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What goes onto the page."""

    data_root: Path | None = None
    allow_credentialed: bool = False
    """Put text and pictures of credentialed datasets onto the page."""
    pictures: int = 2000
    """Pictures to embed at most, small; a page of ten thousand would be too large to send."""
    texts: int = 10_000_000
    """Characters of questions, references and replies to embed at most; where there are more, those of failures come first."""
    title: str = "Evaluation report"
    left_out: str = ""
    """Which runs that were found the page does not show, and why; said at its foot."""


def build(runs: Sequence[tuple[Path, Record]], options: Options, task_dirs: Sequence[Path] = (), memory: Memory | None = None) -> str:
    """The whole page.

    Args:
        runs: Folder and record of each run, in the order in which they are shown.
        options: What goes onto it.
        task_dirs: Folders of the user's own tasks.
        memory: Where the tests between these runs are kept from one call to the next, if its reader read them.
    """
    pictures = Pictures(most=options.pictures)
    tasks: list[dict[str, Any]] = []
    samples: list[dict[str, Any]] = []
    everything: list[list[dict[str, Any]]] = []
    shown = _shown(runs, task_dirs, memory)
    groups = tables(shown, [run.record for run in shown])
    for group, heading in zip(groups, headings([[run.record for run in group] for group in groups]), strict=True):
        first = group[0].record
        own = [(run.folder, run.record) for run in group]
        task = catalog.task(first.full_name, task_dirs)
        browsed = browse(own, task, data_root=options.data_root, pictures=pictures, allow_credentialed=options.allow_credentialed)
        everything.append(browsed)
        tasks.append({**section(group, task.card), "heading": heading})
        samples.append(
            {
                "task": visible(heading),
                "runs": [visible(run.name) for run in group],
                "metric": f"{task.metrics[0].name}/{task.metrics[0].variant}",
                "credentialed": privacy.is_private(task.card, synthetic=first.data.kind == "synthetic") and not options.allow_credentialed,
            }
        )
    cut = packing.shorten(everything, options.texts)
    samples = [{**facts, **packing.pack(items)} for facts, items in zip(samples, everything, strict=True)]
    return template.render(
        title=options.title,
        version=__version__,
        runs=[_facts(run) for run in shown],
        tasks=tasks,
        profile=_profile(shown),
        left_out=options.left_out,
        data=_embedded({"tasks": samples, "images": pictures.addresses}),
        n_samples=sum(map(len, everything)),
        cut=cut,
    )


def _embedded(content: Any) -> str:
    """JSON that cannot end the element that holds it; its texts are `visible` already."""
    return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")


def _shown(runs: Sequence[tuple[Path, Record]], task_dirs: Sequence[Path], memory: Memory | None) -> list[Shown]:
    by_place = {str(place): record for place, (_, record) in enumerate(runs)}
    keeper = None if memory is None else memory.keeper({str(place): folder for place, (folder, _) in enumerate(runs)})
    ranks = standings.ranks(by_place, task_dirs, keeper)
    names = naming.names_of([record for _, record in runs])
    return [
        Shown(folder=folder, record=record, name=name, rank=ranks.get(str(place)))
        for place, ((folder, record), name) in enumerate(zip(runs, names, strict=True))
    ]


def _facts(run: Shown) -> dict[str, Any]:
    record, model = run.record, run.record.model
    return {
        "task": record.full_name,
        "system": run.name,
        "setting": model.setting,
        "parameters": model.parameters,
        "precision": model.precision,
        "split": record.split,
        "counts": record.counts,
        "status": f"{record.status}, verified" if evidence.is_verified(run.folder) else record.status,
        "date": record.created,
        "warnings": warnings_of(record),
    }


def _profile(runs: Sequence[Shown]) -> dict[str, str] | None:
    """All systems over all tasks whose ranking metric is a fraction and better where it is higher; None for a single task."""
    order = {name: place for place, name in enumerate(catalog.PAPER)}
    fit_in = [run for run in runs if run.record.estimates[0].unit == FRACTION.name and run.record.estimates[0].higher_is_better]
    tasks = sorted({run.record.full_name for run in fit_in}, key=lambda name: (order.get(name, 99), name))
    if len(tasks) < 2:
        return None
    systems: dict[str, dict[str, float | None]] = {}
    for run in fit_in:
        systems.setdefault(run.name, {}).setdefault(run.record.full_name, run.record.estimates[0].value)
    series = [(system, [values.get(task) for task in tasks]) for system, values in systems.items()]
    covered = sum(1 for task in tasks if task in order)
    return {
        "note": f"The metric that ranks each task; {covered} of the 25 tasks are here.",
        "dots": charts.profile(tasks, series, name="Profile over tasks"),
        "radar": charts.radar(tasks, series, name="Radar over tasks") if len(tasks) >= _RADAR else "",
    }
