"""Batches of requests: in their order, or of those that stand for a length each, alike together, as many as a budget holds."""

from __future__ import annotations

from collections.abc import Sequence

MOST_ROWS = 256
"""More rows than this gain nothing on any device."""


def in_order(n: int, size: int) -> list[range]:
    """The places of n requests that take as long each, so many in a batch."""
    return [range(start, min(start + size, n)) for start in range(0, n, size)]


def by_length(lengths: Sequence[int], *, size: int | None, budget: int) -> list[list[int]]:
    """Places in ``lengths`` from the longest to the shortest, cut into batches; the first of equals first.

    Args:
        lengths: What each request takes, in tokens.
        size: Requests in a batch; None fills the budget.
        budget: Tokens in a batch, padding included; a request longer than that stands alone.
    """
    order = sorted(range(len(lengths)), key=lambda place: -lengths[place])
    batches: list[list[int]] = []
    room = 0
    for place in order:
        if room == 0:
            batches.append([])
            room = size or min(MOST_ROWS, max(1, budget // max(lengths[place], 1)))
        batches[-1].append(place)
        room -= 1
    return batches
