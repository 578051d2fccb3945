"""Texts by their words: the order is that of computing the likeness of every text, whatever is left unread."""

from __future__ import annotations

import random
from itertools import islice

import numpy as np
import pytest

from harness.models.word_index import WordIndex

VOCABULARY = [f"w{number}" for number in range(40)]


def texts(n: int, seed: int, longest: int = 12) -> list[str]:
    """Texts in which some words are in nearly all and others in one."""
    rng = random.Random(seed)
    weights = [1 / (rank + 1) for rank in range(len(VOCABULARY))]
    return [" ".join(rng.choices(VOCABULARY, weights, k=rng.randint(1, longest))) for _ in range(n)]


def in_full(known: list[str], text: str) -> list[int]:
    """The order by the cosine of scikit-learn's tf-idf vectors, to twelve decimals, equals in their places."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectors = TfidfVectorizer(token_pattern=r"(?u)\b\w+\b")  # noqa: S106  no password, a pattern
    likeness = np.round((vectors.fit_transform(known) @ vectors.transform([text]).T).toarray().ravel(), 12)
    return [int(place) for place in np.argsort(-likeness, kind="stable")]


@pytest.mark.parametrize("taken", [1, 2, 17, 400])
def test_as_many_as_are_taken_stand_as_if_all_had_been_compared(taken: int) -> None:
    known = texts(400, seed=1)
    index = WordIndex(known)
    for text in [*texts(40, seed=2), known[7], known[7] + " unknown"]:
        assert list(islice(index.nearest(text), taken)) == in_full(known, text)[:taken]


@pytest.mark.parametrize("text", ["", "unknown words alone", "!?"])
def test_a_text_without_a_known_word_is_like_all_equally(text: str) -> None:
    assert list(WordIndex(["a b", "b c", "c d"]).nearest(text)) == [0, 1, 2]


def test_questions_do_not_remember_each_other() -> None:
    index = WordIndex(["lung nodule", "heart failure", "renal failure"])
    first = index.nearest("renal failure")
    assert next(first) == 2
    assert next(index.nearest("heart")) == 1
    assert list(first) == [1, 0]
