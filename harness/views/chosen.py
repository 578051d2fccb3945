"""Runs that a user chooses among those at hand, by task and by system."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Sequence
from pathlib import Path

from harness.data import catalog
from harness.errors import UsageError, unknown
from harness.views.naming import names_of
from harness.views.selection import Found
from harness.views.systems import plain


def chosen(runs: Sequence[Found], tasks: Sequence[str], systems: Sequence[str], task_dirs: Sequence[Path] = ()) -> list[Found]:
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
    found = {pattern} & known or {name for name in known if plain(name) == plain(pattern)} or set(fnmatch.filter(known, pattern))
    if not found:
        raise unknown("system among these runs", pattern, known)
    return found


def _tasks(pattern: str, runs: Sequence[Found], task_dirs: Sequence[Path]) -> set[str]:
    known = {name for run in runs for name in (run.record.task, run.record.full_name)}
    found = set(fnmatch.filter(known, pattern)) or set(catalog.select([pattern], task_dirs)) & known
    if not found:
        raise UsageError(f"no run of {pattern} among these; there are runs of {', '.join(sorted({run.record.full_name for run in runs}))}.")
    return found
