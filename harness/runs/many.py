"""Many tasks, one after another: each finishes or fails on its own, with a model of its own where a suite says so, and with every seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from harness import models
from harness.data import at_hand, catalog, further
from harness.errors import HarnessError, MissingData, UsageError
from harness.files import refusals
from harness.metrics import registry
from harness.runs import evaluate as evaluation
from harness.runs import launch, sharded, suites
from harness.runs.evaluate import Run
from harness.runs.launch import Launch
from harness.runs.launch_folder import Fault, Step, Word
from harness.runs.plan import Options
from harness.runs.runner import Progress
from harness.runs.sharded import Part
from harness.runs.shards import Shard
from harness.types import Backend, ModelInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be evaluated."""

    model: str | Backend
    """A spec, a suite's file, or a model that is open."""
    arguments: Mapping[str, str] = field(default_factory=dict)
    """The model's; over those of a suite."""
    tasks: tuple[str, ...] = ()
    """Names and patterns; none is all tasks of a suite."""
    task_dirs: tuple[Path, ...] = ()
    """Folders of the user's own tasks."""
    options: Options = field(default_factory=Options)
    metrics: tuple[str, ...] = ()
    """Further ones beside each task's own."""
    repeats: int = 1
    """Runs of each task, each with the next seed."""
    skip_missing: bool = False
    """Leave tasks out whose release is not there; else each is an error."""
    shard: Shard | None = None
    launch: Launch | None = None
    """Whose ranks the shards are; None for one that was named by hand."""


class Watch(Protocol):
    """Whoever hears how it goes."""

    def begin(self, task: str, of: int) -> None:
        """The turn of one of so many tasks has come."""

    def progress(self, name: str) -> AbstractContextManager[Callable[[Progress], None]]:
        """Called as replies of a run come in."""

    def tell(self, text: str) -> None:
        """What a waiting user must know."""

    def remind(self, text: str) -> None:
        """What holds of further evaluations as well, and is told once."""


def evaluate(order: Order, watch: Watch) -> Iterator[Run | Part | Fault]:
    """Evaluate every task that is ordered, and hand on what comes of each.

    Each model is opened once, and its weights are let go before the next one's are read.

    Raises:
        HarnessError: Before the first question: a name or an option is wrong, or the one model of all tasks cannot be opened.
        Interrupted: The process was told to end.
    """
    registry.registered()  # plug-ins that contradict each other are told of before anything is asked
    entries, options = _entries(order)
    entries = _at_hand(order, entries, watch) if order.skip_missing else entries
    is_suite = isinstance(order.model, str) and suites.is_suite(order.model)
    backend: Backend | None = None if isinstance(order.model, str) else order.model
    opened: tuple[str, Mapping[str, str]] = ("", {})
    faults: list[Fault] = []
    for place, entry in enumerate(entries):
        watch.begin(entry.task, len(entries))
        try:
            wants = (entry.model, {**entry.arguments, **order.arguments})
            if entry.model and (backend is None or opened != wants):
                backend, opened = None, wants
                with refusals.told():
                    backend = models.open_model(*wants)
            assert backend is not None
            if not place:
                _warn(backend, options, watch)
            for seed in range(order.repeats):
                with refusals.told():
                    made = _one(order, (place, seed), entry.task, backend, _with_seed(options, seed), watch)
                yield made
                _reached(order, (place, seed + 1), faults)
        except HarnessError as error:
            if backend is None and not is_suite:
                raise
            faults.append(Fault.of(entry.task, error))
            yield faults[-1]
        _reached(order, (place + 1, 0), faults)


def _warn(backend: Backend, options: Options, watch: Watch) -> None:
    """Tell, before anything else, that replies given elsewhere are held against invented data where no release is named."""
    info = getattr(backend, "info", None)
    if options.data_root is None and not options.sample and isinstance(info, ModelInfo) and info.replayed:
        watch.remind(
            "note: no data root is given, so these replies are scored against the invented sample, not the release; pass --data-root DIR or"
            " set HARNESS_DATA."
        )


