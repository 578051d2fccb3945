"""Our metrics for code that already calls the `evaluate` library: ``as_evaluate("bleu_4/coco-ptb").compute(…)``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harness.base import extras
from harness.base.arrays import np
from harness.errors import UsageError
from harness.metrics.base import Context, Metric, NotComputed, Samples


def library() -> Any:
    """The package evaluate, imported; it imports transformers, and that torchvision, where they are installed."""
    extras.required("the library evaluate", "evaluate", "datasets")
    if extras.is_here("torch") and extras.is_here("torchvision"):
        from harness.base import torch_vision

        torch_vision.ready()  # a misfit of torchvision would take the library with it
    import evaluate

    return evaluate


def evaluate_metric(metric: Metric, *, labels: Sequence[str] = (), cache_dir: str | None = None) -> Any:
    """The metric as an ``evaluate.Metric``: ``compute``, ``add`` and ``add_batch`` with texts, and texts or lists of texts as references.

    ``compute(predictions=…, references=…)`` returns ``{name: value}``. A value that is undefined or cannot be computed here is None,
    with the reason under ``note``; a note stands beside a value that needs one. There is no interval: that is what a run is for.

    Args:
        metric: One that is made from texts.
        labels: The classes, for a metric of classification; a prediction that is none of them is unparsed.
        cache_dir: Where the library keeps its files; None is its own folder.

    Raises:
        UsageError: The metric is made from scores.
    """
    if "choice_log_probs" in metric.measure.needs:
        raise UsageError(f"{metric.name}/{metric.variant} is made from scores, and predictions are texts here; run it on a task.")
    evaluate = library()
    import datasets

    base: Any = evaluate.Metric
    text = datasets.Value("string")
    several = datasets.Features({"predictions": text, "references": datasets.Sequence(text)})
    one = datasets.Features({"predictions": text, "references": text})
    about = evaluate.MetricInfo(
        description=metric.summary or metric.name,
        citation=metric.source,
        inputs_description="predictions: texts; references: a text each, or the acceptable texts of each.\n",
        features=[several, one],
    )

    class Ours(base):  # type: ignore[misc]
        """The wrapped metric."""

        signature = metric.signature

        def _info(self) -> Any:
            return about

        def _compute(self, predictions: Sequence[str], references: Sequence[Any]) -> dict[str, Any]:
            return score(metric, predictions, references, labels)

    Ours.__name__ = Ours.__qualname__ = "".join(part.title() for part in metric.name.split("_"))
    return Ours(keep_in_memory=True, cache_dir=cache_dir, seed=0)


def score(metric: Metric, predictions: Sequence[str], references: Sequence[Any], labels: Sequence[str] = ()) -> dict[str, Any]:
    """``{name: value}`` of a metric on bare texts, with a ``note`` where one is needed.

    Args:
        metric: One that is made from texts.
        predictions: n texts; an empty one, or one that is none of the labels, could not be read.
        references: n texts, or n lists of acceptable texts; the first of a list is the target.
        labels: The classes, for a metric of classification.

    Raises:
        UsageError: A sample has no reference.
    """
    try:
        statistics = metric.measure.run(bare(predictions, references, labels), Context(labels=tuple(labels)))
    except NotComputed as reason:
        return {metric.name: None, "note": f"not computed: {reason}"}
    with np.errstate(all="ignore"):
        value = float(metric.value(statistics, np.ones((1, len(predictions))))[0])
    if not np.isfinite(value):
        return {metric.name: None, "note": "; ".join(part for part in ("undefined on this set", statistics.note) if part)}
    return {metric.name: value, **({"note": statistics.note} if statistics.note else {})}


def bare(predictions: Sequence[str], references: Sequence[Any], labels: Sequence[str] = ()) -> Samples:
    """Bare texts as samples, each a group of its own; arguments and errors as of `score`."""
    rows = [(row,) if isinstance(row, str) else tuple(row) for row in references]
    if not all(rows):
        raise UsageError(f"sample {rows.index(())} has no reference; each needs one.")
    n = len(predictions)
    numbers = [str(i) for i in range(n)]
    return Samples(
        ids=numbers,
        replies=predictions,
        predictions=[text if text.strip() and (not labels or text in labels) else None for text in predictions],
        choice_log_probs=[None] * n,
        targets=[row[0] for row in rows],
        references=rows,
        tags={},
        groups=numbers,
        choices=[tuple(labels)] * n,
    )
