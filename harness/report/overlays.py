"""What the page draws of several systems at once when a reader opens it: wins, slices, confusion, ROC and reliability, as numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.base.visible import visible
from harness.cards import Card
from harness.metrics import units
from harness.report import classifiers
from harness.runs.record import Record
from harness.runs.table import by_dimension
from harness.stats.estimates import slices as sliced
from harness.types import Estimate
from harness.views import wording
from harness.views.contests import Duel
from harness.views.sides import Pair

_PER_MILLE = 1000


def wins(keys: Sequence[str], duels: Mapping[Pair, Duel], unit: str) -> list[list[Any]]:
    """The duels of a task's runs, each once: the places of both runs, which is better (1, -1, 0 for neither, None untested), and words.

    Args:
        keys: What the duels call the runs, in the order in which the page has them.
        duels: Of these runs and perhaps of others.
        unit: Of the metric that ranks.
    """
    place = {key: number for number, key in enumerate(keys)}
    fought = []
    for (one, other), duel in duels.items():
        if one in place and other in place:
            first, second = place[one], place[other]
            better = None if duel.p is None else 0 if not duel.better else 1 if duel.better == one else -1
            p = "no test could be made" if duel.p is None else wording.chance(duel.p)
            behind = None if duel.value is None else -duel.value
            fought.append([first, second, better, f"{wording.signed(behind, unit)}; {p}"])
    return fought


def slices(records: Sequence[Record], card: Card) -> list[dict[str, Any]]:
    """The ranking metric on every slice, a group of rows per dimension; recall where slices are by the label."""
    leading = records[0].estimates[0]
    of_slice = _dimensions(records[0])
    own = [{(e.metric, e.variant, e.slice): e for e in record.estimates if e.slice != "all" and e.value is not None} for record in records]
    groups: dict[tuple[str, str, str], list[tuple[str, int, list[Estimate | None]]]] = {}
    for key in dict.fromkeys(key for by_key in own for key in by_key):
        metric, variant, part = key
        if (metric, variant) != (leading.metric, leading.variant) and metric != "recall":
            continue
        dimension, value = of_slice.get(part, ("", part))
        cells = [by_key.get(key) for by_key in own]
        first = next(cell for cell in cells if cell is not None)
        groups.setdefault((dimension, metric, variant), []).append((_word(card, dimension, value), first.n, cells))
    return [
        {"name": _word(card, dimension, "") or dimension.replace("_", " ") or "slice", "metric": f"{metric}/{variant}", **_bars(rows)}
        for (dimension, metric, variant), rows in groups.items()
    ]


def curves(records: Sequence[Record], card: Card) -> dict[str, Any] | None:
    """Confusion, ROC and reliability of a classification's runs; None where none has a label for each sample."""
    confusions = [classifiers.confusion(record, card.labels) for record in records]
    if not any(confusions):
        return None
    rocs = [classifiers.roc(record, card.labels) for record in records]
    trust = [classifiers.reliability(record, card.labels) for record in records]
    named = list(dict.fromkeys(label for curves in rocs for label in curves))
    return {
        "labels": [visible(label) for label in card.labels],
        "confusion": [None if one is None else [[*row, n] for row, n in zip(one.counts, one.unread, strict=True)] for one in confusions],
        "roc": [{"name": visible(label), "curves": [_flat(curves.get(label)) for curves in rocs]} for label in named],
        "reliability": [None if one is None else _flat(one[0]) for one in trust],
        "calibration": ["" if one is None else f"calibration error {100 * one[1]:.2f} %" for one in trust],
    }


def _dimensions(record: Record) -> dict[str, tuple[str, str]]:
    """Each slice of a run to its dimension and the value there."""
    tags, of_slice = by_dimension(record.samples), {}
    for part, (dimension, rows) in sliced(tags, len(record.samples)).items():
        if dimension:
            of_slice[part] = dimension, tags[dimension][int(rows.argmax())]
    return of_slice


def _word(card: Card, dimension: str, value: str) -> str:
    """What people call a value of a dimension, or the dimension itself where the value is empty."""
    word = card.words.get(dimension, {}).get(value, "")
    return visible(word or value.replace("_", " "))


def _bars(rows: Sequence[tuple[str, int, Sequence[Estimate | None]]]) -> dict[str, Any]:
    """Slices as bars on one scale that begins at nothing: value and bounds in percent of its length, and in words."""
    known = [cell for _, _, cells in rows for cell in cells if cell is not None]
    bounds = [bound for cell in known for bound in (cell.value, cell.low, cell.high) if bound is not None]
    unit = units.of(known[0].unit)
    low, high = min(0.0, *bounds), max(0.0, *bounds) or 1.0
    if unit.low == 0.0 and unit.high == 1.0:
        low, high = 0.0, 1.0

    def at(value: float | None) -> float | None:
        return None if value is None else round(100 * (value - low) / (high - low), 2)

    def bar(cell: Estimate | None) -> list[Any] | None:
        return None if cell is None else [at(cell.value), at(cell.low), at(cell.high), wording.cell(cell)]

    return {"zero": at(0.0), "rows": [{"name": name, "n": n, "cells": [bar(cell) for cell in cells]} for name, n, cells in rows]}


def _flat(curve: classifiers.Curve | None) -> list[int] | None:
    """The places of points, across and up in turn, in thousandths."""
    return None if curve is None else [round(_PER_MILLE * part) for point in curve for part in point]
