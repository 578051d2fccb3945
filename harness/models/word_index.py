"""Texts by their words: which of many are most like one, looked up in the lists of the texts that hold each word, rarest words first.

Likeness is the cosine of tf-idf vectors. A word that many texts hold says little, and by the time its list would be read the words
before it have mostly settled which texts can still be nearest: their likeness alone is computed in full, and nothing depends on what
was left unread.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_DIGITS = 12
"""Decimals of a likeness; texts that differ in later ones alone are equally near."""
_SLACK = 1e-9
"""What sums in another order may differ by, and more."""
_FIRST, _GROWTH = 1, 16
"""How many texts are sought at first, and how many times as many when those are used up."""


class WordIndex:
    """Texts, ready to be asked which of them are nearest."""

    def __init__(self, texts: Sequence[str]) -> None:
        """Read the texts, at least one of which holds a word."""
        from sklearn.feature_extraction.text import TfidfVectorizer

        self._vectors = TfidfVectorizer(token_pattern=r"(?u)\b\w+\b", dtype=np.float64)  # noqa: S106  no password, a pattern
        self._rows = self._vectors.fit_transform(texts)
        self._columns = self._rows.tocsc()
        self._highest: NDArray[np.float64] = self._columns.max(axis=0).toarray().ravel()
        self._sums = np.zeros(len(texts))
        """Of the texts met while one question is answered; zero in between."""

    def nearest(self, text: str) -> Iterator[int]:
        """The places of all texts, the nearest first, equals in their order; no more are sought than are taken."""
        vector = self._vectors.transform([text])
        given, wanted = 0, _FIRST
        while wanted < len(self._sums) and (candidates := self._candidates(vector, wanted)) is not None:
            order = self._order(vector, candidates)[:wanted]
            yield from order[given:].tolist()
            given, wanted = wanted, wanted * _GROWTH
        yield from self._order(vector, None)[given:].tolist()

    def _candidates(self, vector: Any, wanted: int) -> NDArray[np.intp] | None:
        """Texts among which the ``wanted`` nearest are, in their order; None where fewer than that share a word with the question."""
        starts = self._columns.indptr
        words = sorted(
            zip(vector.indices.tolist(), vector.data.tolist(), strict=True), key=lambda word: starts[word[0] + 1] - starts[word[0]]
        )
        bounds = [*_bounds([weight for _, weight in words], [float(self._highest[word]) for word, _ in words]), 0.0]
        met: list[NDArray[np.intp]] = []
        n = 0
        try:
            for number, (word, weight) in enumerate(words):
                inside = slice(starts[word], starts[word + 1])
                places = self._columns.indices[inside]
                met.append(places[self._sums[places] == 0])
                n += len(met[-1])
                self._sums[places] += weight * self._columns.data[inside]
                last = number + 1 == len(words)
                # Looking at what was met costs as much as reading a list of its length.
                if n < wanted or not (last or starts[words[number + 1][0] + 1] - starts[words[number + 1][0]] > n):
                    continue
                candidates = np.concatenate(met)
                sums, left = self._sums[candidates], bounds[number + 1]
                least = np.partition(sums, len(sums) - wanted)[len(sums) - wanted]
                if left < least - _SLACK:
                    return np.sort(candidates[sums + left >= least - _SLACK])
            return None
        finally:
            for places in met:
                self._sums[places] = 0.0

    def _order(self, vector: Any, among: NDArray[np.intp] | None) -> NDArray[np.intp]:
        """Places by their likeness, the highest first."""
        rows = self._rows if among is None else self._rows[among]
        likeness = np.round((rows @ vector.T).toarray().ravel(), _DIGITS)
        order = np.argsort(-likeness, kind="stable")
        return order if among is None else among[order]


def _bounds(weights: Sequence[float], highest: Sequence[float]) -> list[float]:
    """The most that the words from each on can add to a likeness: as their highest values, or as the lengths of vectors allow."""
    most, square, bounds = 0.0, 0.0, []
    for weight, high in zip(reversed(weights), reversed(highest), strict=True):
        most += weight * high
        square += weight * weight
        bounds.append(min(most, square**0.5))
    return bounds[::-1]
