"""Answers to questions about images: the canonical scorer.

Closed questions are read as labels, contradictions and silence are *unparsed* and wrong; open ones are compared after
normalisation. Which is which is the release's own ``answer_type``.
"""

from __future__ import annotations

import functools
import operator
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from msgspec import Struct

from harness.base.arrays import np
from harness.metrics.answers.reading import NORMALISER, closed_label, comparable, normalise, said_as_it_is
from harness.metrics.base import Context, Defect, Floats, Measure, Metric, Samples, Statistics
from harness.metrics.columns import mean, of_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

COLUMNS = ("n", "exact", "unparsed", "recall", "precision", "f1")
_OF_BLEU = ("overlap", "said", "expected")
_TINY, _SMALL = 1e-15, 1e-9
"""The constants with which pycocoevalcap's BLEU keeps its divisions defined."""


class Language(Struct, frozen=True, kw_only=True):
    """How answers in a language are compared."""

    normalise: Callable[[str], str]
    comparable: Callable[[str], str]
    """``normalise``, or the text itself where nothing is left of it."""
    words: Callable[[str], list[str]]
    closed_label: Callable[[str, Sequence[str]], str | None]
    """Of a reply and the comparable answers of all closed questions."""


ENGLISH = Language(normalise=normalise, comparable=comparable, words=lambda text: normalise(text).split(), closed_label=closed_label)


def readings(samples: Samples, language: Language = ENGLISH) -> list[str | None]:
    """Each prediction as it is compared: the label of a closed question, the normalised text of an open one; None is unparsed."""
    kinds = samples.tags.get("answer_type", [""] * len(samples))
    labels = sorted({language.comparable(target) for target, kind in zip(samples.targets, kinds, strict=True) if kind == "closed"})
    bare = [target for target in samples.targets if not language.normalise(target)]
    return [
        language.closed_label(text, labels) if kind == "closed" else language.normalise(text) or said_as_it_is(text, bare) or None
        for text, kind in zip((prediction or "" for prediction in samples.predictions), kinds, strict=True)
    ]


def compared(samples: Samples, language: Language = ENGLISH) -> Iterator[tuple[list[float], list[str], list[list[str]]]]:
    """Of each sample its row of `COLUMNS`, the words said, and those of each reference."""
    for prediction, answer, references in zip(samples.predictions, readings(samples, language), samples.references, strict=True):
        # The words are those of the whole reply: a sentence around the answer costs precision, whatever label it was read as.
        hypothesis = language.words(prediction or "") or said_as_it_is(prediction or "", references).split()
        expected = [language.words(reference) or comparable(reference).split() for reference in references]
        best = max((word_scores(hypothesis, words) for words in expected), key=lambda scores: scores[2])
        exact = answer in [language.comparable(reference) for reference in references]
        yield [1.0, float(exact), float(answer is None), *best], hypothesis, expected


def unread(statistics: Statistics) -> NDArray[np.bool_]:
    """[n]; the samples that were not read."""
    return np.asarray(statistics.table[:, COLUMNS.index("unparsed")] == 1)


def _compare(samples: Samples, context: Context) -> Statistics:  # noqa: ARG001  the answers alone decide
    rows = []
    for row, hypothesis, references in compared(samples):
        known: Counter[str] = functools.reduce(operator.or_, map(Counter, references))
        expected = min(map(len, references), key=lambda length: (abs(length - len(hypothesis)), length))
        rows.append([*row, float((Counter(hypothesis) & known).total()), float(len(hypothesis)), float(expected)])
    return of_rows((*COLUMNS, *_OF_BLEU), rows)


def word_scores(hypothesis: Sequence[str], expected: Sequence[str]) -> tuple[float, float, float]:
    """Token recall, precision and F1 (Rajpurkar et al., 2016)."""
    if not hypothesis or not expected:
        same = float(list(hypothesis) == list(expected))
        return same, same, same
    overlap = (Counter(hypothesis) & Counter(expected)).total()
    recall, precision = overlap / len(expected), overlap / len(hypothesis)
    return recall, precision, 2 * recall * precision / (recall + precision) if overlap else 0.0


def _bleu_1(statistics: Statistics, weights: Floats) -> Floats:
    overlap, predicted, expected = (weights @ statistics.table[:, statistics.names.index(name)] for name in _OF_BLEU)
    ratio = (predicted + _TINY) / (expected + _SMALL)
    penalty = np.where(ratio < 1, np.exp(1 - 1 / ratio), 1.0)
    return np.where(weights.any(axis=1), (overlap + _TINY) / (predicted + _SMALL) * penalty, np.nan)


