"""``harness doctor`` and ``audit``: is this machine, is this release what it should be?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from harness.cli import completing
from harness.cli import options as opt


def doctor(
    tasks: Annotated[
        list[str] | None,
        typer.Argument(help="Only these: names, families, `open`, globs.", metavar="[TASK…]", autocompletion=completing.task_list),
    ] = None,
    data_root: Annotated[Path | None, opt.data_root("Which of them are there, and whole, is what is looked at.")] = None,
    deep: Annotated[bool, typer.Option("--deep", help="Read every row and picture; without, the first row of each release.")] = False,
    variants: Annotated[bool, typer.Option("--variants", help="A line for every `task@variant` as well.")] = False,
    task_dir: opt.TaskDirs = None,
    as_json: opt.Json = False,
) -> None:
    """Which tasks are ready on this machine; for each of the others the one step that is missing.

    **Examples**

        harness doctor --data-root data
        harness doctor vqa --data-root data --deep

    `harness show TASK` says where a release comes from and where it goes. The exit code is 3 where a task that is named is not ready or a
    release that is here is damaged, 4 where an adapter or a card fails, else 0.
    """
    from harness.checks import machine, readiness
    from harness.console import base
    from harness.console import health as view
    from harness.data import catalog

    names = catalog.select(opt.split_list(tasks), task_dir or []) if tasks else readiness.everything(task_dir or [])
    diagnoses = readiness.diagnose(names, data_root=data_root, task_dirs=task_dir or [], deep=deep)
    code = readiness.exit_code(diagnoses, named=bool(tasks))
    if not tasks and not variants:
        diagnoses = readiness.folded(diagnoses)
    tools = machine.tools(data_root)
    if as_json:
        base.print_json({"tasks": diagnoses, "machine": tools})
    else:
        view.print_doctor(diagnoses, tools, data_root)
    if code:
        raise typer.Exit(code)


def audit(
    task: Annotated[str, typer.Argument(help="A task's name, `name@variant`.", autocompletion=completing.task)],
    data_root: Annotated[Path | None, opt.data_root("Without it the invented sample is counted.")] = None,
    sample: opt.Sample = False,
    split: opt.SplitName = "test",
    task_dir: opt.TaskDirs = None,
    as_json: opt.Json = False,
) -> None:
    """Count what is in a release: repeated rows, what test and train share, answers never seen in train, balance, lengths.

    **Examples**

        harness audit vqa_rad --data-root data
        harness audit pneumoniamnist --data-root data --split val --json

    Without a data root the invented sample is counted.
    """
    from harness.checks.release import audit as count
    from harness.console import base
    from harness.console import health as view
    from harness.data import catalog

    audited = count(catalog.task(task, task_dir or []), split=split, data_root=data_root, sample=sample)
    if as_json:
        base.print_json(audited.as_json())
    else:
        view.print_audit(audited)
