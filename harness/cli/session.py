"""One command over many tasks: what comes of them is gathered, and told once, by one process, whatever ends it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from harness.base.visible import visible
from harness.cli import signals
from harness.errors import HarnessError, Interrupted
from harness.files import refusals

if TYPE_CHECKING:
    from harness.runs.launch import Launch
    from harness.runs.launch_folder import Fault
    from harness.runs.many import Order
    from harness.runs.record import Record
    from harness.runs.runner import Progress
    from harness.runs.sharded import Part
    from harness.runs.shards import Shard

_INTERRUPTED = "interrupted; what was answered is kept"


@dataclass(slots=True, kw_only=True)
class Session:
    """What has come of the tasks so far."""

    as_json: bool
    everything: bool = False
    results: Path = Path("results")
    quiet: bool = False
    shard: Shard | None = None
    launch: Launch | None = None
    repeats: int = 1
    tasks: int = 0
    task: str = ""
    """The one under way."""
    finished: list[tuple[Path, Record]] = field(default_factory=list)
    """Where each run lies, and what it found; not its examples, of which there may be many."""
    parts: list[Part] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    stopped: Interrupted | None = None

    @property
    def speaks(self) -> bool:
        """Whether this process prints the outcome."""
        return self.launch is None or self.launch.speaks

    @property
    def is_silent(self) -> bool:
        """Whether another process says everything, errors included."""
        return self.launch is not None and self.launch.is_silent

    def begin(self, task: str, of: int) -> None:
        """The turn of one of so many tasks has come."""
        self.task, self.tasks = task, of

    def progress(self, name: str) -> AbstractContextManager[Callable[[Progress], None]]:
        """A bar, or a line now and then."""
        from harness.console.progress import progress

        return progress(name, quiet=self.quiet or not self.speaks)

    def tell(self, text: str) -> None:
        """A line for the user beside the outcome."""
        if not self.is_silent:
            typer.echo(visible(text), err=True)

    remind = tell  # a command evaluates once

    def carry_out(self, order: Order) -> None:
        """Evaluate what is ordered, as this process's share of it; gather what comes."""
        from harness.runs import many
        from harness.runs.launch_folder import Fault
        from harness.runs.sharded import Part

        self.repeats = order.repeats
        for made in many.evaluate(replace(order, shard=self.shard, launch=self.launch), self):
            if isinstance(made, Fault):
                self._fail(made)
            elif isinstance(made, Part):
                self.parts.append(made)
                if not self.as_json:
                    self.tell(str(made))
            else:
                self.finished.append((made.folder, made.record))
                if not self.speaks:
                    self.tell(f"{made.record.full_name}: scored, with the replies of all; rank 0 prints. {made.folder}")

    def stop(self, error: HarnessError) -> None:
        """What ends the command as a whole."""
        from harness.runs.launch_folder import Fault

        self._fail(Fault.of("", error))

    def _fail(self, fault: Fault) -> None:
        self.faults.append(fault)
        if not (self.as_json and fault.task) and not (self.tasks > 1 and fault.of_release):
            self.tell(f"error: {fault}" if fault.task else f"error: {fault.message}")

    def leave(self) -> None:
        """Leave word that this process is through, where another one prints."""
        from harness.runs.launch_folder import Word

        if self.launch is not None:
            self.launch.leave(Word(step=(0, 0), over=True, faults=tuple(self.faults)))


