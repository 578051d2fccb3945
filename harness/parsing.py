"""Reading replies: each function returns what a reply says, or None when it does not say it clearly.

Never a default, never the first class, never a substring: "abnormal" does not hold "no".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

from harness.text import plain, words

_LEAD = re.compile(
    r"^\W*(?:(?:the|my)\s+)?(?:(?:final|correct|best|short)\s+)?(?:answer|option|choice)(?:\s+is|\s+would\s+be)?\b\s*[:\-]?\s*"
    r"|^\W*i(?:\s+would|'d)?\s+(?:say|answer)\b\s*[:,]?\s*",
    re.IGNORECASE,
)
"""What people say before an answer: "Answer:", "The correct option is", "I would say"."""

_OPENING = re.compile(r"\W*(yes|no)\b[ \t]*(?:[.,;:!)\"]|[-–—](?=\s|$)|$)", re.IGNORECASE | re.MULTILINE)
"""A yes or no set off from what follows; "no-contrast" and "no fracture" are none."""

_LETTER = re.compile(r"^\W*([A-Z])(?:[).:]|\s*$)", re.IGNORECASE)
_LETTER_AFTER_LEAD = re.compile(r"^\W*([A-Z])(?:[).:,]|\s*$)", re.IGNORECASE)
_OTHER_LETTER = re.compile(r"(?:^|[/,&(]|\b(?:or|and)\b)[ \t]*\(?([A-Z])(?:[).:]|[ \t]*$)|\(([a-z])\)", re.MULTILINE)
LETTERS = 26
"""As many options have letters; where there are more, none has one."""

_DENIALS = frozenset(
    "no not without never neither nor cannot non rather instead absence absent negative unlikely hardly lack lacks lacking".split()
)
_DENIED_AFTER = re.compile(
    r"(?:(?:is|are|was|were|be|been|being|has|have|can|could|seems|appears|looks)\s+)+(?:not|never|absent|unlikely|excluded|ruled out)\b"
    r"|(?:absent|unlikely|ruled out)\b"
)
_CLAUSE = re.compile(
    r"[.;:!?\n]|\b(?:but|however|although|though|so|therefore|thus|hence|because)\b"
    r"|\band\b(?=\s+(?:is|are|was|were|would|should|must|will|can|the|it|this|shows?)\b)",
    re.IGNORECASE,
)
"""Where a denial ends: "does not meet the criteria and is excluded" does not deny that the patient is excluded."""

_CONTRACTION = re.compile(r"\b(is|are|was|were|do|does|did|ca|wo|could|would|should|has|have|had)n'?t\b", re.IGNORECASE)
_QUOTES = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "*": None, "`": None})
_LONGEST_REPLY = 2000
"""Words of a reply beyond which no label is looked for: a reply that long is no answer to a choice."""


def first_line(text: str) -> str:
    """The first line with anything on it, outer blanks removed; empty where there is none."""
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def yes_no(text: str) -> str | None:
    """``yes`` or ``no`` where the reply opens with one of them, set off from the rest, or says yes and nothing against it.

    A reply that takes its opening back ("Yes, no", "No, I would say yes") is a contradiction; one that explains it ("Yes, there is no
    doubt") is not. "No" as a determiner inside a sentence ("there is no way to tell") is no answer.
    """
    said = _LEAD.sub("", _clean(text), count=1)
    opening = _OPENING.match(said)
    if opening:
        answer = opening.group(1).lower()
        return None if _takes_back(answer, said[opening.end() :]) else answer
    found = words(said)
    if found in (["yes"], ["no"]):
        return found[0]
    return "yes" if "yes" in found and not _DENIALS & set(found) else None


def choice(text: str, choices: Sequence[str]) -> str | None:
    """The one choice that a reply names.

    In this order: the whole reply is a choice, or its first line is and no other line is another; the reply opens with an option letter
    ("B", "(b)", "Answer: B"), the first choice being A, and names no other option; exactly one choice is mentioned as a whole phrase,
    a longer choice hiding shorter ones inside it, and nothing in its clause denies it. Anything else is None.
    """
    by_name = {plain(option): option for option in choices}
    said = _clean(text)
    if plain(said) in by_name:
        return by_name[plain(said)]
    whole_lines = [by_name[plain(line)] for line in said.splitlines() if plain(line) in by_name]
    if whole_lines and plain(first_line(said)) in by_name:
        return whole_lines[0] if len(set(whole_lines)) == 1 else None
    unled = _LEAD.sub("", said, count=1)
    letter = (_LETTER if unled == said else _LETTER_AFTER_LEAD).match(unled)
    position = _position(letter.group(1)) if letter else len(choices)
    if letter is None or len(choices) > LETTERS or position >= len(choices):
        return _mentioned(said, by_name)
    rest = unled[letter.end() :]
    others = {_position(one or other) for one, other in _OTHER_LETTER.findall(rest)} - {position}
    named = _mentioned(rest, by_name)
    if named not in (None, choices[position]) or any(other < len(choices) for other in others):
        return None
    return choices[position]


def _clean(text: str) -> str:
    """Typographic quotes made plain, Markdown's emphasis removed, contractions of "not" spelled out."""
    return _CONTRACTION.sub(r"\1 not", text.translate(_QUOTES)).strip()


def _takes_back(answer: str, rest: str) -> bool:
    """Whether the rest of an opening's line, or a line of its own further down, gives the other answer."""
    same_line, _, further = rest.partition("\n")
    other = "yes" if answer == "no" else "no"
    if any(words(line) == [other] for line in further.splitlines()):
        return True
    if answer == "no":
        return "yes" in words(same_line)
    return re.search(r"\bno\b\s*(?:[.,;:!?]|$)", same_line, re.IGNORECASE) is not None  # "Yes, no effusion" says yes


def _position(letter: str) -> int:
    return ord(letter.upper()) - ord("A")


def _mentioned(text: str, by_name: Mapping[str, str]) -> str | None:
    """The one option whose phrase the text holds, undenied."""
    reply, clause = _clauses(text)
    if len(reply) > _LONGEST_REPLY:
        return None
    taken = [False] * len(reply)
    found: set[str] = set()
    for name in sorted(by_name, key=lambda option: -len(option.split())):
        phrase = name.split()
        for start in range(len(reply) - len(phrase) + 1):
            end = start + len(phrase)
            if reply[start:end] != phrase or any(taken[start:end]):
                continue
            taken[start:end] = [True] * len(phrase)
            before = (word for word, place in zip(reply[:start], clause, strict=False) if place == clause[start])
            if not _DENIALS.isdisjoint(before) or _DENIED_AFTER.match(" ".join(reply[end : end + 6])):
                return None
            found.add(name)
    return by_name[found.pop()] if len(found) == 1 else None


def _clauses(text: str) -> tuple[list[str], list[int]]:
    """The words of a text, and for each the number of its clause."""
    cuts = [0, *(match.start() for match in _CLAUSE.finditer(text)), len(text)]
    reply: list[str] = []
    clause: list[int] = []
    for number, (start, end) in enumerate(pairwise(cuts)):
        part = words(text[start:end])
        reply += part
        clause += [number] * len(part)
    return reply, clause
