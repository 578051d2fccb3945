"""The n-gram statistics behind BLEU, CIDEr and ROUGE-N, for all samples at once: every count is a sort.

The reference packages are the oracles of the tests.
"""

from __future__ import annotations

import functools
import hashlib
from typing import TYPE_CHECKING

from msgspec import Struct

from harness.base.arrays import np
from harness.metrics.base import Floats
from harness.metrics.texts.ngrams import Documents, Grams, Integers, Vocabulary, documents, grams
from harness.metrics.texts.treatments import Texts

if TYPE_CHECKING:
    from numpy.typing import NDArray

ORDER = 4
_SIGMA = 6.0
"""Width of CIDEr's penalty for a difference in length, in bigrams."""
_SAMPLES_PER_BLOCK = 1024
"""Sorting many small blocks that fit into the processor's cache is faster than one large one."""


def _counts(sample: Integers, number: Integers, kinds: int) -> tuple[Integers, Integers]:
    """Sorted distinct ``sample * kinds + number``, and how often each occurs."""
    return np.unique(sample * kinds + number, return_counts=True)


def _looked_up(keys: Integers, among: Integers) -> tuple[NDArray[np.bool_], Integers]:
    """For each key whether it is among sorted ones, and where."""
    if not len(among):
        return np.zeros(len(keys), dtype=np.bool_), np.zeros(len(keys), dtype=np.int64)
    place = np.minimum(np.searchsorted(among, keys), len(among) - 1)
    return among[place] == keys, place


def pair_matches(hypotheses: Documents, expected: Documents, order: int) -> NDArray[np.float64]:
    """N-grams that two texts share, repetitions counted, [n, order]; for n pairs of one hypothesis and one reference."""
    return _Overlap(hypotheses, expected, np.arange(len(expected.lengths)), order, with_cider=False).matches


class Overlap(Struct, frozen=True, kw_only=True):
    """What BLEU and CIDEr need of a set of samples."""

    bleu: Floats
    """[n, 10]: matches of orders 1-4, n-grams said of orders 1-4, words said, words of the reference closest in length."""
    cider: Floats
    """[n], in [0, 10]."""
    documents: int
    """Samples that the document frequencies were counted in."""
    words_expected: int
    """Words of all references together."""
    longest_expected: int
    """Words of the longest reference."""
    has_weights: bool
    """Whether any n-gram of a reference has a weight in CIDEr: one that every sample's references hold has none."""


@functools.lru_cache(maxsize=1)  # BLEU and CIDEr are measured one after the other on the same texts
def overlap(texts: Texts) -> Overlap:
    """Statistics of every sample; words are what white space separates."""
    vocabulary = Vocabulary()
    hypotheses = documents((text.split() for text in texts.hypotheses), vocabulary)
    expected = documents((text.split() for row in texts.expected for text in row), vocabulary)
    owner = np.repeat(np.arange(len(texts.hypotheses)), [len(row) for row in texts.expected])
    counted = _Overlap(hypotheses, expected, owner, ORDER, with_cider=True)
    lengths = hypotheses.lengths[:, None].astype(np.float64)
    hypothesis_grams = np.maximum(lengths - np.arange(ORDER), 0.0)
    table = np.hstack([counted.matches, hypothesis_grams, lengths, _closest(hypotheses.lengths, expected.lengths, owner)[:, None]])
    return Overlap(
        bleu=table,
        cider=counted.cider,
        documents=len(texts.hypotheses),
        words_expected=len(expected.words),
        longest_expected=int(expected.lengths.max(initial=0)),
        has_weights=counted.has_weights,
    )


def _closest(hypothesis_lengths: Integers, reference_lengths: Integers, owner: Integers) -> Floats:
    """Length of the reference closest to the hypothesis in length, the shorter of two equally close."""
    order = np.lexsort((reference_lengths, np.abs(reference_lengths - hypothesis_lengths[owner]), owner))
    first = np.unique(owner[order], return_index=True)[1]
    return reference_lengths[order][first].astype(np.float64)


