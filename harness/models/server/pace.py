"""Requests no faster than so many a minute."""

from __future__ import annotations

from dataclasses import dataclass


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
