"""Samples of a few lines for tests of metrics, and a metric's value on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from harness.metrics.base import Context, Metric, Samples

Rows = Sequence[tuple[str | None, str | tuple[str, ...]]]
"""What was said and what was expected, or all that may be; None could not be read."""


def of(
    said: Sequence[Any],
    targets: Sequence[Any],
    *,
    references: Sequence[Sequence[Any]] | None = None,
    tags: Mapping[str, Sequence[str]] | None = None,
    ids: Sequence[str] | None = None,
    groups: Sequence[str] | None = None,
    choices: Sequence[str] = (),
    scores: Sequence[Sequence[float] | None] | None = None,
) -> Samples:
    """Samples with a number for an id and a group of their own, where none are given.

    Args:
        said: The prediction of each, which is its reply as well; None could not be read.
        targets: What each should be, and the only reference where no ``references`` are given.
        references: All that is right, for each.
        tags: Dimension to one value per sample.
        ids: Of the samples.
        groups: What is resampled together.
        choices: Of all samples alike.
        scores: Logarithms of the choices' probabilities, for each.
    """
    n = len(targets)
    numbers = [str(i) for i in range(n)]
    return Samples(
        ids=ids or numbers,
        replies=[text or "" for text in said],
        predictions=said,
        choice_log_probs=scores or [None] * n,
        targets=targets,
        references=references or [(target,) for target in targets],
        tags=tags or {},
        groups=groups or numbers,
        choices=[tuple(choices)] * n,
    )


def answered(rows: Sequence[tuple[str | None, str, str]]) -> Samples:
    """Answers to questions: (reply, target, answer type) each; None could not be read, or its call failed."""
    return of([row[0] for row in rows], [row[1] for row in rows], tags={"answer_type": [row[2] for row in rows]})


def texts(rows: Rows) -> Samples:
    """(prediction, reference or all of them) each."""
    references = [row[1] if isinstance(row[1], tuple) else (row[1],) for row in rows]
    return of([row[0] for row in rows], [row[0] for row in references], references=references)


def value(metric: Metric, given: Samples, context: Context | None = None) -> float:
    """The metric of the whole set."""
    return float(metric.value(metric.measure.run(given, context or Context()), np.ones((1, len(given))))[0])


def named(name: str, variant: str, metrics: Sequence[Metric]) -> Metric:
    """The one metric of that name and variant."""
    [found] = [metric for metric in metrics if (metric.name, metric.variant) == (name, variant)]
    return found
