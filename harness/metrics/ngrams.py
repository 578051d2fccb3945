"""The statistics behind BLEU, CIDEr and ROUGE-L of the COCO caption evaluation, per sample."""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Sequence

import numpy as np

from harness.metrics.base import Floats

ORDER = 4
Gram = tuple[str, ...]
_TINY, _SMALL = 1e-15, 1e-9
"""The constants with which pycocoevalcap's BLEU keeps its divisions defined."""
_SIGMA = 6.0


def grams(tokens: Sequence[str]) -> Counter[Gram]:
    """All n-grams of orders 1 to 4 with their counts."""
    return Counter(tuple(tokens[i : i + n]) for n in range(1, ORDER + 1) for i in range(len(tokens) - n + 1))


def bleu_row(hypothesis: Sequence[str], references: Sequence[Sequence[str]]) -> list[float]:
    """Matches of orders 1-4, n-grams said of orders 1-4, words said, words of the closest reference."""
    known: Counter[Gram] = Counter()
    for reference in references:
        known |= grams(reference)
    matches = [0] * ORDER
    for gram, count in grams(hypothesis).items():
        matches[len(gram) - 1] += min(count, known.get(gram, 0))
    said = len(hypothesis)
    closest = min((abs(len(reference) - said), len(reference)) for reference in references)[1]
    return [*map(float, matches), *(float(max(0, said - n)) for n in range(ORDER)), float(said), float(closest)]


def bleu(totals: Floats, order: int) -> Floats:
    """Corpus BLEU of an order from summed rows, [b, 10]; equal to pycocoevalcap's to the last digit."""
    product = np.ones(len(totals))
    for n in range(order):
        product = product * (totals[:, n] + _TINY) / (totals[:, ORDER + n] + _SMALL)
    ratio = (totals[:, 8] + _TINY) / (totals[:, 9] + _SMALL)
    return np.asarray(product ** (1 / order) * np.where(ratio < 1, np.exp(1 - 1 / ratio), 1.0))


class Cider:
    """CIDEr-D with document frequencies from one set of references, as pycocoevalcap computes its "CIDEr"."""

    def __init__(self, references: Sequence[Sequence[Sequence[str]]]) -> None:
        """Count in how many samples each n-gram occurs.

        Args:
            references: Per sample, its tokenised references.
        """
        self._frequency: Counter[Gram] = Counter()
        for sample in references:
            self._frequency.update({gram for reference in sample for gram in grams(reference)})
        self._log_n = math.log(float(len(references)))

    @property
    def fingerprint(self) -> str:
        """Of the document frequencies: equal for scores that may be compared."""
        lines = sorted(json.dumps([gram, count]) for gram, count in self._frequency.items())
        return hashlib.sha256("\n".join([repr(self._log_n), *lines]).encode()).hexdigest()[:16]

    def score(self, hypothesis: Sequence[str], references: Sequence[Sequence[str]]) -> float:
        """In [0, 10]."""
        said, said_norm, said_length = self._vector(hypothesis)
        total = np.zeros(ORDER)
        for reference in references:
            expected, norm, length = self._vector(reference)
            similarity = np.zeros(ORDER)
            for gram, weight in said.items():
                other = expected.get(gram, 0.0)
                similarity[len(gram) - 1] += min(weight, other) * other
            for n in range(ORDER):
                if said_norm[n] != 0 and norm[n] != 0:
                    similarity[n] /= said_norm[n] * norm[n]
            total += similarity * math.e ** (-((said_length - length) ** 2) / (2 * _SIGMA**2))
        return float(np.mean(total) / len(references) * 10.0)

    def _vector(self, tokens: Sequence[str]) -> tuple[dict[Gram, float], list[float], int]:
        """Weights, their norm per order, and the length, which is counted in bigrams."""
        weights: dict[Gram, float] = {}
        squares = [0.0] * ORDER
        length = 0
        for gram, count in grams(tokens).items():
            weight = float(count) * (self._log_n - math.log(max(1.0, self._frequency.get(gram, 0))))
            weights[gram] = weight
            squares[len(gram) - 1] += weight**2
            if len(gram) == 2:
                length += count
        return weights, [math.sqrt(square) for square in squares], length


def rouge_l(hypothesis: str, references: Sequence[str], beta: float = 1.2) -> float:
    """ROUGE-L as pycocoevalcap has it: the best precision and the best recall, each over the references.

    Texts are split at single blanks, so an empty text is one empty token and two empty texts are alike.
    """
    from rapidfuzz.distance import LCSseq

    said = hypothesis.split(" ")
    lengths = [(LCSseq.similarity(said, reference.split(" ")), len(reference.split(" "))) for reference in references]
    precision = max(common / len(said) for common, _ in lengths)
    recall = max(common / length for common, length in lengths)
    return (1 + beta**2) * precision * recall / (recall + beta**2 * precision) if precision and recall else 0.0
