"""Answers in Chinese: the canonical rules where they carry over, and characters where words would be needed.

White space separates no words in Chinese, and no list of them is shipped here: a token is one character, or a run of Latin letters and
digits. Yes and no have no words of their own either; a closed question is answered in the release's form of it ("包含", "不包含").
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np

from harness.metrics.base import Context, Floats, Measure, Metric, Samples, Statistics
from harness.metrics.vqa_text import NORMALISER, normalise

_COLUMNS = ("n", "exact", "unparsed", "recall", "precision", "f1")
_NORMALISER = f"nfkc,{NORMALISER},blanks removed"
_TOKENS = "characters; latin and digits as runs"
_CLAUSE = re.compile(r"[，。；！？,;!?\n]|\.(?!\d)")
_TOKEN = re.compile(r"[0-9a-z.]+|\S")


def normalise_chinese(text: str) -> str:
    """An answer as it is compared: full-width forms folded, lower case, no punctuation, no blanks."""
    return _folded(text).replace(" ", "")


def tokens(text: str) -> list[str]:
    """The characters of a text, punctuation left out; a run of Latin letters and digits is one."""
    return _TOKEN.findall(_folded(text))


def closed_label(reply: str, labels: Sequence[str]) -> str | None:
    """The label in a reply to a closed question: the whole reply, or its first clause where no other clause is another label.

    Never a part of a clause: "不包含" holds "包含".

    Args:
        reply: Raw text.
        labels: Normalised answers of all closed questions of the set.
    """
    whole = normalise_chinese(reply)
    if whole in labels:
        return whole
    clauses = [clause for part in _CLAUSE.split(reply) if (clause := normalise_chinese(part))]
    said = {clause for clause in clauses if clause in labels}
    return clauses[0] if clauses and said == {clauses[0]} else None


def _folded(text: str) -> str:
    return normalise(unicodedata.normalize("NFKC", text))


def _compare(samples: Samples, context: Context) -> Statistics:  # noqa: ARG001  the answers alone decide
    kinds = samples.tags.get("answer_type", [""] * len(samples))
    labels = sorted({normalise_chinese(target) for target, kind in zip(samples.targets, kinds, strict=True) if kind == "closed"})
    rows = []
    for prediction, kind, references in zip(samples.predictions, kinds, samples.references, strict=True):
        text = prediction or ""
        answer = closed_label(text, labels) if kind == "closed" else normalise_chinese(text) or None
        exact = answer in {normalise_chinese(reference) for reference in references}
        best = max((_overlap(tokens(text), tokens(reference)) for reference in references), key=lambda scores: scores[2])
        rows.append([1.0, float(exact), float(answer is None), *best])
    return Statistics(names=_COLUMNS, table=np.array(rows, dtype=np.float64).reshape(len(rows), len(_COLUMNS)))


def _overlap(said: Sequence[str], expected: Sequence[str]) -> tuple[float, float, float]:
    """Recall, precision and F1, repeated tokens counted."""
    overlap = (Counter(said) & Counter(expected)).total()
    if not overlap:
        return 0.0, 0.0, 0.0
    recall, precision = overlap / len(expected), overlap / len(said)
    return recall, precision, 2 * recall * precision / (recall + precision)


def _mean(column: str) -> Callable[[Statistics, Floats], Floats]:
    at = _COLUMNS.index(column)
    return lambda statistics, weights: (weights @ statistics.table[:, at]) / (weights @ statistics.table[:, 0])


_COMPARISON = Measure(name="answers_chinese", run=_compare, unread=lambda found: found.table[:, _COLUMNS.index("unparsed")] == 1)
_SOURCE = "closed and open rules of this harness"

VQA: tuple[Metric, ...] = (
    Metric(
        name="exact_match",
        variant="chinese",
        measure=_COMPARISON,
        value=_mean("exact"),
        options={"normaliser": _NORMALISER, "closed": "label", "open": "equality", "split": "answer_type"},
        summary="Share of questions answered right: closed ones by the label in the reply, open ones by equality after normalisation.",
        source=_SOURCE,
        pitfalls=("An answer that means the same in other words is wrong: 是 where the release says 包含.",),
    ),
    Metric(
        name="unparsed_rate",
        variant="chinese",
        measure=_COMPARISON,
        value=_mean("unparsed"),
        options={"normaliser": _NORMALISER},
        higher_is_better=False,
        summary="Share of questions without a readable answer: a reply that names no label or contradicts itself (unparsed), none at all"
        " (empty), a refusal or a failed call; all of them count as wrong.",
        source=_SOURCE,
    ),
    *(
        Metric(
            name=f"token_{column}",
            variant="characters",
            measure=_COMPARISON,
            value=_mean(column),
            options={"normaliser": _NORMALISER, "tokens": _TOKENS, "counting": "multiset", "aggregation": "mean"},
            summary=f"Mean {column} of the reply's characters against the answer's, repeated ones counted.",
            source="Rajpurkar et al. (2016), SQuAD 1.1, with characters in the place of words",
            pitfalls=("A denial shares most of its characters with what it denies: 不包含 and 包含 have two of three in common.",),
        )
        for column in ("recall", "precision", "f1")
    ),
)
"""What questions in Chinese compute; the first one ranks."""