def _at_hand(order: Order, entries: Sequence[suites.Entry], watch: Watch) -> tuple[suites.Entry, ...]:
    """The entries whose release is there; which ones are left out is told.

    Raises:
        MissingData: None is.
    """
    root = order.options.data_root
    if root is None or order.options.sample:
        return tuple(entries)
    present, absent = [], []
    for entry in entries:
        task = catalog.task(entry.task, order.task_dirs)
        try:
            if order.options.split in task.card.splits:
                at_hand.opened(task, root, split=order.options.split, pictures=False)
        except MissingData:
            absent.append(entry.task)
            continue
        except HarnessError:
            pass  # a damaged one is the task's own error, in its turn
        present.append(entry)
    if not present:
        raise MissingData(
            f"none of the {len(absent)} tasks has its release under {root}: {', '.join(absent[:5])}{', …' if len(absent) > 5 else ''}."
            f" harness doctor --data-root {root} says how to get each."
        )
    if absent:
        watch.tell(f"note: left out, as their release is not there: {', '.join(absent)}")
    return tuple(present)


def _entries(order: Order) -> tuple[tuple[suites.Entry, ...], Options]:
    """What answers each task, and the options with what a suite adds to them."""
    options, shots = order.options, order.options.prompting
    if order.repeats > 1 and not options.decoding.get("temperature") and not (shots.shots and shots.by == "seed"):
        raise UsageError("--repeat: greedy answers are the same for every seed; pass --temperature above 0, or --few-shot drawn by seed.")
    if order.shard is not None and not options.keep:
        raise UsageError("a run that is not kept has no shards: they find each other's replies in its folder. Keep it, or ask everything.")
    if isinstance(order.model, str) and not order.model:
        raise UsageError("no model is named: a path, file.py:factory, or kind:location.")
    if isinstance(order.model, str) and suites.is_suite(order.model):
        suite = suites.read_suite(Path(order.model), order.task_dirs)
        options = replace(options, name=options.name or suite.name, setting=options.setting or suite.setting)
        patterns = order.tasks
        if at_hand.is_asked(patterns):
            own = [entry.task for entry in suite.entries]
            patterns = at_hand.select(patterns, order.task_dirs, _root(options), own)
        return _by_model(suites.chosen(suite, patterns, order.task_dirs)), options
    spec = order.model if isinstance(order.model, str) else ""
    names = at_hand.select(order.tasks, order.task_dirs, _root(options))
    return tuple(suites.Entry(task=name, model=spec, arguments=order.arguments) for name in names), options


def _root(options: Options) -> Path | None:
    return None if options.sample else options.data_root


def _by_model(entries: Sequence[suites.Entry]) -> tuple[suites.Entry, ...]:
    """The tasks of one model side by side, so that it is opened once; else in their order."""
    models_of = [(entry.model, tuple(sorted(entry.arguments.items()))) for entry in entries]
    first = {model: place for place, model in reversed(list(enumerate(models_of)))}
    return tuple(entry for _, entry in sorted(zip(models_of, entries, strict=True), key=lambda pair: first[pair[0]]))


def _with_seed(options: Options, number: int) -> Options:
    """The options with the seed moved on; the first are as given."""
    seed = options.decoding.get("seed", 0) + number
    return replace(options, decoding={**options.decoding, "seed": seed}) if number else options


def _reached(order: Order, step: Step, faults: list[Fault]) -> None:
    """Leave word for the rank that speaks that everything before a step is done."""
    if order.launch is not None and order.launch.is_silent:
        order.launch.leave(Word(step=step, over=False, faults=tuple(faults)))


def _one(order: Order, step: Step, name: str, backend: Backend, options: Options, watch: Watch) -> Run | Part:
    task = further.extended(catalog.task(name, order.task_dirs), order.metrics)
    of, shard = order.launch, order.shard
    with watch.progress(name if shard is None else f"{name}, shard {shard.number} of {shard.of}") as observe:
        if shard is None:
            return evaluation.evaluate(task, backend, options, observe)
        if of is None:
            return sharded.evaluate(task, backend, options, shard, observe, watch.tell)
        if not of.speaks:
            return sharded.evaluate(task, backend, options, shard, observe, watch.tell, scores=of.folder is None)
        if of.folder is None:
            return sharded.evaluate(
                task, backend, options, shard, observe, watch.tell, others=lambda folder: launch.by_hand(folder, of.size)
            )
        return sharded.evaluate(task, backend, options, shard, observe, watch.tell, others=lambda _: lambda: of.pending(step))
