"""Texts as runs of words: what a copy still shares with its source after its marks, its case and its markup are gone."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator, Sequence
from urllib.parse import unquote

RUN = 8
"""Words of a run. Shorter ones are common wording."""
STEP = 4
"""A source is kept by every fourth run, so that a copy of eleven words is found wherever it begins."""
SHORT = 4
"""Words of the shortest text that is looked for, as a whole."""
_NESTED = 3
"""JSON within JSON whose escapes are undone."""
_WORD = re.compile(r"[^\W_]+")
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|[nrtbf\"'/\\])")
_SIGNS = {"n": "\n", "r": "\r", "t": "\t", "b": " ", "f": " "}
_TAG = re.compile(r"<[^<>]{0,500}>")


def words(text: str) -> list[str]:
    """The words, in one spelling."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


def runs(text: Sequence[str], length: int = RUN, step: int = 1) -> Iterator[int]:
    """A number of 64 bits for each run of so many words, the same in one process; none where there are fewer words."""
    for start in range(0, len(text) - length + 1, step):
        yield hash(tuple(text[start : start + length]))


def spellings(text: str) -> Iterator[str]:
    """The text as it stands, and as it reads once escapes of JSON, entities and tags of HTML, and percent signs of addresses are undone."""
    plain, undone = text, [text]
    for _ in range(_NESTED):
        if "\\" not in plain:
            break
        plain = _ESCAPE.sub(_sign, plain)
        undone.append(plain)
    if "<" in plain or "&" in plain:
        undone += [html.unescape(_TAG.sub("", plain)), html.unescape(_TAG.sub(" ", plain))]
    if "%" in plain:
        undone.append(unquote(plain))
    yield from dict.fromkeys(undone)


def _sign(escape: re.Match[str]) -> str:
    code = escape[1]
    return chr(int(code[1:], 16)) if code[0] in "ux" and len(code) > 1 else _SIGNS.get(code, code)
