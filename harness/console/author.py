"""The contract of tasks, as people who write them read it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from harness.checks.promises import Finding
from harness.checks.subject import MOST
from harness.console.base import out


def print_findings(found: Sequence[Finding]) -> None:
    """One line per promise, and below a broken one where and how."""
    console = out()
    for (task, data), findings in groupby(found, key=lambda item: (item.task, item.data)):
        kind = "the invented sample" if data == "sample" else f"the release, its first {MOST} rows"
        console.print(Text(task, style="bold"), Text(f"on {kind}", style="dim"))
        grid = Table.grid(padding=(0, 2))
        for item in findings:
            mark = Text("holds", style="green") if item.holds else Text("broken", style="bold red")
            grid.add_row(mark, Text(item.property), Text(item.says, style="dim" if item.holds else ""))
            if not item.holds:
                grid.add_row("", "", Text(item.detail, style="red"))
        console.print(Padding(grid, (0, 0, 1, 2)))
    broken = sum(not item.holds for item in found)
    console.print(Text(f"{len(found)} promises, {broken} broken", style="bold"))
