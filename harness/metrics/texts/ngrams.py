"""Texts as numbers: words become integers and n-grams become integers, so that nothing after it loops over n-grams in Python."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from harness.base.arrays import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Integers: TypeAlias = "NDArray[np.int64]"
Numbers: TypeAlias = "NDArray[np.int32]"
"""Of words and n-grams: half the memory, and two thousand million are enough."""


class Vocabulary(dict[str, int]):
    """Word to number: words of one form have one number, forms are numbered in order of first appearance."""

    def __init__(self, form: Callable[[str], str] = str) -> None:
        """Start empty.

        Args:
            form: What makes words equal, called once per distinct word: itself, or its stem.
        """
        super().__init__()
        self._form = form
        self._numbers: dict[str, int] = {}

    def __missing__(self, word: str) -> int:
        number = self[word] = self._numbers.setdefault(self._form(word), len(self._numbers))
        return number


class Documents(Struct, frozen=True, kw_only=True):
    """Texts as numbers of words, one after the other."""

    words: Numbers
    ends: Integers
    """[n + 1]; text i is ``words[ends[i]:ends[i + 1]]``."""

    @property
    def lengths(self) -> Integers:
        """Words of each text."""
        return np.diff(self.ends)


def documents(texts: Iterable[Iterable[str]], vocabulary: Vocabulary) -> Documents:
    """Encode texts, given as their words."""
    number = vocabulary.__getitem__
    rows = [np.fromiter(map(number, words), dtype=np.int32) for words in texts]
    ends = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    return Documents(words=np.concatenate(rows) if rows else np.empty(0, dtype=np.int32), ends=ends)


class Grams(Struct, frozen=True, kw_only=True):
    """All n-grams of one order in a collection, in its order."""

    number: Numbers
    """Equal for equal n-grams, below ``kinds``."""
    document: Numbers
    """The text it stands in; never decreasing."""
    kinds: int


def grams(collection: Documents, order: int) -> Iterator[Grams]:
    """The n-grams of orders 1 to ``order``.

    An n-gram's number is that of the pair (number of its first n - 1 words, last word), in order of first appearance.
    """
    import pandas

    words = collection.words
    document = np.repeat(np.arange(len(collection.lengths), dtype=np.int32), collection.lengths)
    kinds = vocabulary = int(words.max()) + 1 if len(words) else 1
    number = words.copy()
    yield Grams(number=words, document=document, kinds=kinds)
    for n in range(2, order + 1):
        starts = max(len(words) - n + 1, 0)
        inside = document[:starts] == document[len(words) - starts :]
        pair = number[:starts][inside] * np.int64(vocabulary) + words[len(words) - starts :][inside]
        numbers, distinct = pandas.factorize(pair)  # fifty times as fast as a sort
        kinds = max(len(distinct), 1)
        number[:starts][inside] = numbers
        yield Grams(number=numbers.astype(np.int32), document=document[:starts][inside], kinds=kinds)
