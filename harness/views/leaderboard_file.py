"""leaderboard.csv: the table as text, and whether a file of it is what the records give."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from operator import attrgetter
from pathlib import Path

from harness.errors import VerificationError
from harness.views import csv_rows
from harness.views.leaderboard import Row


def to_csv(rows: Sequence[Row]) -> str:
    """The table as text."""
    names = Row.__struct_fields__
    return csv_rows.written(names, map(attrgetter(*names), rows))


def check_file(path: Path, rows: Sequence[Row]) -> None:
    """Compare a leaderboard file with what the records give.

    Raises:
        VerificationError: It differs; the message shows the first line that does.
    """
    expected = to_csv(rows).splitlines()
    written = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    for number, (here, there) in enumerate(zip(written, expected, strict=False), start=1):
        if here != there:
            raise VerificationError(
                f"{path}, line {number}: the file says\n  {here}\nthe records give\n  {there}\nRun: harness leaderboard"
            )
    if len(written) != len(expected):
        raise VerificationError(f"{path}: {len(written)} lines where the records give {len(expected)}. Run: harness leaderboard")


def measured_in(path: Path) -> int:
    """How many measured rows a leaderboard file holds; 0 where there is none."""
    if not path.is_file():
        return 0
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        rows = csv.reader(file)
        header = next(rows, [])
        place = header.index("origin") if "origin" in header else len(header)
        return sum(row[place : place + 1] == ["measured"] for row in rows)
