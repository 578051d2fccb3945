"""A task with further metrics than its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from harness.base.names import meant
from harness.errors import UsageError
from harness.metrics import registry
from harness.metrics.base import Metric
from harness.metrics.evaluate_modules import PREFIX, from_evaluate
from harness.metrics.labels import classification
from harness.types import Task


def extended(task: Task[Any], names: Sequence[str]) -> Task[Any]:
    """The task with further metrics behind its own; those it computes already are not repeated.

    Args:
        task: From `catalog.task`.
        names: ``name/variant``, a name that has one variant here, or ``evaluate:NAME``.

    Raises:
        UsageError: A name is unknown, has several variants, or compares something that the task does not have.
    """
    metrics = {metric.signature: metric for metric in task.metrics}
    own = {f"{metric.name}/{metric.variant}" for metric in task.metrics}
    for name in names:
        if meant(name, own) not in own:
            chosen = from_evaluate(name) if name.startswith(PREFIX) else _pick(task, name)
            metrics.setdefault(chosen.signature, chosen)
    return replace(task, metrics=classification.fitted(tuple(metrics.values()), task.card.labels))


def recorded(task: Task[Any], signatures: Iterable[str]) -> Task[Any]:
    """The task with the registered metrics of these signatures behind its own, in their order: as a run with further metrics was made."""
    known = {metric.signature: metric for metric in registry.registered()}
    own = {metric.signature for metric in task.metrics}
    further = [known[signature] for signature in dict.fromkeys(signatures) if signature in known and signature not in own]
    return replace(task, metrics=classification.fitted((*task.metrics, *further), task.card.labels))


def _pick(task: Task[Any], name: str) -> Metric:
    name = registry.spelled(name)
    metric_name, _, variant = name.partition("/")
    named = [metric for metric in registry.find(name) if metric.name == metric_name]
    if not named:
        raise UsageError(f"'{name}' is a variant; write NAME/{name}, as listed by: harness metrics {name}")
    fitting = [metric for metric in named if fits(metric, task)]
    if not fitting:
        reads = registry.family(named[0])
        raise UsageError(
            f"{task.card.full_name}: {name} compares {'a ' + reads.reads if reads else 'something else'}, which this task does not ask for."
            f" Its own metrics: harness show {task.card.full_name}"
        )
    if not variant and len({metric.variant for metric in fitting}) > 1:
        listed = ", ".join(dict.fromkeys(f"{metric.name}/{metric.variant}" for metric in fitting))
        raise UsageError(f"'{name}' has several variants: {listed}. Name one; they are explained by: harness metrics {name}")
    return fitting[0]


def fits(metric: Metric, task: Task[Any]) -> bool:
    """Whether a task asks for what a metric compares."""
    mine = registry.family(metric)
    if mine is None:
        return True
    # The objects themselves: two families may sign a measurement of their own alike.
    kinds = {entry.reads for entry in registry.TABLE for own in task.metrics if own in entry.metrics}
    return mine.reads in (kinds or {"class" if task.card.labels else "text"})
