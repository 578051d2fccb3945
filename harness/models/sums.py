"""Sums and differences of probabilities that are given as logarithms."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

S = TypeVar("S", int, str)


def total(logs: Iterable[float]) -> float:
    """log(sum(exp(logs))); minus infinity of none."""
    numbers = list(logs)
    most = max(numbers, default=-math.inf)
    return most if most == -math.inf else most + math.log(sum(math.exp(value - most) for value in numbers))


def less(log: float, parts: Sequence[float]) -> float:
    """log(exp(log) - sum(exp(parts))); minus infinity where the parts are all of it."""
    share = sum(math.exp(min(0.0, part - log)) for part in parts) if log > -math.inf else 0.0
    return log + math.log1p(-share) if share < 1 else -math.inf


def by_choice(writings: Sequence[Mapping[tuple[S, ...], float]]) -> tuple[float, ...]:
    """The log-probability of each choice: of all its writings, less what goes on to another choice.

    Args:
        writings: For each choice, its writings as sequences of tokens, and the log-probability that a text begins with each.
    """
    everything = {tokens: value for own in writings for tokens, value in own.items()}
    shares = []
    for own in writings:
        others = [tokens for tokens in everything if tokens not in own]
        values = []
        for tokens, value in own.items():
            longer = [other for other in others if len(other) > len(tokens) and other[: len(tokens)] == tokens]
            next_ones = [other for other in longer if not any(other != nearer and other[: len(nearer)] == nearer for nearer in longer)]
            values.append(less(value, [everything[other] for other in next_ones]))
        shares.append(min(total(values), 0.0))
    return tuple(shares)
