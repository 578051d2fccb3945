"""Why published values differ: those that were asked for, and what rules alone do to the replies of runs at hand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness.base import names
from harness.data import catalog
from harness.views import contradictions, naming, published, rule_effects, selection, systems
from harness.views.contradictions import Contradiction
from harness.views.rule_effects import RuleEffect

POINTS = 2.0
"""Hundredths within which values of one system are not called apart."""


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
    found = contradictions.of_numbers(numbers, least=1 if system else 2)
    if metric:
        metric = names.named("metric of these published values", metric, {one.quantity for one in found})
    return [one for one in found if metric in ("", one.quantity) and (system or one.spread > points / 100)]


def measured(found: Sequence[Contradiction], results: Sequence[Path]) -> list[RuleEffect]:
    """The effects of rules on the complete runs of the tasks in question on real data.

    Each share of right answers is set against the rule that ranks, and the rules of one system's published values, where these are known,
    against each other.

    Args:
        found: From `explained`.
        results: Folders of runs; none is no runs.
    """
    tasks = {one.task.partition("@")[0] for one in found}
    runs = [
        run.record
        for run in (selection.select(results, none=True).runs if results else ())
        if run.record.data.kind == "real" and not run.record.not_ranked and run.record.task in tasks
    ]
    named = list(zip(runs, naming.names_of(runs), strict=True))
    effects: list[RuleEffect] = []
    for full_name in dict.fromkeys(record.full_name for record in runs):
        own, task = [one for one in named if one[0].full_name == full_name], catalog.task(full_name)
        effects += rule_effects.effects(own, task)
        # What stands between two of the published values themselves, beside what stands between each rule and the one that ranks.
        of_task = [one for one in found if one.task.partition("@")[0] == full_name.partition("@")[0]]
        made = {frozenset((effect.first, effect.second)) for effect in effects}
        between = dict.fromkeys(pair for one in of_task for pair in rule_effects.rules_of(one))
        effects += rule_effects.effects(own, task, [pair for pair in between if frozenset(pair) not in made])
    return effects


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
