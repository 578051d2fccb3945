"""Shards: the batches of a run dealt out to processes, each with a journal and a lock of its own in the one run folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from harness.errors import PrerequisiteError, UsageError
from harness.files.refusals import RESULTS, writable

T = TypeVar("T")

_PER_SHARD = 4
"""Batches that a shard has at least, where there are as many requests: of fewer, some shards would wait for others."""
_GLANCE = 1.0
"""Seconds in which a lock that another process merely looked at is free again."""
_PATIENCE = 3.0
"""Seconds of waiting after which a user is told what for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """One of the processes that share a run."""

    number: int
    """From 1 to ``of``."""
    of: int

    def __str__(self) -> str:
        return f"{self.number}-of-{self.of}"

    def deal(self, batches: Sequence[list[T]]) -> list[list[T]]:
        """This shard's batches: every ``of``-th, so that long and short ones are spread.

        The batches are those of the unsharded run where there are enough of them; else they are halved until each shard has four.
        """
        parts = list(batches)
        while len(parts) < _PER_SHARD * self.of and any(len(part) > 1 for part in parts):
            parts = [half for part in parts for half in (part[: (len(part) + 1) // 2], part[(len(part) + 1) // 2 :]) if half]
        return parts[self.number - 1 :: self.of]


def parse(text: str) -> Shard:
    """``2/8`` as a shard, counted from 1.

    Raises:
        UsageError: It is not two whole numbers with the first between 1 and the second.
    """
    number, _, of = text.partition("/")
    if not (number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of)):
        raise UsageError(
            f"--shard {text}: must be NUMBER/OF with 1 <= NUMBER <= OF, for example 1/8 to 8/8; in a SLURM array of --array=1-8:"
            " --shard $SLURM_ARRAY_TASK_ID/8"
        )
    return Shard(number=int(number), of=int(of))


def of_launcher(environment: Mapping[str, str] = os.environ) -> Shard | None:
    """The shard of a process that torchrun has started, from ``RANK`` and ``WORLD_SIZE``; None where there is but one process.

    Raises:
        UsageError: They are no rank of a world.
    """
    if "RANK" not in environment or "WORLD_SIZE" not in environment:
        return None
    rank, size = environment["RANK"], environment["WORLD_SIZE"]
    if not (rank.isdecimal() and size.isdecimal() and int(rank) < int(size)):
        raise UsageError(f"RANK={rank} and WORLD_SIZE={size} in the environment are no rank of a world; unset them, or pass --shard.")
    return Shard(number=int(rank) + 1, of=int(size)) if int(size) > 1 else None


@contextmanager
def writing(folder: Path, shard: Shard | None) -> Iterator[None]:
    """Hold what belongs to this process: the whole run, or one shard of it, which is never held together with the whole.

    Raises:
        PrerequisiteError: Another process is writing it, or the folder takes no lock.
    """
    with ExitStack() as held:
        _hold(held, folder, shard)
        yield


def _hold(held: ExitStack, folder: Path, shard: Shard | None) -> None:
    from filelock import FileLock, Timeout

    whole = folder / "run.lock"
    try:
        with writable(folder, RESULTS):
            try:
                if shard is None:
                    held.enter_context(FileLock(whole, timeout=0))
                    for path in sorted(folder.glob("shard-*.lock")):
                        held.enter_context(FileLock(path, timeout=_GLANCE / 4))
                else:
                    # Its own lock first: a whole run that starts meanwhile finds it, and one that has started is found below.
                    held.enter_context(FileLock(_own(folder, shard), timeout=_GLANCE / 4))
                    with FileLock(whole, timeout=_GLANCE):
                        pass
            except Timeout:
                raise _Busy from None
    except _Busy:
        raise PrerequisiteError(
            f"{folder}: another process is writing this run. Wait for it, or stop it; what it has answered is kept."
        ) from None


class _Busy(Exception):
    """Another process holds it."""


def _own(folder: Path, shard: Shard) -> Path:
    return folder / f"shard-{shard}.lock"


def is_written(folder: Path, shard: Shard) -> bool:
    """Whether a process holds this shard now."""
    from filelock import FileLock, Timeout

    path = _own(folder, shard)
    if not path.exists():
        return False
    try:
        with FileLock(path, timeout=0):
            return False
    except Timeout:
        return True


@contextmanager
def joining(folder: Path, tell: Callable[[str], None]) -> Iterator[None]:
    """Hold the record, one shard after another: the last to come sees the replies of all.

    Scoring takes as long as it takes: the wait lasts as long as the holder lives, with whose end the system frees the lock.

    Args:
        folder: The run's.
        tell: Called once where the wait is more than a few seconds.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(folder / "record.lock")
    try:
        lock.acquire(timeout=_PATIENCE)
    except Timeout:
        tell(f"{folder}: another process is scoring this run; waiting until it is done or has ended")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()
