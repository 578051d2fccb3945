"""The samples of a page as columns: small enough that every sample of a hundred thousand is there to be found.

A column of few different values is written as these and a place for each sample. Texts are what a page grows by: where there are more
than it may hold, those of failures come first, then those of wrong answers, and the page says that others are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from harness.base.visible import visible_all

LETTERS = {"": " ", "answered": "a", "unparsed": "u", "empty": "e", "refused": "r", "failed": "f"}
"""An outcome as the page's script reads it; a blank where a run has no such sample."""
Item = dict[str, Any]


def weight(item: Item) -> int:
    """How soon a sample's text and pictures are wanted: 0 where a run failed to answer, 1 where one is not wholly right, else 2."""
    if any(outcome != "answered" for outcome in item["o"]):
        return 0
    return 1 if any(value is not None and value != 1 for value in item["v"]) else 2


def shorten(tasks: Sequence[Sequence[Item]], most: int) -> int:
    """Take texts away until at most so many characters are left, and return from how many samples; equal texts count once."""
    seen: set[str] = set()
    left, cut = most, 0
    for item in sorted((item for items in tasks for item in items), key=weight):
        fresh = {text for text in _texts(item) if text not in seen}
        size = sum(map(len, fresh))
        if size > left:
            item["y"] = [None for _ in item["y"]]
            item.pop("p", None)
            item.pop("r", None)
            cut += 1
        else:
            seen |= fresh
            left -= size
    return cut


def _texts(item: Item) -> Iterator[str]:
    yield from (text for text in (item.get("p"), item.get("r"), *item["y"]) if text is not None)


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
        "v": [[_short(item["v"][run]) for item in items] for run in runs],
        "p": column([item.get("p") for item in items]),
        "r": column([item.get("r") for item in items]),
        "y": [column([item["y"][run] for item in items]) for run in runs],
        "im": {place: item["im"] for place, item in enumerate(items) if item.get("im")},
    }


def column(values: Sequence[str | None]) -> Any:
    """Texts: each once with the place of each sample's, where many are equal; by sample where few have one; else one after the other."""
    known = dict.fromkeys(value for value in values if value is not None)
    present = sum(value is not None for value in values)
    if present and len(known) <= present / 2:
        places = {text: place for place, text in enumerate(known)}
        return {"k": visible_all(list(known)), "a": [-1 if value is None else places[value] for value in values]}
    if present <= len(values) / 2:
        return {"s": {place: visible_all(value) for place, value in enumerate(values) if value is not None}}
    return visible_all(list(values))


def _short(value: float | None) -> float | None:
    return int(value) if value is not None and value == int(value) else value
