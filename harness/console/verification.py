"""What verification found, and whether something may be given away, as people read it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.text import Text

from harness.checks.shareable import Proof
from harness.console.base import line, out
from harness.console.grid import Column, show
from harness.runs.recomputed import Check

_MARKS = {"holds": ("holds", "green"), "fails": ("FAILS", "bold red"), "not checked": ("not checked", "yellow")}
_MOST = 20
"""Findings of one kind that are listed."""


def print_checks(runs: Sequence[tuple[Path, Sequence[Check]]]) -> None:
    """Each run's checks, a line each."""
    for folder, checks in runs:
        line(str(folder), style="bold")
        rows = []
        for check in checks:
            mark, style = _MARKS[check.status]
            rows.append((Text(mark, style=style), check.name, check.detail))
        show([Column(), Column(), Column(prose=True)], rows, indent=2)


def print_proof(proof: Proof) -> None:
    """What was found and where, what could not be looked into, and what the finding of nothing is worth."""
    console = out()
    for head, style, lines in (("FOUND", "bold red", proof.findings), ("not checked", "yellow", proof.unread)):
        for told in lines[:_MOST]:
            console.print(Text(f"{head:<12}{told}", style=style), soft_wrap=True)
        if len(lines) > _MOST:
            console.print(Text(f"{head:<12}… and {len(lines) - _MOST:,} more", style=style))
    compared = f"{proof.texts:,} texts" + ("" if proof.pictures is None else f" and {proof.pictures:,} pictures")
    console.print(f"{proof.parts:,} parts compared with {compared} of {', '.join(proof.tasks)}", soft_wrap=True)
    for limit in proof.limits:
        console.print(Text(f"  {limit}", style="dim"), soft_wrap=True)
