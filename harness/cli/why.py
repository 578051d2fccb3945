"""``harness why``: why the values that were published for one system differ."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from harness.cli import completing
from harness.cli import options as opt
from harness.errors import UsageError


class Format(StrEnum):
    """What can be written."""

    markdown = "markdown"


def why(
    task: Annotated[str, typer.Argument(help="A task's name; of all its forms.", show_default=False, autocompletion=completing.task)] = "",
    system: Annotated[
        str, typer.Argument(help="A published system, in any spelling.", show_default=False, autocompletion=completing.system)
    ] = "",
    everything: Annotated[bool, typer.Option("--all", help="The table of all tasks and systems.")] = False,
    metric: Annotated[
        str, typer.Option("--metric", help="Only this metric; `accuracy` includes exact match.", autocompletion=completing.metric)
    ] = "",
    points: Annotated[float, typer.Option("--points", min=0, help="In tables: only values further apart than this, in hundredths.")] = 2.0,
    most: Annotated[int, typer.Option("--most", min=1, help="Rows of a table, and effects.", metavar="N")] = 40,
    results: Annotated[
        list[Path] | None,
        typer.Option(
            "--results",
            help="Runs to measure the effects of rules on; repeatable. Without it: results.",
            metavar="DIR",
            autocompletion=completing.runs,
        ),
    ] = None,
    to: Annotated[Format | None, typer.Option("--to", help="Write it as a page instead.")] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="The file of --to; without it, stdout.", metavar="FILE")] = None,
    as_json: opt.Json = False,
) -> None:
    """Why the values that were published for one system differ: what their protocols are known to differ in, and what was measured.

    **Examples**

        harness why slake_en Lingshu-7B
        harness why vqa_rad
        harness why --all --metric accuracy --to markdown -o why.md

    A difference is known where two sources say different things; where one is silent, that is said. An effect is printed only where
    runs at hand were scored under both rules: the same replies, with the interval of the change. Two published systems side by side:
    `harness compare reported:SYSTEM reported:SYSTEM`.
    """
    from harness.console import base
    from harness.console import why as view
    from harness.views import explained, wording
    from harness.views.formats import why_page

    if everything == bool(task):
        raise UsageError("name a task, and a system if one is meant: harness why slake_en Lingshu-7B. The table of all: harness why --all")
    if as_json and to is not None:
        raise UsageError(f"--json and --to {to.value} are two formats; give one of them.")
    if out is not None and to is None:
        raise UsageError(f"-o {out} takes a page: add --to markdown.")
    contradictions = explained.explained(task, system, metric=metric, points=points)
    measured = explained.measured(contradictions, explained.places(results))
    if as_json:
        base.print_json({"contradictions": [one.as_json() for one in contradictions], "effects": measured})
    elif to is not None:
        text = why_page.to_markdown(contradictions, measured, single=bool(system))
        opt.put(text, out, wording.many(len(contradictions), "system"))
    else:
        if system:
            for one in contradictions:
                view.print_one(one)
        else:
            view.print_all(contradictions, most)
        view.print_effects(measured, most)
