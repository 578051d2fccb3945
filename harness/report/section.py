"""A task's section of the page: its scoreboard, its plots, its slices and the verdicts on published numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.cards import Card
from harness.report import overlays
from harness.report.forest import Shown, forest, source
from harness.runs.record import Record
from harness.stats.intervals import NOT_STATED
from harness.types import Estimate
from harness.views import contradictions, published, scoreboard, wording
from harness.views.beside_published import compare
from harness.views.contests import Duel
from harness.views.folding import folded
from harness.views.sides import Pair

_WIDE = 0.02
"""Difference of published values from which it is told."""
_WITH_VERDICTS = 6
"""Runs, the best ones, that are set beside every published number: of forty they would fill the page."""
_UNCROWDED = 12
"""Runs of ours beside which the values of other protocols are shown at once."""
_COLUMNS = 6
"""Columns that are shown before a reader chooses others."""


def section(runs: Sequence[Shown], card: Card, duels: Mapping[Pair, Duel]) -> dict[str, Any]:
    """Everything the page shows of one task's runs on the same examples."""
    first = runs[0].record
    leading = first.estimates[0]
    ordered = sorted(runs, key=lambda run: scoreboard.best_first(run.record.estimates[0]))
    board = scoreboard.board([(run.record, run.name) for run in ordered])
    return {
        "name": first.full_name,
        "title": card.title,
        "split": first.split,
        "n": first.counts.examples,
        "synthetic": first.data.kind == "synthetic",
        "metrics": [{"name": e.metric, "variant": e.variant, "lower": not e.higher_is_better} for e in board.columns],
        "first": _COLUMNS,
        "ranked": any(run.rank is not None for run in runs),
        "rows": [_row(run, row) for run, row in zip(ordered, board.rows, strict=True)],
        "metric": f"{leading.metric}/{leading.variant}",
        "forest": forest(ordered, card),
        "level": f"{100 * leading.level:g} %",
        "measured": len(ordered),
        "crowded": len(ordered) > _UNCROWDED,
        "verdicts": _verdicts(ordered[:_WITH_VERDICTS], card, leading.metric),
        "without_verdicts": max(0, len(ordered) - _WITH_VERDICTS),
        "contradictions": _contradictions(first),
        "graded": _graded(first),
        "overlays": _overlays(ordered, card, duels),
    }


def _row(run: Shown, row: scoreboard.Row) -> dict[str, Any]:
    return {
        "system": run.system,
        "name": run.name,
        "rank": run.place,
        "cells": [_cell(cell) for cell in row.cells],
        "why": "; ".join(run.record.not_ranked),
    }


def _overlays(ordered: Sequence[Shown], card: Card, duels: Mapping[Pair, Duel]) -> dict[str, Any]:
    """What the page's script draws of these runs, in this order."""
    records = [run.record for run in ordered]
    return {
        "systems": [run.system for run in ordered],
        "wins": overlays.wins([run.key for run in ordered], duels, records[0].estimates[0].unit),
        "slices": overlays.slices(records, card),
        "curves": overlays.curves(records, card),
    }


def _cell(estimate: Estimate | None) -> dict[str, str]:
    if estimate is None or estimate.value is None:
        return {"value": "–", "sort": "", "interval": "", "note": "" if estimate is None else estimate.note}
    bounds = wording.interval(estimate.low, estimate.high, estimate.unit)
    how = f"interval: {estimate.method or NOT_STATED}" if bounds else ""
    note = "; ".join(part for part in (how, estimate.note) if part)
    return {"value": wording.value(estimate.value, estimate.unit), "sort": repr(estimate.value), "interval": bounds, "note": note}


def _verdicts(runs: Sequence[Shown], card: Card, metric: str) -> list[dict[str, str]]:
    """What ``harness compare RUN reported`` says: of the metric that ranks every number, of the others those that compare."""
    table_rows = []
    for run in runs:
        if run.record.data.kind != "real":
            continue
        verdicts = [
            verdict
            for verdict in compare(run.record, card, published.for_task(run.record.task, None))
            if verdict.metric == metric or verdict.judgement != "not comparable"
        ]
        apart = folded(verdicts, lambda verdict: verdict.published, apart=lambda verdict: (verdict.judgement, verdict.metric_variant))
        for row in apart:
            verdict, number = row.item, row.item.published
            table_rows.append(
                {
                    "system": run.name,
                    "metric": wording.score(verdict.metric, verdict.metric_variant, verdict.slice),
                    "value": wording.value(verdict.value, verdict.unit),
                    "published": source(number) + (f", {row.more}" if row.more else ""),
                    "theirs": wording.value(number.value, number.unit),
                    "judgement": verdict.judgement,
                    "reasons": "; ".join(verdict.reasons),
                }
            )
    return table_rows


def _contradictions(first: Record) -> list[dict[str, str]]:
    """What ``harness why TASK`` says: systems whose published values of the quantity that ranks differ by more than two hundredths."""
    leading = first.estimates[0]
    if first.data.kind != "real":
        return []
    side_by_side = contradictions.of_numbers(published.for_task(first.task, None))
    return [
        {
            "system": one.system,
            "slice": one.slice,
            "values": contradictions.values(one),
            "apart": wording.value(one.spread, one.unit),
            "known": contradictions.told(one.known),
            "one_sided": contradictions.told(one.one_sided),
        }
        for one in side_by_side
        if one.quantity == contradictions.quantity_of(leading.metric) and one.unit == leading.unit and one.spread > _WIDE
    ]


def _graded(first: Record) -> list[dict[str, str]]:
    """What people graded on the task's pictures or texts, and other values that no run compares with."""
    return [
        {
            "metric": other.metric.replace("_", " "),
            "value": f"{other.value} {other.unit}",
            "system": other.system,
            "source": other.source_title,
            "why": other.why,
        }
        for other in published.other_for_task(first.task)
        if first.data.kind == "real"
    ]
