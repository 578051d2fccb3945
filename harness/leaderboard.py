"""The leaderboard: one long table of measured and published numbers, a pure function of the records and of reported.csv."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from harness import records, reported
from harness.errors import VerificationError
from harness.records import Record
from harness.reported import Reported

DIGITS = 6
"""Decimals of every value in the table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One number, as it stands in leaderboard.csv; every field is text, empty where there is nothing to say."""

    task: str
    task_variant: str
    split: str
    metric: str
    metric_variant: str
    slice: str
    system: str
    value: str
    low: str
    high: str
    n: str
    unit: str
    origin: str
    """``measured`` by this harness, or ``reported`` by a publication."""
    comparable: str
    """For a measured row: ``yes``, or why it is not to be ranked. Empty for a reported one."""
    setting: str
    parameters: str
    scoring_id: str
    prompting_id: str
    date: str
    source: str
    """The run's folder under the results folder, or the publication."""


def build(results: Path) -> list[Row]:
    """All rows, sorted. Runs on the invented samples are left out: they say nothing about a model.

    Raises:
        CorruptData, VerificationError: A record under the folder cannot be read or was changed.
    """
    measured = [
        row for folder in records.find(results) for row in measured_rows(records.read(folder), folder.relative_to(results).as_posix())
    ]
    return sorted([*measured, *reported_rows(reported.read_reported())], key=_order)


def measured_rows(record: Record, source: str) -> Iterable[Row]:
    """The rows of one run; none for a run on an invented sample."""
    if record.data["kind"] == "synthetic":
        return
    for estimate in record.estimates:
        if estimate.value is None:
            continue
        yield Row(
            task=record.task,
            task_variant=record.task_variant,
            split=record.split,
            metric=estimate.metric,
            metric_variant=estimate.variant,
            slice=estimate.slice,
            system=record.model["name"],
            value=_decimal(estimate.value),
            low=_decimal(estimate.low),
            high=_decimal(estimate.high),
            n=str(estimate.n),
            unit=estimate.unit,
            origin="measured",
            comparable="; ".join(record.not_ranked) or "yes",
            setting=record.model["setting"],
            parameters=str(record.model["parameters"] or ""),
            scoring_id=estimate.scoring_id,
            prompting_id=record.prompting["prompting_id"],
            date=record.created,
            source=source,
        )


def reported_rows(numbers: Sequence[Reported]) -> Iterable[Row]:
    """The rows of the published numbers."""
    for number in numbers:
        yield Row(
            task=number.task,
            task_variant=number.task_variant,
            split=number.split,
            metric=number.metric,
            metric_variant=number.metric_variant,
            slice=number.slice,
            system=number.system,
            value=_decimal(number.value),
            low="",
            high="",
            n="" if number.n is None else str(number.n),
            unit=number.unit,
            origin="reported",
            comparable="",
            setting=number.setting,
            parameters="" if number.parameters is None else str(number.parameters),
            scoring_id="",
            prompting_id="",
            date="",
            source=number.source_title,
        )


def to_csv(rows: Sequence[Row]) -> str:
    """The table as text."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    names = [field.name for field in fields(Row)]
    writer.writerow(names)
    writer.writerows([getattr(row, name) for name in names] for row in rows)
    return out.getvalue()


def check_file(path: Path, rows: Sequence[Row]) -> None:
    """Compare a leaderboard file with what the records give.

    Raises:
        VerificationError: It differs; the message shows the first line that does.
    """
    expected = to_csv(rows).splitlines()
    found = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    for number, (here, there) in enumerate(zip(found, expected, strict=False), start=1):
        if here != there:
            raise VerificationError(
                f"{path}, line {number}: the file says\n  {here}\nthe records give\n  {there}\nRun: harness leaderboard"
            )
    if len(found) != len(expected):
        raise VerificationError(f"{path}: {len(found)} lines where the records give {len(expected)}. Run: harness leaderboard")


def _decimal(value: float | None) -> str:
    return "" if value is None else f"{value:.{DIGITS}f}"


def _order(row: Row) -> tuple[object, ...]:
    value = -float(row.value) if row.value else 0.0
    return (
        row.task,
        row.task_variant,
        row.split,
        row.metric,
        row.metric_variant,
        row.slice != "all",
        row.slice,
        value,
        row.system,
        row.source,
    )
