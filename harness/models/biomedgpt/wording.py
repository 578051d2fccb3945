"""How the official preprocessing words a question: clean-up and one template per kind of task."""

from __future__ import annotations

import re
from collections.abc import Sequence

DESCRIBE = " what does the image describe?"


def clean_question(text: str, most_words: int | None = None) -> str:
    """Lower case, no leading punctuation, blanks for hyphens and slashes, white space collapsed, at most so many words."""
    text = text.lower().lstrip(",.!?*#:;~").replace("-", " ").replace("/", " ")
    # A single tab or no-break space stays: only runs are replaced.
    return _first_words(re.sub(r"\s{2,}", " ", text).rstrip("\n").strip(" "), most_words)


def clean_caption(text: str, most_words: int | None = None) -> str:
    """As `clean_question`; ``<person>`` loses its brackets."""
    return _first_words(clean_question(text).replace("<person>", "person"), most_words)


def _first_words(text: str, most: int | None) -> str:
    words = text.split(" ")
    return text if most is None or len(words) <= most else " ".join(words[:most])


def question(text: str, most_words: int) -> str:
    """A question about a picture; it ends in a question mark."""
    cleaned = clean_question(text, most_words)
    return f" {cleaned}" if cleaned.endswith("?") else f" {cleaned}?"


def objects(names: Sequence[str]) -> str:
    """What follows a question where the checkpoint was trained with annotations; an empty one is three tokens too."""
    return f" object: {' '.join(names)}"


def split_objects(field: str, most: int) -> list[str]:
    """The annotations in a field, which ``&&`` separates."""
    return field.strip().split("&&")[:most]


def entailment(premise: str, hypothesis: str, most_words: int) -> str:
    """Does one sentence follow from another?"""
    one, other = (_first_words(" ".join(text.lower().split()), most_words) for text in (premise, hypothesis))
    return f' can text1 " {one} " imply text2 " {other} "?'


def summary(text: str, most_words: int) -> str:
    """What is to be shortened. Line breaks become blanks: the official files hold one text per line."""
    cleaned = clean_caption(" ".join(text.splitlines()), most_words).replace("<unk>", "unk")
    return f' what is the summary of article " {cleaned} "?'


def plain(text: str, most_words: int) -> str:
    """A text without a template of its own, cleaned as the two sentences of `entailment` are."""
    return " " + _first_words(" ".join(text.lower().split()), most_words)
