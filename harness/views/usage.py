"""Which tasks compute a metric, and everything known of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

from msgspec import Struct

from harness.data import catalog
from harness.metrics import registry
from harness.metrics.base import Metric
from harness.metrics.formulas import formula
from harness.types import Task


class Entry(Struct, frozen=True, kw_only=True):
    """A registered metric and where it is used."""

    metric: Metric
    family: str
    formula: str
    protocol: str
    """The publication whose evaluation it reproduces; empty for a score of our own or of a common library."""
    tasks: tuple[str, ...]
    """The tasks that compute it, with the variants that alone do; empty where it must be named."""

    def as_json(self) -> dict[str, Any]:
        """The entry as ``harness metrics --json`` prints it."""
        metric = self.metric
        return {
            "name": metric.name,
            "variant": metric.variant,
            "signature": metric.signature,
            "family": self.family,
            "unit": metric.unit,
            "higher_is_better": metric.higher_is_better,
            "summary": metric.summary,
            "formula": self.formula,
            "source": metric.source,
            "protocol": self.protocol,
            "pitfalls": list(metric.pitfalls),
            "known_defects": [asdict(defect) for defect in metric.known_defects],
            "needs": sorted(metric.measure.needs),
            "slices": list(metric.slices),
            "tasks": list(self.tasks),
        }


def of(metrics: Iterable[Metric], task_dirs: Sequence[Path] = ()) -> tuple[Entry, ...]:
    """Each metric with what is known of it.

    Args:
        metrics: From `registry`.
        task_dirs: Folders of the user's own tasks.
    """
    computed: dict[str, list[str]] = {}
    for task, signatures in _signatures(task_dirs).items():
        for signature in signatures:
            computed.setdefault(signature, []).append(task)
    return tuple(
        Entry(
            metric=metric,
            family=family.name if (family := registry.family(metric)) else registry.brought_by(metric),
            formula=formula(metric.name, metric.variant),
            protocol=registry.PUBLISHED.get(metric.variant, ""),
            tasks=tuple(computed.get(metric.signature, ())),
        )
        for metric in metrics
    )


def _signatures(task_dirs: Sequence[Path]) -> dict[str, frozenset[str]]:
    """What each task computes; a task's variant has a row of its own where it computes more."""
    tasks = catalog.tasks(catalog.names(task_dirs), task_dirs)
    others = iter(catalog.tasks((f"{task.card.name}@{variant}" for task in tasks for variant in task.card.variants), task_dirs))
    computed: dict[str, frozenset[str]] = {}
    for task in tasks:
        own = computed[task.card.name] = _computed(task)
        for other in islice(others, len(task.card.variants)):
            if more := _computed(other) - own:
                computed[other.card.full_name] = more
    return computed


def _computed(task: Task[Any]) -> frozenset[str]:
    return frozenset(metric.signature for metric in task.metrics)
