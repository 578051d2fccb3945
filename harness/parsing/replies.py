"""The readers of replies: a line, yes or no, one option of several, any number of labels."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from typing import TypeVar

from harness.base import typography
from harness.parsing import statements, wrappers
from harness.parsing.mentions import Options
from harness.text import one_line, plain

T = TypeVar("T")

_ANSWER = re.compile(
    r"^\W*(?:(?:therefore|thus|hence|so)\b\W*)?(?:(?:(?:the|my)\s+)?(?:(?:final|correct|best|short)\s+)*"
    r"(?:answer|response)(?:\s+to\s+(?:the|this|your)\s+question)?\s*(?:[:=]|is\b)\s*:?|a\s*:(?=\s|(?:yes|no)\b)|i(?:'d|\s+would)\s+(?:say|answer)\b[:,]?)\s*",
    re.IGNORECASE,
)
_FINAL = re.compile(
    r"(?:\bfinal\s+answer[ \t]*(?:is\b[ \t]*:?|[:=]|(?=\n))"
    r"|^(?:(?:the|my)\s+)?(?:(?:short|correct|best)\s+)*(?:answer|response)[ \t]*(?:[:=]|(?=\n)))\s*(.+)",
    re.IGNORECASE | re.MULTILINE,
)
_CITATION = re.compile(r"\[\d+(?:\s*[,-]\s*\d+)*\]")


def first_line(text: str) -> str:
    """The first line that says anything, or what the reply sets apart as its answer; empty where there is nothing, or two things.

    A box, an answer tag, a field of JSON or a line that announces an answer stands for the reply. Marks of Markdown, the words that
    announce and a citation at the end are left out; a yes or no that a later line takes back comes with all that follows it.
    """
    reply = wrappers.body(text)
    parts = wrappers.set_apart(reply)
    if parts:
        return _line(parts[0]) if len({plain(part) for part in parts}) == 1 else ""
    unmarked = typography.unmarked(reply)
    answers = _FINAL.findall(unmarked)
    if answers:
        return _line(answers[-1]) if len({plain(answer) for answer in answers}) == 1 else one_line(" / ".join(answers))
    line = _line(unmarked)
    return one_line(unmarked) if statements.read(line) and not statements.read(unmarked) else line


def _line(text: str) -> str:
    lines = typography.unmarked(text).splitlines()
    return next((_uncited(_ANSWER.sub("", line, count=1)).strip() for line in lines if line.strip()), "")


def _uncited(line: str) -> str:
    """A line without the citations at its end, each letter looked at once; what stands before them must say something."""
    end = len(line)
    while end and (line[end - 1] == "." or line[end - 1].isspace()):
        end -= 1
    rest = end
    while (start := line.rfind("[", 0, rest)) > 0 and _CITATION.fullmatch(line, start, rest):
        while start and line[start - 1].isspace():
            start -= 1
        if not start:
            break
        rest = start
    return line if rest == end else line[:rest] + line[end:].lstrip()


def yes_no(text: str) -> str | None:
    """``yes`` or ``no`` where the reply states one of them, set off from what it says besides, and never the other.

    A reply that takes its answer back ("Yes, no", "No, I would say yes") is a contradiction; one that explains it ("Yes, there is no
    doubt") is not. "No" as a determiner ("there is no way to tell", "no fracture") is no answer, nor is a "yes" in its place.
    """
    return _agreed(text, statements.read)


def choice(text: str, choices: Sequence[str]) -> str | None:
    """The one choice that a reply names.

    In this order: what the reply sets apart or announces as its answer is a choice; the whole reply is one, or its first line is and no
    other line is another; the reply opens with an option letter ("B", "(b)", "Option B"), the first choice being A, and names no other
    option; exactly one choice is mentioned as a whole phrase, a longer choice hiding shorter ones inside it, and nothing in its clause
    denies it. A letter beside the text of another option is a contradiction. Anything else is None.
    """
    options = _options(tuple(choices), lettered=True)
    return _agreed(text, options.choice)


@functools.lru_cache(maxsize=256)  # most tasks offer the same to every question
def _options(choices: tuple[str, ...], *, lettered: bool) -> Options:
    return Options.of(choices, lettered=lettered)


def named(text: str, choices: Sequence[str]) -> str | None:
    """As `choice`, of answers that were not offered with letters: a letter names none."""
    options = _options(tuple(choices), lettered=False)
    return _agreed(text, options.choice)


_JOINED = re.compile(r"[,;/|\n•]|\s-\s|(?:^|\s)(?:and|&|\+)(?=\s)", re.IGNORECASE)
_LIST = re.compile(
    r"^\W*(?:(?:the|my|all|visible|present)\s+)*(?:(?:final|correct|positive)\s+)?(?:findings?|labels?|answers?|diagnos[ei]s)"
    r"(?:\s+present)?\s*(?:are|is|includes?|[:=])\s*:?\s*",
    re.IGNORECASE,
)
_NUMBER_AT_START = re.compile(r"^\s*\(?\d{1,2}[.):]\s*(?=\D)")
_NOTHING = ("{}", "{} of the above", "{} of these", "{} of them", "{} of the findings", "{} of these findings", "{} of the options")


def labels(text: str, choices: Sequence[str], nothing: str) -> frozenset[str] | None:
    """All choices in a list that holds nothing else; the empty set for the word that says that there are none.

    Args:
        text: A reply: names between commas, semicolons, slashes, "and", bullets or numbers, in any typography.
        choices: What may be named.
        nothing: The word, such as ``none``.
    """
    by_name = {plain(option): option for option in choices}
    none = {plain(form.format(nothing)) for form in _NOTHING} - set(by_name)

    def all_of(listing: str) -> frozenset[str] | None:
        listed = _parts(_LIST.sub("", typography.unmarked(listing), count=1), by_name)
        parts = [_NUMBER_AT_START.sub("", _uncited(part)) for part in listed]
        names = {plain(part) for part in parts} - {""}
        if names and names <= none:
            return frozenset()
        return frozenset(by_name[name] for name in names) if names and names <= set(by_name) else None

    return _agreed(text, all_of)


def _parts(listing: str, by_name: dict[str, str]) -> list[str]:
    """The items of a list; a line that is a label as it stands is not cut."""
    return [part for line in listing.splitlines() for part in ([line] if plain(line) in by_name else _JOINED.split(line))]


def _agreed(text: str, read: Callable[[str], T | None]) -> T | None:
    """What all that a reply sets apart says, or the whole of it where it sets nothing apart."""
    reply = wrappers.body(text)
    readings = {read(part) for part in wrappers.set_apart(reply) or [reply]}
    return readings.pop() if len(readings) == 1 else None
