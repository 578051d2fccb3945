"""ROUGE-1, ROUGE-2, ROUGE-L and ROUGE-Lsum as the rouge-score package defines them, and ROUGE-L of the COCO caption evaluation."""

from __future__ import annotations

import itertools
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from harness.base import patterns
from harness.base.arrays import np
from harness.metrics.base import Floats, NotComputed
from harness.metrics.texts.ngrams import Documents, Integers, Vocabulary, documents
from harness.metrics.texts.shared_ngrams import pair_matches
from harness.metrics.texts.treatments import Texts
from harness.text import sentences

KINDS = ("rouge_1", "rouge_2", "rouge_l")
_WORD = patterns.later("[a-z0-9]+")
_CHARACTER = patterns.later(r"[a-z0-9]+|[^\W_]")
Tokens = Callable[[str], list[str]]
_BETA = 1.2
"""Of the COCO caption evaluation."""


def latin_words(text: str) -> list[str]:
    """Runs of a-z and 0-9 in the lower-cased text; all else separates."""
    return _WORD.findall(text.lower())


def characters(text: str) -> list[str]:
    """Every letter or digit of the text by itself, NFKC and lower case, but for a run of a-z and 0-9, which is one token."""
    return _CHARACTER.findall(unicodedata.normalize("NFKC", text).lower())


def wordless(texts: Texts, tokens: Tokens = latin_words) -> str:
    """How many references hold letters and no token, and so can match nothing; empty where there is none.

    Raises:
        NotComputed: No reference holds a token.
    """
    rows = [(any(tokens(text) for text in row), any(map(str.isalnum, "".join(row)))) for row in texts.expected]
    without = sum(1 for has_tokens, has_letters in rows if has_letters and not has_tokens)
    if rows and not any(has_tokens for has_tokens, _ in rows):
        which = "no reference has a Latin letter or a digit; the variant 'characters' counts letters of any script"
        raise NotComputed(which if without else "all references are empty")
    if not without:
        return ""
    return f"{without} of {len(rows)} references have no Latin letter or digit and score 0; the variant 'characters' counts their letters"


def rouge(texts: Texts, *, stemmer: bool, tokens: Tokens = latin_words) -> dict[str, Floats]:
    """F1 of each sample, [n], by kind; with several references the largest, for each kind on its own.

    Args:
        texts: Hypotheses and references. Nothing in common, or nothing at all, is 0.
        stemmer: Whether words of more than three characters are reduced by NLTK's Porter stemmer, as with ``use_stemmer=True``.
        tokens: The words of a text.
    """
    vocabulary = Vocabulary(_stem()) if stemmer else Vocabulary()
    hypotheses = documents(map(tokens, texts.hypotheses), vocabulary)
    expected = documents((tokens(text) for row in texts.expected for text in row), vocabulary)
    owner = np.repeat(np.arange(len(texts.hypotheses)), [len(row) for row in texts.expected])
    paired = hypotheses if len(owner) == len(texts.hypotheses) else _repeated(hypotheses, owner)
    matches = pair_matches(paired, expected, 2)
    common = np.array(lengths(zip(_lists(paired), _lists(expected), strict=True)), dtype=np.float64).reshape(-1)
    scores = {
        "rouge_1": _f1(matches[:, 0], paired.lengths, expected.lengths),
        "rouge_2": _f1(matches[:, 1], paired.lengths - 1, expected.lengths - 1),
        "rouge_l": _f1(common, paired.lengths, expected.lengths),
    }
    first = np.unique(owner, return_index=True)[1]
    return {kind: np.maximum.reduceat(values, first) if len(first) else values for kind, values in scores.items()}


def coco_rouge_l(texts: Texts) -> Floats:
    """ROUGE-L of each sample, [n], as pycocoevalcap has it: F with beta 1.2 of the best precision and the best recall.

    With several references the two may come from different ones. Texts are split at single blanks: an empty text is one empty word, so
    two empty texts agree, and doubled blanks count.
    """
    vocabulary = Vocabulary()

    def encode(text: str) -> list[int]:
        return list(map(vocabulary.__getitem__, text.split(" ")))

    scores = np.zeros(len(texts.hypotheses))
    for i, (text, row) in enumerate(zip(texts.hypotheses, texts.expected, strict=True)):
        hypothesis = encode(text)
        expected = [encode(reference) for reference in row]
        common = lengths((hypothesis, reference) for reference in expected)
        precision = max(common) / len(hypothesis)
        recall = max(shared / len(reference) for shared, reference in zip(common, expected, strict=True))
        if precision and recall:
            scores[i] = (1 + _BETA**2) * precision * recall / (recall + _BETA**2 * precision)
    return scores


def lengths(pairs: Iterable[tuple[Sequence[int], Sequence[int]]]) -> list[int]:
    """Length of the longest common subsequence of each pair of number sequences."""
    from rapidfuzz.distance import LCSseq

    return [LCSseq.similarity(one, other) for one, other in pairs]


def rouge_lsum(texts: Texts) -> Floats:
    """ROUGE-Lsum of each sample, [n]: each reference sentence's words that some sentence of the reply holds in order, together.

    Words as in `latin_words`, stemmed; sentences end after ``.``, ``!`` or ``?`` before a blank, where rouge-score cuts at line breaks.
    A word counts as often as both texts have it.
    """
    stem = _stem()

    def cut(text: str) -> list[list[str]]:
        return [[stem(word) for word in latin_words(sentence)] for sentence in sentences(text)]

    pairs = ((cut(text), [cut(reference) for reference in row]) for text, row in zip(texts.hypotheses, texts.expected, strict=True))
    return np.array(
        [max(_union_f1(hypothesis, reference) for reference in references) for hypothesis, references in pairs], dtype=np.float64
    )


def _union_f1(hypothesis: Sequence[Sequence[str]], expected: Sequence[Sequence[str]]) -> float:
    n_hypothesis, n_expected = sum(map(len, hypothesis)), sum(map(len, expected))
    left = Counter(word for sentence in hypothesis for word in sentence)
    shared = 0
    for sentence in expected:
        for place in sorted(set().union(*(_in_order(sentence, other) for other in hypothesis))):
            if left[sentence[place]]:
                left[sentence[place]] -= 1
                shared += 1
    return 2 * shared / (n_hypothesis + n_expected) if shared else 0.0


def _in_order(sentence: Sequence[str], other: Sequence[str]) -> set[int]:
    """The places of one longest common subsequence in a sentence: of several the one that rouge-score's way back finds."""
    if set(sentence).isdisjoint(other):
        return set()
    best = [[0] * (len(other) + 1) for _ in range(len(sentence) + 1)]
    for i, word in enumerate(sentence, 1):
        for j, other_word in enumerate(other, 1):
            best[i][j] = best[i - 1][j - 1] + 1 if word == other_word else max(best[i - 1][j], best[i][j - 1])
    places, i, j = set(), len(sentence), len(other)
    while i and j:
        if sentence[i - 1] == other[j - 1]:
            i, j = i - 1, j - 1
            places.add(i)
        elif best[i][j - 1] > best[i - 1][j]:
            j -= 1
        else:
            i -= 1
    return places


def _f1(shared: Floats, n_said: Integers, n_expected: Integers) -> Floats:
    precision = shared / np.maximum(n_said, 1)
    recall = shared / np.maximum(n_expected, 1)
    total = precision + recall
    return np.asarray(np.divide(2 * precision * recall, total, out=np.zeros_like(total), where=total > 0))


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