def _classes(samples: Samples, context: Context) -> Statistics:  # noqa: ARG001  the answers alone decide
    targets = [comparable(target) for target in samples.targets]
    number = {answer: position for position, answer in enumerate(sorted(set(targets)))}
    rows = [[number[target], number.get(answer or "", -1)] for target, answer in zip(targets, readings(samples), strict=True)]
    return of_rows(("target", "predicted"), rows)


def _weighted_f1(statistics: Statistics, weights: Floats) -> Floats:
    from scipy.sparse import csr_array

    target, predicted = statistics.table.astype(int).T
    n, classes = len(target), int(max(target.max(initial=-1), predicted.max(initial=-1))) + 1

    def counted(rows: np.ndarray, column: np.ndarray) -> Floats:
        indicator = csr_array((np.ones(len(rows)), (rows, column)), shape=(n, classes))
        return np.asarray((indicator.T @ weights.T).T)

    everything = np.arange(n)
    read = np.flatnonzero(predicted >= 0)
    hit = np.flatnonzero(predicted == target)
    support, chosen, right = counted(everything, target), counted(read, predicted[read]), counted(hit, target[hit])
    with np.errstate(invalid="ignore"):
        f1 = np.nan_to_num(2 * right / (support + chosen))
    return np.asarray((support * f1).sum(axis=1) / support.sum(axis=1))


_COMPARISON = Measure(name="answers", run=_compare, unread=unread)
_ANSWER_CLASSES = Measure(name="answer_classes", run=_classes, additive=False)
_SOURCE = "closed and open rules of this harness; words as in SQuAD 1.1 (Rajpurkar et al., 2016)"

EXACT_MATCH = Metric(
    name="exact_match",
    variant="canonical",
    measure=_COMPARISON,
    value=mean("exact"),
    options={"normaliser": NORMALISER, "closed": "label-2", "open": "equality", "split": "answer_type"},
    summary="Share of questions answered right: closed ones by the label in the reply, open ones by equality after normalisation.",
    source=_SOURCE,
    pitfalls=(
        "Others call this accuracy, and mean substring tests, token recall or a language model's opinion by it.",
        "A full sentence around an open answer is not equal to it; token recall is beside this number for that reason.",
        "The order of a list counts: exact_match/any-order takes the items of a list in any order.",
    ),
)

UNPARSED = Metric(
    name="unparsed_rate",
    variant="canonical",
    measure=_COMPARISON,
    value=mean("unparsed"),
    options={"normaliser": NORMALISER},
    higher_is_better=False,
    summary="Share of questions without a readable answer: a reply that names no label or contradicts itself (unparsed), none at all"
    " (empty), a refusal or a failed call; all of them count as wrong.",
    source=_SOURCE,
)
TOKENS = tuple(
    Metric(
        name=f"token_{column}",
        variant="canonical",
        measure=_COMPARISON,
        value=mean(column),
        options={"normaliser": NORMALISER, "counting": "multiset", "aggregation": "mean"},
        summary=f"Mean token {column.replace('f1', 'F1')} of the reply against the answer, repeated words counted.",
        source="Rajpurkar et al. (2016), SQuAD 1.1",
    )
    for column in COLUMNS[3:]
)

VQA: tuple[Metric, ...] = (
    EXACT_MATCH,
    UNPARSED,
    replace(
        TOKENS[0],
        pitfalls=("Recall alone rewards long replies; papers that print it as open accuracy are not comparable with equality.",),
        known_defects=(Defect(predictions="yes no", slice="yes_no", reason="A reply that says both answers recalls either."),),
    ),
    *TOKENS[1:],
    Metric(
        name="bleu_1",
        variant="canonical",
        measure=_COMPARISON,
        value=_bleu_1,
        options={"normaliser": NORMALISER, "aggregation": "corpus", "brevity": "closest"},
        summary="Corpus BLEU-1 over normalised words.",
        source="Papineni et al. (2002), as in pycocoevalcap",
    ),
    Metric(
        name="weighted_f1",
        variant="sklearn",
        measure=_ANSWER_CLASSES,
        value=_weighted_f1,
        options={"normaliser": NORMALISER, "average": "weighted", "classes": "answers", "over": "readings", "unparsed": "miss"},
        summary="F1 per distinct answer, weighted by how often it is the right one, over replies as they were read: a closed question's"
        " label, an open one's normalised text. The BiomedGPT paper reports a weighted F1 without publishing its definition; this is"
        " scikit-learn's.",
        pitfalls=("Over raw replies every sentence is a class of its own, and scikit-learn gives another number.",),
        source="scikit-learn f1_score(average='weighted')",
    ),
)
"""What every visual question answering task computes; the first one ranks."""
