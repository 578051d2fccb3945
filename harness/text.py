"""Text as everything here sees it: one line, one kind of blank."""

from __future__ import annotations

import re
import unicodedata

from harness.base.typography import folded


def one_line(text: str) -> str:
    """The text with every run of white space, line and paragraph separators included, as a single blank.

    Nothing that holds a line break may reach a line-based tool: one stray U+2028 would shift every later line.
    """
    joined = " ".join(text.split())
    return text if joined == text else joined  # a corpus that is clean already is not held twice


def plain(text: str) -> str:
    """Lower case, typography folded, punctuation and symbols of any script as blanks, one blank between words: for comparing labels."""
    return " ".join(folded(folded(text).casefold()).translate(_BLANKS).split())


class _Blanks(dict[int, int]):
    """Every mark of punctuation and every symbol to a blank; everything else to itself."""

    def __missing__(self, code: int) -> int:
        self[code] = ord(" ") if unicodedata.category(chr(code))[0] in "PS" else code
        return self[code]


_BLANKS = _Blanks()


def words(text: str) -> list[str]:
    """The words of `plain` text."""
    return plain(text).split()


def sentences(text: str) -> list[str]:
    """Sentences, cut after ``.``, ``!`` or ``?`` before white space; for baselines, not for scoring."""
    return [part for part in re.split(r"(?<=[.!?])\s+", one_line(text)) if part]
