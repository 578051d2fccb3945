"""What a waiting user is told."""

from __future__ import annotations

import pytest

from harness.console.progress import line
from harness.runs.runner import Progress


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (Progress(done=0, total=100, failed=0, reused=0, seconds=0.0), ""),
        (Progress(done=40, total=40, failed=0, reused=40, seconds=1.0), ""),
        (Progress(done=30, total=100, failed=0, reused=10, seconds=10.0), "2.0/s · 0:00:35 left"),
        (
            Progress(done=50, total=7250, failed=3, reused=0, seconds=25.0, tokens=31_250),
            "2.0/s · 1,250 tokens/s · 3 failed · 1:00:00 left",
        ),
    ],
    ids=["not begun", "nothing to do", "resumed", "a model that counts tokens"],
)
def test_a_line_gives_speed_failures_and_the_time_left(state: Progress, expected: str) -> None:
    assert line(state) == expected
