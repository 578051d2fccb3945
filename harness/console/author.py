"""New tasks and the contract of tasks, as people who write them read it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from rich.text import Text

from harness.checks.new_task.own import Begun
from harness.checks.promises import Finding
from harness.checks.subject import MOST
from harness.console.base import out, quoted, say
from harness.console.grid import Column, Content, show


def print_findings(findings: Sequence[Finding]) -> None:
    """One line per promise, and below a broken one where and how."""
    console = out()
    for (task, data), own in groupby(findings, key=lambda item: (item.task, item.data)):
        kind = "the invented sample" if data == "sample" else f"the release, its first {MOST} rows"
        console.print(Text(task, style="bold"), Text(f"on {kind}", style="dim"))
        rows: list[tuple[Content, ...]] = []
        for item in own:
            mark = Text("holds", style="green") if item.holds else Text("broken", style="bold red")
            rows.append((mark, item.property, Text(item.says, style="dim" if item.holds else "")))
            if not item.holds:
                rows.append(("", "", Text(item.detail, style="red")))
        show([Column(), Column(prose=True), Column(prose=True)], rows, indent=2)
        console.print()
    broken = sum(not item.holds for item in findings)
    console.print(Text(f"{len(findings)} promises, {broken} broken", style="bold"))


def print_files(paths: Sequence[Path]) -> None:
    """Each file on a line, pictures together."""
    pictures = [path for path in paths if path.suffix == ".png"]
    for path in paths:
        if path not in pictures:
            say(f"{path}")
    if pictures:
        say(f"{os.path.commonpath(pictures)}/ ({len(pictures)} pictures)")


def print_next(task: str, folder: Path, project: Path | None = None) -> None:
    """What to do with a task of which everything is invented."""
    install = f"pip install -e {quoted(project)}, and then " if project is not None else ""
    say(f"Replace what is invented, then: {install}harness check {task}{'' if project is not None else f' --task-dir {quoted(folder)}'}")


def print_begun(begun: Begun, folder: Path, made: Sequence[Path]) -> None:
    """What the data was taken for and why, what was written, and the command that scores it."""
    console = out()
    n = ", ".join(f"{split} {number:,}" for split, number in begun.n.items())
    console.print(Text(f"{begun.name}: {begun.family}; {n}", style="bold"))
    taken = [(one.role, one.what, Text(one.why, style="dim")) for one in begun.taken]
    show([Column(), Column(prose=True), Column(prose=True)], taken, indent=2)
    console.print()
    for note in begun.notes:
        console.print(Text(f"  ! {note}", style="yellow"), soft_wrap=True)
    card, adapter, *sample = begun.files
    for path in (card, adapter, *made):
        say(f"{path}")
    say(f"{os.path.commonpath(sample)}/ ({len(sample)} files: the sample)")
    for link, target in begun.links.items():
        say(f"{link} -> {target}")
    install = [f"  pip install -e {quoted(folder)}"] if made else []
    where = "" if made else f" --task-dir {quoted(folder)}"
    say("Score it:")
    for line in (*install, f"  harness run baseline:majority --tasks {begun.name}{where} --data-root {quoted(begun.data_root)}"):
        say(line)
    say("with your model's path in the place of baseline:majority; replies made elsewhere are scored with: harness score")
