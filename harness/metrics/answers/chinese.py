"""Answers in Chinese: the canonical rules where they carry over, and characters where words would be needed.

White space separates no words in Chinese, and no list of them is shipped here: a token is one character, or a run of Latin letters and
digits. Yes and no have no words of their own either; a closed question is answered in the release's form of it ("包含", "不包含").
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from harness import parsing
from harness.base import typography
from harness.metrics.answers.canonical import word_scores
from harness.metrics.answers.reading import NORMALISER, comparable, normalise, said_as_it_is
from harness.metrics.base import Context, Measure, Metric, Samples, Statistics
from harness.metrics.columns import mean, of_rows

_COLUMNS = ("n", "exact", "unparsed", "recall", "precision", "f1")
NORMALISER_CHINESE = f"{NORMALISER},blanks removed"
_TOKENS = "characters; latin and digits as runs"
_CLAUSE = re.compile(r"[,;!?\n()\[\]{}\"|/:•]|\.(?!\d)|\s-\s")
_LEAD = re.compile(
    r"^\s*(?:(?:因此|所以|综上)\s*,?\s*)?(?:(?:我的|最终|正确|最后|最佳)?的?(?:答案|回答|结论)\s*(?:应该)?(?:是|为|:|=)\s*:?\s*)"
)
_BLANK = re.compile(r"(?<!\d) | (?!\d)")
_TOKEN = re.compile(r"[0-9a-z.,/:<>=%+-]*[0-9a-z][0-9a-z.,/:%+-]*|\S")


def normalise_chinese(text: str) -> str:
    """An answer as it is compared: typography folded, lower case, no punctuation, no blanks but those between two numbers."""
    return _BLANK.sub("", normalise(text))


def comparable_chinese(text: str) -> str:
    """`normalise_chinese`, or the text itself where nothing is left of it."""
    return normalise_chinese(text) or comparable(text)


def tokens(text: str) -> list[str]:
    """The characters of a text, punctuation left out; a run of Latin letters and digits is one."""
    return _TOKEN.findall(normalise(text))


def closed_label(reply: str, labels: Sequence[str]) -> str | None:
    """The label in a reply to a closed question: the whole reply, or its first clause where no other clause is another label.

    Never a part of a clause: "不包含" holds "包含".

    Args:
        reply: Raw text.
        labels: Normalised answers of all closed questions of the set.
    """
    whole = comparable_chinese(reply)
    if whole in labels:
        return whole
    said = _LEAD.sub("", typography.unmarked(parsing.first_line(reply)), count=1)
    clauses = [clause for part in _CLAUSE.split(said) if (clause := normalise_chinese(part))]
    named = {clause for clause in clauses if clause in labels}
    return clauses[0] if clauses and named == {clauses[0]} else None


def readings(samples: Samples) -> list[str | None]:
    """Each prediction as it is compared: the label of a closed question, the normalised text of an open one; None is unparsed."""
    kinds = samples.tags.get("answer_type", [""] * len(samples))
    labels = sorted({comparable_chinese(target) for target, kind in zip(samples.targets, kinds, strict=True) if kind == "closed"})
    bare = [target for target in samples.targets if not normalise_chinese(target)]
    return [
        closed_label(text, labels) if kind == "closed" else normalise_chinese(text) or said_as_it_is(text, bare) or None
        for text, kind in zip((prediction or "" for prediction in samples.predictions), kinds, strict=True)
    ]


def _compare(samples: Samples, context: Context) -> Statistics:  # noqa: ARG001  the answers alone decide
    rows = []
    for prediction, answer, references in zip(samples.predictions, readings(samples), samples.references, strict=True):
        exact = answer in {comparable_chinese(reference) for reference in references}
        said = tokens(prediction or "") or said_as_it_is(prediction or "", references).split()
        expected = [tokens(reference) or [comparable(reference)] for reference in references]
        best = max((word_scores(said, words) for words in expected), key=lambda scores: scores[2])
        rows.append([1.0, float(exact), float(answer is None), *best])
    return of_rows(_COLUMNS, rows)


_COMPARISON = Measure(name="answers_chinese", run=_compare, unread=lambda found: found.table[:, _COLUMNS.index("unparsed")] == 1)
_SOURCE = "closed and open rules of this harness"

VQA: tuple[Metric, ...] = (
    Metric(
        name="exact_match",
        variant="chinese",
        measure=_COMPARISON,
        value=mean("exact"),
        options={"normaliser": NORMALISER_CHINESE, "closed": "label-2", "open": "equality", "split": "answer_type"},
        summary="Share of questions answered right: closed ones by the label in the reply, open ones by equality after normalisation.",
        source=_SOURCE,
        pitfalls=(
            "An answer that means the same in other words is wrong: 是 where the release says 包含.",
            "The order of a list counts: exact_match/chinese-any-order takes the items of a list in any order.",
        ),
    ),
    Metric(
        name="unparsed_rate",
        variant="chinese",
        measure=_COMPARISON,
        value=mean("unparsed"),
        options={"normaliser": NORMALISER_CHINESE},
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
            value=mean(column),
            options={"normaliser": NORMALISER_CHINESE, "tokens": _TOKENS, "counting": "multiset", "aggregation": "mean"},
            summary=f"Mean {column} of the reply's characters against the answer's, repeated ones counted.",
            source="Rajpurkar et al. (2016), SQuAD 1.1, with characters in the place of words",
            pitfalls=("A denial shares most of its characters with what it denies: 不包含 and 包含 have two of three in common.",),
        )
        for column in ("recall", "precision", "f1")
    ),
)
"""What questions in Chinese compute; the first one ranks."""
