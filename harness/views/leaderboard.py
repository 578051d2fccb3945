"""The leaderboard: one long table of measured and published numbers, a pure function of the records and of reported.csv.

Within a task, metric and slice the best value stands first: the highest or the lowest, as the column ``direction`` says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain

from msgspec import Struct

from harness.cards import Card
from harness.data import catalog
from harness.metrics import registry
from harness.runs.record import Record
from harness.types import Estimate
from harness.views import beside_published, naming, standings
from harness.views import published as reported
from harness.views.kept import Keeper
from harness.views.published import Reported
from harness.views.selection import Selection

DIGITS = 6
"""Decimals of every value in the table."""


class Row(Struct, frozen=True, kw_only=True):
    """One number, as it stands in leaderboard.csv; every field is text, empty where there is nothing to say."""

    task: str
    task_variant: str
    split: str
    metric: str
    metric_variant: str
    slice: str
    system: str
    label: str
    """The system's name and, where a task has several runs of that name, what tells this one from them."""
    value: str
    low: str = ""
    high: str = ""
    method: str = ""
    """How the interval was made; empty where there is none, or where an older record does not say."""
    n: str
    unit: str
    direction: str
    """``higher`` or ``lower`` is better; empty where the metric is not one of ours."""
    origin: str
    """``measured`` by this harness, or ``reported`` by a publication."""
    comparable: str
    """For a measured row: ``yes``, or why it is not to be ranked. For a reported one: ``yes``, or why it does not compare with the
    measured ones; empty where nothing like it was measured."""
    rank: str = ""
    """For the metric that ranks, on the whole set: 1 plus the number of other systems that are significantly better after Holm's
    adjustment over all pairs of the task (`standings`)."""
    delta: str = ""
    """For a measured row: its value minus the best published one that compares with it."""
    setting: str
    parameters: str
    scoring_id: str = ""
    prompting_id: str = ""
    date: str = ""
    source: str
    """The run's folder under the results folder, or the publication."""


def rows_of(runs: Mapping[str, Record], keeper: Keeper | None = None) -> list[Row]:
    """All rows, measured and published, sorted.

    Args:
        runs: Source, as it stands in the table, to record.
        keeper: Where tests between runs are kept from one call to the next.
    """
    published = Published(runs.values())
    placed = standings.ranks(runs, keeper=keeper)
    labels = naming.names_of(list(runs.values()))
    measured = [
        row
        for (source, record), label in zip(runs.items(), labels, strict=True)
        for row in measured_rows(record, source, label, published, placed.get(source))
    ]
    return sorted([*measured, *reported_rows(published)], key=_order)


def real(selected: Selection) -> dict[str, Record]:
    """Source to record; those on the invented samples are left out: they say nothing about a model."""
    return {run.source: run.record for run in selected.runs if run.record.data.kind == "real"}


class Published:
    """The published numbers, each with what keeps it from comparing with the measured ones."""

    def __init__(self, runs: Iterable[Record]) -> None:
        """Judge every number against the runs of its task that are to be ranked."""
        self.numbers: list[tuple[Reported, str]] = []
        self._best: dict[str, float] = {}
        scores = _scores(runs)
        cards: dict[str, Card] = {}
        for record, _ in chain.from_iterable(scores.values()):
            if record.full_name not in cards:
                cards[record.full_name] = catalog.card(record.full_name)
        for number in reported.read_reported():
            pairs = [
                (estimate, beside_published.reasons(record, cards[record.full_name], estimate, number))
                for record, estimate in scores.get((number.task, number.metric, number.slice), ())
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


def _scores(runs: Iterable[Record]) -> dict[tuple[str, str, str], list[tuple[Record, Estimate]]]:
    """Task, metric and slice to the scores that are set against a published number; one of those with which it compares alike."""
    by_place: dict[tuple[str, str, str], dict[tuple[object, ...], tuple[Record, Estimate]]] = {}
    for record in runs:
        for estimate in () if record.not_ranked else record.estimates:
            if estimate.value is not None:
                alike = record.full_name, record.split, estimate.variant, estimate.unit, estimate.n, estimate.scoring_id
                wide = estimate.low is None, estimate.high is None
                by_place.setdefault((record.task, estimate.metric, estimate.slice), {}).setdefault((*alike, *wide), (record, estimate))
    return {place: list(scores.values()) for place, scores in by_place.items()}


def _place(estimate: Estimate) -> str:
    return f"{estimate.scoring_id} {estimate.slice}"


def measured_rows(record: Record, source: str, label: str, published: Published, rank: int | None) -> Iterable[Row]:
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
            system=record.model.name,
            label=label,
            value=_decimal(estimate.value),
            low=_decimal(estimate.low),
            high=_decimal(estimate.high),
            method=estimate.method,
            n=str(estimate.n),
            unit=estimate.unit,
            direction=direction(estimate.higher_is_better),
            origin="measured",
            comparable="; ".join(record.not_ranked) or "yes",
            rank="" if position or rank is None else str(rank),
            delta="" if best is None or record.not_ranked else _decimal(estimate.value - best),
            setting=record.model.setting,
            parameters=str(record.model.parameters or ""),
            scoring_id=estimate.scoring_id,
            prompting_id=record.prompting.prompting_id,
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
            label=number.system,
            value=_decimal(number.value),
            n="" if number.n is None else str(number.n),
            unit=number.unit,
            direction=direction(registry.higher_is_better(number.metric)),
            origin="reported",
            comparable=comparable,
            setting=number.setting,
            parameters="" if number.parameters is None else str(number.parameters),
            source=number.source_title,
        )


def direction(higher_is_better: bool | None) -> str:
    """The column's word."""
    return "" if higher_is_better is None else "higher" if higher_is_better else "lower"


def _decimal(value: float | None) -> str:
    return "" if value is None else f"{value:.{DIGITS}f}"


def _order(row: Row) -> tuple[object, ...]:
    value = {"higher": -1.0, "lower": 1.0, "": 0.0}[row.direction] * float(row.value)
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
