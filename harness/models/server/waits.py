"""How long to wait: before a request is asked again, as long as the server asks, or else by what went wrong; and so as to keep a pace."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

PATIENCE = 600.0
"""The longest wait, in seconds, that a server is granted; one that asks for more is left for a later run."""
LIMITED = (5.0, 10.0, 20.0, 40.0, 60.0, 60.0)
"""Seconds before each further try after too many requests: limits are by the minute, so that all together outlast several."""
FIRST, LONGEST = 0.5, 60.0
"""Seconds after any other fault that passes: doubling from the first to the longest."""
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|d|h|m|s)")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?\s*(?:ms|[dhms])\s*)+")
_SAID = re.compile(r"(?:try again|retry) (?:in|after) ((?:\d+(?:\.\d+)?\s*(?:ms|[dhms])\s*)+)", re.IGNORECASE)


def seconds(attempt: int, *, limited: bool, asked: float | None, chance: float) -> float:
    """The wait after a try.

    Args:
        attempt: How many tries came before that one.
        limited: Whether the server had too many requests.
        asked: What the server asks for; None where it does not say. It is never cut short.
        chance: From 0 to 1: spreads requests that failed together.
    """
    if asked is not None:
        return max(asked, FIRST * chance) * (1 + 0.25 * chance) if asked else FIRST * chance
    if limited:
        return LIMITED[min(attempt, len(LIMITED) - 1)] * (0.75 + 0.5 * chance)
    return min(LONGEST, math.ldexp(FIRST, attempt)) * (0.5 + chance)


def asked(headers: Mapping[str, str], message: str, *, limited: bool, now: float | None = None) -> float | None:
    """The seconds that a reply asks to wait; None where it does not say.

    Read are ``retry-after-ms``, ``retry-after`` in seconds or as a date, "try again in 20s" in the words, and, of a server that had too
    many requests, the time until a used-up limit is renewed (``x-ratelimit-reset…``).
    """
    now = time.time() if now is None else now
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    after = headers.get("retry-after")
    wait = _number(after)
    if wait is None and after:
        wait = _until(after, now)
    if wait is None and (words := _SAID.search(message)):
        wait = _duration(words[1])
    return wait if wait is not None or not limited else _renewed(headers, now)


def _renewed(headers: Mapping[str, str], now: float) -> float | None:
    resets = []
    for end in ("-requests", "-tokens", ""):
        reset = headers.get(f"x-ratelimit-reset{end}")
        if not reset or (_number(headers.get(f"x-ratelimit-remaining{end}")) or 0) > 0:
            continue
        value = _number(reset)
        if value is not None and value > 1e9:  # a moment, in seconds or milliseconds since 1970
            value = max(0.0, (value / 1000 if value > 1e11 else value) - now)
        resets.append(_duration(reset) if value is None else value)
    return max((reset for reset in resets if reset is not None), default=None)


def _until(date: str, now: float) -> float | None:
    try:
        moment = parsedate_to_datetime(date)
    except ValueError:
        return None
    return max(0.0, (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now)


def _duration(text: str) -> float | None:
    if not _DURATION.fullmatch(text.strip()):
        return None
    return sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))


def _number(text: str | None) -> float | None:
    try:
        value = float(text) if text is not None else math.nan
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None


@dataclass(slots=True, kw_only=True)
class Pace:
    """When each request may begin: evenly spread, so that no minute has more than its share."""

    rpm: float | None
    """Requests a minute; None lets each begin at once."""
    free: float = 0.0
    """The moment, in seconds of any clock, from which the next one may begin."""

    def wait(self, now: float) -> float:
        """The seconds until a request may begin, which is counted by asking."""
        if self.rpm is None:
            return 0.0
        begins = max(now, self.free)
        self.free = begins + 60 / self.rpm
        return begins - now
