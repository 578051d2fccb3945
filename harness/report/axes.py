"""Axes: where a value stands between the ends of a chart, in percent, and the round numbers that are written there."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from harness.metrics.units import Unit
from harness.views import wording

_STEPS = (1.0, 2.0, 5.0, 10.0)
_ROOM = 0.04
"""Of an axis' length, on either side of the outermost value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A number written at an axis."""

    at: float
    """In percent of the axis' length."""
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """A linear axis, or one of powers of ten."""

    low: float
    high: float
    ticks: tuple[Tick, ...]
    is_log: bool = False

    def at(self, value: float) -> float:
        """Where a value stands, in percent of the axis' length from its low end."""
        return round(100 * _share(value, self.low, self.high, is_log=self.is_log), 2)


def linear(values: Iterable[float], unit: Unit, *, most: int = 6) -> Axis:
    """An axis that holds these values, with round numbers inside it.

    It ends a little beyond the outermost values, and never beyond what the unit allows: no percentage stands below 0 or above 100.

    Args:
        values: At least one.
        unit: Theirs.
        most: Numbers to write at most.
    """
    known = list(values)
    low, high = min(known), max(known)
    room = (high - low) * _ROOM or abs(high) * 0.1 or 0.5
    low, high = low - room, high + room
    if unit.low is not None:
        low, high = max(low, unit.low), max(high, unit.low + room)
    if unit.high is not None:
        low, high = min(low, unit.high - room), min(high, unit.high)
    step = _step((high - low) * unit.scale, most)
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    first = math.ceil(low * unit.scale / step - 1e-9)
    last = math.floor(high * unit.scale / step + 1e-9)
    places = [(step * place, round(100 * _share(step * place / unit.scale, low, high), 2)) for place in range(first, last + 1)]
    return Axis(low=low, high=high, ticks=tuple(Tick(at=at, label=f"{value + 0.0:.{digits}f}") for value, at in places))


def sizes(values: Iterable[float]) -> Axis:
    """A logarithmic axis of numbers of parameters: 10 M, 100 M, 1 B; with 2 and 5 between where it spans few powers of ten."""
    known = list(values)
    low, high = min(known) / 1.5, max(known) * 1.5
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    steps = (1, 2, 5) if math.log10(high / low) < 2.2 else (1,)
    places = [step * 10.0**decade for decade in decades for step in steps if low <= step * 10.0**decade <= high]
    ticks = tuple(Tick(at=round(100 * _share(value, low, high, is_log=True), 2), label=wording.size(round(value))) for value in places)
    return Axis(low=low, high=high, ticks=ticks, is_log=True)


def _share(value: float, low: float, high: float, *, is_log: bool = False) -> float:
    return math.log(value / low) / math.log(high / low) if is_log else (value - low) / (high - low)


def _step(length: float, most: int) -> float:
    """The smallest round step that needs at most so many numbers."""
    power = 10.0 ** math.floor(math.log10(length / most))
    return next(power * step for step in _STEPS if length / (power * step) <= most)
