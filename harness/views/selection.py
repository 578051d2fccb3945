"""Which runs a view shows: those found under the paths that were named, each once, and of them those of chosen tasks and systems."""

from __future__ import annotations

import fnmatch
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from harness.data import catalog
from harness.errors import UsageError, unknown
from harness.runs import record as records
from harness.runs.record import Record
from harness.runs.reread import Reader
from harness.views.naming import names_of
from harness.views.same_data import Fingerprints, fingerprints_of, same_data
from harness.views.systems import plain

K = TypeVar("K")


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectedRun:
    """A run that is shown."""

    folder: Path
    source: str
    """The folder under the path that was named; the whole folder where two paths hold a run at the same place."""
    record: Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What a view shows, and in one line what it leaves out."""

    runs: tuple[SelectedRun, ...]
    left_out: str = ""
    """Empty where nothing is."""

    @property
    def records(self) -> tuple[Record, ...]:
        """The records alone, in the same order."""
        return tuple(run.record for run in self.runs)


def run_folders(path: Path) -> list[Path]:
    """All run folders at and under a path that somebody named, sorted.

    Raises:
        UsageError: It does not exist or holds no run.
    """
    folders = records.find(path)
    if not folders:
        reason = "" if path.exists() else f" ({path} does not exist)"
        raise UsageError(f"no run.json under {path}{reason}; name a run's folder or a results folder, as `harness run` prints it.")
    return folders


def select(paths: Iterable[Path], *, partial: bool = False, none: bool = False, reader: Reader | None = None) -> Selection:
    """The runs at and under some paths, in the order named; of equal records, copied or scored again, the first.

    Args:
        paths: Folders of runs, or the folder of one run, which is shown even where it is partial.
        partial: Show partial runs wherever they lie.
        none: Nothing is an answer too.
        reader: Reads the records, with what it knows of them.

    Raises:
        UsageError: A path does not exist or holds no run, or nothing but partial runs was found, unless nothing is an answer.
        CorruptData, VerificationError: A record cannot be read or was changed.
    """
    reader = reader or Reader()
    placed: dict[Path, tuple[Path, str]] = {}
    named: set[Path] = set()
    for path in paths:
        folders = records.find(path) if none else run_folders(path)
        named |= {folder.resolve() for folder in folders if folder == path}
        for folder in folders:
            placed.setdefault(folder.resolve(), (folder, folder.relative_to(path).as_posix() if folder != path else folder.as_posix()))
    kept: list[SelectedRun] = []
    reasons: Counter[str] = Counter()
    for place, (folder, source) in _once(placed, reader).items():
        record = reader.read(folder)
        if record.status == "complete" or partial or place in named:
            kept.append(SelectedRun(folder=folder, source=source, record=record))
        else:
            reasons[partial_because(record)] += 1
    left_out = _told(reasons)
    if not kept and not none:
        raise UsageError(f"nothing to show: {left_out}")
    return Selection(runs=_apart(kept), left_out=left_out)


def chosen(runs: Sequence[SelectedRun], tasks: Sequence[str], systems: Sequence[str], task_dirs: Sequence[Path] = ()) -> list[SelectedRun]:
    """The runs of some tasks and systems, in their order; all where none are named.

    Args:
        runs: Those at hand.
        tasks: Names, ``name@variant``, families, ``open``, ``medmnist`` or globs.
        systems: Names of models, or what views call their runs, in any case; or globs.
        task_dirs: Folders of the user's own tasks.

    Raises:
        UsageError: A name is none of these runs'; the message has those that there are.
    """
    kept = list(runs)
    if tasks:
        wanted = {name for pattern in tasks for name in _tasks(pattern, runs, task_dirs)}
        kept = [run for run in kept if {run.record.task, run.record.full_name} & wanted]
    if systems:
        names = names_of([run.record for run in runs])
        called = {id(run): name for run, name in zip(runs, names, strict=True)}
        wanted = {name for pattern in systems for name in systems_named(pattern, [*names, *(run.record.model.name for run in runs)])}
        kept = [run for run in kept if {run.record.model.name, called[id(run)]} & wanted]
    if runs and not kept:
        raise UsageError(f"none of these {len(runs)} runs is of {', '.join(systems)} on {', '.join(tasks)}.")
    return kept


def systems_named(pattern: str, names: Iterable[str]) -> set[str]:
    """The names that a pattern means: one that is equal, else those equal but for case, blanks, dots and hyphens, else those of a glob.

    Raises:
        UsageError: There is none.
    """
    known = set(names)
    meant = {pattern} & known or {name for name in known if plain(name) == plain(pattern)} or set(fnmatch.filter(known, pattern))
    if not meant:
        raise unknown("system among these runs", pattern, known)
    return meant


def _tasks(pattern: str, runs: Sequence[SelectedRun], task_dirs: Sequence[Path]) -> set[str]:
    known = {name for run in runs for name in (run.record.task, run.record.full_name)}
    meant = set(fnmatch.filter(known, pattern)) or set(catalog.select([pattern], task_dirs)) & known
    if not meant:
        raise UsageError(f"no run of {pattern} among these; there are runs of {', '.join(sorted({run.record.full_name for run in runs}))}.")
    return meant


def partial_because(record: Record) -> str:
    """Why a run is partial, in the record's own words."""
    return next(iter(record.not_ranked), "partial")


