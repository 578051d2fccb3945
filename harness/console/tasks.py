"""The list of tasks as people read it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harness.console.grid import columns, show
from harness.types import Task


def summary(task: Task[Any]) -> dict[str, Any]:
    """A task as ``harness tasks --json`` lists it."""
    card = task.card
    test = card.splits.get("test")
    return {
        "name": card.full_name,
        "title": card.title,
        "family": card.family,
        "modality": card.modality,
        "n": test.n if test else None,
        "group": card.group,
        "metrics": [f"{metric.name}/{metric.variant}" for metric in task.metrics],
        "access": card.access,
        "licence": card.licence,
        "splits": list(card.splits),
        "variants": list(card.variants),
    }


def print_tasks(tasks: Sequence[Task[Any]]) -> None:
    """One line per task."""
    rows = []
    for task in tasks:
        row = summary(task)
        n = "–" if row["n"] is None else f"{row['n']:,}"
        name = " ".join([row["name"], *(f"@{variant}" for variant in row["variants"])])
        rows.append((name, row["family"], n, row["metrics"][0], row["access"], row["title"]))
    leaves = ("title", "family", "access", "ranked by")
    show(
        columns("task", "family", "n", "ranked by", "access", "title", right=("n",), prose=("title",), leaves=leaves),
        rows,
        wide="harness show TASK",
    )
