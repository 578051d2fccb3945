"""Shards: the batches of a run dealt out to processes, each with a journal and a lock of its own in the one run folder."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from harness.errors import PrerequisiteError, UsageError

T = TypeVar("T")

_PER_SHARD = 4
"""Batches that a shard has at least, where there are as many requests: of fewer, some shards would wait for others."""
_PATIENCE = 30.0
"""Seconds to wait for a lock that is held for no longer than a record takes to write."""


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
    """Hold what belongs to this process: the whole run, or one shard of it.

    Raises:
        PrerequisiteError: Another process is writing it.
    """
    from filelock import FileLock, Timeout

    try:
        with ExitStack() as held:
            if shard is None:
                held.enter_context(FileLock(folder / "run.lock", timeout=0))
                for path in sorted(folder.glob("shard-*.lock")):
                    held.enter_context(FileLock(path, timeout=0))
            else:
                # A whole run holds this for its length, another shard for a moment.
                with FileLock(folder / "run.lock", timeout=_PATIENCE):
                    held.enter_context(FileLock(folder / f"shard-{shard}.lock", timeout=0))
            yield
    except Timeout:
        raise PrerequisiteError(
            f"{folder}: another process is writing this run. Wait for it, or stop it; what it has answered is kept."
        ) from None


@contextmanager
def joining(folder: Path) -> Iterator[None]:
    """Hold the record, one shard after another: the last to come sees the replies of all."""
    from filelock import FileLock

    with FileLock(folder / "run.lock"):
        yield