@contextmanager
def session(
    *, as_json: bool, results: Path, everything: bool = False, quiet: bool = False, shard: str = "", shares: bool = True
) -> Iterator[Session]:
    """Gather what comes of a command's tasks; on leaving, tell it and exit with the worst code.

    Args:
        as_json: Print one JSON object.
        results: Where runs are kept.
        everything: Print every score of every run.
        quiet: Show no progress.
        shard: The user's own ``--shard``; empty asks the launcher.
        shares: Whether the ranks of a launch share the work; else the first does it alone.
    """
    from harness.errors import ModelError, UsageError
    from harness.runs import launch, launch_folder, shards

    made = Session(as_json=as_json, everything=everything, results=results, quiet=quiet)
    try:
        try:
            launch_folder.sweep(results)
            made.launch = launch.of_environment(results)
            if shard:
                if made.launch is not None and made.launch.folder is not None:
                    raise UsageError(f"--shard {shard}: under torchrun each rank has its own share; leave --shard out.")
                made.shard, made.launch = shards.parse(shard), None
            elif made.launch is not None:
                if not (shares or made.launch.speaks):
                    raise typer.Exit
                made.shard = shards.Shard(number=made.launch.rank + 1, of=made.launch.size) if shares else None
                made.launch = made.launch if shares else None
            if made.launch is not None:
                made.launch.begin()
            with refusals.told():
                yield made
        except HarnessError as error:
            made.stop(error)
        except SystemExit as ended:  # nothing of ours ends the process here: a success is said once a result is on disk
            made.stop(ModelError(f"the code of the model or the task ended the process (SystemExit: {ended.code}); no result was made."))
        if made.is_silent:
            made.leave()
        elif made.launch is not None:
            _hear(made, made.launch)
    except HarnessError as error:  # no word can be left: this rank speaks for itself
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(error.exit_code) from None
    except KeyboardInterrupt as stop:
        made.stopped = stop if isinstance(stop, Interrupted) else Interrupted(str(stop))
        made.tell(str(made.stopped) or _INTERRUPTED)
    with signals.held():
        code = _told(made)
    if code:
        raise typer.Exit(code)


def _hear(made: Session, of: Launch) -> None:
    """Wait for the other ranks, and take over what they met and this one did not."""
    from harness.runs import launch

    try:
        theirs = of.wait(made.tell)
    except HarnessError as error:  # what one has left cannot be read
        made.stop(error)
        return
    for rank, fault in launch.differing(made.faults, theirs):
        made.faults.append(fault)
        typer.echo(visible(f"error: rank {rank}: {fault if fault.task else fault.message}"), err=True)


def _told(made: Session) -> int:
    """Print the outcome, and return the exit code."""
    from harness.console import base, health
    from harness.console import runs as view
    from harness.views import repeats

    stop = made.stopped.exit_code if made.stopped else 0
    if made.launch is not None and made.launch.is_silent:
        made.launch.let_go()
        return stop  # a code of its own would have the launcher end the others, and what they are asking
    faults = [fault for fault in made.faults if fault.task]
    failed = {fault.task for fault in faults}
    parts = [part for part in made.parts if part.task not in failed]
    short = any(_is_short(record) for _, record in made.finished) or any(part.failed for part in parts)
    if made.speaks:
        spreads = repeats.spreads([record for _, record in made.finished]) if made.repeats > 1 else []
        if made.as_json:
            told = [record.as_json(folder) for folder, record in made.finished] + [part.as_json() for part in parts]
            base.print_json(
                {
                    "runs": told + [_entry(fault) for fault in faults] + _interrupted(made),
                    **({"repeats": spreads} if made.repeats > 1 else {}),
                    **({"error": whole[0].as_json()} if (whole := [fault for fault in made.faults if not fault.task]) else {}),
                }
            )
        else:
            others = [(fault.task, fault.message) for fault in faults if not fault.of_release]
            view.print_outcome(made.finished, others, spreads, of=made.tasks, results=made.results, everything=made.everything)
            if made.tasks > 1 and len(others) < len(faults):
                made.tell(health.lacking([fault.task for fault in faults if fault.of_release], made.tasks))
    if made.launch is not None:
        made.launch.close()
    return max([1 if short else 0, stop, *(fault.exit_code for fault in made.faults)])


def _is_short(record: Record) -> bool:
    """Whether requests failed, or were refused and do not count as wrong."""
    refused = record.counts.refused and record.prompting.refusals != "wrong"
    return bool(record.counts.failed or refused)


def _entry(fault: Fault) -> dict[str, Any]:
    task, _, variant = fault.task.partition("@")
    return {"task": task, "task_variant": variant, "status": "error", "error": fault.as_json(), "estimates": []}


def _interrupted(made: Session) -> list[dict[str, Any]]:
    """The task that was under way when the command was told to end."""
    if made.stopped is None:
        return []
    task, _, variant = made.task.partition("@")
    stop = made.stopped
    return [
        {
            "task": task,
            "task_variant": variant,
            "status": "interrupted",
            "path": None if stop.path is None else str(stop.path),
            "counts": {"examples": stop.total, "kept": stop.kept} if stop.path is not None else {},
            "error": {"type": "Interrupted", "message": str(stop) or _INTERRUPTED, "exit_code": stop.exit_code},
            "estimates": [],
        }
    ]
