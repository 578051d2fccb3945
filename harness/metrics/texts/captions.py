"""Captions and reports: BLEU, ROUGE-L, CIDEr and METEOR under the text treatments that published numbers use.

``coco-ptb`` is the COCO caption evaluation and the canonical variant; ``bioclean`` is what BiomedGPT's public evaluation does.
``coco-treebank`` stands in for ``coco-ptb`` on a machine without Java, under its own name. R2Gen's and MultiMedEval's variants are
computed for tasks that name them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Literal

from harness.base.arrays import np
from harness.metrics.base import Context, Floats, Measure, Metric, NotComputed, Samples, Statistics
from harness.metrics.columns import columns, mean
from harness.metrics.texts import meteor, treatments
from harness.metrics.texts.rouge import coco_rouge_l, rouge, wordless
from harness.metrics.texts.shared_ngrams import ORDER, fingerprint, overlap
from harness.metrics.texts.treatments import R2Gen, Treatment
from harness.metrics.units import CIDER

_TINY, _SMALL = 1e-15, 1e-9
"""The constants with which pycocoevalcap's BLEU keeps its divisions defined."""
_BLEU_COLUMNS = (*(f"match_{n}" for n in range(1, ORDER + 1)), *(f"said_{n}" for n in range(1, ORDER + 1)), "said", "expected")
_COCO = "Chen et al. (2015), COCO caption evaluation; pycocoevalcap 1.2"


def bleu(totals: Floats, order: int) -> Floats:
    """Corpus BLEU of an order from summed rows, [b, 10] as in `ngrams.Overlap`."""
    product = np.ones(len(totals))
    for n in range(order):
        product = product * ((totals[:, n] + _TINY) / (totals[:, ORDER + n] + _SMALL))
    ratio = (totals[:, 8] + _TINY) / (totals[:, 9] + _SMALL)
    return np.asarray(product ** (1 / order) * np.where(ratio < 1, np.exp(1 - 1 / ratio), 1.0))


def _bleu_value(order: int) -> Callable[[Statistics, Floats], Floats]:
    def value(statistics: Statistics, weights: Floats) -> Floats:
        if statistics.fixed.get("longest_expected", order) < order:
            return np.full(len(weights), np.nan)  # there is no n-gram of this order to match
        return np.where(weights.sum(axis=1) > 0, bleu(weights @ statistics.table[:, 2:], order), np.nan)

    return value


def _bleu_and_rouge(treatment: Treatment) -> Callable[[Samples, Context], Statistics]:
    def run(samples: Samples, context: Context) -> Statistics:
        texts = treatment(samples, context)
        ngram_overlap = overlap(texts)
        table = np.column_stack([np.ones(len(samples)), coco_rouge_l(texts), ngram_overlap.bleu])
        fixed = {"longest_expected": ngram_overlap.longest_expected} if 0 < ngram_overlap.longest_expected < ORDER else {}
        note = f"no reference has more than {ngram_overlap.longest_expected} words: no value for BLEU of a higher order" if fixed else ""
        return Statistics(names=("n", "rouge_l", *_BLEU_COLUMNS), table=table, fixed=fixed, note=note)

    return run


def _cider(treatment: Treatment) -> Callable[[Samples, Context], Statistics]:
    def run(samples: Samples, context: Context) -> Statistics:
        texts = treatment(samples, context)
        ngram_overlap = overlap(texts)
        if not ngram_overlap.words_expected:
            raise NotComputed("all references are empty, so there are no document frequencies")
        if not ngram_overlap.has_weights:
            which = "one sample has" if ngram_overlap.documents == 1 else "all samples have the same references, which have"
            raise NotComputed(f"{which} no n-gram that tells samples apart: the document frequencies leave every weight at 0")
        note = (
            "" if context.complete else f"document frequencies of {ngram_overlap.documents} samples, not of the whole split; do not compare"
        )
        fixed = {"document_frequencies": fingerprint(texts), "documents": ngram_overlap.documents}
        return replace(columns(cider=ngram_overlap.cider), fixed=fixed, note=note)

    return run


def coco_family(variant: str, treatment: Treatment, *, text: str, source: str, only_without: Literal["", "java"] = "") -> dict[str, Metric]:
    """BLEU-1..4, ROUGE-L and CIDEr of the COCO evaluation after one treatment, by name."""
    prefix = variant.replace("-", "_")
    shared = Measure(name=prefix, run=_bleu_and_rouge(treatment))
    metric, options = partial(Metric, variant=variant, only_without=only_without), {"text": text}
    metrics = [
        metric(
            name="rouge_l",
            measure=shared,
            value=mean("rouge_l"),
            options={**options, "beta": "1.2", "aggregation": "mean"},
            summary="Longest common subsequence, F with beta 1.2, mean over samples.",
            source=f"Lin (2004); {source}",
            pitfalls=(
                "Summarisation papers print rouge-score's ROUGE-L instead: beta 1, stemmed, other words.",
                "An empty reply to an empty reference scores 1.",
            ),
        ),
        metric(
            name="cider",
            measure=Measure(name=f"{prefix}_cider", run=_cider(treatment)),
            value=mean("cider"),
            options={**options, "kind": "D", "sigma": "6", "df": "references of the scored set", "aggregation": "mean"},
            unit=CIDER.name,
            summary="Consensus of tf-idf weighted n-grams, CIDEr-D, with document frequencies from the references that are scored.",
            source=f"Vedantam et al. (2015); {source}",
            pitfalls=(
                "A part of a split has other document frequencies: a limited run does not compare with the whole.",
                "A reference of one, two or three words cannot score more than 2.5, 5 or 7.5; a set of one sample has no value.",
                "The interval holds the document frequencies fixed.",
            ),
        ),
        *(
            metric(
                name=f"bleu_{order}",
                measure=shared,
                value=_bleu_value(order),
                options={**options, "aggregation": "corpus", "brevity": "closest", "smoothing": "none"},
                summary=f"Corpus BLEU-{order}: n-gram precision up to order {order} with a brevity penalty.",
                source=f"Papineni et al. (2002); {source}",
                pitfalls=(
                    "The mean of sentence scores and other tokenisers give other numbers under the same name.",
                    f"A text shorter than {order} words has no n-gram of that order: use BLEU-1 for short answers.",
                ),
            )
            for order in range(1, ORDER + 1)
        ),
    ]
    return {each.name: each for each in metrics}


