"""The ranks of one launch: torchrun merges what they print, so the first speaks for all, and the others leave it word.

Each of the others keeps a file of its own in a folder under the results: how far it is and what failed there. The first waits until all
are through, tells what they met beside its own, and removes the folder. Ranks whose processes were started by hand, with ``RANK`` and
``WORLD_SIZE`` alone, have no such folder: nobody ends the others where one dies.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.base import kept_back, writing
from harness.base.refusals import RESULTS
from harness.errors import HarnessError
from harness.runs import shards

_PATIENCE = 5.0
"""Seconds of waiting after which a user is told for whom; and for which a rank started by hand may be late."""
_EVERY = 60.0
"""Seconds between two such words."""
_STALE = 30.0
"""A file that is older than this process by more seconds is an earlier launch's."""

Step = tuple[int, int]
"""A task's place in the command, and its seed's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """An error of one task, or of the command as a whole."""

    task: str
    """Empty where it met the command before its tasks."""
    type: str
    message: str
    exit_code: int
    error: HarnessError | None = field(default=None, repr=False, compare=False)
    """The error itself, in the process that met it."""

    @classmethod
    def of(cls, task: str, error: HarnessError) -> Fault:
        """The error as it is told."""
        return cls(task=task, type=type(error).__name__, message=str(error), exit_code=error.exit_code, error=error)

    def __str__(self) -> str:
        return self.message if self.message.startswith(self.task) else f"{self.task}: {self.message}"

    def as_json(self) -> dict[str, Any]:
        """The error as it stands in ``--json``."""
        return {"type": self.type, "message": self.message, "exit_code": self.exit_code}


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What a rank tells the first one."""

    step: Step
    """All before it is done, or has failed."""
    over: bool
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """This process among its ranks."""

    rank: int
    size: int
    folder: Path | None
    """Where the ranks of torchrun leave word; None for those started by hand."""
    started: float = field(default_factory=time.time)

    @property
    def speaks(self) -> bool:
        """Whether this rank prints for all."""
        return self.rank == 0

    @property
    def is_silent(self) -> bool:
        """Whether another rank says everything, errors included."""
        return not self.speaks and self.folder is not None

    def leave(self, word: Word) -> None:
        """Write how far this rank is.

        Raises:
            Unwritable: The folder cannot be written.
        """
        if self.folder is not None:
            faults = [{"task": fault.task, **fault.as_json()} for fault in word.faults]
            content = {"step": word.step, "over": word.over, "faults": faults}
            writing.make_folder(self.folder, RESULTS, private=True)
            kept_back.ignore(self.folder)
            writing.replace_file(self.folder / f"rank-{self.rank}.json", json.dumps(content).encode(), RESULTS)

    def others(self) -> dict[int, Word | None]:
        """The last word of each other rank; None for one that has left none yet."""
        return {rank: self._word(rank) for rank in range(self.size) if rank != self.rank}

    def pending(self, step: Step) -> bool:
        """Whether another rank may still answer something of a step."""
        return any(word is None or not (word.over or word.step > step) for word in self.others().values())

    def wait(self, tell: Callable[[str], None]) -> tuple[tuple[int, Fault], ...]:
        """Wait until all others are through, and return what failed there, with the rank.

        Args:
            tell: Called now and then with whom the wait is for.
        """
        if self.folder is None:
            return ()
        patience = Patience(tell)
        while waiting := [rank for rank, word in self.others().items() if word is None or not word.over]:
            patience(f"waiting for rank {', '.join(map(str, waiting))} of {self.size}")
            time.sleep(0.05)
        return self.faults()

    def faults(self) -> tuple[tuple[int, Fault], ...]:
        """What has failed at the other ranks so far."""
        return tuple((rank, fault) for rank, word in self.others().items() if word is not None for fault in word.faults)

    def close(self) -> None:
        """Remove the folder, and the results folder where it holds nothing else."""
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)
            with suppress(OSError):
                self.folder.parent.rmdir()

    def _word(self, rank: int) -> Word | None:
        assert self.folder is not None
        path = self.folder / f"rank-{rank}.json"
        try:
            if path.stat().st_mtime < self.started - _STALE:
                return None
            found = json.loads(path.read_bytes())
        except OSError:
            return None
        return Word(
            step=(found["step"][0], found["step"][1]), over=found["over"], faults=tuple(Fault(**fault) for fault in found["faults"])
        )


class Patience:
    """Says what a wait is for, once it has taken some seconds and then every minute."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        """Begin to wait."""
        self._tell, self._next = tell, time.monotonic() + _PATIENCE

    def __call__(self, what: str) -> None:
        """Say it if it is time to."""
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _EVERY
            self._tell(what)


def of_environment(results: Path, environment: Mapping[str, str] = os.environ) -> Launch | None:
    """The launch that this process belongs to, or None for one that stands alone.

    Args:
        results: Where runs are kept; all ranks see it.
        environment: torchrun's variables.

    Raises:
        UsageError: ``RANK`` and ``WORLD_SIZE`` are no rank of a world.
    """
    shard = shards.of_launcher(environment)
    if shard is None:
        return None
    folder = None
    if "TORCHELASTIC_RUN_ID" in environment:
        names = ("TORCHELASTIC_RUN_ID", "TORCHELASTIC_RESTART_COUNT", "MASTER_ADDR", "MASTER_PORT")
        of = hashlib.sha256(json.dumps([environment.get(name, "") for name in names]).encode()).hexdigest()[:12]
        folder = results / f".launch-{of}"
    return Launch(rank=shard.number - 1, size=shard.of, folder=folder)


def by_hand(folder: Path, size: int) -> Callable[[], bool]:
    """Whether another rank that was started by hand may still answer something of a run: it holds its share, or may yet begin."""
    began = time.monotonic()
    others = [shards.Shard(number=number, of=size) for number in range(2, size + 1)]
    return lambda: any(shards.is_written(folder, other) for other in others) or time.monotonic() < began + _PATIENCE


def differing(own: Sequence[Fault], theirs: Sequence[tuple[int, Fault]]) -> list[tuple[int, Fault]]:
    """What other ranks met and this one did not, each once: the same cause meets all."""
    seen = {(fault.task, fault.type, fault.message) for fault in own}
    found = []
    for rank, fault in theirs:
        key = (fault.task, fault.type, fault.message)
        if key not in seen:
            seen.add(key)
            found.append((rank, fault))
    return found
