"""``harness tasks`` and ``harness show``: what exists, and what is known of it."""

from __future__ import annotations

from typing import Annotated

import typer

from harness.cli import completing
from harness.cli import options as opt
from harness.errors import MissingTool, UsageError


def tasks(
    patterns: Annotated[
        list[str] | None,
        typer.Argument(help="Only these: names, families, `open`, `medmnist`, globs.", autocompletion=completing.task_list),
    ] = None,
    task_dir: opt.TaskDirs = None,
    as_json: opt.Json = False,
) -> None:
    """List the tasks: family, test split, metrics, access.

    **Examples**

        harness tasks
        harness tasks vqa 'organ*'
        harness tasks --json | jq -r '.tasks[].name'

    `harness show TASK` explains one of them.
    """
    from harness.console import base
    from harness.console import tasks as view
    from harness.data import catalog

    own = task_dir or []
    names = catalog.select(opt.split_list(patterns), own) if patterns else catalog.names(own)
    listed = catalog.tasks(names, own)
    if as_json:
        base.print_json({"tasks": [view.summary(task) for task in listed]})
    else:
        view.print_tasks(listed)


def show(
    task: Annotated[str, typer.Argument(help="A task's name, `name@variant`.", autocompletion=completing.task)],
    data_root: opt.DataRoot = None,
    real: Annotated[
        bool, typer.Option("--real", help="Render the release's first example in place of an invented one; needs a data root.")
    ] = False,
    everything: Annotated[bool, typer.Option("--all", help="Every published number, none folded.")] = False,
    task_dir: opt.TaskDirs = None,
    as_json: opt.Json = False,
) -> None:
    """Everything known of a task: source, licence, splits, a rendered prompt, metrics with their signatures, published numbers.

    **Examples**

        harness show vqa_rad
        harness show iu_xray@r2gen --json
        harness show mednli --real --data-root data

    Each published number stands under its own protocol; `harness compare` says which compare with a run, `harness why` why they differ.
    """
    from harness.checks.subject import subject_of
    from harness.console import base
    from harness.console import task as view
    from harness.data import catalog, examples
    from harness.views import graded
    from harness.views import published as reported

    shown_task = catalog.task(task, task_dir or [])
    if real and data_root is None:
        raise UsageError("--real shows an example of the release: pass --data-root DIR or set HARNESS_DATA.")
    at_hand = real or examples.has_sample(shown_task.card)  # a task of the user's own may have no sample
    try:
        example = subject_of(shown_task, data_root if real else None).examples[0] if at_hand else None
    except MissingTool as error:
        if real:
            raise
        opt.tell(f"no prompt is shown: {error}")
        example = None
    published = reported.for_task(shown_task.card.name, shown_task.card.variant)
    others = graded.groups(shown_task.card.name)
    if as_json:
        base.print_json(view.details(shown_task, example, published, others, real=real))
    else:
        view.print_task(shown_task, example, published, data_root, others, real=real, everything=everything)
