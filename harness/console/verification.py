"""What verification found, as people read it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.text import Text

from harness.console.base import line
from harness.console.grid import Column, show
from harness.runs.recomputed import Check

_MARKS = {"holds": ("holds", "green"), "fails": ("FAILS", "bold red"), "not checked": ("not checked", "yellow")}


def print_checks(found: Sequence[tuple[Path, Sequence[Check]]]) -> None:
    """Each run's checks, a line each."""
    for folder, checks in found:
        line(str(folder), style="bold")
        rows = []
        for check in checks:
            mark, style = _MARKS[check.status]
            rows.append((Text(mark, style=style), check.name, check.detail))
        show([Column(), Column(), Column(prose=True)], rows, indent=2)
