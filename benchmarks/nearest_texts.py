"""The nearest train text: the index of words beside a dense row of likenesses over all of train for each question."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import numpy as np

from benchmarks.lines import Line
from harness.models.word_index import WordIndex

_KNOWN, _ASKED = 180_000, 40
"""As many train texts as HealthCareMagic has."""


def lines(_: Path, __: str) -> Iterator[Line]:
    """CPU time of a question either way; both must name the same text."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    rng = random.Random(0)
    vocabulary = [f"w{rank}" for rank in range(40_000)]
    weights = list(np.cumsum([1 / (rank + 1) for rank in range(len(vocabulary))]))
    # As in real texts, words come in phrases that others use too.
    phrases = [rng.choices(vocabulary, cum_weights=weights, k=5) for _ in range(60_000)]
    texts = [" ".join(chain.from_iterable(rng.choices(phrases, k=rng.randint(4, 30)))) for _ in range(_KNOWN + _ASKED)]
    known, asked = texts[_ASKED:], texts[:_ASKED]
    index = WordIndex(known)
    start = time.process_time()
    ours = [next(index.nearest(text)) for text in asked]
    taken = time.process_time() - start
    vectors = TfidfVectorizer(token_pattern=r"(?u)\b\w+\b")  # noqa: S106  no password, a pattern
    rows = vectors.fit_transform(known)
    start = time.process_time()
    theirs = [int(np.argmax(np.round((rows @ vectors.transform([text]).T).toarray().ravel(), 12))) for text in asked]
    dense = time.process_time() - start
    if ours != theirs:
        raise SystemExit("the index and the dense rows name different texts")
    yield Line(
        what=f"nearest of {_KNOWN:,} train texts, each question; beside it a dense row over all of them",
        ours=f"{taken / _ASKED * 1000:.1f} ms",
        beside=f"{dense / _ASKED * 1000:.1f} ms",
        ratio=taken / dense,
        bar=1,
    )
