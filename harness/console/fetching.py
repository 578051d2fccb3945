"""What became of downloads, while they run and at their end."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn
from rich.text import Text

from harness.base.visible import visible
from harness.console.base import err, out, say
from harness.console.grid import Content, columns, show
from harness.console.progress import a_line_a_minute
from harness.data.fetch.releases import Fetched
from harness.errors import GatedData, HarnessError


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table."""

    task: str
    status: str
    """``fetched``, ``there``, ``by hand`` or ``failed``."""
    detail: str
    """What it was checked by, or the whole error."""
    paths: tuple[str, ...] = ()
    exit_code: int = 0

    def as_json(self) -> dict[str, Any]:
        """The row as ``--json`` prints it."""
        if self.exit_code:
            return {"task": self.task, "status": self.status, "error": self.detail, "exit_code": self.exit_code}
        return {"task": self.task, "status": self.status, "checked": self.detail, "paths": list(self.paths)}


def done(release: Fetched) -> Row:
    """The row of a release that is there."""
    return Row(task=release.name, status=release.status, detail=release.checked, paths=tuple(map(str, release.paths)))


def failed(name: str, error: HarnessError) -> Row:
    """The row of a release that is not."""
    status = "by hand" if isinstance(error, GatedData) else "failed"
    return Row(task=name, status=status, detail=str(error), exit_code=error.exit_code)


def say_row(row: Row) -> None:
    """One line on stderr while others are still to come."""
    sys.stderr.write(f"{row.task}: {row.status}\n")


def print_one(row: Row) -> None:
    """All that is known of a single fetch; an error goes to stderr as everywhere."""
    if row.exit_code:
        sys.stderr.write(f"error: {visible(row.detail)}\n")
    else:
        say(f"{row.task}: {row.status}, checked by {row.detail}")
        for path in row.paths:
            say(f"  {path}")


def print_table(rows: Sequence[Row]) -> None:
    """What there is, and for the rest why not and where it is said what to do."""
    console = out()
    shown: list[tuple[Content, ...]] = []
    for row in rows:
        style = "green" if not row.exit_code else "yellow" if row.status == "by hand" else "red"
        first = row.detail.splitlines()[0].removeprefix(f"{row.task}: ")
        shown.append((row.task, Text(row.status, style=style), first))
    show(columns("release of", "", "checked by, or why not", prose=("checked by, or why not",)), shown)
    n = sum(not row.exit_code for row in rows)
    console.print(Text(f"\n{n} of {len(rows)} there", style="bold"))
    if any(row.status == "by hand" for row in rows):
        console.print(Text("What to do for those by hand: harness show TASK", style="dim"))


@contextmanager
def progress(name: str) -> Iterator[Callable[[int, int], None]]:
    """An observer of downloads, bytes done and bytes in all (0 where unknown): a bar on a terminal, a line a minute elsewhere."""
    if sys.stderr.isatty():
        name_column = TextColumn("{task.description}", markup=False)
        columns = (name_column, BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
        with Progress(*columns, console=err(), transient=True) as bar:
            line = bar.add_task(name, total=None)
            yield lambda done, total: bar.update(line, completed=done, total=total or None)
    else:
        yield a_line_a_minute(lambda done, total: f"{name}: {done / 1e6:,.0f} of {f'{total / 1e6:,.0f}' if total else 'unknown'} MB")
