"""METEOR 1.5 from its sufficient statistics, so that any weighting of samples is one matrix product."""

from __future__ import annotations

import numpy as np

from harness.metrics.base import Floats, Statistics
from harness.metrics.java import N_STATISTICS

_ALPHA, _BETA, _GAMMA, _DELTA = 0.85, 0.2, 0.6, 0.75
_STAGES = np.array([1.0, 0.6, 0.8, 0.6])
"""Weights of exact, stem, synonym and paraphrase matches; all as tuned for English (Denkowski and Lavie, 2014)."""

COLUMNS = (
    "said", "expected", "said_function", "expected_function",
    *(f"{stage}_{kind}" for stage in ("exact", "stem", "synonym", "paraphrase")
      for kind in ("said_content", "expected_content", "said_function", "expected_function")),
    "chunks", "said_matched", "expected_matched",
)  # fmt: skip
"""In the order in which METEOR prints them."""

assert len(COLUMNS) == N_STATISTICS


def final(totals: Floats) -> Floats:
    """Scores from summed statistics.

    Args:
        totals: [b, 23].

    Returns:
        [b] in [0, 1]; 0 where nothing was said or nothing matched, as METEOR has it.
    """
    said, expected, said_function, expected_function = totals[:, 0:4].T
    stages = totals[:, 4:20].reshape(len(totals), 4, 4)
    said_content, expected_content, said_words, expected_words = np.moveaxis(stages, 2, 0)
    chunks, said_matched, expected_matched = totals[:, 20:23].T
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = (_DELTA * said_content @ _STAGES + (1 - _DELTA) * said_words @ _STAGES) / (
            _DELTA * (said - said_function) + (1 - _DELTA) * said_function
        )
        recall = (_DELTA * expected_content @ _STAGES + (1 - _DELTA) * expected_words @ _STAGES) / (
            _DELTA * (expected - expected_function) + (1 - _DELTA) * expected_function
        )
        mean = 1 / ((1 - _ALPHA) / precision + _ALPHA / recall)
        fragmentation = chunks / ((said_matched + expected_matched) / 2)
        score = mean * (1 - _GAMMA * fragmentation**_BETA)
    return np.nan_to_num(np.where((precision > 0) & (recall > 0), score, 0.0))


def whole_matches_cost_nothing(table: Floats) -> Floats:
    """Statistics with no chunk for segments that are one whole match: METEOR charges them no fragmentation, nor in the corpus score."""
    said, expected = table[:, 0], table[:, 1]
    whole = (table[:, 20] == 1) & (table[:, 21] == said) & (table[:, 22] == expected)
    adjusted = table.copy()
    adjusted[whole, 20] = 0.0
    return adjusted


def value(statistics: Statistics, weights: Floats) -> Floats:
    """The corpus score under each row of weights; NaN where no sample has weight."""
    totals = weights @ statistics.table
    return np.where(weights.sum(axis=1) > 0, final(totals), np.nan)
