"""Summaries: ROUGE as the rouge-score package has it, METEOR, and BiomedGPT's way of scoring them."""

from __future__ import annotations

import re

import numpy as np

from harness.metrics import gigaword, treatments
from harness.metrics.base import Context, Floats, Measure, Metric, Samples, Statistics
from harness.metrics.captions import METEOR, columns, mean
from harness.metrics.rouge import KINDS, rouge

_SHOWN = ("rouge_l", "rouge_1", "rouge_2")
_RESAMPLES, _SEED = 1000, 0


def _stemmed(samples: Samples, context: Context) -> Statistics:
    return columns(**rouge(treatments.plain(samples, context), stemmer=True))


def bootstrap_medians(scores: Floats) -> Floats:
    """The median of 1,000 resampled means of each column, which rouge-score's aggregator calls ``mid``.

    Args:
        scores: [n, k], the columns resampled one after the other.

    Returns:
        [k]. After ``numpy.random.seed(0)`` the aggregator draws the same samples.
    """
    draws = np.random.RandomState(_SEED)
    n = len(scores)
    medians = [np.median([column[draws.choice(n, size=n)].mean() for _ in range(_RESAMPLES)]) for column in scores.T] if n else []
    return np.array(medians)


def _biomedgpt(samples: Samples, context: Context) -> Statistics:
    texts = treatments.plain(samples, context).map(gigaword.hypothesis, str.lower)
    scores = rouge(texts, stemmer=True)
    statistics = columns(**scores)
    # A set is the same in any order, and seeded draws pick rows by place: the order is that of the ids.
    order = sorted(range(len(samples)), key=lambda row: _natural(samples.ids[row]))
    table = np.column_stack([scores[kind] for kind in KINDS])[order]
    shift = bootstrap_medians(table) - table.mean(axis=0) if len(table) else np.zeros(len(KINDS))
    fixed = {f"median_minus_mean_{kind}": float(by) for kind, by in zip(KINDS, shift, strict=True)}
    return Statistics(names=statistics.names, table=statistics.table, fixed=fixed)


def _natural(name: str) -> list[tuple[int, str]]:
    """A key that sorts 2 before 10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name) if part]


def _median(kind: str, statistics: Statistics, weights: Floats) -> Floats:
    return mean(kind)(statistics, weights) + float(statistics.fixed[f"median_minus_mean_{kind}"])


_STEM = Measure(name="rouge_stem", run=_stemmed)
_BIOMEDGPT = Measure(name="rouge_biomedgpt", run=_biomedgpt)
_SOURCE = "Lin (2004); rouge-score 0.1.2"
_LATIN = 'Everything but a-z and 0-9 separates words: "3.2" is two, and text in another script scores 0.'


def _title(kind: str) -> str:
    return kind.upper().replace("_", "-")


CANONICAL: tuple[Metric, ...] = (
    *(
        Metric(
            name=kind,
            variant="stem",
            measure=_STEM,
            value=mean(kind),
            options={"text": "a-z0-9,lower", "stemmer": "porter", "aggregation": "mean", "score": "f1", "references": "best"},
            summary=f"{_title(kind)} F1 with stemming, mean over samples.",
            source=_SOURCE,
            pitfalls=(
                "The package's own aggregation is the median of random resamples and moves from run to run; this is the mean.",
                _LATIN,
            ),
        )
        for kind in _SHOWN
    ),
    METEOR,
)
"""Ours; the first one ranks."""

VARIANTS: tuple[Metric, ...] = tuple(
    Metric(
        name=kind,
        variant=variant,
        measure=_BIOMEDGPT,
        value=value,
        options={
            "text": "a-z0-9,lower; hypothesis: tokens repaired, 1 masked",
            "stemmer": "porter",
            "aggregation": aggregation,
            "score": "f1",
            "references": "best",
        },
        summary=f"{_title(kind)} F1 as BiomedGPT scores summaries, {aggregation}.",
        source=f"BiomedGPT (Zhang et al., 2024), public evaluation; {_SOURCE}",
        pitfalls=(
            'The digit 1 becomes "#" in the hypothesis alone, a rule of the Gigaword corpus: a perfect system stays below 1.',
            *pitfalls,
            _LATIN,
        ),
    )
    for kind in _SHOWN
    for variant, aggregation, value, pitfalls in (
        (
            "biomedgpt",
            f"median of {_RESAMPLES} resampled means, seed {_SEED}",
            lambda statistics, weights, kind=kind: _median(kind, statistics, weights),
            (
                "The published script sets no seed; ours draws rows in the order of their ids.",
                "On slices and in intervals the median keeps its distance to the mean of the whole set.",
            ),
        ),
        ("biomedgpt-mean", "mean", mean(kind), ()),
    )
)
"""As BiomedGPT scores summaries."""

SUMMARIES: tuple[Metric, ...] = (*CANONICAL, *VARIANTS)
"""What every summarization task computes; the first one ranks."""
