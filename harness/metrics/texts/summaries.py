"""Summaries: ROUGE as the rouge-score package has it, METEOR, and BiomedGPT's way of scoring them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from harness.base.arrays import np
from harness.metrics.base import Context, Floats, Measure, Metric, Samples, Statistics
from harness.metrics.columns import columns, mean
from harness.metrics.texts import gigaword, treatments
from harness.metrics.texts.captions import METEOR
from harness.metrics.texts.rouge import KINDS, Tokens, characters, latin_words, rouge, rouge_lsum, wordless

_SHOWN = ("rouge_l", "rouge_1", "rouge_2")
_RESAMPLES, _SEED = 1000, 0
_DRAWS_AT_ONCE = 1 << 16


def _stemmed(samples: Samples, context: Context) -> Statistics:
    texts = treatments.plain(samples, context)
    note = wordless(texts)
    return replace(columns(**rouge(texts, stemmer=True)), fixed=_bigrams(texts), note=note)


def _summed(samples: Samples, context: Context) -> Statistics:
    texts = treatments.plain(samples, context)
    note = wordless(texts)
    return replace(columns(rouge_lsum=rouge_lsum(texts)), note=note)


def _characters(samples: Samples, context: Context) -> Statistics:
    texts = treatments.plain(samples, context)
    note = wordless(texts, characters)
    return replace(columns(**rouge(texts, stemmer=False, tokens=characters)), fixed=_bigrams(texts, characters), note=note)


def _bigrams(texts: treatments.Texts, tokens: Tokens = latin_words) -> dict[str, bool]:
    """Said only where no reference has two words, and ROUGE-2 nothing to count."""
    return {} if any(len(tokens(text)) > 1 for row in texts.expected for text in row) else {"bigrams": False}


def _mean(kind: str) -> Callable[[Statistics, Floats], Floats]:
    """The mean; of ROUGE-2 none where no reference has two words."""
    value = mean(kind)
    if kind != "rouge_2":
        return value
    return lambda statistics, weights: (
        value(statistics, weights) if statistics.fixed.get("bigrams", True) else np.full(len(weights), np.nan)
    )


def bootstrap_medians(scores: Floats) -> Floats:
    """The median of 1,000 resampled means of each column, which rouge-score's aggregator calls ``mid``.

    Args:
        scores: [n, k], the columns resampled one after the other.

    Returns:
        [k]. After ``numpy.random.seed(0)`` the aggregator draws the same samples.
    """
    draws = np.random.RandomState(_SEED)
    n = len(scores)
    at_once = max(1, _DRAWS_AT_ONCE // max(n, 1))
    blocks = [min(at_once, _RESAMPLES - first) for first in range(0, _RESAMPLES, at_once)]

    def means(column: Floats) -> Floats:
        return np.concatenate([column[draws.randint(n, size=(block, n))].mean(axis=1) for block in blocks])

    return np.array([np.median(means(column)) for column in np.ascontiguousarray(scores.T)] if n else [])


def _biomedgpt(samples: Samples, context: Context) -> Statistics:
    texts = treatments.plain(samples, context).map(gigaword.hypothesis, str.lower)
    note = wordless(texts)
    scores = rouge(texts, stemmer=True)
    # A set is the same in any order, and seeded draws pick rows by place: the order is that of the ids.
    order = sorted(range(len(samples)), key=lambda row: _natural(samples.ids[row]))
    table = np.column_stack([scores[kind] for kind in KINDS])[order]
    shift = bootstrap_medians(table) - table.mean(axis=0) if len(table) else np.zeros(len(KINDS))
    fixed = {f"median_minus_mean_{kind}": float(by) for kind, by in zip(KINDS, shift, strict=True)}
    return replace(columns(**scores), fixed={**fixed, **_bigrams(texts)}, note=note)


def _natural(name: str) -> list[tuple[int, str]]:
    """A key that sorts 2 before 10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name) if part]


def _median(kind: str, statistics: Statistics, weights: Floats) -> Floats:
    return _mean(kind)(statistics, weights) + float(statistics.fixed[f"median_minus_mean_{kind}"])


_STEM = Measure(name="rouge_stem", run=_stemmed)
_CHARACTERS = Measure(name="rouge_characters", run=_characters)
_BIOMEDGPT = Measure(name="rouge_biomedgpt", run=_biomedgpt)
_SOURCE = "Lin (2004); rouge-score 0.1.2"
_OF_MEANS = {"aggregation": "mean", "score": "f1", "references": "best"}
_STEMMED = {"text": "a-z0-9,lower", "stemmer": "porter"}
_LATIN = 'Everything but a-z and 0-9 separates words: "3.2" is two, and text in another script has none: see rouge_l/characters.'


def _rouge(kind: str, variant: str, *, options: dict[str, str], summary: str, source: str = _SOURCE, **further: Any) -> Metric:
    """F1 of a kind; what a summary says of it goes on from its name."""
    return Metric(
        name=kind,
        variant=variant,
        options={**_OF_MEANS, **options},
        summary=f"{kind.upper().replace('_', '-')} F1 {summary}",
        source=source,
        **further,
    )


CANONICAL: tuple[Metric, ...] = (
    *(
        _rouge(
            kind,
            "stem",
            measure=_STEM,
            value=_mean(kind),
            options=_STEMMED,
            summary="with stemming, mean over samples.",
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
    _rouge(
        kind,
        variant,
        measure=_BIOMEDGPT,
        value=value,
        options={**_STEMMED, "text": "a-z0-9,lower; hypothesis: tokens repaired, 1 masked", "aggregation": aggregation},
        summary=f"as BiomedGPT scores summaries, {aggregation}.",
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
        ("biomedgpt-mean", "mean", _mean(kind), ()),
    )
)
"""As BiomedGPT scores summaries."""

ON_REQUEST: tuple[Metric, ...] = (
    Metric(
        name="rouge_lsum",
        variant="stem",
        measure=Measure(name="rouge_lsum", run=_summed),
        value=mean("rouge_lsum"),
        options={**_OF_MEANS, **_STEMMED, "sentences": "after .!? before a blank"},
        summary="ROUGE-Lsum F1 with stemming, mean over samples: the sentences of a reference matched one by one.",
        source=_SOURCE,
        pitfalls=(
            "rouge-score cuts sentences at line breaks, which a reply on one line has none of: what cuts them decides the value.",
            "On a text of one sentence it is ROUGE-L.",
            _LATIN,
        ),
    ),
    *(
        _rouge(
            kind,
            "characters",
            measure=_CHARACTERS,
            value=_mean(kind),
            options={"text": "nfkc,lower; each letter, a-z0-9 as runs", "stemmer": "none"},
            summary="over characters, for scripts that a-z and 0-9 do not write; a run of these is one token.",
            source=f"{_SOURCE}, with a tokenizer of its own",
            pitfalls=("Characters are shared by chance more often than words: the value is above that of words and does not compare.",),
        )
        for kind in _SHOWN
    ),
)
"""Computed where they are named: ``--metrics rouge_l/characters``."""

SUMMARIES: tuple[Metric, ...] = (*CANONICAL, *VARIANTS)
"""What every summarization task computes; the first one ranks."""
