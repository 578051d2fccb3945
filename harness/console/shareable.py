"""Whether something may be given away, as people read it."""

from __future__ import annotations

from rich.text import Text

from harness.checks.shareable import Proof
from harness.console.base import out

_MOST = 20


def print_proof(found: Proof) -> None:
    """What was found and where, what could not be looked into, and what the finding of nothing is worth."""
    console = out()
    for head, style, lines in (("FOUND", "bold red", found.findings), ("not checked", "yellow", found.unread)):
        for line in lines[:_MOST]:
            console.print(Text(f"{head:<12}{line}", style=style), soft_wrap=True)
        if len(lines) > _MOST:
            console.print(Text(f"{head:<12}… and {len(lines) - _MOST:,} more", style=style))
    compared = f"{found.texts:,} texts" + ("" if found.pictures is None else f" and {found.pictures:,} pictures")
    console.print(f"{found.parts:,} parts compared with {compared} of {', '.join(found.tasks)}", soft_wrap=True)
    for limit in found.limits:
        console.print(Text(f"  {limit}", style="dim"), soft_wrap=True)
