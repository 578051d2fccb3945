"""From samples to statistics to a value: answers, labels, texts, clinical reports, and the registry.

`as_evaluate` gives any metric to code that uses the `evaluate` library.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.metrics.base import Metric


_SHOWN = {
    "captions": "texts",
    "summaries": "texts",
    "classification": "labels",
    "multilabel": "labels",
    "ranking": "labels",
}
"""The modules that adapters choose their metrics from, each by its own name, and the wing it stands in."""


def __getattr__(name: str) -> Any:
    """A module of a wing by its own name, when it is first asked for."""
    if name not in _SHOWN:
        raise AttributeError(f"module 'harness.metrics' has no attribute '{name}'")
    return importlib.import_module(f"harness.metrics.{_SHOWN[name]}.{name}")


def as_evaluate(metric: Metric | str, variant: str = "", *, labels: Sequence[str] = (), cache_dir: str | None = None) -> Any:
    """A metric of ours as an ``evaluate.Metric``, as in ``as_evaluate("bleu_4/coco-ptb").compute(predictions=…, references=…)``.

    Args:
        metric: ``name/variant``, a name that has one variant, or the metric itself.
        variant: The variant where ``metric`` is a name alone.
        labels: The classes, for a metric of classification.
        cache_dir: Where the library keeps its files; None is its own folder.

    Raises:
        UsageError: The name is unknown or has several variants, or the metric is made from scores.
    """
    from harness.errors import UsageError
    from harness.metrics.evaluate_metrics import evaluate_metric

    if isinstance(metric, str):
        from harness.metrics import registry

        name = f"{metric}/{variant}" if variant else metric
        variants = registry.find(name)
        if len(variants) > 1:
            raise UsageError(f"'{name}' is several metrics: {', '.join(f'{each.name}/{each.variant}' for each in variants)}. Name one.")
        metric = variants[0]
    return evaluate_metric(metric, labels=labels, cache_dir=cache_dir)
