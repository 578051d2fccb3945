"""How published evaluations judge one reply: their normalisers, extractions and rules, quirks included, used under their names alone.

Written from the behaviour of the public scripts; `answers` and `vqa_text` are what this harness judges by otherwise.
"""

from __future__ import annotations

import functools
import math
from collections import Counter
from collections.abc import Sequence
from typing import Literal, NamedTuple

from harness.base import patterns
from harness.metrics.answers.reading import ARTICLES, NUMBERS

Closed = Literal["yes_no", "answer_type"]
"""Which questions are closed: those answered yes or no, or those the release marks."""

_MARKS = ';/[]"{}()=+\\_-><@`,?!'
"""Punctuation of the VQA evaluation; colons, apostrophes, per cent signs and full stops are not among it."""
_NUMBERS = NUMBERS | {"none": "0"}
_DIGITS_AROUND_A_COMMA = patterns.later(r"\d,\d")
_FULL_STOP = patterns.later(r"\.(?!\d)")
_MOST_FULL_STOPS = 32
"""The scripts pass a flag of this value where the number of substitutions belongs."""

_CONTRACTIONS = {
    "n't": "ai are ca could did does do had has have is might must need ought sha should was were wo would",
    "'d": "he how it someone something there they where who you",
    "'ll": "how it somebody someone something they what who why you",
    "'s": "he how somebody someone that there what when where who why",
    "'re": "there they what why you",
    "'ve": "could might must not should they we what where who would you",
    "'d've": "he it she somebody someone something there they we who you",
    "n't've": "could had might should would",
    "": "ma'am o'clock 'twas y'all y'all'll y'all'd've 'ow's'at",
}
"""Ending to the words before it."""


def _misspelt() -> dict[str, str]:
    """Each contraction by its spellings with one apostrophe left out, and the one word that the scripts spoil."""
    whole = [word + ending for ending, words in _CONTRACTIONS.items() for word in words.split()]
    places = [(word, place) for word in whole for place, letter in enumerate(word) if letter == "'"]
    return {word[:place] + word[place + 1 :]: word for word, place in places} | {"somebody'd": "somebodyd"}


_APOSTROPHES = _misspelt()


@functools.lru_cache(maxsize=65536)
def vqa_words(text: str) -> str:
    """The VQA evaluation's normaliser as medical evaluations copy it, with what it does unasked.

    A mark is deleted where it touches a blank anywhere in the text, or where digits stand around a comma anywhere; else it becomes a
    blank: "left-sided" is two words, "1,000 left-sided" ends in one. The first 32 full stops that no digit follows go. "none" is 0.

    Args:
        text: As the model wrote it; line breaks count as white space, not as blanks.

    Source: Antol et al. (2015), vqaEval.py, in the versions of LLaVA-Med and MultiMedEval, which agree on lower-cased text.
    """
    text = text.lower()
    joins = _DIGITS_AROUND_A_COMMA.search(text) is not None
    unmarked = text
    for mark in _MARKS:
        unmarked = unmarked.replace(mark, "" if joins or f"{mark} " in text or f" {mark}" in text else " ")
    words = (_NUMBERS.get(word, word) for word in _FULL_STOP.sub("", unmarked, count=_MOST_FULL_STOPS).split())
    return " ".join(_APOSTROPHES.get(word, word) for word in words if word not in ARTICLES)


def boxed(text: str) -> str | None:
    r"""The content of the last ``\boxed{…}`` whose braces close, stripped; None where there is none."""
    start = text.rfind("\\boxed{")
    if start < 0:
        return None
    content, depth = text[start + len("\\boxed{") :], 0
    for place, letter in enumerate(content):
        depth += (letter == "{") - (letter == "}")
        if depth < 0:
            return content[:place].strip()
    return None


def tagged(text: str) -> str:
    """What stands between all pairs of answer tags, joined by blanks; the text itself where nothing does."""
    parts, place = [], 0
    while (start := text.find("<answer>", place)) >= 0 and (end := text.find("</answer>", start)) >= 0:  # each letter is looked at once
        parts.append(text[start + len("<answer>") : end])
        place = end + len("</answer>")
    return " ".join(parts).strip() or text


_ANNOUNCED = ("**answer**:", "**answer**", "*answer*:", "**answer:**", "answer is", "answer:", "答案:", "final answer")
"""Phrases after whose last occurrence MedEvalKit reads on, tried in this order."""


