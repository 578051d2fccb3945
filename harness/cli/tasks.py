"""The tasks of one command, one after another with one model: each finishes or fails on its own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.cli import options as opt
from harness.cli.session import Session
from harness.errors import HarnessError

if TYPE_CHECKING:
    from harness.runs.evaluate import Run
    from harness.runs.launch import Step
    from harness.runs.plan import Options
    from harness.runs.sharded import Part


def run_tasks(
    made: Session,
    spec: str,
    patterns: list[str],
    arguments: dict[str, str],
    task_dirs: list[Path],
    *,
    quiet: bool,
    metrics: list[str],
    **how: Any,
) -> None:
    """Run each task on its own, with every seed that is asked for.

    Args:
        made: Takes up what comes of them.
        spec: The model, or a suite's file.
        patterns: The tasks as the user names them.
        arguments: The backend's.
        task_dirs: Folders of the user's own tasks.
        quiet: Show no progress.
        metrics: Further ones.
        how: The fields of `evaluation.Options`.
    """
    from harness import models
    from harness.data import catalog
    from harness.runs import suites
    from harness.runs.plan import Options

    wanted = opt.split_list(patterns)
    if suites.is_suite(spec):
        whole = suites.read_suite(Path(spec), task_dirs)
        entries = suites.chosen(whole, wanted, task_dirs)
        how |= {"name": how["name"] or whole.name, "setting": how["setting"] or whole.setting}
    else:
        entries = tuple(suites.Entry(task=name, model=spec, arguments=arguments) for name in catalog.select(wanted, task_dirs))
    options = Options(**how)
    made.tasks = len(entries)
    backend: Any = None
    opened: tuple[str, dict[str, str]] = ("", {})
    for place, entry in enumerate(entries):
        made.task = entry.task
        try:
            wants = (entry.model, {**entry.arguments, **arguments})
            if backend is None or opened != wants:
                backend, opened = None, wants  # the weights of the one before are let go first
                backend = models.open_model(*wants)
            for seed in range(made.repeat):
                made.add(_run_one(made, (place, seed), task_dirs, backend, _with_seed(options, seed), metrics, quiet=quiet))
                made.reach((place, seed + 1))
        except HarnessError as error:
            if backend is None and not suites.is_suite(spec):
                raise  # one model for all tasks, and it cannot be opened
            made.fail(entry.task, error)
        made.reach((place + 1, 0))


def _with_seed(options: Options, number: int) -> Options:
    """The options with the seed moved on; the first are as given."""
    seed = options.decoding.get("seed", 0) + number
    return replace(options, decoding={**options.decoding, "seed": seed}) if number else options


def _run_one(
    made: Session, step: Step, task_dirs: list[Path], backend: Any, options: Options, metrics: list[str], *, quiet: bool
) -> Run | Part:
    from harness.console.progress import progress
    from harness.data import catalog, further
    from harness.runs import evaluate, launch, sharded

    task = further.extended(catalog.task(made.task, task_dirs), metrics)
    of, shard = made.launch, made.shard
    named = made.task if shard is None else f"{made.task}, shard {shard.number} of {shard.of}"
    with progress(named, quiet=quiet or not made.speaks) as observe:
        if shard is None:
            return evaluate.evaluate(task, backend, options, observe)
        if of is None:
            return sharded.evaluate(task, backend, options, shard, observe, made.say)
        if not of.speaks:
            return sharded.evaluate(task, backend, options, shard, observe, made.say, scores=of.folder is None)
        if of.folder is None:
            return sharded.evaluate(task, backend, options, shard, observe, made.say, others=lambda folder: launch.by_hand(folder, of.size))
        return sharded.evaluate(task, backend, options, shard, observe, made.say, others=lambda _: lambda: of.pending(step))
