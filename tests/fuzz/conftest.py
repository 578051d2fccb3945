"""The table of outcomes by kind, below the tests' own summary, from however many processes tried the inputs."""

from __future__ import annotations

from collections import Counter
from typing import Any

from tests.fuzz.outcomes import Count, table


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Add up what each test has counted."""
    reports = [report for found in terminalreporter.stats.values() for report in found if hasattr(report, "user_properties")]
    counted: Counter[Count] = Counter()
    for report in reports:
        if getattr(report, "when", "") == "call":
            counted.update(
                {(kind, outcome): n for name, counts in report.user_properties if name == "outcomes" for kind, outcome, n in counts}
            )
    if counted:
        terminalreporter.section("what became of bad input")
        terminalreporter.write_line(table(counted))