def medevalkit_reply(reply: str, *, strip: bool) -> str:
    """What MedEvalKit takes for the answer in a reply: boxed, tagged or announced; lower case.

    A reply that has the word "boxed" and no box is read as "None". White space after an announcement stays.

    Args:
        reply: As the model wrote it.
        strip: As for VQA-RAD and PathVQA, whose replies are stripped once before announcements are looked for; SLAKE's are not.
    """
    text = _first_read(reply)
    text = (text.strip() if strip else text).lower()
    if "boxed" in text:
        inside = boxed(text)
        text = "None" if inside is None else inside
    elif "<answer>" in text:
        text = tagged(text)
    for phrase in _ANNOUNCED:
        text = text.rpartition(phrase)[2]
    return text


def _first_read(reply: str) -> str:
    inside = boxed(reply)
    if inside is not None and inside != "None":
        return inside
    return tagged(reply) if "<answer>" in reply else reply


_ENOUGH_CLOSED, _ENOUGH_OPEN, _EPSILON = 0.4, 0.75, 1e-8


def biomedgpt(reply: str, answer: str, *, lower: bool) -> bool:
    """BiomedGPT: the stripped reply is the answer, letter for letter; the answer keeps its blanks, and where it is lower-cased no tab."""
    return reply.strip() == (answer.lower().replace("\t", "") if lower else answer)


def llava_med_recall(reply: str, answer: str) -> float:
    """LLaVA-Med's token recall: words of the reply that are the answer's, each time they are said, over those and the answer's others."""
    # Both texts pass the normaliser twice: it leaves full stops beyond the 32nd to the second pass.
    words, expected = (Counter(vqa_words(vqa_words(text)).split()) for text in (reply, answer))
    hits = sum(n for word, n in words.items() if word in expected)
    missed = sum(n for word, n in expected.items() if word not in words)
    return hits / (hits + missed) if hits else 0.0


def llava_med(reply: str, answer: str) -> bool:
    """LLaVA-Med's batch script: the normalised answer is a part of the normalised reply, inside words too."""
    return vqa_words(answer) in vqa_words(reply)


def llava_med_v1(reply: str, answer: str) -> bool | None:
    """LLaVA-Med's first script on a closed question; None leaves it out of the count.

    It looks at replies with "yes" or "no" somewhere in them and forgets to count those that are wrong.
    """
    text = vqa_words(reply)
    if "yes" not in text and "no" not in text:
        return False
    return True if vqa_words(answer) in text else None


class MultiMedEval(NamedTuple):
    """What MultiMedEval finds in one reply."""

    f1: float
    recall: float
    bleu_1: float
    right: bool


def multimedeval(reply: str, answer: str) -> MultiMedEval:
    """MultiMedEval's four figures: words as sets, BLEU-1 of the sentence, right by a threshold on recall."""
    clean_reply, clean_answer = vqa_words(reply), vqa_words(answer)
    words, expected = set(clean_reply.split()), set(clean_answer.split())
    common = len(words & expected)
    precision = common / len(words) if words else 0.0
    recall = common / len(expected) if expected else 0.0
    closed = clean_answer in ("yes", "no")
    accepted = {"no", "not"} if clean_answer == "no" else expected
    share = len(words & accepted) / len(accepted) if closed else recall
    return MultiMedEval(
        f1=2 * precision * recall / (precision + recall + _EPSILON),
        recall=recall,
        bleu_1=_sentence_bleu_1(clean_reply.split(), clean_answer.split()),
        right=share >= (_ENOUGH_CLOSED if closed else _ENOUGH_OPEN),
    )


def _sentence_bleu_1(words: Sequence[str], expected: Sequence[str]) -> float:
    matches = (Counter(words) & Counter(expected)).total()
    if not matches:
        return 0.0
    return matches / len(words) * (1.0 if len(words) > len(expected) else math.exp(1 - len(expected) / len(words)))


def medevalkit(reply: str, answer: str, *, closed: bool, by: Closed) -> bool:
    """MedEvalKit without its judge: one of the substrings yes and no, equality of a closed label, equality of an open answer.

    Args:
        reply: As the model wrote it.
        answer: The release's.
        closed: Whether the release marks the question as closed; looked at where ``by`` is ``answer_type``.
        by: How the release's script tells closed questions from open ones.
    """
    strip = by == "yes_no"
    text = medevalkit_reply(reply, strip=strip)
    expected = answer.lower().strip() if strip else answer.lower()
    if (expected if strip else answer) in ("yes", "no") and (strip or closed):
        text = text.replace("\n", "").replace(".", "")
        return (("yes" in text) != ("no" in text)) and expected in text
    return (text.replace("\n", "").replace(".", "") if closed and not strip else text) == expected
