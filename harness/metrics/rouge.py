"""ROUGE-1, ROUGE-2 and ROUGE-L as the rouge-score package defines them, for all samples at once."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator

import numpy as np

from harness.metrics.base import Floats
from harness.metrics.lcs import lengths
from harness.metrics.ngrams import Documents, Integers, Vocabulary, documents, pair_matches
from harness.metrics.treatments import Texts

KINDS = ("rouge_1", "rouge_2", "rouge_l")
_WORD = re.compile("[a-z0-9]+")


def rouge(texts: Texts, *, stemmer: bool) -> dict[str, Floats]:
    """F1 of each sample, [n], by kind; with several references the largest, for each kind on its own.

    Args:
        texts: Words are runs of a-z and 0-9 in the lower-cased text; all else separates. Nothing in common, or nothing at all, is 0.
        stemmer: Whether words of more than three characters are reduced by NLTK's Porter stemmer, as with ``use_stemmer=True``.
    """
    vocabulary = Vocabulary(_stem()) if stemmer else Vocabulary()
    said = documents(map(_words, texts.said), vocabulary)
    expected = documents((_words(text) for row in texts.expected for text in row), vocabulary)
    owner = np.repeat(np.arange(len(texts.said)), [len(row) for row in texts.expected])
    paired = said if len(owner) == len(texts.said) else _repeated(said, owner)
    matches = pair_matches(paired, expected, 2)
    common = np.array(lengths(zip(_lists(paired), _lists(expected), strict=True)), dtype=np.float64).reshape(-1)
    scores = {
        "rouge_1": _f1(matches[:, 0], paired.lengths, expected.lengths),
        "rouge_2": _f1(matches[:, 1], paired.lengths - 1, expected.lengths - 1),
        "rouge_l": _f1(common, paired.lengths, expected.lengths),
    }
    first = np.unique(owner, return_index=True)[1]
    return {kind: np.maximum.reduceat(values, first) if len(first) else values for kind, values in scores.items()}


def _f1(shared: Floats, n_said: Integers, n_expected: Integers) -> Floats:
    precision = shared / np.maximum(n_said, 1)
    recall = shared / np.maximum(n_expected, 1)
    total = precision + recall
    return np.asarray(np.divide(2 * precision * recall, total, out=np.zeros_like(total), where=total > 0))


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _stem() -> Callable[[str], str]:
    """NLTK's Porter stemmer, which rouge-score spares words of up to three characters."""
    from nltk.stem.porter import PorterStemmer

    stem = PorterStemmer().stem
    return lambda word: stem(word) if len(word) > 3 else word


def _repeated(collection: Documents, rows: Integers) -> Documents:
    """The texts of the given rows, in their order."""
    texts = [collection.words[collection.ends[row] : collection.ends[row + 1]] for row in rows]
    ends = np.concatenate([[0], np.cumsum(collection.lengths[rows])])
    return Documents(words=np.concatenate(texts), ends=ends.astype(np.int64))


def _lists(collection: Documents) -> Iterator[list[int]]:
    for first, last in itertools.pairwise(collection.ends.tolist()):
        yield collection.words[first:last].tolist()