_BLEUS = tuple(f"bleu_{order}" for order in range(1, ORDER + 1))
_PTB_TEXT = "ptb,lower,no-punctuation"
_PTB = coco_family("coco-ptb", treatments.ptb, text=_PTB_TEXT, source=_COCO)
_TREEBANK = coco_family(
    "coco-treebank",
    treatments.treebank,
    text="treebank-regex-1,lower,no-punctuation",
    source=f"{_COCO}, with a tokeniser that needs no Java in the place of CoreNLP's",
    only_without="java",
)
_BIO = coco_family(
    "bioclean", treatments.bioclean, text="bioclean,hyphen-asymmetric", source="BiomedGPT (Zhang et al., 2024), public evaluation"
)

METEOR = meteor.metric(variant="coco-ptb", measure="meteor", treatment=treatments.ptb, text=_PTB_TEXT, source=_COCO)

CAPTIONS: tuple[Metric, ...] = (
    _PTB["rouge_l"],
    _PTB["cider"],
    METEOR,
    *(_PTB[name] for name in _BLEUS),
    *(_TREEBANK[name] for name in ("rouge_l", "cider", *_BLEUS)),
    _BIO["rouge_l"],
    _BIO["cider"],
)
"""What every captioning and report generation task computes; the first one ranks."""


def r2gen(treatment: R2Gen, variant: str) -> tuple[Metric, ...]:
    """R2Gen's metrics: BLEU-1..4, METEOR, ROUGE-L; it computes no CIDEr."""
    source = "Chen et al. (2020), R2Gen"
    text = f"{variant},unk<{treatment.threshold} on both sides,cut:{treatment.longest}"
    family = coco_family(variant, treatment, text=text, source=source)
    jar = meteor.metric(variant=variant, measure=f"meteor_{variant.replace('-', '_')}", treatment=treatment, text=text, source=source)
    return (*(family[name] for name in _BLEUS), jar, family["rouge_l"])


R2GEN_IU = r2gen(R2Gen(mimic=False, threshold=3, longest=59), "r2gen-iu")
"""With the settings of R2Gen's IU X-ray tables."""
R2GEN_MIMIC = r2gen(R2Gen(mimic=True, threshold=10, longest=99), "r2gen-mimic")
"""With the settings of R2Gen's MIMIC-CXR tables."""


def sentence_bleu(rows: Floats, order: int) -> Floats:
    """BLEU of each sample, [n], unsmoothed: 0 where an order has no match. Rows as in `ngrams.Overlap`."""
    matches, ngrams = rows[:, :order], rows[:, ORDER : ORDER + order]
    with np.errstate(divide="ignore", invalid="ignore"):
        score = np.exp(np.log(matches / ngrams).mean(axis=1)) * np.exp(np.minimum(0.0, 1 - rows[:, 9] / rows[:, 8]))
    return np.where((matches > 0).all(axis=1), score, 0.0)


def _multimedeval(samples: Samples, context: Context) -> Statistics:
    texts = treatments.plain(samples, context)
    rows = overlap(texts).bleu
    scores = rouge(texts, stemmer=False)
    statistics = columns(bleu_1=sentence_bleu(rows, 1), bleu_4=sentence_bleu(rows, 4), rouge_l=scores["rouge_l"], rouge_1=scores["rouge_1"])
    try:
        note = wordless(texts)
    except NotComputed as reason:  # its ROUGE is 0 then, and its BLEU is not
        note = str(reason)
    return replace(statistics, note=note)


_MME = Measure(name="mme", run=_multimedeval)

MULTIMEDEVAL: tuple[Metric, ...] = tuple(
    Metric(
        name=name,
        variant="mme",
        measure=_MME,
        value=mean(name),
        options={"text": text, "aggregation": "mean of samples", **options},
        summary=f"{name.upper().replace('_', '-')} as MultiMedEval averages it over reports.",
        source="MultiMedEval (Royer et al., 2024), with torchmetrics; its single precision is not reproduced",
        pitfalls=("The mean of sentence scores: do not set it beside a corpus score.",),
    )
    for name, text, options in (
        ("bleu_1", "white space,cased", {"smoothing": "none"}),
        ("bleu_4", "white space,cased", {"smoothing": "none"}),
        ("rouge_l", "a-z0-9,lower", {"stemmer": "none", "score": "f1"}),
        ("rouge_1", "a-z0-9,lower", {"stemmer": "none", "score": "f1"}),
    )
)
"""MultiMedEval's report metrics, but for its METEOR (NLTK's, which needs WordNet) and those that need model weights."""

VARIANTS: tuple[Metric, ...] = (*(_BIO[name] for name in _BLEUS), *R2GEN_IU, *R2GEN_MIMIC, *MULTIMEDEVAL)
"""Computed for tasks that name them, beside `CAPTIONS`."""
