"""``harness metrics``: every metric and variant, listed and explained."""

from __future__ import annotations

from typing import Annotated

import typer

from harness.cli import completing
from harness.cli import options as opt


def metrics(
    name: Annotated[
        str,
        typer.Argument(
            help="A metric (`cider`), a variant (`llava_med`), or one of both (`cider/coco-ptb`); without, all.",
            metavar="[NAME]",
            autocompletion=completing.explained,
        ),
    ] = "",
    task_dir: opt.TaskDirs = None,
    as_json: opt.Json = False,
) -> None:
    """List every metric and variant, or explain those of a name: definition, signature, pitfalls, and which tasks compute them.

    **Examples**

        harness metrics
        harness metrics cider                 all variants of CIDEr
        harness metrics llava_med             what LLaVA-Med's evaluation computes
        harness metrics --json | jq -r '.metrics[].signature'

    Any of them can be computed beside a task's own: `harness score … --metrics cider/coco-ptb`.
    """
    from harness.console import base
    from harness.console import metrics as view
    from harness.metrics import registry
    from harness.views import usage

    entries = usage.of(registry.find(name) if name else registry.registered(), task_dir or [])
    if as_json:
        base.print_json({"metrics": [entry.as_json() for entry in entries]})
    elif name:
        view.print_explained(entries)
    else:
        view.print_metrics(entries)
