"""The ranks of one launch: torchrun merges what they print, so the first speaks for all, and the others leave it word.

Each of the others keeps a file of its own in a folder under the results: how far it is and what failed there. The first waits until all
are through, tells what they met beside its own, and removes the folder. Ranks whose processes were started by hand, with ``RANK`` and
``WORLD_SIZE`` alone, have no such folder: nobody ends the others where one dies.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from harness.runs import launch_folder, shards
from harness.runs.launch_folder import Fault, Step, Word

_PATIENCE = 5.0
"""Seconds of waiting after which a user is told for whom; and for which a rank started by hand may be late."""
_EVERY = 60.0
"""Seconds between two such words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """This process among its ranks."""

    rank: int
    size: int
    folder: Path | None
    """Where the ranks of torchrun leave word; None for those started by hand."""
    started: float = field(default_factory=time.time)
    _held: list[BinaryIO] = field(default_factory=list, repr=False)

    @property
    def speaks(self) -> bool:
        """Whether this rank prints for all."""
        return self.rank == 0

    @property
    def is_silent(self) -> bool:
        """Whether another rank says everything, errors included."""
        return not self.speaks and self.folder is not None

    def begin(self) -> None:
        """Hold the folder until the launch is closed or this process ends: what a killed launch has left is told by nobody holding it.

        Raises:
            Unwritable: The folder cannot be made.
        """
        if self.folder is not None:
            self._held.append(launch_folder.join(self.folder))

    def leave(self, word: Word) -> None:
        """Write how far this rank is.

        Raises:
            Unwritable: The folder cannot be written.
        """
        if self.folder is not None:
            launch_folder.write(self.folder, self.rank, word)

    def others(self) -> dict[int, Word | None]:
        """The last word of each other rank; None for one that has left none yet.

        Raises:
            CorruptData: What one has left was edited.
        """
        assert self.folder is not None
        return {rank: launch_folder.read(self.folder, rank, self.started) for rank in range(self.size) if rank != self.rank}

    def pending(self, step: Step) -> bool:
        """Whether another rank may still answer something of a step."""
        return any(word is None or not (word.over or word.step > step) for word in self.others().values())

    def wait(self, tell: Callable[[str], None]) -> tuple[tuple[int, Fault], ...]:
        """Wait until all others are through, and return what failed there, with the rank.

        Args:
            tell: Called now and then with whom the wait is for.

        Raises:
            CorruptData: As of `others`.
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

    def let_go(self) -> None:
        """Hold the folder no longer."""
        while self._held:
            self._held.pop().close()

    def close(self) -> None:
        """Remove the folder, and the results folder where it holds nothing else."""
        self.let_go()
        if self.folder is not None:
            launch_folder.remove(self.folder)


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
        folder = results / f"{launch_folder.PREFIX}{of}"
    return Launch(rank=shard.number - 1, size=shard.of, folder=folder)


def by_hand(folder: Path, size: int) -> Callable[[], bool]:
    """Whether another rank that was started by hand may still answer something of a run: it holds its share, or may yet begin."""
    began = time.monotonic()
    others = [shards.Shard(number=number, of=size) for number in range(2, size + 1)]
    return lambda: any(shards.is_written(folder, other) for other in others) or time.monotonic() < began + _PATIENCE


def differing(own: Sequence[Fault], theirs: Sequence[tuple[int, Fault]]) -> list[tuple[int, Fault]]:
    """What other ranks met and this one did not, each once: the same cause meets all."""
    seen = {(fault.task, fault.type, fault.message) for fault in own}
    unseen = []
    for rank, fault in theirs:
        key = (fault.task, fault.type, fault.message)
        if key not in seen:
            seen.add(key)
            unseen.append((rank, fault))
    return unseen
