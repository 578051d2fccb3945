"""The page: runs in, one HTML file out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.base.version import __version__
from harness.base.visible import visible
from harness.console.runs import warnings_of
from harness.data import catalog
from harness.metrics.units import FRACTION
from harness.report import charts, first_screen, marks, packing, template
from harness.report.beside import Beside
from harness.report.forest import Shown
from harness.report.samples import Collected, Pictures
from harness.report.section import section
from harness.runs import evidence
from harness.runs.record import Record
from harness.views import board, standings
from harness.views.board import Matrix
from harness.views.kept import Memory
from harness.views.selection import headings, in_paper, tables

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
    """Characters of questions, references, replies and what was read to embed at most; of more, those of failures come first."""
    title: str = "Evaluation report"
    beside: str = ""
    """What the file beside the page is called."""
    left_out: str = ""
    """Which runs that were found the page does not show, and why; said at its foot."""


def build(
    runs: Sequence[tuple[Path, Record]],
    options: Options,
    task_dirs: Sequence[Path] = (),
    memory: Memory | None = None,
    beside: Beside | None = None,
) -> str:
    """The whole page.

    Args:
        runs: Folder and record of each run, in the order in which they are shown.
        options: What goes onto it.
        task_dirs: Folders of the user's own tasks.
        memory: Where the tests between these runs are kept from one call to the next, if its reader read them.
        beside: Gets what the page does not hold, and is written beside it where it then holds anything.
    """
    beside = Beside() if beside is None else beside
    collected = Collected(pictures=Pictures(most=options.pictures, beside=beside), texts=options.texts)
    records = {str(place): record for place, (_, record) in enumerate(runs)}
    keeper = None if memory is None else memory.keeper({str(place): folder for place, (folder, _) in enumerate(runs)})
    heats = standings.heats(records, task_dirs, keeper)
    duels = {pair: duel for heat in heats for pair, duel in heat.duels.items()}
    ranked = {key: rank for heat in heats for key, rank in heat.ranks.items()}
    matrix = board.matrix(records, ranked)
    shown = _shown(runs, matrix, ranked)
    groups = tables(shown, [run.record for run in shown])
    groups.sort(key=lambda group: (in_paper(group[0].record.task), group[0].record.full_name, group[0].record.status))
    heads = headings([[run.record for run in group] for group in groups])
    sentences = first_screen.told(matrix, duels, {run.key: number for number, group in enumerate(groups, start=1) for run in group})
    by_section = {told.section: told.sentence for told in sentences}
    tasks: list[dict[str, Any]] = []
    for number, (group, heading) in enumerate(zip(groups, heads, strict=True), start=1):
        task = catalog.task(group[0].record.full_name, task_dirs)
        own = [(run.folder, run.record, run.name) for run in group]
        collected.add(own, heading, task, data_root=options.data_root, allow_credentialed=options.allow_credentialed)
        tasks.append({**section(group, task.card, duels), "heading": heading, "sentence": by_section.get(number)})
    drawn = {"systems": _systems(shown, matrix), "tasks": [task["overlays"] for task in tasks], "colours": marks.COLOURS}
    return template.render(
        title=options.title,
        version=__version__,
        runs=[_facts(run) for run in shown],
        tasks=tasks,
        first=first_screen.shown(matrix, sentences),
        profile=_profile(shown),
        symbols=marks.symbols(1 + max((run.system for run in shown), default=0)),
        drawn=packing.as_json(drawn).replace("<", "\\u003c"),  # ends no element that holds it; its texts are `visible` already
        warned=sum(bool(warnings_of(run.record)) for run in shown),
        left_out=options.left_out,
        samples=packing.embedded(collected.packed(beside, options.beside)),
        n_samples=sum(map(len, collected.items)),
    )


def _shown(runs: Sequence[tuple[Path, Record]], matrix: Matrix, ranked: Mapping[str, int]) -> list[Shown]:
    """The runs under the names of the board, whose systems come first; those of partial runs alone follow."""
    names = {cell.run: system.name for system in matrix.systems for cell in system.runs}
    names |= {one.cell.run: one.system for one in matrix.apart}
    places = {name: place for place, name in enumerate(dict.fromkeys([*(system.name for system in matrix.systems), *names.values()]))}
    return [
        Shown(folder=folder, record=record, key=key, name=names[key], system=places[names[key]], rank=ranked.get(key))
        for key, (folder, record) in ((str(place), run) for place, run in enumerate(runs))
    ]


def _systems(shown: Sequence[Shown], matrix: Matrix) -> list[dict[str, Any]]:
    """What the page's scripts know of each system, in the order of their marks."""
    of_board = {system.name: system for system in matrix.systems}
    names = dict(sorted({run.system: run.name for run in shown}.items()))
    return [
        {
            "name": visible(name),
            "setting": [visible(setting) for setting in system.settings] or [first_screen.UNSTATED],
            "size": first_screen.bands(system),
            "weights": [system.weights or first_screen.UNSTATED],
        }
        if (system := of_board.get(name))
        else {"name": visible(name), "setting": [], "size": [], "weights": []}
        for name in names.values()
    ]


def _facts(run: Shown) -> dict[str, Any]:
    record, model = run.record, run.record.model
    return {
        "task": record.full_name,
        "system": run.name,
        "number": run.system,
        "setting": model.setting,
        "counts": record.counts,
        "status": f"{record.status}, verified" if evidence.is_verified(run.folder) else record.status,
        "date": record.created,
        "warnings": warnings_of(record),
    }


def _profile(shown: Sequence[Shown]) -> dict[str, Any] | None:
    """All systems over all tasks whose ranking metric is a fraction and better where it is higher; None for a single task."""
    fit_in = [run for run in shown if run.record.estimates[0].unit == FRACTION.name and run.record.estimates[0].higher_is_better]
    tasks = sorted({run.record.full_name for run in fit_in}, key=lambda name: (in_paper(name), name))
    if len(tasks) < 2:
        return None
    values: dict[tuple[int, str], dict[str, float | None]] = {}
    for run in sorted(fit_in, key=lambda run: run.system):
        values.setdefault((run.system, run.name), {}).setdefault(run.record.full_name, run.record.estimates[0].value)
    systems = [
        charts.Values(system=system, name=name, values=tuple(own.get(task) for task in tasks)) for (system, name), own in values.items()
    ]
    return {
        "scale": charts.SCALE,
        "strips": charts.strips(tasks, systems),
        "radar": charts.radar(tasks, systems, name="Radar over tasks") if len(tasks) >= _RADAR else "",
    }
