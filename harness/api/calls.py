"""Evaluating and scoring from Python: the command line's engine, asked with objects."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from msgspec.structs import asdict

from harness import models
from harness.api import given
from harness.api.given import Folder
from harness.api.results import Run, Runs
from harness.api.shown import Shown
from harness.base import user_code
from harness.base.visible import visible
from harness.data import catalog
from harness.errors import UsageError, unknown
from harness.files import reading, refusals
from harness.models import objects, tables
from harness.models.tables import Columns
from harness.runs import evaluate as evaluation
from harness.runs import many, shards
from harness.runs.launch_folder import Fault
from harness.runs.plan import Options
from harness.runs.prompting import Prompting
from harness.runs.sharded import Part
from harness.stats.bootstrap import Bootstrap
from harness.types import Backend

_PROMPTING = tuple(field.name for field in fields(Prompting))
_SHARED = frozenset(field.name for field in fields(Options)) - {"prompting"}
"""What is an argument as it is an option of a run."""


@refusals.told()
def evaluate(
    model: Any,
    tasks: str | Sequence[str] = (),
    *,
    data_root: Folder | None = None,
    sample: bool = False,
    skip_missing: bool = False,
    split: str = "test",
    limit: int | None = None,
    draw: int | None = None,
    draw_seed: int = 0,
    name: str = "",
    setting: str = "",
    results: Folder = "results",
    keep: bool = True,
    metrics: str | Sequence[str] = (),
    model_args: Mapping[str, Any] | None = None,
    batch_size: int | None = None,
    decoding: Mapping[str, Any] | None = None,
    prompting: Mapping[str, Any] | None = None,
    repeats: int = 1,
    shard: str = "",
    resamples: int = 1000,
    bootstrap_seed: int = 0,
    images: str = "",
    refusals: str = "partial",
    give_up_after: int = 20,
    accept_different: bool = False,
    allow_remote: bool = False,
    remote: bool | None = None,
    task_dirs: Sequence[Folder] = (),
    progress: bool = True,
) -> Runs:
    """Evaluate a model on one or many tasks; what ``harness run`` does.

    Args:
        model: A spec as on the command line, a suite's file, an open model (`harness.open_model`), any object with ``generate(requests)``,
            or any function from a list of `harness.types.Request` to as many replies: texts, `harness.types.Response` or mappings with
            their fields. It is asked in place, in this process.
        tasks: Names, families, globs, ``ready``; separated by commas or several. A suite needs none.
        data_root: Folder of releases; by default that of the environment's ``HARNESS_DATA``, and where that is not set the invented sample.
        sample: Take the invented sample all the same.
        skip_missing: Leave tasks out whose release is not there; else each is an error.
        split: Of the release.
        limit: Only the first so many examples; such a run is partial.
        draw: Only so many examples, drawn in proportion to the slices of the split; such a run is partial.
        draw_seed: What they are drawn by.
        name: The system's on the scoreboard.
        setting: How it was made, as you say it.
        results: Where runs are kept.
        keep: Keep replies and the record, and use earlier replies again; else no file is written, and everything is asked.
        metrics: Further ones beside each task's own.
        model_args: Arguments of a spec's backend; ``scores="independent"`` of a function whose scores are no distribution.
        batch_size: The most requests per call; None leaves it to the model.
        decoding: Instead of the task's own, by field: ``{"max_new_tokens": 32, "temperature": 0.7}``.
        prompting: By field of `harness.runs.prompting.Prompting`: ``{"system": "You are …", "template": "…{question}…", "shots": 3,
            "by": "nearest"}``.
        repeats: Runs with so many seeds.
        shard: One share of the requests, ``1/8`` to ``8/8``: a share that is not the last returns no run.
        resamples: Of the bootstrap; 0 for no intervals.
        bootstrap_seed: Of the resamples.
        images: ``first`` gives a model that takes one picture the first of several.
        refusals: ``partial``, or ``wrong`` counts them as wrong answers.
        give_up_after: Failures in a row after which the model counts as down; 0 asks everything whatever fails.
        accept_different: Evaluate a release that differs from the card, as not comparable.
        allow_remote: Let credentialed data go to a model elsewhere.
        remote: Whether an object or a function sends what it is asked to another machine; to be said where the data is credentialed.
        task_dirs: Folders of your own tasks.
        progress: Show on stderr how it goes.

    Returns:
        The run of each task. One that failed while others did not is a warning, and stands in ``failures``.

    Raises:
        HarnessError: Nothing could be evaluated: a name is wrong, the data or the model is not there, or every task failed.
    """
    arguments = given.arguments(
        split=split,
        limit=limit,
        draw=draw,
        draw_seed=draw_seed,
        name=name,
        setting=setting,
        batch_size=batch_size,
        decoding={} if decoding is None else decoding,
        prompting={} if prompting is None else prompting,
        repeats=repeats,
        shard=shard,
        resamples=resamples,
        bootstrap_seed=bootstrap_seed,
        images=images,
        refusals=refusals,
        give_up_after=give_up_after,
        sample=sample,
        keep=keep,
        accept_different=accept_different,
        allow_remote=allow_remote,
        remote=remote,
        progress=progress,
    )
    for field in arguments.prompting:
        if field not in _PROMPTING:
            raise unknown("setting of how a model is asked", field, _PROMPTING)
    root = _root(data_root, sample=sample)
    own = given.words(model_args, "model_args")
    is_spec = isinstance(model, str | Path)
    guarded = remote is None and root is not None and not allow_remote
    order = many.Order(
        model=str(model) if is_spec else objects.backend_of(model, own, remote=bool(remote), unsaid=guarded),
        arguments=own if is_spec else {},
        tasks=given.names(tasks, "tasks"),
        task_dirs=given.paths(task_dirs, "task_dirs"),
        options=Options(
            **{name: value for name, value in asdict(arguments).items() if name in _SHARED},
            data_root=root,
            prompting=reading.decode(Prompting, arguments.prompting, "prompting", error=UsageError),
            plan=Bootstrap(resamples=arguments.resamples, seed=arguments.bootstrap_seed),
            results=given.path(results, "results"),
        ),
        metrics=given.names(metrics, "metrics"),
        repeats=arguments.repeats,
        skip_missing=skip_missing,
        shard=shards.parse(arguments.shard) if arguments.shard else None,
    )
    return _carried_out(order, progress=progress)


@refusals.told()
def score(replies: Any, task: str, *, columns: Columns | None = None, model_args: Mapping[str, Any] | None = None, **options: Any) -> Run:
    """Score replies that were made anywhere else; what ``harness score`` does, of more than files.

    Args:
        replies: A mapping of id to reply (text, `harness.types.Response`, or a mapping with its fields), a data frame, a list of records,
            or the path of a JSONL, JSON, CSV, TSV, Parquet or Excel file.
        task: One task's name.
        columns: Which column holds what: ``{"id": "qid", "text": "answer"}``; scores may stand in several, ``{"id": "file",
            "probabilities": ["p_no", "p_yes"]}``, or ``choice_log_probs`` or ``logits``. Where ``text`` or scores are named, only named
            ones are read, and ``id``; else the columns that are called as a reply's fields are.
        model_args: ``scores``: ``softmax`` (default) or ``independent``; ``thinking_tags``; ``ignore_extra``.
        options: As of `evaluate`: ``data_root``, ``name``, ``keep``, ``metrics`` and so on.

    Raises:
        HarnessError: As of `evaluate`, and where a row is no reply; the message gives its number.
    """
    names = catalog.select(given.names([task], "task"), given.paths(options.get("task_dirs", ()), "task_dirs"))
    if len(names) > 1:
        raise UsageError(f"'{task}' is {len(names)} tasks ({', '.join(names[:3])}, …); replies answer one.")
    with user_code.guarded("the replies: reading them", UsageError):
        backend = tables.open_replies(replies, columns, given.words(model_args, "model_args"))
    return next(iter(evaluate(backend, names, **{"give_up_after": 0, "progress": False, **options}).values()))


@refusals.told()
def open_model(spec: Folder, **arguments: Any) -> Backend:
    """A model by its spec, its weights read once for as many calls of `evaluate` as are wanted; arguments as with ``--model-arg``."""
    return models.open_model(str(given.path(spec, "spec")) if isinstance(spec, Path) else _spec(spec), given.words(arguments, "arguments"))


def _spec(spec: object) -> str:
    if not isinstance(spec, str):
        raise UsageError(f"a model's spec is a {type(spec).__name__}; it must be a text or a path.")
    return spec


def _carried_out(order: many.Order, *, progress: bool) -> Runs:
    runs: dict[str, list[Run]] = {}
    faults: list[Fault] = []
    for made in many.evaluate(order, Shown(quiet=not progress)):
        if isinstance(made, evaluation.Run):
            runs.setdefault(made.record.full_name, []).append(Run(made=made))
        elif isinstance(made, Part):
            sys.stderr.write(f"{visible(str(made))}\n")
        else:
            faults.append(made)
    if faults and not runs:
        assert faults[0].error is not None
        raise faults[0].error
    for fault in faults:
        warnings.warn(str(fault), stacklevel=3)
    failures = {fault.task: fault.error for fault in faults if fault.error is not None}
    return Runs(of={task: tuple(repeats) for task, repeats in runs.items()}, failures=failures)


def _root(data_root: Folder | None, *, sample: bool) -> Path | None:
    if data_root is not None and not (isinstance(data_root, str) and data_root == ""):
        return given.path(data_root, "data_root")
    known = "" if sample else os.environ.get("HARNESS_DATA", "")
    return Path(known) if known else None