class _Overlap:
    """Clipped matches [n, order] and CIDEr-D [n], order by order and block by block of samples."""

    def __init__(self, hypotheses: Documents, expected: Documents, owner: Integers, order: int, *, with_cider: bool) -> None:
        n = len(hypotheses.lengths)
        self.matches = np.zeros((n, order))
        similarity = np.zeros(len(owner))
        self._n, self._owner = n, owner
        self.has_weights = False
        self._blocks = [(first, min(first + _SAMPLES_PER_BLOCK, n)) for first in range(0, n, _SAMPLES_PER_BLOCK)]
        everything = Documents(
            words=np.concatenate([hypotheses.words, expected.words]),
            ends=np.concatenate([hypotheses.ends, expected.ends[1:] + hypotheses.ends[-1]]),
        )
        for level, level_grams in enumerate(grams(everything, order)):
            border = int(np.searchsorted(level_grams.document, n))
            hypothesis_grams = Grams(number=level_grams.number[:border], document=level_grams.document[:border], kinds=level_grams.kinds)
            reference_grams = Grams(number=level_grams.number[border:], document=level_grams.document[border:] - n, kinds=level_grams.kinds)
            weight = self._idf(reference_grams) if with_cider else None
            for block in self._blocks:
                self._block(hypothesis_grams, reference_grams, block, level, weight, similarity)
        self.cider = np.zeros(n)
        if with_cider and n:
            bigrams = np.maximum(hypotheses.lengths[owner] - 1, 0) - np.maximum(expected.lengths - 1, 0)
            penalty = np.e ** (-(bigrams.astype(np.float64) ** 2) / (2 * _SIGMA**2))
            total = _sums(owner, similarity * penalty, n)
            self.cider = total / order / np.bincount(owner, minlength=n) * 10.0

    def _part(self, collection: Grams, texts: slice) -> tuple[Integers, Integers]:
        """Document and number of the n-grams in a range of texts."""
        low, high = np.searchsorted(collection.document, np.array([texts.start, texts.stop], dtype=np.int32))
        return collection.document[low:high].astype(np.int64), collection.number[low:high].astype(np.int64)

    def _idf(self, references: Grams) -> Floats:
        """Log of samples over samples with the n-gram in a reference; one that is in none counts as in one."""
        frequency = np.zeros(references.kinds)
        for block in self._blocks:
            document, number = self._part(references, slice(*np.searchsorted(self._owner, block).tolist()))
            keys, _ = _counts(self._owner[document], number, references.kinds)
            kind, count = np.unique(keys % references.kinds, return_counts=True)
            frequency[kind] += count
        self.has_weights |= bool(((frequency > 0) & (frequency < self._n)).any())
        return np.asarray(np.log(float(max(self._n, 1))) - np.log(np.maximum(1.0, frequency)))

    def _block(
        self, hypotheses: Grams, expected: Grams, block: tuple[int, int], level: int, weight: Floats | None, similarity: Floats
    ) -> None:
        """Set one block's matches and, given weights, add the cosine of each reference with its hypothesis."""
        kinds = hypotheses.kinds
        samples, texts = slice(*block), slice(*np.searchsorted(self._owner, block).tolist())
        owner = self._owner[texts] - samples.start
        document, number = self._part(hypotheses, samples)
        hypothesis_key, hypothesis_count = _counts(document - samples.start, number, kinds)
        document, number = self._part(expected, texts)
        text_key, text_count = _counts(document - texts.start, number, kinds)
        document, number = text_key // kinds, text_key % kinds
        sample_key = owner[document] * kinds + number
        best_key, best_count = _largest(sample_key, text_count)
        hit, place = _looked_up(hypothesis_key, best_key)
        sample = hypothesis_key // kinds
        n = samples.stop - samples.start
        self.matches[samples, level] = _sums(sample[hit], np.minimum(hypothesis_count[hit], best_count[place[hit]]), n)
        if weight is None:
            return
        hypothesis_norm = _sums(sample, (hypothesis_count * weight[hypothesis_key % kinds]) ** 2, n)
        text_weight = text_count * weight[number]
        norm = _sums(document, text_weight**2, len(owner))
        hit, place = _looked_up(sample_key, hypothesis_key)
        shared = np.minimum(hypothesis_count[place[hit]] * weight[number[hit]], text_weight[hit]) * text_weight[hit]
        product = _sums(document[hit], shared, len(owner))
        norms = np.sqrt(hypothesis_norm[owner]) * np.sqrt(norm)
        similarity[texts] += np.divide(product, norms, out=np.zeros_like(product), where=norms > 0)


def _sums(index: Integers, values: Floats | Integers, n: int) -> Floats:
    """The sum of the values at each index below n; unlike `numpy.bincount` alone, of floats even where there are none."""
    return np.bincount(index, weights=values, minlength=n).astype(np.float64)


def _largest(keys: Integers, counts: Integers) -> tuple[Integers, Integers]:
    """Sorted distinct keys and the largest count of each."""
    if (keys[1:] > keys[:-1]).all():  # one reference per sample
        return keys, counts
    order = np.argsort(keys, kind="stable")
    distinct, first = np.unique(keys[order], return_index=True)
    return distinct, np.maximum.reduceat(counts[order], first) if len(first) else counts


def fingerprint(texts: Texts) -> str:
    """Of the references, which alone decide CIDEr's document frequencies: equal for scores that may be compared."""
    lines = sorted("\t".join(row) for row in texts.expected)
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()[:16]
