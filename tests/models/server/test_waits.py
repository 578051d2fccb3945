"""How long is waited between tries: as the server asks, or else so that a limit by the minute is outlasted."""

from __future__ import annotations

from typing import Any

import pytest

from harness.models.server.waits import asked, seconds
from tests.models.server.toys import question, well

NOW = 1_700_000_000.0
"""Tue, 14 Nov 2023 22:13:20 GMT."""


@pytest.mark.parametrize(
    ("headers", "said", "limited", "expected"),
    [
        ({"retry-after": "20"}, "", True, 20.0),
        ({"retry-after": "0"}, "", False, 0.0),
        ({"retry-after": "1.5"}, "", False, 1.5),
        ({"retry-after": "Tue, 14 Nov 2023 22:14:05 GMT"}, "", True, 45.0),
        ({"retry-after": "Tue, 14 Nov 2023 22:00:00 GMT"}, "", True, 0.0),
        ({"retry-after": "soon"}, "", True, None),
        ({"retry-after": "-5"}, "", True, None),
        ({"retry-after": "nan"}, "", True, None),
        ({"retry-after-ms": "250", "retry-after": "1"}, "", True, 0.25),
        ({"x-ratelimit-reset-requests": "1m30s"}, "", True, 90.0),
        ({"x-ratelimit-reset-requests": "1s", "x-ratelimit-reset-tokens": "6m0s"}, "", True, 360.0),
        ({"x-ratelimit-reset-tokens": "6m0s", "x-ratelimit-remaining-tokens": "100"}, "", True, None),
        ({"x-ratelimit-reset": "12"}, "", True, 12.0),
        ({"x-ratelimit-reset": "1700000030"}, "", True, 30.0),
        ({"x-ratelimit-reset": "1700000030000"}, "", True, 30.0),
        ({"x-ratelimit-reset": "12"}, "", False, None),
        ({}, "Rate limit reached. Please try again in 1.2s.", True, 1.2),
        ({}, "Please retry in 20ms", True, 0.02),
        ({}, "slow down", True, None),
    ],
)
def test_what_a_server_asks_is_read_in_every_form(headers: dict[str, str], said: str, limited: bool, expected: float | None) -> None:
    assert asked(headers, said, limited=limited, now=NOW) == (None if expected is None else pytest.approx(expected))


def test_without_a_word_six_tries_outlast_a_limit_by_the_minute() -> None:
    """5 + 10 + 20 + 40 + 60 + 60, three quarters of it where chance is least; other faults as 0.5 doubling."""
    waits = [seconds(attempt, limited=True, asked=None, chance=0.5) for attempt in range(6)]
    assert waits == [5.0, 10.0, 20.0, 40.0, 60.0, 60.0]
    assert sum(seconds(attempt, limited=True, asked=None, chance=0.0) for attempt in range(6)) == 146.25
    assert [seconds(attempt, limited=False, asked=None, chance=0.5) for attempt in range(8)] == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0]


def test_what_is_asked_is_never_cut_short() -> None:
    assert seconds(0, limited=True, asked=300.0, chance=0.0) == 300.0
    assert seconds(0, limited=True, asked=300.0, chance=1.0) == 375.0


def test_a_limited_server_is_waited_for(serve: Any, opened: Any, waited: list[float]) -> None:
    server = serve(lambda request, number: (429, {"error": {"message": "slow"}}, {}) if number <= 4 else well(request, number))
    [response] = opened(server).generate([question()])
    assert response.text == "yes"
    assert len(waited) == 4
    assert sum(waited) >= 0.75 * 75


def test_the_servers_own_wait_is_taken(serve: Any, opened: Any, waited: list[float]) -> None:
    server = serve(lambda request, number: (503, {}, {"Retry-After": "100"}) if number == 1 else well(request, number))
    assert opened(server).generate([question()])[0].text == "yes"
    assert 100 <= waited[0] <= 125
