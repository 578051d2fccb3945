"""Why published values differ: those that were asked for, and what rules alone do to the replies of runs at hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from harness.base import names
from harness.data import catalog
from harness.metrics.base import Metric
from harness.runs.record import Record
from harness.stats.two_rules import Effect, effect
from harness.types import Task
from harness.views import contradictions, naming, published, selection, systems
from harness.views.contradictions import Contradiction

POINTS = 2.0
"""Hundredths within which values of one system are not called apart."""
_SHARES = ("exact_match", "accuracy")
"""Metrics that are the share of answers that are right, by one rule or another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleEffect:
    """One run's replies under two rules."""

    task: str
    name: str
    """What the run is called."""
    first: str
    """``name/variant`` of the rule that the effect is counted from."""
    second: str
    unit: str
    effect: Effect


def explained(task: str = "", system: str = "", *, metric: str = "", points: float = POINTS) -> list[Contradiction]:
    """The published values of each system side by side, those that lie furthest apart first.

    Args:
        task: A task's name, of all its forms; empty is all tasks.
        system: A published system in any spelling; with it single values are shown too, however near they lie.
        metric: Only this one; ``accuracy`` includes exact match.
        points: Without a system: only values further apart than this, in hundredths.

    Raises:
        UsageError: There is no such task, system or metric.
    """
    name = catalog.card(task).name if task else ""
    numbers = [number for number in published.read_reported() if name in ("", number.task)]
    if system:
        system = systems.named(system, {number.system for number in numbers})
        numbers = [number for number in numbers if number.system == system]
    side_by_side = contradictions.of_numbers(numbers, least=1 if system else 2)
    if metric:
        metric = names.named("metric of these published values", metric, {one.quantity for one in side_by_side})
    return [one for one in side_by_side if metric in ("", one.quantity) and (system or one.spread > points / 100)]


def measured(side_by_side: Sequence[Contradiction], results: Sequence[Path]) -> list[RuleEffect]:
    """The effects of rules on the complete runs of the tasks in question on real data.

    Each share of right answers is set against the rule that ranks, and the rules of one system's published values, where these are known,
    against each other.

    Args:
        side_by_side: From `explained`.
        results: Folders of runs; none is no runs.
    """
    tasks = {one.task.partition("@")[0] for one in side_by_side}
    runs = [
        run.record
        for run in (selection.select(results, none=True).runs if results else ())
        if run.record.data.kind == "real" and not run.record.not_ranked and run.record.task in tasks
    ]
    named = list(zip(runs, naming.names_of(runs), strict=True))
    told: list[RuleEffect] = []
    for full_name in dict.fromkeys(record.full_name for record in runs):
        own, task = [one for one in named if one[0].full_name == full_name], catalog.task(full_name)
        told += effects(own, task)
        # What stands between two of the published values themselves, beside what stands between each rule and the one that ranks.
        of_task = [one for one in side_by_side if one.task.partition("@")[0] == full_name.partition("@")[0]]
        made = {frozenset((one.first, one.second)) for one in told}
        between = dict.fromkeys(pair for one in of_task for pair in _rules_of(one))
        told += effects(own, task, [pair for pair in between if frozenset(pair) not in made])
    return told


def places(results: Sequence[Path] | None) -> list[Path]:
    """Where runs are looked for: the folders that were named, else ``results`` where that is.

    Raises:
        UsageError: A folder that was named does not exist or holds no run.
    """
    if results is None:
        return [Path("results")] if Path("results").is_dir() else []
    for folder in results:
        selection.run_folders(folder)
    return list(results)


def effects(named: Iterable[tuple[Record, str]], task: Task[Any], wanted: Sequence[tuple[str, str]] | None = None) -> list[RuleEffect]:
    """The effects of rules on the whole set of each run.

    Args:
        named: Runs of the task and what they are called.
        task: The task, for the definitions of its metrics.
        wanted: Pairs of rules as ``name/variant``; None sets every share of right answers against the one that ranks.
    """
    rules = {f"{metric.name}/{metric.variant}": metric for metric in task.metrics if not metric.slices or "all" in metric.slices}
    first = next(iter(rules))
    shares = [(first, other) for other, metric in rules.items() if other != first and metric.name in _SHARES]
    rule_effects = []
    for record, name in named:
        for one, other in shares if wanted is None else wanted:
            if one in rules and other in rules and (moved := _measured(record, rules[one], rules[other])) is not None:
                unit = rules[one].unit
                rule_effects.append(RuleEffect(task=record.full_name, name=name, first=one, second=other, unit=unit, effect=moved))
    return rule_effects


def _rules_of(one: Contradiction) -> list[tuple[str, str]]:
    """The pairs of known rules among a system's published values, in their order."""
    rules = list(dict.fromkeys(f"{number.metric}/{number.metric_variant}" for number in one.values if number.metric_variant != "unknown"))
    return [(first, second) for place, first in enumerate(rules) for second in rules[place + 1 :]]


def _measured(record: Record, first: Metric, second: Metric) -> Effect | None:
    """None where the run was not scored under both rules as they are defined here."""
    scored = {(estimate.metric, estimate.variant): estimate.signature for estimate in record.estimates if estimate.slice == "all"}
    if any(scored.get((metric.name, metric.variant)) != metric.signature for metric in (first, second)):
        return None
    tables = [record.measures[metric.measure.name].statistics for metric in (first, second)]
    left, right = tables
    if left is None or right is None:
        return None
    everything = np.ones(len(record.samples), dtype=np.bool_)
    groups = [sample.group for sample in record.samples]
    return effect((first, left), (second, right), rows=everything, groups=groups, plan=record.bootstrap)
