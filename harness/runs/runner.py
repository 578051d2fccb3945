"""The runner: asks a model everything that its journal does not hold yet, and keeps each reply as soon as it is there.

Requests are cut into fixed batches, in their order or as the model wants them. A batch that was cut off is asked again whole, so that an
interrupted run equals an undisturbed one even where a model's answers depend on the batch; of a model whose requests are independent
only the missing ones are asked. Then those that failed are asked again, in batches of their own. Replies are brought to disk in a thread.

The run gives up after so many failures in a row, whatever the batches: the model is down, and the rest would fail alike. A failure that
is the request's own says nothing about the model and does not count. Where every request has got a reply by then, failures among them,
the run is simply partial; one in which every request failed is an error.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from harness.base import collecting
from harness.errors import Interrupted, ModelError
from harness.models import sameness
from harness.runs import failures
from harness.runs.answering import Answered, Asked, answers, batched
from harness.runs.facts import Failure
from harness.runs.journal import Journal, Key, syncing
from harness.runs.shards import Shard
from harness.types import Model, Response, Streaming

__all__ = ["GIVE_UP_AFTER", "Asked", "Progress", "check_any_answered", "run"]

GIVE_UP_AFTER = 20
"""Failures in a row after which nothing more is asked."""
_EVERYTHING = "everything again, as nothing proves which model answered"

Reasons = Callable[[Sequence[tuple[str, Response]]], Sequence[Failure]]
"""Why requests failed, of ids and responses: as much of it as may be shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a run is; passed to the observer whenever replies have come in."""

    done: int
    """Requests with a reply, failures among them."""
    total: int
    failed: int
    reused: int
    """Replies that were already in the journal when the run began."""
    seconds: float
    tokens: int = 0
    """Tokens written since the run began, where the model counts them."""
    again: int = 0
    """Failures of an earlier run that are still to be asked again."""
    gave_up: bool = False
    """Whether failures were left as they are, after too many in a row."""

    @property
    def asked(self) -> int:
        """Requests that have been asked since the run began."""
        return self.done - self.reused - self.again


@dataclass(slots=True, kw_only=True)
class _State:
    """A run under way."""

    total: int
    replies: dict[Key, Response]
    reused: int
    failed: set[Key]
    again: set[Key]
    started: float = field(default_factory=time.monotonic)
    tokens: int = 0
    in_a_row: int = 0
    longest: int = 0

    def add(self, piece: Answered) -> Answered:
        """Count the replies, and return those that are new: the first success for a request stays."""
        fresh = [(item, response) for item, response in piece if item.key not in self.replies or item.key in self.failed]
        for _, response in piece:
            if response.error is None:
                self.in_a_row = 0
            elif not response.of_request:
                self.in_a_row += 1
                self.longest = max(self.longest, self.in_a_row)
            self.tokens += response.usage.get("completion", 0)
        for item, response in fresh:
            self.replies[item.key] = response
            self.again.discard(item.key)
            (self.failed.discard if response.error is None else self.failed.add)(item.key)
        return fresh

    def progress(self, *, gave_up: bool = False) -> Progress:
        return Progress(
            done=len(self.replies),
            total=self.total,
            failed=len(self.failed),
            reused=self.reused,
            seconds=time.monotonic() - self.started,
            tokens=self.tokens,
            again=len(self.again),
            gave_up=gave_up,
        )


@collecting.set_aside()
def run(
    model: Model,
    asked: Sequence[Asked],
    journal: Journal,
    *,
    batch_size: int | None,
    shard: Shard | None = None,
    give_up_after: int = GIVE_UP_AFTER,
    reasons: Reasons = failures.reasons,
    observe: Callable[[Progress], None] = lambda _: None,
) -> list[Response]:
    """Replies to all requests, in their order, from the journal where it has them and else from the model.

    Args:
        model: Asked in batches of at most ``batch_size``.
        asked: All requests of the run, in a fixed order.
        journal: Where replies are found and kept.
        batch_size: The most requests per call; None leaves it to the model. A resume with the same size repeats exactly the batches that
            were in flight.
        shard: Ask and return this shard's requests alone; None is all of them.
        give_up_after: Failures in a row after which the model counts as down; 0 asks everything whatever happens.
        reasons: What an error message tells of failures.
        observe: Called before the first and after every reply or batch.

    Raises:
        ModelError: The model is down before everything was asked, every request failed, or the model breaks its contract. What was
            answered before is kept.
        Interrupted: The process was told to end; it says what is kept.
    """
    everything = asked
    journal.repair()
    known = journal.read()
    batches = batched(model, asked, batch_size)
    if shard is not None:
        batches = shard.deal(batches)
        own = {item.key for batch in batches for item in batch}
        asked = [item for item in asked if item.key in own]
    replies = {item.key: known[item.key] for item in asked if item.key in known}
    failed = {key for key, response in replies.items() if response.error is not None}
    state = _State(total=len(asked), replies=replies, reused=len(replies) - len(failed), failed=failed, again=set(failed))
    try:
        gave_up = _ask(model, _due(model, batches, replies, batch_size), journal, state, give_up_after, observe)
    except KeyboardInterrupt as stop:
        raise _stopped(stop, model, everything, journal, shard) from None
    responses = [(item.request.id, replies[item.key]) for item in asked if item.key in replies]
    if len(responses) < len(asked):
        raise ModelError(_given_up(responses, model, len(asked), give_up_after, reasons, journal.place))
    if gave_up:
        observe(state.progress(gave_up=True))
    if shard is None:
        check_any_answered(responses, reasons, journal.place)
    return [response for _, response in responses]


def _ask(
    model: Model,
    due: Sequence[list[Asked]],
    journal: Journal,
    state: _State,
    give_up_after: int,
    observe: Callable[[Progress], None],
) -> bool:
    """Ask what is due, keep what comes, and return whether that was given up."""
    observe(state.progress())
    with syncing(journal) as sync_soon, closing(answers(model, due)) as arriving:
        for piece in arriving:
            fresh = state.add(piece)
            journal.append([(item.key, response) for item, response in fresh])
            sync_soon()
            observe(state.progress())
            if 0 < give_up_after <= state.longest:
                return True
    return False


def _due(model: Model, batches: Sequence[list[Asked]], replies: dict[Key, Response], size: int | None) -> list[list[Asked]]:
    """The batches still to be asked: first what was never finished; then what failed in finished batches, as a run of its own."""
    if isinstance(model, Streaming):
        items = [item for batch in batches for item in batch]
        missing = [item for item in items if item.key not in replies]
        failed = [item for item in items if item.key in replies and replies[item.key].error is not None]
        if size is None:
            return [part for part in (missing + failed,) if part]
        return batched(model, missing, size) + batched(model, failed, size)
    unfinished = [batch for batch in batches if not all(item.key in replies for item in batch)]
    finished = [batch for batch in batches if all(item.key in replies for item in batch)]
    return unfinished + batched(model, [item for batch in finished for item in batch if replies[item.key].error is not None], size)


def check_any_answered(replies: Sequence[tuple[str, Response]], reasons: Reasons, kept: Path | None) -> None:
    """Refuse to score a run in which nothing was answered.

    Raises:
        ModelError: Every request failed.
    """
    if replies and all(response.error is not None for _, response in replies):
        again = f"\nThe failures are kept in {kept}; the same command asks them again once the cause is mended." if kept else ""
        raise ModelError(f"the model failed on every one of the {len(replies):,} requests: {failures.summary(reasons(replies))}{again}")


def _given_up(responses: Sequence[tuple[str, Response]], model: Model, total: int, after: int, reasons: Reasons, kept: Path | None) -> str:
    answered = sum(1 for _, response in responses if response.error is None)
    rest = "the rest" if sameness.is_proven(model.info) else _EVERYTHING
    on = f"{answered:,} replies are kept in {kept}; the same command asks {rest} once the cause is mended. " if kept else ""
    return (
        f"given up after {after} failures in a row; {total - len(responses):,} of {total:,} requests were never asked."
        f" Why: {failures.summary(reasons(responses))}\n{on}--give-up-after 0 goes on whatever fails."
    )


def _stopped(stop: KeyboardInterrupt, model: Model, asked: Sequence[Asked], journal: Journal, shard: Shard | None) -> Interrupted:
    """What was stopped, with what all processes of the run have kept by now."""
    known = journal.read()
    where = journal.place if shard is None else journal.path.parent
    kept = sum(1 for item in asked if item.key in known and known[item.key].error is None)
    code = stop.exit_code if isinstance(stop, Interrupted) else 130
    by = "" if code == signal.SIGINT + 128 else f" by {signal.Signals(code - 128).name}"
    if where is None:
        return Interrupted(f"interrupted{by}; nothing of the run is kept", exit_code=code)
    onward = "goes on from there" if sameness.is_proven(model.info) else f"asks {_EVERYTHING}"
    return Interrupted(
        f"interrupted{by}; {kept:,} of {len(asked):,} replies are kept in {where}; the same command {onward}",
        exit_code=code,
        kept=kept,
        total=len(asked),
        path=journal.path.parent,
    )
