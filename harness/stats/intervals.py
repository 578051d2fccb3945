"""From a bootstrap's values to an interval, and what to call it.

The interval is the percentile interval. Where that is known to cover too little another takes its place, and says so in its note:

- few groups: the percentiles of a normal distribution that is as wide as Student's (Hesterberg, 2015, *What Teachers Should Know About
  the Bootstrap*), because a resample of n groups varies by the factor sqrt((n - 1) / n) too little and the normal quantile is too small;
- areas under curves: symmetric on the logit scale with the bootstrap's standard deviation (Qin and Hotilovac, 2008), because near 1 the
  percentile interval lies too high; and where fewer than 30 groups of one class decide an area under the ROC curve, with no smaller a
  deviation than normal scores would have, because so few seldom show how much they can vary;
- nothing varies: at 0 or 1 no resample differs and the percentile interval has no width. Wilson's interval is given, with groups as trials.

An interval holds its value: what rounding, or a metric that resampling moves to one side, leaves outside is taken in.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from harness.metrics.base import Floats
from harness.types import Estimate

FEW = 30
"""Groups below which an interval is called unreliable."""
_ENOUGH = 200
"""Groups from which the plain percentile interval covers what it should."""
_NO_WIDTH = 1e-9

PERCENTILE = "percentile bootstrap"
WIDENED = "percentile bootstrap, widened to Student's t"
LOGIT = "bootstrap standard deviation on the logit scale"
LEAST = "standard deviation of normal scores on the logit scale"
WILSON = "Wilson score"
NOT_STATED = "method not stated in the record"
PAIRED = "percentile bootstrap of paired differences"
"""How an interval was made, in the words of records, tables and pages; a method that rests on draws says *bootstrap*.
``NOT_STATED`` is for records of a time that did not tell."""


def named(estimates: Iterable[Estimate]) -> list[str]:
    """The methods of the estimates that have intervals, each once, in order; among them that one is not stated, where one is not."""
    return list(dict.fromkeys(estimate.method or NOT_STATED for estimate in estimates if estimate.low is not None))


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A value with its interval, None where undefined; a value never lies outside its own interval."""

    value: float | None
    low: float | None
    high: float | None
    method: str = ""
    """How the interval was made; empty where there is none."""
    note: str = ""


def make(
    value: float,
    drawn: Floats,
    *,
    level: float,
    groups: int,
    of: str = "",
    fraction: bool = True,
    scale: Literal["percentile", "logit", "area"] = "percentile",
    two: bool = False,
) -> Interval:
    """The interval of a value.

    Args:
        value: The point estimate, finite.
        drawn: [b], its value in each resample, NaN where undefined.
        level: Coverage, e.g. 0.95.
        groups: How many independent groups decide the value.
        of: Which groups these are, where not all decide: ``of the rarest class``.
        fraction: Whether the value lies between 0 and 1.
        scale: The metric's.
        two: Whether it is of two classes, or of one against the rest, so that the groups of the rarer one are all that decides.
    """
    defined = drawn[np.isfinite(drawn)]
    undefined = len(drawn) - len(defined)
    if not len(defined) or len(defined) < len(drawn) / 2:
        return Interval(value=value, low=None, high=None, note=f"no interval: undefined in {undefined} of {len(drawn)} resamples")
    notes = [f"undefined in {undefined} of {len(drawn)} resamples, left out of the interval"] if undefined else []
    which = f"{groups} groups {of}".rstrip()
    with np.errstate(all="ignore"):
        deviation, spread = float(np.std(defined)), float(np.ptp(defined))
    if fraction and min(abs(value), abs(1 - value)) < _NO_WIDTH and spread < _NO_WIDTH:
        method, (low, high) = WILSON, wilson(round(value), groups, level)
        notes.append(f"no resample differs: Wilson's interval for {which}")
    elif scale != "percentile" and 0 < value < 1 and deviation > _NO_WIDTH:
        method, least = LOGIT, least_deviation(value, groups) if scale == "area" and two and groups < FEW else 0.0
        if least > deviation:
            method, deviation = LEAST, least
        low, high = logit(value, deviation, groups, level)
        notes.append("interval on the logit scale")
    else:
        method, tail = PERCENTILE, (1 - level) / 2
        if groups < _ENOUGH:
            method, tail = WIDENED, widened(tail, groups)
        low, high = percentiles(defined, tail)
        if FEW <= groups < _ENOUGH:
            notes.append(f"interval widened for {which}")
    if not math.isfinite(low) or not math.isfinite(high):
        return Interval(value=value, low=None, high=None, note="no interval: its bounds are too large for a number")
    if groups < FEW:
        notes.append(f"{which}, fewer than {FEW}: interval unreliable")
    if value < low - _NO_WIDTH or value > high + _NO_WIDTH:
        notes.append("most resamples lie on one side of the value: interval extended to it")
    return Interval(value=value, low=min(low, value), high=max(high, value), method=method, note="; ".join(notes))


def percentiles(drawn: Floats, tail: float) -> tuple[float, float]:
    """The values beyond which the share ``tail`` of finite draws lies at each end."""
    with np.errstate(all="ignore"):
        low, high = np.quantile(drawn, [tail, 1 - tail])
    return float(low), float(high)


def of_difference(observed: float, drawn: Floats, level: float) -> tuple[float, float] | tuple[None, None]:
    """The percentile interval of a difference, the difference itself included; none where most draws have no value."""
    defined = drawn[np.isfinite(drawn)]
    if not len(defined) or len(defined) < len(drawn) / 2:
        return None, None
    low, high = percentiles(defined, (1 - level) / 2)
    return (min(low, observed), max(high, observed)) if math.isfinite(low) and math.isfinite(high) else (None, None)


def quantile(level: float, groups: int) -> float:
    """Student's two-sided quantile with the bootstrap's loss of variance made good: sqrt(n / (n - 1)) t."""
    from scipy.special import stdtrit

    freedom = max(groups - 1, 1)
    return float(math.sqrt((freedom + 1) / freedom) * stdtrit(freedom, (1 + level) / 2))


def widened(tail: float, groups: int) -> float:
    """The share of the bootstrap's values to cut off at each end so that the interval is as wide as Student's."""
    from scipy.special import ndtr

    return float(ndtr(-quantile(1 - 2 * tail, groups)))


def logit(value: float, deviation: float, groups: int, level: float) -> tuple[float, float]:
    """An interval symmetric on the logit scale; the standard deviation is carried over by the delta method."""
    centre = math.log(value / (1 - value))
    half = quantile(level, groups) * min(deviation / (value * (1 - value)), 1e300)
    return _expit(centre - half), _expit(centre + half)


def least_deviation(area: float, groups: int) -> float:
    """The standard deviation of an area under the ROC curve of which one class has a few groups and the other any number.

    The variance of the other class's share below a score (Bamber, 1975) where the scores of both are normal and equally spread: the two
    samples of one pair of comparisons correlate by one half, and Owen's T gives their joint share.
    """
    from scipy.special import ndtri, owens_t

    both = area - 2 * float(owens_t(float(ndtri(area)), math.sqrt(1 / 3)))
    return math.sqrt(max(0.0, both - area**2) / groups)


def wilson(share: float, trials: int, level: float) -> tuple[float, float]:
    """Wilson's interval (1927) for a share of independent trials; it has width at 0 and 1 too."""
    from scipy.special import ndtri

    z = float(ndtri((1 + level) / 2))
    middle = (share + z * z / (2 * trials)) / (1 + z * z / trials)
    half = z / (1 + z * z / trials) * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    return max(0.0, middle - half), min(1.0, middle + half)


def _expit(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x > -700 else 0.0
