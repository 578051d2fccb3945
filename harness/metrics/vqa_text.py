"""How answers to questions about images are normalised and read before they are compared."""

from __future__ import annotations

import re
from collections.abc import Sequence

from harness import parsing
from harness.text import one_line

NORMALISER = "vqa-v1"
"""Name of `normalise` in signatures; a changed rule gets another."""

_NUMBERS = {
    word: str(number) for number, word in enumerate(("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"))
}
_ARTICLES = frozenset({"a", "an", "the"})


def normalise(text: str) -> str:
    """An answer as it is compared: lower case, no punctuation, no articles, small numbers as digits, single blanks.

    Built on the rules of the VQA evaluation (Antol et al., 2015) without the defects of its script: every full stop that is not a
    decimal point goes, not the first 32; a hyphen is always a blank, where the script joins or splits by what stands elsewhere in the
    text; apostrophes go on both sides instead of through a table of contractions; and "none" is a word, not zero.
    """
    line = one_line(text).lower()
    line = re.sub(r"(?<=\d),(?=\d)", "", line)  # 1,000
    line = re.sub(r"['’`]", "", line)
    line = re.sub(r"(?<!\d)\.|\.(?!\d)", " ", line)
    line = re.sub(r"[^\w\s.]|_", " ", line)
    return " ".join(_NUMBERS.get(word, word) for word in line.split() if word not in _ARTICLES)


def closed_label(reply: str, labels: Sequence[str]) -> str | None:
    """The label in a reply to a closed question, or None where there is none or more than one.

    Blind to the row's own answer. In this order: the whole reply is a label; it says yes or no; it mentions exactly one label as a
    whole phrase, undenied. A reply that still offers alternatives ("left or right") is a contradiction.

    Args:
        reply: Raw text.
        labels: Normalised answers of all closed questions of the set.
    """
    normal = normalise(reply)
    if normal in labels:
        return normal
    said = parsing.yes_no(reply)
    if said is not None:
        return said
    if "or" in normal.split():
        return None
    return parsing.choice(normal, [label for label in labels if label not in ("yes", "no")]) if len(normal.split()) > 1 else None
