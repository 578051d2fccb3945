"""The page: runs in, one HTML file out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import harness
from harness import catalog, reported
from harness.cards import Card
from harness.compare import compare
from harness.console.base import shown
from harness.console.runs import warnings_of
from harness.intervals import NOT_STATED
from harness.records import Record
from harness.report import charts, classifiers
from harness.report.samples import Pictures, browse
from harness.types import Estimate

_MOST_PUBLISHED = 24
_MOST_ROC = 6
_RADAR = 3
"""Fewer axes than this make no polygon."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What goes onto the page."""

    data_root: Path | None = None
    allow_credentialed: bool = False
    """Put text and pictures of credentialed datasets onto the page."""
    pictures: int = 2000
    """Pictures to embed at most, small; a page of ten thousand would be too large to send."""
    title: str = "Evaluation report"


def build(runs: Sequence[tuple[Path, Record]], options: Options, task_dirs: Sequence[Path] = ()) -> str:
    """The whole page.

    Args:
        runs: Folder and record of each run, in the order in which they are shown.
        options: What goes onto it.
        task_dirs: Folders of the user's own tasks.
    """
    from jinja2 import Environment, StrictUndefined

    pictures = Pictures(most=options.pictures)
    tasks: list[dict[str, Any]] = []
    samples: list[dict[str, Any]] = []
    n_samples = 0
    for name, split, kind in dict.fromkeys((r.full_name, r.split, r.data["kind"]) for _, r in runs):
        own = [(folder, r) for folder, r in runs if (r.full_name, r.split, r.data["kind"]) == (name, split, kind)]
        task = catalog.task(name, task_dirs)
        browsed = browse(own, task, data_root=options.data_root, pictures=pictures, allow_credentialed=options.allow_credentialed)
        n_samples += len(browsed)
        tasks.append(_section([record for _, record in own], task.card))
        samples.append(
            {
                "task": name,
                "runs": [str(record.model["name"]) for _, record in own],
                "metric": f"{task.metrics[0].name}/{task.metrics[0].variant}",
                "credentialed": task.card.credentialed and kind == "real" and not options.allow_credentialed,
                "samples": browse(own, task, data_root=options.data_root, pictures=pictures, allow_credentialed=options.allow_credentialed),
            }
        )
    files = resources.files("harness.report")
    page = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True).from_string(
        files.joinpath("page.html").read_text(encoding="utf-8")
    )
    return page.render(
        title=options.title,
        version=harness.__version__,
        runs=[_facts(record) for _, record in runs],
        tasks=tasks,
        profile=_profile([record for _, record in runs]),
        style=files.joinpath("page.css").read_text(encoding="utf-8"),
        script=files.joinpath("page.js").read_text(encoding="utf-8"),
        data=_embedded({"tasks": samples, "images": pictures.addresses}),
        n_samples=n_samples,
    )


def _embedded(content: Any) -> str:
    """JSON that cannot end the element that holds it."""
    return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")


def _facts(record: Record) -> dict[str, Any]:
    model = record.model
    return {
        "task": record.full_name,
        "system": model["name"],
        "setting": model.get("setting", ""),
        "parameters": model.get("parameters"),
        "precision": model.get("precision", ""),
        "split": record.split,
        "counts": record.counts,
        "status": record.status,
        "date": record.created,
        "warnings": warnings_of(record),
    }


def _section(records: Sequence[Record], card: Card) -> dict[str, Any]:
    """Everything the page shows of one task."""
    first = records[0]
    ranking = (first.estimates[0].metric, first.estimates[0].variant)
    keys = dict.fromkeys((e.metric, e.variant) for r in records for e in r.estimates if e.slice == "all" and e.value is not None)
    return {
        "name": first.full_name,
        "title": card.title,
        "split": first.split,
        "n": first.counts["examples"],
        "synthetic": first.data["kind"] == "synthetic",
        "metrics": list(keys),
        "rows": [_row(record, list(keys)) for record in records],
        "plot": _plot(records, card, ranking),
        "verdicts": _verdicts(records, card, ranking),
        "slices": _slices(records, ranking),
        "classifiers": [found for record in records if (found := _classifier(record, card)) is not None],
    }


def _row(record: Record, keys: Sequence[tuple[str, str]]) -> dict[str, Any]:
    found = {(e.metric, e.variant): e for e in record.estimates if e.slice == "all"}
    return {
        "system": record.model["name"],
        "cells": [_cell(found.get(key)) for key in keys],
        "why": "; ".join(record.not_ranked),
    }