def tables(runs: Sequence[K], of: Sequence[Record]) -> list[list[K]]:
    """The runs in groups whose numbers may stand in one table: one task, split and kind of data, and the same examples and answers.

    Args:
        runs: Whatever stands for each run.
        of: Their records, in the same order.
    """
    groups: dict[tuple[str, ...], list[tuple[dict[Fingerprints, Record], list[K]]]] = {}
    named_groups: list[tuple[str, list[K]]] = []
    for run, record in zip(runs, of, strict=True):
        examples = record.estimates[0].scoring_id if record.estimates else ""
        alike = groups.setdefault((record.full_name, record.split, record.data.kind, examples), [])
        own = next((group for group in alike if all(same_data(other, record) for other in group[0].values())), None)
        if own is None:
            alike.append(own := ({}, []))
            named_groups.append((record.full_name, own[1]))
        own[0].setdefault(fingerprints_of(record), record)  # one for all that say the same of their data
        own[1].append(run)
    names = dict.fromkeys(record.full_name for record in of)
    return [group for name in names for full_name, group in named_groups if full_name == name]


def headed(runs: Mapping[str, Record]) -> list[tuple[list[str], str]]:
    """The tables of runs that have names, and what each is called."""
    groups = tables(list(runs), list(runs.values()))
    return list(zip(groups, headings([[runs[run] for run in group] for group in groups]), strict=True))


def in_paper(task: str) -> int:
    """The place of a task among the paper's, by which tables are sorted; the others stand behind them all."""
    return catalog.PAPER.index(task) if task in catalog.PAPER else len(catalog.PAPER)


def headings(groups: Sequence[Sequence[Record]]) -> list[str]:
    """What each of these tables is called: its task, and what tells it from other tables of that task."""
    firsts = [group[0] for group in groups]
    times = Counter(record.full_name for record in firsts)
    names = [record.full_name if times[record.full_name] == 1 else f"{record.full_name}, {asked(record)}" for record in firsts]
    alike = Counter(names)
    return [name if alike[name] == 1 else f"{name}, {told_apart(record)}" for name, record in zip(names, firsts, strict=True)]


def told_apart(record: Record) -> str:
    """What tells a table from others of its task, split and size: answers, release and pictures."""
    digests = (
        ("scoring id", record.estimates[0].scoring_id),
        ("release", record.data.fingerprint),
        ("pictures", record.data.pictures),
    )
    return ", ".join(f"{name} {digest[:8]}" for name, digest in digests if digest)


def asked(record: Record) -> str:
    """The split of a table, its size, and whether it is the invented sample."""
    invented = ", invented sample" if record.data.kind == "synthetic" else ""
    return f"{record.split} split, n = {record.counts.examples:,}{invented}"


def _once(placed: dict[Path, tuple[Path, str]], reader: Reader) -> dict[Path, tuple[Path, str]]:
    seen: set[str] = set()
    distinct = {}
    for place, (folder, source) in placed.items():
        digest = reader.content_digest(folder)
        if digest not in seen:
            seen.add(digest)
            distinct[place] = folder, source
    return distinct


def _apart(kept: Sequence[SelectedRun]) -> tuple[SelectedRun, ...]:
    times = Counter(run.source for run in kept)
    return tuple(
        run if times[run.source] == 1 else SelectedRun(folder=run.folder, source=run.folder.as_posix(), record=run.record) for run in kept
    )


def _told(reasons: Counter[str]) -> str:
    n = sum(reasons.values())
    if not n:
        return ""
    listed = "; ".join(f"{reason} ({times} runs)" if times > 1 else reason for reason, times in reasons.most_common(3))
    more = f"; and {len(reasons) - 3} other reasons" if len(reasons) > 3 else ""
    runs = "1 partial run is" if n == 1 else f"{n} partial runs are"
    return f"{runs} left out: {listed}{more}. Show {'it' if n == 1 else 'them'} with --partial, or by naming the run's folder."
