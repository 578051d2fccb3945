"""Longest common subsequences, and ROUGE-L of the COCO caption evaluation made from them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from harness.base.arrays import np
from harness.metrics.base import Floats
from harness.metrics.texts.ngrams import Vocabulary
from harness.metrics.texts.treatments import Texts

_BETA = 1.2


def lengths(pairs: Iterable[tuple[Sequence[int], Sequence[int]]]) -> list[int]:
    """Length of the longest common subsequence of each pair of number sequences."""
    from rapidfuzz.distance import LCSseq

    return [LCSseq.similarity(one, other) for one, other in pairs]


def coco_rouge_l(texts: Texts) -> Floats:
    """ROUGE-L of each sample, [n], as pycocoevalcap has it: F with beta 1.2 of the best precision and the best recall.

    With several references the two may come from different ones. Texts are split at single blanks: an empty text is one empty word, so
    two empty texts agree, and doubled blanks count.
    """
    vocabulary = Vocabulary()

    def encode(text: str) -> list[int]:
        return list(map(vocabulary.__getitem__, text.split(" ")))

    scores = np.zeros(len(texts.said))
    for i, (text, row) in enumerate(zip(texts.said, texts.expected, strict=True)):
        said = encode(text)
        expected = [encode(reference) for reference in row]
        common = lengths((said, reference) for reference in expected)
        precision = max(common) / len(said)
        recall = max(shared / len(reference) for shared, reference in zip(common, expected, strict=True))
        if precision and recall:
            scores[i] = (1 + _BETA**2) * precision * recall / (recall + _BETA**2 * precision)
    return scores
