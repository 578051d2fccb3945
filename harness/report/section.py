"""A task's section of the page: its scoreboard, its plots, its slices and the verdicts on published numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.cards import Card
from harness.report import charts, classifiers
from harness.runs.record import Record
from harness.stats.intervals import NOT_STATED
from harness.types import Estimate
from harness.views import contradictions, published, scoreboard, wording
from harness.views.beside_published import compare, fit
from harness.views.folding import folded
from harness.views.published import Reported

_MOST_PUBLISHED = 24
_MOST_ROC = 6
_WIDE = 0.02
"""Difference of published values from which it is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A run as the page speaks of it."""

    folder: Path
    record: Record
    name: str
    """Its system's name, and what tells it from other runs of that name."""
    rank: int | None
    """As on the leaderboard; None where it does not compete."""


def section(runs: Sequence[Shown], card: Card) -> dict[str, Any]:
    """Everything the page shows of one task's runs on the same examples."""
    first = runs[0].record
    ranking = (first.estimates[0].metric, first.estimates[0].variant)
    ordered = sorted(runs, key=lambda run: _place(run.record))
    board = scoreboard.board([(run.record, run.name) for run in ordered])
    return {
        "name": first.full_name,
        "title": card.title,
        "split": first.split,
        "n": first.counts.examples,
        "synthetic": first.data.kind == "synthetic",
        "metrics": [{"name": e.metric, "variant": e.variant, "lower": not e.higher_is_better} for e in board.columns],
        "ranked": any(run.rank is not None for run in runs),
        "rows": [_row(run, row) for run, row in zip(ordered, board.rows, strict=True)],
        "plot": _plot(runs, card, ranking),
        "verdicts": _verdicts(runs, card, ranking),
        "contradictions": _contradictions(first),
        "slices": _slices(runs, ranking),
        "classifiers": [found for run in runs if (found := _classifier(run, card)) is not None],
    }


def _place(record: Record) -> float:
    """The best value of the metric that ranks first; a run without one last."""
    first = record.estimates[0]
    return float("inf") if first.value is None else -first.value if first.higher_is_better else first.value


def _row(run: Shown, row: scoreboard.Row) -> dict[str, Any]:
    return {
        "system": run.name,
        "rank": "" if run.rank is None else str(run.rank),
        "cells": [_cell(cell) for cell in row.cells],
        "why": "; ".join(run.record.not_ranked),
    }


def _cell(estimate: Estimate | None) -> dict[str, str]:
    if estimate is None or estimate.value is None:
        return {"value": "–", "sort": "", "interval": "", "note": "" if estimate is None else estimate.note}
    bounds = wording.interval(estimate.low, estimate.high, estimate.unit)
    how = f"interval: {estimate.method or NOT_STATED}" if bounds else ""
    note = "; ".join(part for part in (how, estimate.note) if part)
    return {"value": wording.value(estimate.value, estimate.unit), "sort": repr(estimate.value), "interval": bounds, "note": note}


def _estimate(record: Record, key: tuple[str, str], part: str = "all") -> Estimate | None:
    return next((e for e in record.estimates if (e.metric, e.variant) == key and e.slice == part and e.value is not None), None)


def _plot(runs: Sequence[Shown], card: Card, key: tuple[str, str]) -> str:
    """Our runs and the published numbers of the metric that ranks, best first."""
    points = []
    for run in runs:
        estimate = _estimate(run.record, key)
        if estimate is not None:
            points.append(charts.Point(label=run.name, value=estimate.value or 0.0, low=estimate.low, high=estimate.high))
    if not points:
        return ""
    first = runs[0].record
    leading = first.estimates[0]
    if first.data.kind == "real":
        points += _published([run.record for run in runs], card, key, leading.unit)[:_MOST_PUBLISHED]
    points.sort(key=lambda point: -point.value if leading.higher_is_better else point.value)
    return charts.intervals(points, unit=leading.unit, name=f"{'/'.join(key)} on {first.full_name} with 95 % intervals")


