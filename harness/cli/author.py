"""``harness check``: for people who add a task, and for those who doubt one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli import completing
from harness.cli import options as opt
from harness.errors import AdapterError, UsageError, VerificationError

if TYPE_CHECKING:
    from harness.checks.promises import Finding
    from harness.checks.scorers import Verdict


def check(
    tasks: Annotated[
        list[str] | None, typer.Argument(help="Tasks whose contract to check.", metavar="[TASK…]", autocompletion=completing.task_list)
    ] = None,
    metrics: Annotated[
        bool,
        typer.Option("--metrics", help="Instead, run predictions that deserve nothing through every metric; without TASK, of all tasks."),
    ] = False,
    data_root: Annotated[Path | None, opt.data_root("Without it the invented sample alone is looked at.")] = None,
    sample: opt.Sample = False,
    accept_different: opt.AcceptDifferent = False,
    task_dir: opt.TaskDirs = None,
    as_json: opt.Json = False,
) -> None:
    """Check a task: is its card complete, its target hidden from the model, its reading of replies strict, its score honest?

    Looks at the invented sample and, with a data root, at the first rows of the release. `--metrics` shows in full what every metric
    gives to an oracle, to silence, to constants, to shuffled and reversed answers.

    **Examples**

        harness check my_quiz --task-dir my_tasks
        harness check vqa_rad --data-root data
        harness check --metrics
        harness check --metrics vqa_rad --data-root data

    Exit code 4 where a promise is broken, 6 where a metric rewards nonsense; the line says which, and where.
    """
    patterns = opt.split_list(tasks or [])
    root = None if sample else data_root
    if metrics:
        _check_metrics(patterns, root, task_dir or [], accept_different=accept_different, as_json=as_json)
    elif patterns:
        _check_promises(patterns, root, task_dir or [], as_json=as_json)
    else:
        raise UsageError("say what to check: harness check TASK, or harness check --metrics")


def _check_promises(patterns: list[str], data_root: Path | None, task_dirs: list[Path], *, as_json: bool) -> None:
    from harness.console import author as view
    from harness.console import base
    from harness.data import catalog

    findings = [finding for name in catalog.select(patterns, task_dirs) for finding in _findings(name, data_root, task_dirs)]
    broken = [finding for finding in findings if not finding.holds]
    if as_json:
        base.print_json({"holds": not broken, "findings": findings})
    else:
        view.print_findings(findings)
    if broken:
        names = sorted({finding.task for finding in broken})
        raise AdapterError(f"{len(broken)} of {len(findings)} promises are broken: {', '.join(names[:5])}")


def _findings(name: str, data_root: Path | None, task_dirs: list[Path]) -> list[Finding]:
    """On the sample where there is one, and on the release where there is one; a task with neither has nothing to be checked on."""
    from harness.checks import promises
    from harness.data import catalog, examples

    try:
        task = catalog.task(name, task_dirs)
    except AdapterError as error:
        return [promises.unreadable(name, error)]
    real = data_root is not None and (data_root / task.card.folder).is_dir()
    on_sample = promises.check(task) if examples.has_sample(task.card) or not real else []
    return on_sample + promises.check(task, data_root) if real else on_sample


def _check_metrics(patterns: list[str], data_root: Path | None, task_dirs: list[Path], *, accept_different: bool, as_json: bool) -> None:
    from harness.checks import scorers
    from harness.console import base
    from harness.console import health as view
    from harness.data import catalog

    names = catalog.select(patterns, task_dirs) if patterns else scorers.every_metric(task_dirs)
    verdicts = [
        verdict
        for name in names
        for verdict in scorers.check(catalog.task(name, task_dirs), data_root=data_root, accept_different=accept_different)
    ]
    broken, gone = scorers.broken(verdicts), scorers.gone(verdicts)
    if as_json:
        base.print_json({"holds": not broken and not gone, "verdicts": verdicts})
    else:
        view.print_selftest(verdicts)
    if broken:
        raise VerificationError(f"{len(_named(broken))} metrics reward nonsense: {', '.join(_named(broken)[:5])}")
    if gone:
        raise VerificationError(f"{len(_named(gone))} metrics no longer show a documented defect: {', '.join(_named(gone)[:5])}")


def _named(verdicts: list[Verdict]) -> list[str]:
    return sorted({f"{verdict.task}: {verdict.metric}/{verdict.variant}" for verdict in verdicts})
