"""A run that several processes share: each answers its shard, and the last to finish scores and records the whole."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import evaluation, identity, runner, shards, shortfalls
from harness.errors import UsageError
from harness.evaluation import Options, Run
from harness.journal import Journal
from harness.shards import Shard
from harness.types import Backend, Task


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
) -> Run | Part:
    """Answer one shard of a task; score and record the task where all the others have answered.

    Args:
        task: From `catalog.task`.
        backend: From `models.open_model`.
        options: How; the same for all shards.
        shard: Which.
        observe: Called as replies come in.
        tell: Called with what a waiting user must know.

    Raises:
        HarnessError: As `evaluation.evaluate`.
    """
    plan = evaluation.prepare(task, backend, options)
    if identity.is_once(plan.info):
        with evaluation.closing(plan.model):
            raise UsageError(
                f"{plan.info.name}: shards share one run, and nothing proves that the model is the same in each of them. Set digest or"
                " identity in its ModelInfo."
            )
    journal = Journal(plan.folder, shard=str(shard))
    reasons = shortfalls.reasons(plan)
    with ExitStack() as held:
        with evaluation.closing(plan.model):  # whose device others may be waiting for
            held.enter_context(evaluation.opened(plan))
            held.enter_context(shards.writing(plan.folder, shard))
            asked = evaluation.asked(plan)
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
        with shards.joining(plan.folder, tell):
            replies = journal.read()
            missing = sum(1 for item in asked if item.key not in replies)
            if not missing:
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
