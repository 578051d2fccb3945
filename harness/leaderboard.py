"""The leaderboard: one long table of measured and published numbers, a pure function of the records and of reported.csv."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from harness import catalog, compare, records, reported, standings
from harness.cards import Card
from harness.errors import VerificationError
from harness.records import Record
from harness.reported import Reported
from harness.types import Estimate

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
    """For a measured row: ``yes``, or why it is not to be ranked. For a reported one: ``yes``, or why it does not compare with the
    measured ones; empty where nothing like it was measured."""
    rank: str
    """For the metric that ranks, on the whole set: 1 plus the number of systems that are significantly better."""
    delta: str
    """For a measured row: its value minus the best published one that compares with it."""
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
    runs = read_runs(results)
    published = Published(runs.values())
    placed = standings.ranks(runs)
    measured = [row for source, record in runs.items() for row in measured_rows(record, source, published, placed.get(source))]
    return sorted([*measured, *reported_rows(published)], key=_order)


def read_runs(results: Path) -> dict[str, Record]:
    """The real runs under a folder, by their path in it; those on the invented samples are left out."""
    found = {folder.relative_to(results).as_posix(): records.read(folder) for folder in records.find(results)}
    return {source: record for source, record in found.items() if record.data["kind"] == "real"}


class Published:
    """The published numbers, each with what keeps it from comparing with the measured ones."""

    def __init__(self, runs: Iterable[Record]) -> None:
        """Judge every number against the runs of its task that are to be ranked."""
        self.numbers: list[tuple[Reported, str]] = []
        self._best: dict[str, float] = {}
        by_task: dict[str, list[Record]] = {}
        for record in runs:
            if not record.not_ranked:
                by_task.setdefault(record.task, []).append(record)
        for number in reported.read_reported():
            pairs = [
                (estimate, compare.reasons(record, _card(record), estimate, number))
                for record in by_task.get(number.task, ())
                for estimate in record.estimates
                if (estimate.metric, estimate.slice) == (number.metric, number.slice) and estimate.value is not None
            ]
            fits = [estimate for estimate, why in pairs if not why]
            for estimate in fits:
                known = self._best.get(_place(estimate), number.value)
                self._best[_place(estimate)] = (max if estimate.higher_is_better else min)(known, number.value)
            shortest = min((why for _, why in pairs), key=len, default=())
            self.numbers.append((number, "yes" if fits else "; ".join(shortest)))

    def best(self, estimate: Estimate) -> float | None:
        """The best published value that compares with a measured one; None where there is none."""
        return self._best.get(_place(estimate))


def _place(estimate: Estimate) -> str:
    return f"{estimate.scoring_id} {estimate.slice}"


def _card(record: Record) -> Card:
    return catalog.card(record.full_name)


def measured_rows(record: Record, source: str, published: Published, rank: int | None) -> Iterable[Row]:
    """The rows of one run."""
    for position, estimate in enumerate(record.estimates):
        if estimate.value is None:
            continue
        best = published.best(estimate)
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
            rank="" if position or rank is None else str(rank),
            delta="" if best is None or record.not_ranked else _decimal(estimate.value - best),
            setting=record.model["setting"],
            parameters=str(record.model["parameters"] or ""),
            scoring_id=estimate.scoring_id,
            prompting_id=record.prompting["prompting_id"],
            date=record.created,
            source=source,
        )


def reported_rows(published: Published) -> Iterable[Row]:
    """The rows of the published numbers."""
    for number, comparable in published.numbers:
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
            comparable=comparable,
            rank="",
            delta="",
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
