"""Progress on stderr: a bar on a terminal, a line a minute elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import ParamSpec

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from harness.base.visible import visible_line
from harness.console.base import err
from harness.runs.runner import Progress as RunProgress

_SECONDS_BETWEEN_LINES = 60.0
P = ParamSpec("P")


@contextmanager
def progress(name: str, *, quiet: bool = False) -> Iterator[Callable[[RunProgress], None]]:
    """An observer of a run: a bar on a terminal, one line a minute elsewhere, nothing when quiet."""
    if quiet:
        yield lambda _: None
        return
    states: list[RunProgress] = []  # the last one alone
    name = visible_line(name)
    with _shown(name) as show:

        def observe(state: RunProgress) -> None:
            states[:] = [state]
            show(state)

        yield observe
    for told in (resumed(states[-1]) if states else "", given_up(states[-1]) if states else ""):
        if told:
            sys.stderr.write(f"{name}: {told}\n")


@contextmanager
def _shown(name: str) -> Iterator[Callable[[RunProgress], None]]:
    if sys.stderr.isatty():
        texts = [TextColumn(f"{{task.{field}}}", markup=False) for field in ("description", "fields[rate]")]
        columns = (texts[0], BarColumn(), MofNCompleteColumn(), texts[1])
        with Progress(*columns, TimeRemainingColumn(), console=err(), transient=True) as bar:
            task = bar.add_task(name, total=None, rate="")
            yield lambda state: bar.update(task, completed=state.done, total=state.total, rate=rate(state))
    else:
        yield a_line_a_minute(lambda state: f"{name}: {state.done}/{state.total} {line(state)}")


def a_line_a_minute(told: Callable[P, str]) -> Callable[P, None]:
    """An observer that writes what is told of a state to stderr, where a minute has gone by."""
    last = time.monotonic()

    def observe(*state: P.args, **named: P.kwargs) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= _SECONDS_BETWEEN_LINES:
            last = now
            sys.stderr.write(f"{told(*state, **named)}\n")

    return observe


def resumed(state: RunProgress) -> str:
    """What of a run was there before; empty for one that began anew."""
    if not state.reused:
        return ""
    if state.asked:
        return f"reused {state.reused:,} replies of an earlier run; asked {state.asked:,}"
    return f"all {state.reused:,} replies are of an earlier run; nothing was asked"


def given_up(state: RunProgress) -> str:
    """Whether failures were left as they are."""
    return f"asking again was given up after too many failures in a row; {state.failed:,} stay failed" if state.gave_up else ""


def rate(state: RunProgress) -> str:
    """Samples and tokens per second of this run, and what has failed so far."""
    running = state.seconds > 0 and state.asked > 0
    speed = f"{state.asked / state.seconds:.1f}/s" if running else ""
    tokens = f"{state.tokens / state.seconds:,.0f} tokens/s" if running and state.tokens else ""
    failed = f"{state.failed} failed" if state.failed else ""
    return " · ".join(part for part in (speed, tokens, failed) if part)


def line(state: RunProgress) -> str:
    """`rate` and the time that the rest will take at that speed."""
    due = state.total - state.reused - state.asked
    left = f"{timedelta(seconds=round(state.seconds / state.asked * due))} left" if state.asked > 0 else ""
    return " · ".join(part for part in (rate(state), left) if part)
