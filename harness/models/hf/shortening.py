"""Cutting a prompt that is longer than a network reads: only where the user says so, by as few characters as will do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

Where = Literal["no", "left", "middle", "right"]
_GAP = " … "


def shortened(text: str, where: Where, fits: Callable[[str], bool]) -> str | None:
    """The longest text that fits of those with one piece cut out; None where nothing of it fits.

    Args:
        text: What is too long.
        where: What goes: its beginning, its middle or its end.
        fits: Whether the model can read such a text.
    """
    low, high = 0, len(text) - 1
    while low < high:
        kept = (low + high + 1) // 2
        if fits(cut(text, where, kept)):
            low = kept
        else:
            high = kept - 1
    return cut(text, where, low) if low > 0 else None


def cut(text: str, where: Where, kept: int) -> str:
    """So many characters of a text; where its middle goes, an ellipsis stands in the place."""
    if where == "left":
        return text[len(text) - kept :].lstrip()
    if where == "right":
        return text[:kept].rstrip()
    before = (kept + 1) // 2
    return f"{text[:before].rstrip()}{_GAP}{text[len(text) - (kept - before) :].lstrip()}"
