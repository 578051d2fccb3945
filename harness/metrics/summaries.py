"""Summaries: ROUGE as the rouge-score package has it, and METEOR."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from harness.metrics.base import Context, Floats, Measure, Metric, Samples, Statistics
from harness.metrics.captions import METEOR
from harness.text import one_line

_KINDS = ("rougeL", "rouge1", "rouge2")


def _rouge(samples: Samples, context: Context) -> Statistics:  # noqa: ARG001  the texts alone decide
    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer(list(_KINDS), use_stemmer=True)
    rows = []
    for prediction, references in zip(samples.predictions, samples.references, strict=True):
        scores = scorer.score_multi([one_line(reference) for reference in references], one_line(prediction or ""))
        rows.append([1.0, *(scores[kind].fmeasure for kind in _KINDS)])
    return Statistics(names=("n", *_KINDS), table=np.array(rows, dtype=np.float64).reshape(len(rows), 1 + len(_KINDS)))


def _mean(column: int) -> Callable[[Statistics, Floats], Floats]:
    return lambda statistics, weights: (weights @ statistics.table[:, column]) / (weights @ statistics.table[:, 0])


_ROUGE = Measure(name="rouge_stem", run=_rouge)
_NAMES = {"rougeL": "rouge_l", "rouge1": "rouge_1", "rouge2": "rouge_2"}

SUMMARIES: tuple[Metric, ...] = (
    *(
        Metric(
            name=_NAMES[kind],
            variant="stem",
            measure=_ROUGE,
            value=_mean(column),
            options={"stemmer": "porter", "aggregation": "mean", "score": "f1", "tokens": "a-z0-9"},
            summary=f"{kind.replace('rouge', 'ROUGE-')} F1 with stemming, mean over samples.",
            source="Lin (2004); rouge-score 0.1.2",
            pitfalls=(
                "The package's own aggregation is the median of random resamples and moves from run to run; this is the mean.",
                "Everything but a-z and 0-9 is dropped: text in another script scores 0.",
            ),
        )
        for column, kind in enumerate(_KINDS, start=1)
    ),
    METEOR,
)
"""What every summarization task computes; the first one ranks."""
