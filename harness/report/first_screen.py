"""The first screen: the headline, systems × tasks with the tasks of the paper that were not run, and sizes against scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.data import catalog
from harness.metrics import units
from harness.report import axes, headline
from harness.report.headline import Sentence
from harness.views import wording
from harness.views.board import Matrix
from harness.views.board_parts import Cell, System
from harness.views.contests import Duel
from harness.views.sides import Pair

_SHADES = 5
_BANDS = ((1e9, "under 1 B"), (1e10, "1 B to 10 B"), (float("inf"), "10 B and more"))
UNSTATED = "not stated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A column's sentence, and the number of the section where its task is shown."""

    heading: str
    section: int
    sentence: Sentence


def told(board: Matrix, duels: Mapping[Pair, Duel], sections: Mapping[str, int]) -> list[Told]:
    """A sentence for each column.

    Args:
        board: Of the page's runs.
        duels: Of these runs, by the names that the board gives them.
        sections: A run's name to the number of the section that shows it.
    """
    sentences = []
    for number, column in enumerate(board.columns):
        run = next(cell.run for system in board.systems if (cell := system.cells[number]) is not None)
        sentences.append(Told(heading=column.heading, section=sections[run], sentence=headline.of_column(board, number, duels)))
    return sentences


def shown(board: Matrix, sentences: Sequence[Told]) -> dict[str, Any]:
    """What the first screen shows, with the sentences of the board's columns."""
    last = [max((cell.place or 0 for system in board.systems if (cell := system.cells[n])), default=0) for n in range(len(board.columns))]
    return {
        "overall": headline.overall(board),
        "told": sentences,
        "columns": _columns(board, sentences),
        "rows": [_row(number, system, last) for number, system in enumerate(board.systems)],
        "apart": [{"system": one.system, "task": one.task, "why": one.cell.why} for one in board.apart],
        "filters": _filters(board.systems),
        "sized": any(system.parameters for system in board.systems),
        "sizes": [of_column for number in range(len(board.columns)) if (of_column := _sizes(board, number)) is not None],
    }


def _columns(board: Matrix, sentences: Sequence[Told]) -> list[dict[str, Any]]:
    """Those that were run, then the tasks of the paper that were not."""
    run = [
        {
            "heading": column.heading,
            "section": sentence.section,
            "metric": column.metric,
            "n": column.n,
            "lower": not column.higher_is_better,
            "synthetic": column.synthetic,
        }
        for column, sentence in zip(board.columns, sentences, strict=True)
    ]
    there = {column.task.partition("@")[0] for column in board.columns}
    return [*run, *({"heading": name, "section": None} for name in catalog.PAPER if name not in there)]


def _row(number: int, system: System, last: Sequence[int]) -> dict[str, Any]:
    return {
        "number": number,
        "name": system.name,
        "sizes": " / ".join(wording.size(size) for size in system.parameters),
        "size": str(max(system.parameters)) if system.parameters else "",
        "facts": [*system.settings, *([f"weights {system.weights}"] if system.weights else [])],
        "wins": str(system.wins) if system.ranked else "",
        "of": len(system.ranked),
        "cells": [_cell(cell, most) for cell, most in zip(system.cells, last, strict=True)],
    }


def _cell(cell: Cell | None, last: int) -> dict[str, Any] | None:
    if cell is None:
        return None
    estimate = cell.estimate
    why = f"not ranked: {cell.why}" if cell.why else "not ranked" if cell.rank is None else ""
    shade = "" if cell.place is None else f"p{(cell.place - 1) * _SHADES // max(1, last)}"
    return {
        "value": wording.value(estimate.value, estimate.unit),
        "sort": "" if estimate.value is None else repr(estimate.value),
        "interval": wording.interval(estimate.low, estimate.high, estimate.unit),
        "rank": "" if cell.rank is None else str(cell.rank),
        "mark": cell.mark,
        "shade": shade,
        "note": "; ".join(part for part in (why, estimate.note) if part),
    }


def _filters(systems: Sequence[System]) -> dict[str, list[str]]:
    """Words to choose from for each filter that tells systems apart; of the others nothing is offered."""
    settings = [setting for system in systems for setting in system.settings or (UNSTATED,)]
    choices = {
        "setting": sorted(set(settings), key=lambda setting: (setting == UNSTATED, setting)),
        "size": [band for band in (*(name for _, name in _BANDS), UNSTATED) if any(band in bands(system) for system in systems)],
        "weights": sorted({system.weights or UNSTATED for system in systems}, key=lambda weights: (weights == UNSTATED, weights)),
    }
    return {name: words if len(words) > 1 else [] for name, words in choices.items()}


def bands(system: System) -> list[str]:
    """The bands of size that a system's checkpoints are in."""
    if not system.parameters:
        return [UNSTATED]
    return list(dict.fromkeys(next(name for most, name in _BANDS if size < most) for size in system.parameters))


def _sizes(board: Matrix, number: int) -> dict[str, Any] | None:
    """Sizes against values in one column; None where fewer than two systems state a size."""
    column = board.columns[number]
    points = [
        (place, system, cell, system.parameters[0])
        for place, system in enumerate(board.systems)
        if (cell := system.cells[number]) is not None and cell.estimate.value is not None and len(system.parameters) == 1
    ]
    if len(points) < 2:
        return None
    values = [float(cell.estimate.value or 0.0) for _, _, cell, _ in points]
    vertical = axes.linear(values, units.of(column.unit))
    across = axes.sizes([size for *_, size in points])
    ran = sum(system.cells[number] is not None for system in board.systems)
    return {
        "heading": column.heading,
        "metric": f"{column.metric}/{column.variant}",
        "across": across.ticks,
        "vertical": [axes.Tick(at=round(100 - tick.at, 2), label=tick.label) for tick in vertical.ticks],
        "points": [
            {
                "system": place,
                "name": system.name,
                "x": across.at(size),
                "y": round(100 - vertical.at(value), 2),
                "said": f"{system.name}: {wording.size(size)} parameters, {wording.value(value, column.unit)}",
            }
            for (place, system, _, size), value in zip(points, values, strict=True)
        ],
        "left_out": ran - len(points),
    }
