"""How answers to questions about images are normalised and read before they are compared."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from harness import parsing
from harness.base import patterns, typography
from harness.text import one_line

NORMALISER = "vqa-v2"
"""Name of `normalise` in signatures; a changed rule gets another."""

NUMBERS = {
    word: str(number) for number, word in enumerate(("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"))
}
ARTICLES = frozenset({"a", "an", "the"})
_NUMBER_WORD = patterns.later(rf"\b(?:{'|'.join(NUMBERS)})\b", re.IGNORECASE)

_BETWEEN_DIGITS = patterns.later(r"(?<=\d)['`](?=\d)")
_PER_CENT = patterns.later(r"\bper\s?cent\b")
_THOUSANDS = patterns.later(r"(?<![\w.,])\d{1,3}(?:,\d{3})+(?![\w,]|\.\d*,)")
_TIMES = patterns.later(r"(?<=\d)\s*[x×✕*]\s*(?=\d)")
_PLUS_MINUS = patterns.later(r"(?:±|\+/-)\s*(?=\.?\d)")
_THAN_A_WORD = patterns.later(rf"(?<=[<>=])(\s*)({'|'.join(NUMBERS)})\b")
_CHARGED = patterns.later(r"(?<![\w+-])(?:(?=\w*\d)\w+[+-]+|\w+\++|\w{1,3}-+(?!\s+(?:and|or|to)\b)|\++)(?=$|[\s,;.)\]/])")
_THAN = r"(?:(?:[<>]=?|=[<>])\s*)?"
_BARE = r"\d+(?:\.\d+)?"
_JOINED = patterns.later(rf"{_THAN}(?<![\w.,/:-])(?:\d+(?:\.\d+){{2,}}|{_BARE}(?:(?:\s*[/:-]\s*|[,^]){_BARE})+)(?![\w/:-]|[.,]\d)")
_NUMBER = patterns.later(rf"(?P<than>{_THAN})(?P<sign>(?<![\w.,)%])[-+])?(?P<digits>(?<!\w)(?:{_BARE}|(?<!\d)\.\d+)|(?<=[-+])\.\d+)")
_FIRST, _LAST = 0xE000, 0xF8FF
"""Private characters, none of which survives `typography.folded`: each stands for what was set aside before punctuation goes."""


class _Kept(dict[int, str]):
    """A table for `str.translate`: a letter, a digit, a mark of one or what was set aside stays, anything else becomes a blank."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        stays = character.isalnum() or _FIRST <= code <= _LAST or unicodedata.category(character)[0] == "M"
        return self.setdefault(code, character if stays else " ")


_KEPT = _Kept({ord("%"): " % ", ord("°"): " ° "})


def normalise(text: str) -> str:
    """An answer as it is compared: lower case, no punctuation, no articles, small numbers as digits, single blanks.

    Built on the rules of the VQA evaluation (Antol et al., 2015), with numbers kept apart: a sign, a comparison, a decimal point, a
    decimal comma, a fraction, a range, a ratio and a per cent sign are part of a number ("-5", "<5", "1,5", "1/2", "5 %"), as is a
    charge of its word ("HER2+"); "1,000" is 1000, ".5" is 0.5 and "2.0" is 2. Letters are composed (NFKC). Every full stop that is no
    decimal point goes; a hyphen between words is a blank; apostrophes go; "none" is a word; an article that nothing follows is no
    article ("hepatitis A").

    Returns:
        Empty where nothing is left: `comparable` is then the text itself.
    """
    line = typography.folded(one_line(typography.folded(text)).casefold())
    line = _PER_CENT.sub("%", re.sub("['`]", "", _BETWEEN_DIGITS.sub(" ", line)))
    line = _THAN_A_WORD.sub(lambda match: match[1] + NUMBERS[match[2]], line)
    aside: list[str] = []

    def put(content: str) -> str:
        aside.append(content)
        return f" {chr(_FIRST + len(aside) - 1)} " if len(aside) <= _LAST - _FIRST else f" {content} "

    line = _THOUSANDS.sub(lambda match: match.group().replace(",", ""), line)
    line = _TIMES.sub(" x ", _PLUS_MINUS.sub(lambda _: put("±"), line))
    line = _CHARGED.sub(lambda match: put(match.group()), line)
    line = _JOINED.sub(lambda match: put("".join(match.group().split())), line)
    line = _NUMBER.sub(lambda match: put(_number(match)), line)
    line = line.translate(_KEPT)
    for place, content in enumerate(aside[: _LAST - _FIRST + 1]):
        line = line.replace(chr(_FIRST + place), content, 1)
    words = line.split()
    return " ".join(NUMBERS.get(word, word) for place, word in enumerate(words) if word not in ARTICLES or place == len(words) - 1)


def _number(match: re.Match[str]) -> str:
    than = {"=<": "<=", "=>": ">="}.get((match["than"] or "").strip(), (match["than"] or "").strip())
    whole, point, part = match["digits"].partition(".")
    part = part.rstrip("0")
    value = f"{whole or '0'}{'.' if part else ''}{part}" if point else whole
    return f"{than}{'-' if match['sign'] == '-' else ''}{value}"


def comparable(text: str) -> str:
    """`normalise`, or where nothing is left of the text ("+", "???") the text itself in lower case."""
    return normalise(text) or " ".join(typography.folded(text).casefold().split())


def said_as_it_is(reply: str, expected: Sequence[str]) -> str:
    """The reply in lower case where nothing is left of it and it is one of the expected answers as it stands; else empty."""
    normal = comparable(reply)
    return normal if normal and not normalise(reply) and normal in map(comparable, expected) else ""


def closed_label(reply: str, labels: Sequence[str]) -> str | None:
    """The label in a reply to a closed question, or None where there is none or more than one.

    Blind to the row's own answer. In this order: the whole reply is a label; it says yes or no; it mentions exactly one label as a
    whole phrase, undenied. A reply that still offers alternatives ("left or right") is a contradiction.

    Args:
        reply: Raw text.
        labels: `comparable` answers of all closed questions of the set.
    """
    normal = comparable(reply)
    if normal in labels:
        return normal
    line = parsing.first_line(reply)
    if (normal := comparable(line)) in labels:
        return normal
    yes_or_no = parsing.yes_no(reply)
    if yes_or_no is not None:
        return yes_or_no
    if "or" in normal.split():
        return None
    numbered = _NUMBER_WORD.sub(lambda match: NUMBERS[match.group().lower()], line)
    return parsing.named(numbered, [label for label in labels if label not in ("yes", "no")])
