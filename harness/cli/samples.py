"""``harness samples``: single samples of runs, with what was asked, replied, read and scored."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from harness.cli import completing
from harness.cli import options as opt

_which: Any = partial(typer.Option, rich_help_panel="Which samples")


def samples(
    runs: Annotated[
        list[Path],
        typer.Argument(help="Folders of runs; runs of one task stand side by side.", metavar="RUN…", autocompletion=completing.runs),
    ],
    wrong: Annotated[bool, _which("--wrong", help="What the metric that ranks gives less than 1, the worst first.")] = False,
    unread: Annotated[bool, _which("--unread", help="Replies in which no answer could be read, and empty ones.")] = False,
    refused: Annotated[bool, _which("--refused", help="What the model would not answer.")] = False,
    failed: Annotated[bool, _which("--failed", help="Requests that failed.")] = False,
    ids: Annotated[list[str] | None, _which("--id", help="This sample; repeatable.", metavar="ID")] = None,
    slices: Annotated[
        list[str] | None, _which("--slice", help="A slice, as scores name it: `closed`, `organ=chest`; several narrow.", metavar="SLICE")
    ] = None,
    differs: Annotated[
        Path | None,
        _which(
            "--differs",
            help="Another run, shown beside: samples that it was scored otherwise on, the widest apart first.",
            metavar="RUN",
            autocompletion=completing.runs,
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option("--limit", min=0, help="Samples to print of each task; 0 is all. Without it: 10, and all with --json.", metavar="N"),
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Print texts whole, and every metric.")] = False,
    draw: Annotated[bool, typer.Option("--draw", help="Draw pictures with coloured characters, below their paths.")] = False,
    allow_credentialed: Annotated[bool, opt.allow_credentialed("Print text and pictures of a credentialed dataset all the same.")] = False,
    data_root: Annotated[
        Path | None, opt.data_root("Without it real samples have no question, reference and picture.", beside=True)
    ] = None,
    task_dir: opt.TaskDirs = None,
    as_json: opt.Json = False,
) -> None:
    """Samples of runs: the question, its picture, the reference, the reply, what was read in it and why, and each metric's value.

    **Examples**

        harness samples results/vqa_rad/my-model-1a2b3c4d/test-5e6f7a8b --wrong --data-root data
        harness samples results/vqa_rad --slice closed --unread
        harness samples RUN --differs OTHER --limit 50
        harness samples RUN --id 417 --full --draw

    `--wrong`, `--unread`, `--refused` and `--failed` add up, and so do several `--id`; everything else narrows. What is not on this
    machine is left out, and said. Of data under an agreement nothing is printed but what the record holds.
    """
    from harness.console import base
    from harness.console import samples as view
    from harness.views import browse_runs, selection
    from harness.views.wanted import Wanted

    selected = selection.select(runs, partial=True)
    other = [] if differs is None else selection.select([differs], partial=True).runs
    wanted = Wanted(
        wrong=wrong,
        unread=unread,
        refused=refused,
        failed=failed,
        ids=tuple(ids or ()),
        slices=tuple(slices or ()),
        differs=differs is not None,
    )
    most = limit if limit is not None else None if as_json else view.MOST
    browsed = browse_runs.tables(
        selected.runs,
        other,
        wanted,
        most=most or None,
        data_root=data_root,
        task_dirs=task_dir or [],
        allow_credentialed=allow_credentialed,
    )
    opt.tell(browsed.left_out)
    if as_json:
        base.print_json({"tables": [table.as_json() for table in browsed.tables], "left_out": browsed.left_out})
        return
    for table in browsed.tables:
        view.print_table(table, full=full, draw=draw)
