"""Sums and differences of probabilities that are given as logarithms."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence


def total(logs: Iterable[float]) -> float:
    """log(sum(exp(logs))); minus infinity of none."""
    numbers = list(logs)
    most = max(numbers, default=-math.inf)
    return most if most == -math.inf else most + math.log(sum(math.exp(value - most) for value in numbers))


def less(log: float, parts: Sequence[float]) -> float:
    """log(exp(log) - sum(exp(parts))); minus infinity where the parts are all of it."""
    share = sum(math.exp(min(0.0, part - log)) for part in parts) if log > -math.inf else 0.0
    return log + math.log1p(-share) if share < 1 else -math.inf
