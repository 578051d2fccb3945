"""Runs under some paths, and of each task's the samples that are wanted, with what is at hand of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.data import catalog, further
from harness.errors import UsageError, unknown
from harness.metrics.base import Metric
from harness.runs.record import Record
from harness.views import at_hand, browsing, naming, selection, wanted
from harness.views.browsing import Sample
from harness.views.selection import SelectedRun
from harness.views.wanted import Wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The wanted samples of one task's runs on the same examples."""

    task: str
    split: str
    systems: tuple[str, ...]
    n: int
    """Samples of the first run."""
    total: int
    """Of these, how many are wanted."""
    samples: tuple[Sample, ...]
    """Those that are shown."""
    metric: Metric | None
    """What says which samples are wrong; None where nothing does."""
    missing: tuple[str, ...]
    """What is not at hand, a sentence each."""

    def as_json(self) -> dict[str, Any]:
        """The table as ``--json`` prints it."""
        return {
            "task": self.task,
            "split": self.split,
            "systems": list(self.systems),
            "wrong_by": None if self.metric is None else f"{self.metric.name}/{self.metric.variant}",
            "n": self.n,
            "total": self.total,
            "missing": list(self.missing),
            "samples": [sample.as_json() for sample in self.samples],
        }

    def rows(self) -> Iterator[dict[str, Any]]:
        """One row per sample and system, as a data frame has them."""
        for sample in self.samples:
            for reply in sample.replies:
                yield {
                    "task": self.task,
                    "id": sample.id,
                    "group": sample.group,
                    "system": reply.system,
                    "outcome": reply.outcome,
                    **{f"tag.{name}": value for name, value in sample.tags.items()},
                    "question": sample.question,
                    "pictures": sample.pictures,
                    "references": sample.references,
                    "reply": reply.text,
                    "read": None if reply.read is None else reply.read.prediction,
                    "why": None if reply.read is None else reply.read.why,
                    "error": reply.error or None,
                    **reply.values,
                }


@dataclass(frozen=True, slots=True, kw_only=True)
class Browsed:
    """The tables of all runs that were looked through."""

    tables: tuple[Table, ...]
    left_out: str = ""
    """Which tasks have none, and why the first of them: it has no such slice, or no metric that says which samples are wrong."""


def tables(
    runs: Sequence[SelectedRun],
    other: Sequence[SelectedRun],
    which: Wanted,
    *,
    most: int | None,
    data_root: Path | None,
    task_dirs: Sequence[Path],
    allow_credentialed: bool,
) -> Browsed:
    """The wanted samples of runs, a table for those that were made on the same examples.

    Args:
        runs: As selected.
        other: The one run that the others are set against; none where nothing is.
        which: The samples that are wanted.
        most: Samples to tell of each table; None is all.
        data_root: Folder of releases.
        task_dirs: Folders of the user's own tasks.
        allow_credentialed: Tell what a credentialed dataset's samples say.

    Raises:
        UsageError: A sample or slice that is named is in none of the runs, or another run is not of the same samples.
    """
    if which.differs and len(other) != 1:
        raise UsageError(f"--differs takes one run, and {len(other)} lie there; name a run's folder, as `harness run` prints it.")
    apart = {run.folder.resolve() for run in other}
    left = [run for run in runs if run.folder.resolve() not in apart]
    if other:
        left = [run for run in left if run.record.full_name == other[0].record.full_name] or left
    everything = [*left, *other]
    names = dict(zip(map(id, everything), naming.names_of([run.record for run in everything]), strict=True))
    made: list[Table] = []
    refused: dict[str, UsageError] = {}
    seen: set[str] = set()
    for group in selection.tables(left, [run.record for run in left]):
        shown = [(run.folder, run.record, names[id(run)]) for run in (*group, *other)]
        try:
            made.append(_table(shown, which, seen, most, data_root, task_dirs, allow_credentialed=allow_credentialed))
        except UsageError as error:
            refused.setdefault(group[0].record.full_name, error)
    if not made:
        raise (
            next(iter(refused.values()))
            if refused
            else UsageError("--differs names the only run that there is; name another one beside it.")
        )
    if which.ids and any(table.total for table in made):
        made = [table for table in made if table.total]
    if absent := next((name for name in which.ids if name not in seen), ""):
        raise unknown("sample of these runs", absent, seen)
    why = f"left out: {', '.join(refused)}; {next(iter(refused.values()))}" if refused else ""
    return Browsed(tables=tuple(made), left_out=why)


def _table(
    shown: Sequence[tuple[Path, Record, str]],
    which: Wanted,
    seen: set[str],
    most: int | None,
    data_root: Path | None,
    task_dirs: Sequence[Path],
    *,
    allow_credentialed: bool,
) -> Table:
    """The wanted samples of runs on the same examples; every name of a sample enters ``seen``."""
    records = [record for _, record, _ in shown]
    first = records[0]
    task = further.recorded(catalog.task(first.full_name, task_dirs), [e.signature for record in records for e in record.estimates])
    partners = [wanted.partners(first, record) for record in records]
    here = at_hand.look([(folder, record) for folder, record, _ in shown], task, data_root, allow_credentialed=allow_credentialed)
    told = browsing.runs_told(records, [name for _, _, name in shown], here.responses, partners)
    called = {example.id: name for name, example in here.examples.items()}
    seen |= {*called, *told[0].places}
    chosen = wanted.choose(task, told, which, called)
    return Table(
        task=first.full_name,
        split=first.split,
        systems=tuple(run.name for run in told),
        n=len(first.samples),
        total=len(chosen.ids),
        samples=browsing.samples_of(task, told, chosen.ids[:most], here.examples, pictures=here.pictures),
        metric=chosen.metric,
        missing=here.missing,
    )