def _cell(estimate: Estimate | None) -> dict[str, str]:
    if estimate is None or estimate.value is None:
        return {"value": "–", "interval": "", "note": "" if estimate is None else estimate.note}
    bounds = ""
    if estimate.low is not None and estimate.high is not None:
        bounds = f"[{shown(estimate.low, estimate.unit)}, {shown(estimate.high, estimate.unit)}]"
    how = f"interval: {estimate.method or NOT_STATED}" if bounds else ""
    note = "; ".join(part for part in (how, estimate.note) if part)
    return {"value": shown(estimate.value, estimate.unit), "interval": bounds, "note": note}


def _estimate(record: Record, key: tuple[str, str], part: str = "all") -> Estimate | None:
    return next((e for e in record.estimates if (e.metric, e.variant) == key and e.slice == part and e.value is not None), None)


def _plot(records: Sequence[Record], card: Card, key: tuple[str, str]) -> str:
    """Our runs and the published numbers of the metric that ranks, best first."""
    points = []
    for record in records:
        estimate = _estimate(record, key)
        if estimate is not None:
            points.append(charts.Point(label=record.model["name"], value=estimate.value or 0.0, low=estimate.low, high=estimate.high))
    estimate = _estimate(records[0], key)
    if estimate is None:
        return ""
    if records[0].data["kind"] == "real":
        for verdict in compare(records[0], card, reported.for_task(records[0].task, None)):
            number = verdict.published
            if number.slice == "all" and number.metric == key[0] and number.unit == estimate.unit:
                points.append(
                    charts.Point(
                        label=f"{number.system} ({number.source_title})",
                        value=number.value,
                        kind="other" if verdict.judgement == "not comparable" else "published",
                        title="; ".join(verdict.reasons) or "the same protocol, as far as is published",
                    )
                )
    ours = len([point for point in points if point.kind == "measured"])
    points = points[: ours + _MOST_PUBLISHED]
    points.sort(key=lambda point: -point.value if estimate.higher_is_better else point.value)
    scale, digits = (100.0, 2) if estimate.unit == "fraction" else (1.0, 3)
    return charts.intervals(points, scale=scale, digits=digits, name=f"{'/'.join(key)} on {records[0].full_name} with 95 % intervals")


def _verdicts(records: Sequence[Record], card: Card, key: tuple[str, str]) -> list[dict[str, str]]:
    found = []
    for record in records:
        if record.data["kind"] != "real":
            continue
        for verdict in compare(record, card, reported.for_task(record.task, None)):
            if verdict.slice == "all" and (verdict.metric, verdict.metric_variant) == key:
                number = verdict.published
                found.append(
                    {
                        "system": str(record.model["name"]),
                        "value": shown(verdict.value, verdict.unit),
                        "published": f"{number.system} ({number.source_title})",
                        "theirs": shown(number.value, number.unit),
                        "judgement": verdict.judgement,
                        "reasons": "; ".join(verdict.reasons),
                    }
                )
    return found


def _slices(records: Sequence[Record], key: tuple[str, str]) -> dict[str, Any] | None:
    """The ranking metric on every slice, a column per system; recall where slices are by the label."""
    names: dict[tuple[str, str, str], None] = {}
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
    return {"systems": [record.model["name"] for record in records], "rows": rows}


def _classifier(record: Record, card: Card) -> dict[str, Any] | None:
    found = classifiers.confusion(record, card.labels)
    if found is None:
        return None
    curves, trust = classifiers.roc(record, card.labels), classifiers.reliability(record, card.labels)
    name = str(record.model["name"])
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


def _profile(records: Sequence[Record]) -> dict[str, str] | None:
    """All systems over all tasks whose ranking metric is a fraction; None for a single task."""
    order = {name: place for place, name in enumerate(catalog.PAPER)}
    tasks = sorted({r.full_name for r in records if r.estimates[0].unit == "fraction"}, key=lambda name: (order.get(name, 99), name))
    if len(tasks) < 2:
        return None
    systems: dict[str, dict[str, float | None]] = {}
    for record in records:
        systems.setdefault(str(record.model["name"]), {}).setdefault(record.full_name, record.estimates[0].value)
    series = [(system, [values.get(task) for task in tasks]) for system, values in systems.items()]
    covered = sum(1 for task in tasks if task in order)
    return {
        "note": f"The metric that ranks each task; {covered} of the 25 tasks are here.",
        "dots": charts.profile(tasks, series, name="Profile over tasks"),
        "radar": charts.radar(tasks, series, name="Radar over tasks") if len(tasks) >= _RADAR else "",
    }
