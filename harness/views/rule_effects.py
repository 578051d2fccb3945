"""How much a rule alone moves a value: runs at hand, the same replies under each rule of a task, against the rule that ranks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.metrics.base import Metric
from harness.runs.record import Record
from harness.stats.two_rules import Effect, effect
from harness.types import Task
from harness.views.contradictions import Contradiction

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
    found = []
    for record, name in named:
        for one, other in shares if wanted is None else wanted:
            if one in rules and other in rules and (measured := _measured(record, rules[one], rules[other])) is not None:
                unit = rules[one].unit
                found.append(RuleEffect(task=record.full_name, name=name, first=one, second=other, unit=unit, effect=measured))
    return found


def rules_of(one: Contradiction) -> list[tuple[str, str]]:
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
