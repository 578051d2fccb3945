"""Captions and reports: BLEU, ROUGE-L, CIDEr and METEOR under the two text treatments that published numbers use most.

``coco-ptb`` is the COCO caption evaluation: the Penn Treebank tokeniser's tokens, lower case, punctuation dropped. ``bioclean`` is
what BiomedGPT's public evaluation does, with its asymmetry: the hypothesis loses every punctuation mark, the reference keeps hyphens.
"""

from __future__ import annotations

import string
from collections.abc import Callable
from functools import partial

import numpy as np

from harness.metrics import java, meteor
from harness.metrics.base import Context, Floats, Measure, Metric, NotComputed, Samples, Statistics
from harness.metrics.ngrams import ORDER, Cider, bleu, bleu_row, rouge_l
from harness.text import one_line

Prepared = tuple[list[str], list[list[str]]]
"""Hypotheses, and the references of each, as texts whose words are separated by single blanks."""

_BLEU_COLUMNS = (*(f"match_{n}" for n in range(1, ORDER + 1)), *(f"said_{n}" for n in range(1, ORDER + 1)), "said", "expected")
_BIOCLEAN = {ord(mark): None for mark in ".,?;*!%^&_+()]{}\"/\\'" + "".join(map(chr, range(ord(":"), ord("[") + 1)))}
"""What BiomedGPT's cleaning deletes. Its list holds the range ``:-[``, meant to be three characters: the hyphen survives."""
_ALL_PUNCTUATION = {ord(mark): None for mark in string.punctuation}
_COCO = "Chen et al. (2015), COCO caption evaluation; pycocoevalcap 1.2"
_BIOMEDGPT = "BiomedGPT's public caption evaluation"


def ptb(samples: Samples) -> Prepared:
    """Both sides through the Penn Treebank tokeniser, in one call of it."""
    said = [one_line(prediction or "") for prediction in samples.predictions]
    expected = [[one_line(reference) for reference in references] for references in samples.references]
    lines = iter(java.ptb_tokens([*said, *(reference for references in expected for reference in references)]))
    return [next(lines) for _ in said], [[next(lines) for _ in references] for references in expected]


def bioclean(samples: Samples) -> Prepared:
    """As BiomedGPT's evaluation leaves both sides."""

    def clean(text: str) -> str:
        return one_line(text.lower().translate(_BIOCLEAN))

    said = [clean((prediction or "").translate(_ALL_PUNCTUATION)) for prediction in samples.predictions]
    return said, [[clean(reference) for reference in references] for references in samples.references]


def _overlap(samples: Samples, context: Context, *, prepare: Callable[[Samples], Prepared]) -> Statistics:
    """The columns of BLEU, ROUGE-L and CIDEr, from texts prepared once."""
    said, expected = prepare(samples)
    tokens = [[reference.split() for reference in references] for references in expected]
    if not any(reference for references in tokens for reference in references):
        raise NotComputed("all references are empty")
    cider = Cider(tokens)
    rows = [
        [1.0, *bleu_row(hypothesis.split(), split), rouge_l(hypothesis, references), cider.score(hypothesis.split(), split)]
        for hypothesis, references, split in zip(said, expected, tokens, strict=True)
    ]
    names = ("n", *_BLEU_COLUMNS, "rouge_l", "cider")
    note = "" if context.complete else "CIDEr: document frequencies of a part of the split; not comparable with the whole"
    table = np.array(rows, dtype=np.float64).reshape(len(rows), len(names))
    return Statistics(names=names, table=table, fixed={"document_frequencies": cider.fingerprint}, note=note)


def _meteor(samples: Samples, context: Context) -> Statistics:  # noqa: ARG001  the texts alone decide
    said, expected = ptb(samples)
    table = np.array(java.meteor_statistics(list(zip(said, expected, strict=True))), dtype=np.float64)
    return Statistics(names=meteor.COLUMNS, table=meteor.whole_matches_cost_nothing(table.reshape(len(samples), len(meteor.COLUMNS))))


def _bleu(order: int) -> Callable[[Statistics, Floats], Floats]:
    def value(statistics: Statistics, weights: Floats) -> Floats:
        return np.where(weights.sum(axis=1) > 0, bleu(weights @ statistics.table[:, 1:11], order), np.nan)

    return value


def _mean(column: int) -> Callable[[Statistics, Floats], Floats]:
    return lambda statistics, weights: (weights @ statistics.table[:, column]) / (weights @ statistics.table[:, 0])


def _family(variant: str, measure: Measure, text: str, source: str) -> dict[str, Metric]:
    options = {"text": text}
    bleus = {
        f"bleu_{order}": Metric(
            name=f"bleu_{order}",
            variant=variant,
            measure=measure,
            value=_bleu(order),
            options={**options, "aggregation": "corpus", "brevity": "closest", "smoothing": "none"},
            summary=f"Corpus BLEU-{order}.",
            source=f"Papineni et al. (2002); {source}",
            pitfalls=("The mean of sentence scores and other tokenisers give other numbers under the same name.",),
        )
        for order in range(1, ORDER + 1)
    }
    return {
        "rouge_l": Metric(
            name="rouge_l",
            variant=variant,
            measure=measure,
            value=_mean(11),
            options={**options, "beta": "1.2", "aggregation": "mean"},
            summary="Longest common subsequence, F with beta 1.2.",
            source=f"Lin (2004); {source}",
            pitfalls=("Summarisation papers print rouge-score's ROUGE-L instead: beta 1, stemmed, another tokeniser.",),
        ),
        "cider": Metric(
            name="cider",
            variant=variant,
            measure=measure,
            value=_mean(12),
            options={**options, "kind": "D", "sigma": "6", "df": "references of the scored set"},
            unit="CIDEr (0-10)",
            summary="Consensus of tf-idf weighted n-grams, CIDEr-D, with document frequencies from the references that are scored.",
            source=f"Vedantam et al. (2015); {source}",
            pitfalls=(
                "A part of a split has other document frequencies: a limited run does not compare with the whole.",
                "References shorter than four words cannot reach 10.",
            ),
        ),
        **bleus,
    }


_PTB = _family("coco-ptb", Measure(name="coco_ptb", run=partial(_overlap, prepare=ptb)), "ptb,lower,no-punctuation", _COCO)
_BIO = _family("bioclean", Measure(name="bioclean", run=partial(_overlap, prepare=bioclean)), "bioclean,hyphen-asymmetric", _BIOMEDGPT)

METEOR = Metric(
    name="meteor",
    variant="coco-ptb",
    measure=Measure(name="meteor", run=_meteor),
    value=meteor.value,
    options={"text": "ptb,lower,no-punctuation", "version": "1.5", "language": "en", "aggregation": "corpus"},
    summary="METEOR 1.5: aligned words, stems, synonyms and paraphrases, with a penalty for fragments.",
    source=f"Denkowski and Lavie (2014); {_COCO}",
    pitfalls=("NLTK's meteor_score is another metric; on the same reports it is about twice as high.",),
)

CAPTIONS: tuple[Metric, ...] = (
    _PTB["rouge_l"],
    _PTB["cider"],
    METEOR,
    *(_PTB[f"bleu_{order}"] for order in range(1, ORDER + 1)),
    _BIO["rouge_l"],
    _BIO["cider"],
)
"""What every captioning and report generation task computes; the first one ranks."""
