"""``harness doctor``, ``audit`` and ``check``: is this machine, this release, this scorer what it should be?"""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from harness.cli import options as opt
from harness.errors import UsageError, VerificationError


def doctor(
    tasks: Annotated[list[str] | None, typer.Argument(help="Only these: names, families, `open`, globs.", metavar="[TASK…]")] = None,
    data_root: opt.DataRoot = None,
    deep: Annotated[bool, typer.Option("--deep", help="Read every row and count it; without, the first row of each release.")] = False,
    task_dir: opt.TaskDirs = None,
    as_json: opt.Json = False,
) -> None:
    """Which tasks are ready on this machine; for each of the others the one step that is missing.

    **Examples**

        harness doctor --data-root data
        harness doctor vqa --data-root data --deep
    """
    from harness import catalog
    from harness import doctor as examine
    from harness.console import base
    from harness.console import health as view

    names = catalog.select(opt.split_list(tasks), task_dir or []) if tasks else examine.everything(task_dir or [])
    found = examine.diagnose(names, data_root=data_root, task_dirs=task_dir or [], deep=deep)
    machine = examine.tools(data_root)
    if as_json:
        base.print_json({"tasks": [asdict(item) for item in found], "machine": [asdict(tool) for tool in machine]})
    else:
        view.print_doctor(found, machine)


def audit(
    task: Annotated[str, typer.Argument(help="A task's name, `name@variant`.")],
    data_root: opt.DataRoot = None,
    sample: opt.Sample = False,
    split: opt.SplitName = "test",
    task_dir: opt.TaskDirs = None,
    as_json: opt.Json = False,
) -> None:
    """Count what is in a release: repeated rows, what test and train share, answers never seen in train, balance, lengths.

    **Examples**

        harness audit vqa_rad --data-root data
        harness audit pneumoniamnist --data-root data --split val --json
    """
    from harness import catalog
    from harness.audit import audit as count
    from harness.console import base
    from harness.console import health as view

    found = count(catalog.task(task, task_dir or []), split=split, data_root=data_root, sample=sample)
    if as_json:
        base.print_json(found.as_json())
    else:
        view.print_audit(found)


def check(
    tasks: Annotated[list[str] | None, typer.Argument(help="Only these; without, every task.", metavar="[TASK…]")] = None,
    metrics: Annotated[bool, typer.Option("--metrics", help="Run predictions that deserve nothing through every metric.")] = False,
    data_root: opt.DataRoot = None,
    sample: opt.Sample = False,
    accept_different: opt.AcceptDifferent = False,
    task_dir: opt.TaskDirs = None,
    as_json: opt.Json = False,
) -> None:
    """Check the scorers: what every metric gives to an oracle, to silence, to constants, to shuffled and reversed answers.

    **Examples**

        harness check --metrics
        harness check --metrics vqa_rad --data-root data

    Exit code 6 when a metric rewards nonsense; the line says which rule it breaks.
    """
    from harness import catalog, selftest
    from harness.console import base
    from harness.console import health as view

    if not metrics:
        raise UsageError("say what to check: harness check --metrics")
    names = catalog.select(opt.split_list(tasks), task_dir or []) if tasks else selftest.every_metric(task_dir or [])
    root = None if sample else data_root
    found = [
        verdict
        for name in names
        for verdict in selftest.check(catalog.task(name, task_dir or []), data_root=root, accept_different=accept_different)
    ]
    broken = [verdict for verdict in found if not verdict.holds]
    if as_json:
        base.print_json({"holds": not broken, "verdicts": [verdict.as_json() for verdict in found]})
    else:
        view.print_selftest(found)
    if broken:
        which = sorted({f"{verdict.task}: {verdict.metric}/{verdict.variant}" for verdict in broken})
        raise VerificationError(f"{len(which)} metrics reward nonsense: {', '.join(which[:5])}")
