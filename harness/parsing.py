"""Reading replies: each function returns what a reply says, or None when it does not say it clearly.

Never a default, never the first class, never a substring: "abnormal" does not hold "no".
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from harness.text import plain, words

_NEGATIONS = frozenset({"no", "not", "without", "never", "neither", "nor", "cannot", "isn", "doesn", "don", "rather", "instead"})
_LETTER = re.compile(r"^\(?([A-Za-z])(?:[).:]|$)|^(?:the )?(?:answer|option|choice)(?: is)?:? \(?([A-Za-z])\)?[.:]?$", re.IGNORECASE)
_LONGEST_REPLY = 2000
"""Words of a reply beyond which no label is looked for: a reply that long is no answer to a choice."""


def first_line(text: str) -> str:
    """The first line with anything on it, outer blanks removed; empty where there is none."""
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def yes_no(text: str) -> str | None:
    """``yes`` or ``no`` where the reply opens with one of them or holds exactly one of them as a whole word.

    A reply with both is a contradiction unless it opens with one and goes on to explain ("Yes, there is no doubt"): the first word,
    set off by punctuation, is then the answer. "No" as a determiner inside a sentence ("there is no way to tell") is no answer.
    """
    opening = re.match(r"\W*(yes|no)\b\s*([.,;:!\-–—]|$)", text.strip(), re.IGNORECASE)
    if opening:
        return opening.group(1).lower()
    found = words(text)
    if found in (["yes"], ["no"]):
        return found[0]
    if "yes" in found and "no" not in found:
        return "yes" if not _NEGATIONS & set(found) else None
    return None


def choice(text: str, choices: Sequence[str]) -> str | None:
    """The one choice that a reply names.

    In this order: the whole reply is a choice; its first line is one; the reply is an option letter ("B", "(b)", "Answer: B"), the
    first choice being A; exactly one choice is mentioned as a whole phrase, a longer choice hiding shorter ones inside it, and the
    words before it do not deny it. Anything else is None.
    """
    by_name = {plain(option): option for option in choices}
    for reply in (text, first_line(text)):
        if plain(reply) in by_name and plain(reply):
            return by_name[plain(reply)]
    letter = _letter(first_line(text), len(choices))
    if letter is not None:
        return choices[letter]
    return _mentioned(words(text), by_name)


def _letter(line: str, n: int) -> int | None:
    match = _LETTER.match(line.strip())
    if match is None:
        return None
    position = ord((match.group(1) or match.group(2)).upper()) - ord("A")
    return position if position < n else None


def _mentioned(reply: Sequence[str], by_name: dict[str, str]) -> str | None:
    if len(reply) > _LONGEST_REPLY:
        return None
    taken = [False] * len(reply)
    found: set[str] = set()
    for name in sorted(by_name, key=lambda option: -len(option.split())):
        phrase = name.split()
        for start in range(len(reply) - len(phrase) + 1):
            span = range(start, start + len(phrase))
            if list(reply[start : start + len(phrase)]) != phrase or any(taken[i] for i in span):
                continue
            for i in span:
                taken[i] = True
            if _NEGATIONS & set(reply[max(0, start - 3) : start]):
                return None
            found.add(name)
    return by_name[found.pop()] if len(found) == 1 else None
