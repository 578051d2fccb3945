"""Standings: the rank of each run among those that compare with it, and each system's place over the tasks.

A rank is 1 plus the number of other systems that are significantly better, so systems that cannot be told apart share one. A system is
what has one name, however many runs it has; it is better where any of its runs is. Where models of one name are two and nothing that
their records say of them tells which is which (two servers of one id), the digest of the model is part of its name. The p-values of the
paired tests are adjusted (Holm) over all pairs of runs of different systems on the task, each tested once. Only complete runs on the
official data compete, and only within equal scoring ids.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

from harness.data import catalog
from harness.errors import UsageError
from harness.runs.record import Record
from harness.types import Task
from harness.views.contests import Duel, duels
from harness.views.kept import Keeper
from harness.views.same_data import fingerprints_of, same_data
from harness.views.sides import Pair


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One system over all tasks that it was run on."""

    system: str
    tasks: tuple[str, ...]
    """Those on which it has a ranked run."""
    of_paper: int
    """How many of these are among the 25."""
    mean_rank: float
    """Over its own tasks alone: two systems with different tasks have different means."""
    wins: int
    """Tasks on which no system is significantly better."""
    verified: int
    """Tasks on which the run that counts was verified against the release where it lies (``verified.json`` beside it)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heat:
    """The runs that are ranked together, under one scoring id, by the names that the caller gave them."""

    duels: Mapping[Pair, Duel]
    """Those of runs of different systems that may be compared, each fought once."""
    ranks: Mapping[str, int]
    """Of every run that has one."""


def ranks(runs: Mapping[str, Record], task_dirs: Sequence[Any] = (), keeper: Keeper | None = None) -> dict[str, int]:
    """The rank of each run that competes, by the name that the mapping gives it. Arguments as `heats` takes them.

    A run has no rank where a test against another system could not be made: for want of resamples or of a second group, or because the
    metric that ranked it is defined otherwise here.
    """
    return {name: rank for heat in heats(runs, task_dirs, keeper) for name, rank in heat.ranks.items()}


def heats(runs: Mapping[str, Record], task_dirs: Sequence[Any] = (), keeper: Keeper | None = None) -> list[Heat]:
    """The runs that compete, ranked within each scoring id.

    Args:
        runs: Any name, such as a folder, to a record.
        task_dirs: Folders of the user's own tasks.
        keeper: Where the tests of earlier calls are kept; None makes all of them.
    """
    ranked = []
    for names in _rivals(runs).values():
        task = _task(runs[names[0]], task_dirs)
        if task is not None:
            ranked.append(_heat({name: runs[name] for name in names}, task, keeper))
    return ranked


def _heat(runs: Mapping[str, Record], task: Task[Any], keeper: Keeper | None) -> Heat:
    system = systems_of(runs)
    rivals = [(one, other) for one, other in combinations(runs, 2) if system[one] != system[other]]
    # Runs that do not compare are ranked apart; those that do and still have no test have no rank.
    fought = duels(runs, rivals, task, keeper)
    better: dict[str, set[str]] = {name: set() for name in runs}
    untested: set[str] = set()
    for (one, other), duel in fought.items():
        if duel.p is None:
            untested |= {one, other}
        elif duel.better:
            better[one if duel.better == other else other].add(system[duel.better])
    return Heat(duels=fought, ranks={name: 1 + len(systems) for name, systems in better.items() if name not in untested})


def unranked(runs: Mapping[str, Record], ranked: Mapping[str, int]) -> list[str]:
    """The tasks on which runs that compete have no rank."""
    return sorted({runs[name].full_name for names in _rivals(runs).values() for name in names if name not in ranked})


def apart(runs: Mapping[str, Record]) -> list[str]:
    """The tasks on which runs that would compete were shown different pictures or questions, and are therefore not ranked together."""
    tasks = set()
    for names in _rivals(runs).values():
        kinds = {fingerprints_of(runs[name]): runs[name] for name in names}.values()  # one run for all that say the same of their data
        if any(not same_data(one, other) for one, other in combinations(kinds, 2)):
            tasks.add(runs[names[0]].full_name)
    return sorted(tasks)


def standings(runs: Mapping[str, Record], ranked: Mapping[str, int], verified: Collection[str] = ()) -> list[Standing]:
    """Each system's place: those that cover more of the 25 first, then those with the lower mean rank.

    Where a system has several ranked runs of a task, the best one counts; of equal ones, one that was verified.

    Args:
        runs: Any name, such as a folder, to a record.
        ranked: From `ranks`.
        verified: The names of the runs that were verified against the release.
    """
    system = systems_of(runs)
    best: dict[str, dict[str, int]] = {}
    shown: dict[str, set[str]] = {}
    for name, rank in sorted(ranked.items(), key=lambda item: (item[1], item[0] not in verified)):
        record = runs[name]
        own = best.setdefault(system[name], {})
        if record.full_name not in own:
            own[record.full_name] = rank
            shown.setdefault(system[name], set()).update({name} & set(verified))
    placed = [
        Standing(
            system=system,
            tasks=tuple(sorted(tasks)),
            of_paper=sum(1 for task in tasks if task in catalog.PAPER),
            mean_rank=sum(tasks.values()) / len(tasks),
            wins=sum(1 for rank in tasks.values() if rank == 1),
            verified=len(shown[system]),
        )
        for system, tasks in best.items()
    ]
    return sorted(placed, key=lambda standing: (-standing.of_paper, standing.mean_rank, standing.system))


def _rivals(runs: Mapping[str, Record]) -> dict[str, list[str]]:
    """Scoring id of the ranking metric to the runs that compete under it."""
    by_scoring_id: dict[str, list[str]] = {}
    for name, record in runs.items():
        if not record.not_ranked and record.data.kind == "real" and record.estimates[0].value is not None:
            by_scoring_id.setdefault(record.estimates[0].scoring_id, []).append(name)
    return by_scoring_id


def _task(record: Record, task_dirs: Sequence[Any]) -> Task[Any] | None:
    """The task of a record; None where it is a plug-in's that is not installed here."""
    try:
        return catalog.task(record.full_name, task_dirs)
    except UsageError:
        return None


def systems_of(runs: Mapping[str, Record]) -> dict[str, str]:
    """The system of each run: its name, with the digest of the model where nothing else tells two models of one name apart."""
    digests: dict[tuple[str, str], set[str]] = {}
    told = {name: (record.full_name, json.dumps(asdict(record.model), sort_keys=True)) for name, record in runs.items()}
    for name, record in runs.items():
        digests.setdefault(told[name], set()).add(_digest(record))
    several = {record.model.name for name, record in runs.items() if len(digests[told[name]] - {""}) > 1}
    return {
        name: f"{own} (model {_digest(record)[:8]})" if (own := record.model.name) in several and _digest(record) else own
        for name, record in runs.items()
    }


def _digest(record: Record) -> str:
    return record.prompting.model_digest
