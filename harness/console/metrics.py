"""Metrics as people read them: the list, and everything known of one."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from harness.console.base import out
from harness.console.grid import columns, facts, show
from harness.views.usage import Entry

_MOST_TASKS = 12


_COLUMNS = columns(
    "metric", "unit", "best", "tasks", "what it is", right=("tasks",), prose=("what it is",), leaves=("best", "unit", "tasks")
)


def print_metrics(entries: Sequence[Entry]) -> None:
    """One line per metric and variant, family by family."""
    console = out()
    for family in dict.fromkeys(entry.family for entry in entries):
        console.print(Text(f"\n{family}", style="bold"))
        rows = []
        for entry in entries:
            if entry.family == family:
                metric = entry.metric
                best = "highest" if metric.higher_is_better else "lowest"
                name = f"{metric.name}/{metric.variant}"
                rows.append((name, metric.unit, best, str(len(entry.tasks)) if entry.tasks else "–", metric.summary))
        show(_COLUMNS, rows, wide="--json")
    console.print(Text(f"\n{len(entries)} metrics; explained by: harness metrics NAME", style="dim"))


def print_explained(entries: Sequence[Entry]) -> None:
    """Definition, signature, source, pitfalls, defects and tasks of each."""
    console = out()
    for entry in entries:
        metric = entry.metric
        better = "higher is better" if metric.higher_is_better else "lower is better"
        console.print(Text(f"{metric.name}/{metric.variant}", style="bold"), Text(f"{metric.unit} · {better}", style="dim"))
        told = [
            ("", metric.summary),
            ("formula", entry.formula),
            ("signature", metric.signature),
            ("source", metric.source),
            ("compares with", entry.protocol),
            ("needs", "scores of the choices" if "choice_log_probs" in metric.measure.needs else ""),
            *(("pitfall", text) for text in metric.pitfalls),
            *(
                ("known defect", f"{defect.predictions!r} is rewarded, at least on {defect.slice}: {defect.reason}")
                for defect in metric.known_defects
            ),
            ("tasks", _tasks(entry)),
        ]
        facts([(name, value) for name, value in told if value], indent=2)
        console.print()


def _tasks(entry: Entry) -> str:
    """The tasks that compute it, or how to ask for it."""
    if not entry.tasks:
        return f"none by itself; on request with --metrics {entry.metric.name}/{entry.metric.variant}"
    rest = f", and {len(entry.tasks) - _MOST_TASKS} more" if len(entry.tasks) > _MOST_TASKS else ""
    return ", ".join(entry.tasks[:_MOST_TASKS]) + rest
