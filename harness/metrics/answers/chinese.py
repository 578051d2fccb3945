"""Answers in Chinese: the canonical rules where they carry over, and characters where words would be needed.

White space separates no words in Chinese, and no list of them is shipped here: a token is one character, or a run of Latin letters and
digits. Yes and no have no words of their own either; a closed question is answered in the release's form of it ("包含", "不包含").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from harness import parsing
from harness.base import patterns, typography
from harness.metrics.answers import canonical
from harness.metrics.answers.canonical import Language
from harness.metrics.answers.reading import NORMALISER, comparable, normalise
from harness.metrics.base import Context, Measure, Metric, Samples, Statistics
from harness.metrics.columns import of_rows

NORMALISER_CHINESE = f"{NORMALISER},blanks removed"
_TOKENS = "characters; latin and digits as runs"
_CLAUSE = patterns.later(r"[,;!?\n()\[\]{}\"|/:•]|\.(?!\d)|\s-\s")
_LEAD = patterns.later(
    r"^\s*(?:(?:因此|所以|综上)\s*,?\s*)?(?:(?:我的|最终|正确|最后|最佳)?的?(?:答案|回答|结论)\s*(?:应该)?(?:是|为|:|=)\s*:?\s*)"
)
_BLANK = patterns.later(r"(?<!\d) | (?!\d)")
_TOKEN = patterns.later(r"[0-9a-z.,/:<>=%+-]*[0-9a-z][0-9a-z.,/:%+-]*|\S")


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
    line = _LEAD.sub("", typography.unmarked(parsing.first_line(reply)), count=1)
    clauses = [clause for part in _CLAUSE.split(line) if (clause := normalise_chinese(part))]
    named = {clause for clause in clauses if clause in labels}
    return clauses[0] if clauses and named == {clauses[0]} else None


LANGUAGE = Language(normalise=normalise_chinese, comparable=comparable_chinese, words=tokens, closed_label=closed_label)


def _compare(samples: Samples, context: Context) -> Statistics:  # noqa: ARG001  the answers alone decide
    return of_rows(canonical.COLUMNS, [row for row, _, _ in canonical.compared(samples, LANGUAGE)])


_COMPARISON = Measure(name="answers_chinese", run=_compare, unread=canonical.unread)
_SOURCE = "closed and open rules of this harness"

VQA: tuple[Metric, ...] = (
    replace(
        canonical.EXACT_MATCH,
        variant="chinese",
        measure=_COMPARISON,
        options={**canonical.EXACT_MATCH.options, "normaliser": NORMALISER_CHINESE},
        source=_SOURCE,
        pitfalls=(
            "An answer that means the same in other words is wrong: 是 where the release says 包含.",
            "The order of a list counts: exact_match/chinese-any-order takes the items of a list in any order.",
        ),
    ),
    replace(canonical.UNPARSED, variant="chinese", measure=_COMPARISON, options={"normaliser": NORMALISER_CHINESE}, source=_SOURCE),
    *(
        replace(
            metric,
            variant="characters",
            measure=_COMPARISON,
            options={**metric.options, "normaliser": NORMALISER_CHINESE, "tokens": _TOKENS},
            summary=f"Mean {metric.name.removeprefix('token_')} of the reply's characters against the answer's, repeated ones counted.",
            source="Rajpurkar et al. (2016), SQuAD 1.1, with characters in the place of words",
            pitfalls=("A denial shares most of its characters with what it denies: 不包含 and 包含 have two of three in common.",),
        )
        for metric in canonical.TOKENS
    ),
)
"""What questions in Chinese compute; the first one ranks."""
