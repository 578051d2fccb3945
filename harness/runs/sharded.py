"""A run that several processes share: each answers its shard, and the last to finish scores and records the whole."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.models import sameness
from harness.models.contract import closing
from harness.runs import evaluate as evaluation
from harness.runs import launch, privacy, runner, shards, shortfalls
from harness.runs.evaluate import Run
from harness.runs.journal import Journal, Key
from harness.runs.plan import Options, prepare
from harness.runs.shards import Shard
from harness.types import Backend, Response, Task

_LOOK = 0.2
"""Seconds between two looks at what others have answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A shard that is done while others are not; nothing is scored yet."""

    task: str
    folder: Path
    shard: Shard
    asked: int
    """Requests of this shard, all of which have a reply."""
    failed: int
    missing: int
    """Requests of the others without a reply."""
    total: int

    def __str__(self) -> str:
        return (
            f"{self.task}: shard {self.shard.number} of {self.shard.of} has its {self.asked:,} replies, {self.failed:,} of them failures;"
            f" {self.missing:,} of {self.total:,} are still missing elsewhere. The last shard to finish scores the run; should one have"
            f" died, the same command again, with or without shards, asks what is missing. Replies: {self.folder}"
        )

    def as_json(self) -> dict[str, Any]:
        """The shard as it stands in ``--json``."""
        name, _, variant = self.task.partition("@")
        return {
            "task": name,
            "task_variant": variant,
            "status": "shard",
            "shard": {"number": self.shard.number, "of": self.shard.of},
            "path": str(self.folder),
            "counts": {"examples": self.total, "asked": self.asked, "failed": self.failed, "missing": self.missing},
            "estimates": [],
        }


def evaluate(
    task: Task[Any],
    backend: Backend,
    options: Options,
    shard: Shard,
    observe: Callable[[runner.Progress], None] = lambda _: None,
    tell: Callable[[str], None] = lambda _: None,
    *,
    scores: bool = True,
    others: Callable[[Path], Callable[[], bool]] = lambda _: lambda: False,
) -> Run | Part:
    """Answer one shard of a task; score and record the task where all the others have answered.

    Args:
        task: From `catalog.task`.
        backend: From `models.open_model`.
        options: How; the same for all shards.
        shard: Which.
        observe: Called as replies come in.
        tell: Called with what a waiting user must know.
        scores: Whether this process scores where it finds all replies; in a launch one alone does.
        others: Of the run's folder, whether the other processes may still answer something: this one then waits for them. By default none
            is waited for, and the last to finish scores.

    Raises:
        HarnessError: As `evaluation.evaluate`.
    """
    with privacy.staying(task.card, synthetic=options.synthetic, allowed=options.allow_remote):
        plan = prepare(task, backend, options)
        if sameness.is_once(plan.info):
            with closing(plan.model):
                raise UsageError(
                    f"{plan.info.name}: shards share one run, and nothing proves that the model is the same in each of them. Set digest or"
                    " identity in its ModelInfo."
                )
        reasons = shortfalls.reasons(plan)
        with ExitStack() as held:
            with closing(plan.model):  # whose device others may be waiting for
                journal = held.enter_context(evaluation.opened(plan, options, shard))
                asked = plan.asked()
                own = runner.run(
                    plan.model,
                    asked,
                    journal,
                    batch_size=options.batch_size,
                    shard=shard,
                    give_up_after=options.give_up_after,
                    reasons=reasons,
                    observe=observe,
                )
            replies = _awaited(journal, asked, others(plan.folder), f"{task.card.full_name}: ", tell)
            missing = sum(1 for item in asked if item.key not in replies)
            if scores and not missing:
                with shards.joining(plan.folder, tell):
                    responses = [replies[item.key] for item in asked]
                    runner.check_any_answered([(item.request.id, replies[item.key]) for item in asked], reasons, plan.folder)
                    return evaluation.recorded(plan, responses, options)
        return Part(
            task=task.card.full_name,
            folder=plan.folder,
            shard=shard,
            asked=len(own),
            failed=sum(1 for response in own if response.error is not None),
            missing=missing,
            total=len(asked),
        )


def _awaited(
    journal: Journal, asked: Sequence[runner.Asked], may_come: Callable[[], bool], name: str, tell: Callable[[str], None]
) -> dict[Key, Response]:
    """The replies of all processes, once none is missing or none can come any more."""
    patience = launch.Patience(tell)
    seen: object = None
    replies: dict[Key, Response] = {}
    while True:
        coming = may_come()  # asked first: what a process wrote before it ended is then read below
        if (size := journal.sizes()) != seen:
            seen, replies = size, journal.read()
        missing = sum(1 for item in asked if item.key not in replies)
        if not (missing and coming):
            return replies
        patience(f"{name}waiting for {missing:,} of {len(asked):,} replies, which other processes are asking")
        time.sleep(_LOOK)
