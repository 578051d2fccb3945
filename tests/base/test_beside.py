"""Calls beside others: both run at once, what they raise arrives, and what is raised here ends them."""

from __future__ import annotations

import threading
from functools import partial

import pytest

from harness.base import beside
from harness.base.withheld import withheld, withholding

LONG = 60.0
"""Seconds after which a test that hangs fails."""


def test_a_call_runs_while_this_goes_on() -> None:
    here, there = threading.Event(), threading.Event()

    def call() -> int:
        there.set()
        assert here.wait(LONG)
        return 5

    waiting = beside.Call(call, None)
    with beside.running([waiting]):
        assert there.wait(LONG)
        here.set()
        assert waiting.result() == 5


def test_calls_follow_one_another_in_their_order() -> None:
    order: list[str] = []
    calls = [beside.Call(partial(order.append, name), None) for name in "abc"]
    with beside.running(calls):
        assert calls[2].result() is None
    assert order == ["a", "b", "c"]


def test_what_a_call_raises_is_raised_where_it_is_waited_for() -> None:
    def call() -> None:
        raise OSError("no room")

    waiting = beside.Call(call, None)
    with beside.running([waiting]), pytest.raises(OSError, match="no room"):
        waiting.result()


def test_what_is_withheld_here_is_withheld_there() -> None:
    with withholding():
        waiting = beside.Call(withheld, None)
    with beside.running([waiting]):
        assert waiting.result() is True


def test_an_interruption_ends_what_runs_and_keeps_the_rest_from_beginning() -> None:
    begun, ended = threading.Event(), threading.Event()
    seen: list[bool] = []

    def call() -> None:
        begun.set()
        assert ended.wait(LONG)
        seen.append(beside.is_ended())

    def interrupted() -> None:
        with beside.running([beside.Call(call, ended.set), beside.Call(lambda: seen.append(False), None)]):
            assert begun.wait(LONG)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert seen == [True]


def test_nothing_is_ended_that_runs_beside_nothing() -> None:
    assert not beside.is_ended()
