"""Runs beside published numbers as people read them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from harness.console.base import line, out
from harness.console.grid import Column, Content, Notes, show
from harness.views import wording
from harness.views.folding import Folded, folded

if TYPE_CHECKING:
    from harness.runs.record import Record
    from harness.views.beside_board import Beside
    from harness.views.beside_published import Verdict

_STYLES = {"consistent": "green", "reproduced": "bold green", "higher": "cyan", "lower": "magenta", "not reproduced": "bold red"}


def print_verdicts(record: Record, name: str, verdicts: Sequence[Verdict], most: int) -> None:
    """Each published number beside ours; those that compare first.

    Args:
        record: The run.
        name: What it is called.
        verdicts: From `beside_published.compare`, or some of them.
        most: How many are listed.
    """
    out().print()
    line(Text.assemble((f"{record.full_name} · {record.split} · {name}", "bold"), (" beside published numbers", "dim")))
    if not verdicts:
        line("no published number is related to this run's metrics, or none of them compares", indent=2)
        return
    rows = folded(verdicts, lambda verdict: verdict.published, apart=lambda verdict: (verdict.judgement, verdict.metric_variant))
    shown = rows[:most]
    notes = Notes()
    groups: dict[tuple[bool, str], list[Folded[Verdict]]] = {}
    for row in shown:
        groups.setdefault((bool(row.item.reasons), _ours(row.item)), []).append(row)
    for (_, ours), group in groups.items():
        line(ours, indent=2, style="cyan")
        show([Column(right=True), Column(right=True), Column(), Column(prose=True)], [_row(row, notes) for row in group], indent=4)
    notes.show()
    if len(rows) > len(shown):
        line(f"and {len(rows) - len(shown)} more lines: --most {len(rows)}, or --all", indent=2, style="dim")
    if len(verdicts) > len(rows):
        line(f"{len(verdicts) - len(rows)} values behind the best of their source: --json", indent=2, style="dim")
    counted = Counter(verdict.judgement for verdict in verdicts)
    line(", ".join(f"{n} {judgement}" for judgement, n in counted.most_common()), indent=2, style="dim")
    line("each verdict stands for itself, at 95 %; none is adjusted for how many there are", indent=2, style="dim")


def _row(row: Folded[Verdict], notes: Notes) -> tuple[Content, ...]:
    verdict, number = row.item, row.item.published
    source = f"{number.system} ({number.source_title}{', ' + row.more if row.more else ''})"
    return (
        wording.value(number.value, number.unit),
        "" if verdict.difference is None else wording.signed(verdict.difference, verdict.unit),
        Text(f"{verdict.judgement} {notes.mark(*verdict.reasons)}".rstrip(), style=_STYLES.get(verdict.judgement, "dim")),
        source,
    )


def _ours(verdict: Verdict) -> str:
    """Our score, as the heading of the published numbers beside it."""
    score = wording.score(verdict.metric, verdict.metric_variant, verdict.slice)
    width = f" (± {wording.value(verdict.half_width, verdict.unit)})" if verdict.half_width is not None else ""
    return f"{score}: {wording.bracketed(verdict.value, verdict.low, verdict.high, verdict.unit)}{width}, n = {verdict.n:,}"


def print_beside(published: Sequence[Beside]) -> None:
    """Of each ranked task the best published value that compares, and the widest spread of one system's values."""
    for one in published:
        best = "no published value compares"
        if one.best is not None:
            best = f"best published value that compares {wording.value(one.best, one.unit)}, {one.best_system} ({one.best_source})"
        apart = f"; values of one system up to {wording.value(one.spread, one.unit)} apart: {one.spread_system}" if one.spread else ""
        line(f"{one.task} {one.metric}: {best}{apart}", indent=2, style="dim")
