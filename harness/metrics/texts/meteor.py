"""METEOR 1.5: the jar aligns each hypothesis once; the score is made from its sufficient statistics under any weights."""

from __future__ import annotations

import hashlib
from contextlib import closing

from harness.base import beside
from harness.base.arrays import np
from harness.metrics.base import Context, Floats, Measure, Metric, NotComputed, Samples, Statistics
from harness.metrics.texts import java, meteor_lines, meteor_process, paraphrases
from harness.metrics.texts.treatments import Texts, Treatment

_ALPHA, _BETA, _GAMMA, _DELTA = 0.85, 0.2, 0.6, 0.75
_STAGES = (1.0, 0.6, 0.8, 0.6)
"""Weights of exact, stem, synonym and paraphrase matches; all as tuned for English (Denkowski and Lavie, 2014)."""
_AT_ONCE = 200
_WORTH_A_TABLE = 200
"""Questions from which cutting the table of paraphrases takes less time than it saves."""

COLUMNS = (
    "said", "expected", "said_function", "expected_function",
    *(f"{stage}_{kind}" for stage in ("exact", "stem", "synonym", "paraphrase")
      for kind in ("said_content", "expected_content", "said_function", "expected_function")),
    "chunks", "said_matched", "expected_matched",
)  # fmt: skip
"""In the order in which METEOR prints them."""


def final(totals: Floats) -> Floats:
    """Scores from summed statistics.

    Args:
        totals: [b, 23].

    Returns:
        [b] in [0, 1]; 0 where nothing was said or nothing matched, as METEOR has it.
    """
    hypothesis_length, expected_length, hypothesis_function, expected_function = totals[:, 0:4].T
    stages = totals[:, 4:20].reshape(len(totals), 4, 4)
    hypothesis_content, expected_content, hypothesis_words, expected_words = np.moveaxis(stages, 2, 0)
    chunks, hypothesis_matched, expected_matched = totals[:, 20:23].T
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = (_DELTA * hypothesis_content @ _STAGES + (1 - _DELTA) * hypothesis_words @ _STAGES) / (
            _DELTA * (hypothesis_length - hypothesis_function) + (1 - _DELTA) * hypothesis_function
        )
        recall = (_DELTA * expected_content @ _STAGES + (1 - _DELTA) * expected_words @ _STAGES) / (
            _DELTA * (expected_length - expected_function) + (1 - _DELTA) * expected_function
        )
        mean = 1 / ((1 - _ALPHA) / precision + _ALPHA / recall)
        fragmentation = chunks / ((hypothesis_matched + expected_matched) / 2)
        score = mean * (1 - _GAMMA * fragmentation**_BETA)
    return np.nan_to_num(np.where((precision > 0) & (recall > 0), score, 0.0))


def whole_matches_cost_nothing(table: Floats) -> Floats:
    """Statistics with no chunk for segments that are one whole match: METEOR charges them no fragmentation, nor in the corpus score."""
    hypothesis_length, expected_length = table[:, 0], table[:, 1]
    whole = (table[:, 20] == 1) & (table[:, 21] == hypothesis_length) & (table[:, 22] == expected_length)
    adjusted = table.copy()
    adjusted[whole, 20] = 0.0
    return adjusted


def value(statistics: Statistics, weights: Floats) -> Floats:
    """The corpus score under each row of weights; NaN where no sample has weight."""
    totals = weights @ statistics.table
    return np.where(weights.sum(axis=1) > 0, final(totals), np.nan)


def table(texts: Texts) -> Floats:
    """METEOR's 23 sufficient statistics of each sample, [n, 23], from the cache on disk or the jar.

    Raises:
        NotComputed: There is no Java, or METEOR fails on a text.
    """
    from harness.files.cache import Store, cache_folder

    java.required_java()
    lines = [meteor_lines.question(hypothesis, expected) for hypothesis, expected in zip(texts.hypotheses, texts.expected, strict=True)]
    keys = {line: hashlib.sha256(f"meteor-1.5 en norm\n{line}".encode()).hexdigest() for line in lines}
    with closing(Store("meteor_statistics", at_once=_AT_ONCE)) as cache:
        known = {line: numbers for line, key in keys.items() if (numbers := meteor_lines.statistics(cache.get(key) or "")) is not None}
        new = [line for line in keys if line not in known]
        if new:
            all_expected = (text for row in texts.expected for text in row)
            cut = paraphrases.cut(all_expected, cache_folder(), make=len(new) >= _WORTH_A_TABLE)
            with closing(meteor_process.meteor(cut).statistics(new)) as answers:
                for line, numbers in zip(new, answers, strict=True):
                    known[line] = numbers
                    cache.put(keys[line], " ".join(map(repr, numbers)))
                    if beside.is_ended():
                        raise NotComputed("METEOR was ended")
    return np.array([known[line] for line in lines], dtype=np.float64).reshape(len(lines), meteor_lines.N_STATISTICS)


def metric(*, variant: str, measure: str, treatment: Treatment, text: str, source: str) -> Metric:
    """METEOR after one treatment of the texts.

    Args:
        variant: Of the metric.
        measure: Name of its measure.
        treatment: What is done to the texts first.
        text: The treatment as the signature names it.
        source: The evaluation that treats texts so.
    """

    def run(samples: Samples, context: Context) -> Statistics:
        return Statistics(names=COLUMNS, table=whole_matches_cost_nothing(table(treatment(samples, context))))

    return Metric(
        name="meteor",
        variant=variant,
        measure=Measure(name=measure, run=run, apart=meteor_process.end_meteor),
        value=value,
        options={"text": text, "version": "1.5", "language": "en", "normalise": "yes", "aggregation": "corpus"},
        summary="METEOR 1.5: aligned words, stems, synonyms and paraphrases, with a penalty for fragments.",
        source=f"Denkowski and Lavie (2014); {source}",
        pitfalls=(
            "NLTK's meteor_score is another metric: on the same reports it is about twice as high.",
            "The corpus score is made from summed statistics; the mean of sentence scores differs in the third decimal.",
            "Needs Java: without it METEOR is not computed, and nothing else takes its place.",
        ),
    )
