"""The samples of a page as columns: small enough that every sample of a hundred thousand is there to be found.

A column of few different values is written as these and a letter or a place for each sample, and all of it is compressed: of forty systems
most columns say the same. Texts are what a page grows by: where there are more than it may hold, those of failures come first, then those
of wrong answers.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator, Sequence
from typing import Any

from harness.base.visible import visible_all
from harness.views.wanted import BEST

LETTERS = {"": " ", "answered": "a", "unparsed": "u", "empty": "e", "refused": "r", "failed": "f"}
"""An outcome as the page's script reads it; a blank where a run has no such sample."""
ALPHABET = "".join(chr(code) for code in range(35, 127) if chr(code) not in "<\\")
"""A letter for each of a few values, none of which JSON or HTML would write another way; a blank is no value."""
Item = dict[str, Any]
TEXTS = ("y", "d")
"""Per run: the reply, and what was read in it where that is not the reply as it stands."""


def weight(item: Item) -> int:
    """How soon a sample's text and pictures are wanted: 0 where a run failed to answer, 1 where one is not wholly right, else 2."""
    if any(outcome != "answered" for outcome in item["o"]):
        return 0
    return 1 if any(value is not None and value < BEST for value in item["v"]) else 2


def shorten(tasks: Sequence[Sequence[Item]], most: int) -> int:
    """Take texts away until at most so many characters are left, and return from how many samples; equal texts count once."""
    seen: set[str] = set()
    left, cut = most, 0
    for item in sorted((item for items in tasks for item in items), key=weight):
        fresh = {text for text in _texts(item) if text not in seen}
        size = sum(map(len, fresh))
        if size > left:
            item |= {name: [None for _ in item[name]] for name in TEXTS} | {"cut": True}
            item.pop("p", None)
            item.pop("r", None)
            cut += 1
        else:
            seen |= fresh
            left -= size
    return cut


def size(tasks: Sequence[Sequence[Item]]) -> int:
    """Characters of all texts, equal ones once."""
    return sum(map(len, {text for items in tasks for item in items for text in _texts(item)}))


def _texts(item: Item) -> Iterator[str]:
    everything = (item.get("p"), item.get("r"), *(text for name in TEXTS for text in item[name]))
    return (text for text in everything if text is not None)


def pack(items: Sequence[Item]) -> dict[str, Any]:
    """The columns of one task's samples, as the page's script reads them."""
    runs = range(len(items[0]["o"]) if items else 0)
    dimensions = dict.fromkeys(name for item in items for name in item["tags"])
    return {
        "n": len(items),
        "id": column([item["id"] for item in items]),
        "g": column([item["g"] for item in items]),
        "tags": {visible_all(name): column([item["tags"].get(name) for item in items]) for name in dimensions},
        "o": ["".join(LETTERS[item["o"][run]] for item in items) for run in runs],
        "v": [numbers([item["v"][run] for item in items]) for run in runs],
        "w": [column([item["w"][run] for item in items]) for run in runs],
        **texts(items),
        "im": {place: item["im"] for place, item in enumerate(items) if item.get("im")},
        "fm": {place: item["fm"] for place, item in enumerate(items) if item.get("fm")},
        "cut": [place for place, item in enumerate(items) if item.get("cut")],
    }


def texts(items: Sequence[Item]) -> dict[str, Any]:
    """The columns of texts: question, reference, and per run what was replied and read."""
    runs = range(len(items[0]["o"]) if items else 0)
    return {
        "p": column([item.get("p") for item in items]),
        "r": column([item.get("r") for item in items]),
        **{name: [column([item[name][run] for item in items]) for run in runs] for name in TEXTS},
    }


def column(values: Sequence[str | None]) -> Any:
    """Texts: each once, with a letter or a place for each sample, where many are equal; by sample where few have one; else in a row."""
    known = dict.fromkeys(value for value in values if value is not None)
    present = sum(value is not None for value in values)
    if present and len(known) <= present / 2:
        places = {text: place for place, text in enumerate(known)}
        once = visible_all(list(known))
        if len(known) <= len(ALPHABET):
            return {"k": once, "c": "".join(" " if value is None else ALPHABET[places[value]] for value in values)}
        return {"k": once, "a": [-1 if value is None else places[value] for value in values]}
    if present <= len(values) / 2:
        return {"s": {place: visible_all(value) for place, value in enumerate(values) if value is not None}}
    return visible_all(list(values))


def numbers(values: Sequence[float | None]) -> str | list[float | None]:
    """Values: a letter for each where all are 0, 1 or none."""
    if all(value is None or value in (0, 1) for value in values):
        return "".join("-" if value is None else "1" if value else "0" for value in values)
    return [int(value) if value is not None and value == int(value) else value for value in values]


def as_json(content: Any) -> str:
    """Compact JSON; never a NaN."""
    return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def embedded(content: Any) -> str:
    """JSON, compressed and in letters that end no element: what the page's script opens again."""
    return base64.b64encode(gzip.compress(as_json(content).encode(), 6, mtime=0)).decode()