def _published(records: Sequence[Record], card: Card, key: tuple[str, str], unit: str) -> list[charts.Point]:
    """The published numbers of a metric, those that compare with a run of ours first; another variant of it never does."""
    found = []
    for number in published.for_task(records[0].task, None):
        if number.slice == "all" and number.metric == key[0] and number.unit == unit:
            why = fit(records, card, key, number)
            found.append(
                charts.Point(
                    label=_source(number),
                    value=number.value,
                    kind="other" if why else "published",
                    title="; ".join(why) or "the same protocol, as far as is published",
                )
            )
    return sorted(found, key=lambda point: point.kind == "other")


def _verdicts(runs: Sequence[Shown], card: Card, key: tuple[str, str]) -> list[dict[str, str]]:
    """What ``harness compare RUN reported`` says: of the metric that ranks every number, of the others those that compare."""
    found = []
    for run in runs:
        if run.record.data.kind != "real":
            continue
        verdicts = [
            verdict
            for verdict in compare(run.record, card, published.for_task(run.record.task, None))
            if verdict.metric == key[0] or verdict.judgement != "not comparable"
        ]
        apart = folded(verdicts, lambda verdict: verdict.published, apart=lambda verdict: (verdict.judgement, verdict.metric_variant))
        for row in apart:
            verdict, number = row.item, row.item.published
            found.append(
                {
                    "system": run.name,
                    "metric": wording.score(verdict.metric, verdict.metric_variant, verdict.slice),
                    "value": wording.value(verdict.value, verdict.unit),
                    "published": _source(number) + (f", {row.more}" if row.more else ""),
                    "theirs": wording.value(number.value, number.unit),
                    "judgement": verdict.judgement,
                    "reasons": "; ".join(verdict.reasons),
                }
            )
    return found


def _contradictions(first: Record) -> list[dict[str, str]]:
    """What ``harness why TASK`` says: systems whose published values of the quantity that ranks differ by more than two hundredths."""
    leading = first.estimates[0]
    if first.data.kind != "real":
        return []
    found = contradictions.of_numbers(published.for_task(first.task, None))
    return [
        {
            "system": one.system,
            "slice": one.slice,
            "values": contradictions.values(one),
            "apart": wording.value(one.spread, one.unit),
            "known": contradictions.told(one.known),
            "one_sided": contradictions.told(one.one_sided),
        }
        for one in found
        if one.quantity == contradictions.quantity_of(leading.metric) and one.unit == leading.unit and one.spread > _WIDE
    ]


def _source(number: Reported) -> str:
    return f"{number.system} ({number.source_title})"


def _slices(runs: Sequence[Shown], key: tuple[str, str]) -> dict[str, Any] | None:
    """The ranking metric on every slice, a column per system; recall where slices are by the label."""
    names: dict[tuple[str, str, str], None] = {}
    records = [run.record for run in runs]
    for record in records:
        names.update(dict.fromkeys((e.metric, e.variant, e.slice) for e in record.estimates if e.slice != "all" and e.value is not None))
    wanted = [name for name in names if name[:2] == key or name[0] == "recall"]
    if not wanted:
        return None
    rows = []
    for metric, variant, part in wanted:
        cells = [_estimate(record, (metric, variant), part) for record in records]
        n = next((cell.n for cell in cells if cell is not None), 0)
        rows.append({"slice": part, "metric": f"{metric}/{variant}", "n": n, "cells": [_cell(cell) for cell in cells]})
    return {"systems": [run.name for run in runs], "rows": rows}


def _classifier(run: Shown, card: Card) -> dict[str, Any] | None:
    record, name = run.record, run.name
    found = classifiers.confusion(record, card.labels)
    if found is None:
        return None
    curves, trust = classifiers.roc(record, card.labels), classifiers.reliability(record, card.labels)
    return {
        "system": name,
        "confusion": charts.confusion(found.labels, found.counts, found.unread, name=f"Confusion of {name}"),
        "roc": charts.square(curves[:_MOST_ROC], horizontal="false positive rate", vertical="true positive rate", name=f"ROC of {name}")
        if curves
        else "",
        "reliability": charts.square([trust[0]], horizontal="confidence", vertical="accuracy", name=f"Reliability of {name}")
        if trust
        else "",
    }
