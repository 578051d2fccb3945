"""What ``harness compare`` does with runs alone: two against each other, many against one, or who beats whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.runs.record import Record
    from harness.types import Task
    from harness.views.kept import Memory
    from harness.views.samples import Told
    from harness.views.selection import SelectedRun

_CHANGES = 3
"""Changed samples that are listed of one pair."""
_CHANGES_JSON = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the user wants to see."""

    metric: str
    against: str
    changes: int | None
    data_root: Path | None
    task_dirs: tuple[Path, ...]
    comparable_only: bool
    allow_credentialed: bool
    everything: bool
    as_json: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Changed:
    """The samples on which two runs differ."""

    first: Record
    second: Record
    total: int
    listed: Sequence[Told]


def against_each_other(named_runs: Sequence[tuple[SelectedRun, str]], asked: Asked, memory: Memory, *, left_out: str) -> None:
    """Compare runs, and print what was asked for.

    Args:
        named_runs: Runs, each with what it is called.
        asked: What the user wants to see.
        memory: What this machine knows of them.
        left_out: What the selection has left out.
    """
    from harness.console import base
    from harness.console import contrasts as view
    from harness.console import wins as matrix
    from harness.data import catalog
    from harness.views import between_runs, headline, pairing, selection
    from harness.views import wins as winning

    records = [run.record for run, _ in named_runs]
    names = {id(run.record): name for run, name in named_runs}
    paired = list(pairing.pairs_against(records, _references(named_runs, asked.against)) if asked.against else pairing.pairs(records))
    tasks = {record.full_name: catalog.task(record.full_name, asked.task_dirs) for record in records}
    many = not asked.against and any(len(kind) > 2 for kind in selection.tables(records, records))
    beaten = []
    if many:
        keeper = memory.keeper({run.source: run.folder for run, _ in named_runs})
        runs, labels = {run.source: run.record for run, _ in named_runs}, {run.source: name for run, name in named_runs}
        beaten = winning.wins(runs, labels, tasks, metric=asked.metric, keeper=keeper)
    if many and not asked.as_json:
        matrix.print_wins(beaten, everything=asked.everything)
        for changed in _changes(named_runs, paired, tasks, asked, asked.changes or 0):
            _print_changed(changed, names)
        return
    contrasts = between_runs.compared(paired, tasks, metric=asked.metric, names=names)
    shown = [contrast for contrast in contrasts if not (asked.comparable_only and contrast.refused)]
    if asked.as_json:
        default = _CHANGES_JSON
        changes = _changes(named_runs, paired, tasks, asked, default if asked.changes is None else asked.changes)
        base.print_json(
            {
                "contrasts": [contrast.as_json() for contrast in shown],
                "changes": [_json(changed, names) for changed in changes],
                **({"wins": [one.as_json() for one in beaten]} if many else {}),
                "left_out": left_out,
            }
        )
        return
    first = [(e.metric, e.variant, e.slice) for e in headline.few(paired[0][0])] if not asked.metric else []
    view.print_contrasts(shown, first, everything=asked.everything)
    default = _CHANGES if len(paired) == 1 else 0
    for changed in _changes(named_runs, paired, tasks, asked, default if asked.changes is None else asked.changes):
        _print_changed(changed, names)


def _references(named_runs: Sequence[tuple[SelectedRun, str]], against: str) -> list[Record]:
    """The runs in a folder of that name; else those of the system that it means."""
    from harness.views.selection import systems_named

    place = Path(against).resolve()
    inside = [run.record for run, _ in named_runs if place == run.folder.resolve() or place in run.folder.resolve().parents]
    if inside and Path(against).exists():
        return inside
    called = systems_named(against, [*(name for _, name in named_runs), *(run.record.model.name for run, _ in named_runs)])
    return [run.record for run, name in named_runs if {name, run.record.model.name} & called]


def _changes(
    named_runs: Sequence[tuple[SelectedRun, str]],
    paired: Sequence[tuple[Record, Record]],
    tasks: dict[str, Task[Any]],
    asked: Asked,
    most: int,
) -> list[_Changed]:
    from harness.runs import privacy
    from harness.views import pairing
    from harness.views.samples import changes, told

    if not most:
        return []
    folders = {id(run.record): run.folder for run, _ in named_runs}
    listed = []
    for first, second in paired:
        task = tasks[first.full_name]
        if pairing.refusal(first, second):
            continue
        changed = changes(first, second, task, metric=asked.metric)
        hidden = privacy.is_private(task.card, synthetic=first.data.kind == "synthetic") and not asked.allow_credentialed
        runs = ((folders[id(first)], first), (folders[id(second)], second))
        texts = [] if hidden else told(changed[:most], task, runs, data_root=asked.data_root)
        listed.append(_Changed(first=first, second=second, total=len(changed), listed=texts))
    return listed


def _print_changed(changed: _Changed, names: dict[int, str]) -> None:
    from harness.console import contrasts as view

    if changed.total:
        first, second = names[id(changed.first)], names[id(changed.second)]
        view.print_changes(changed.first.full_name, first, second, changed.listed, changed.total)


def _json(changed: _Changed, names: dict[int, str]) -> dict[str, Any]:
    return {
        **named(changed.first, names[id(changed.first)]),
        "second": changed.second.model.name,
        "second_label": names[id(changed.second)],
        "changed": changed.total,
        "samples": changed.listed,
    }


def named(record: Record, label: str) -> dict[str, Any]:
    """What JSON calls a run."""
    return {"task": record.task, "task_variant": record.task_variant, "model": record.model.name, "label": label}
