"""The runner: asks a model everything that its journal does not hold yet.

Requests are cut into fixed batches, in their order or as the model wants them. The next batches are made ready in a thread while the
device computes, and replies are brought to disk in another. A batch that was cut off is asked again whole, so that an interrupted run
equals an undisturbed one even where a model's answers depend on the batch; a request that failed is asked again on its own.
A batch that raises is halved until the request at fault stands alone; that one is recorded as failed and the run goes on.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from harness.errors import HarnessError, ModelError
from harness.journal import Journal, Key, syncing
from harness.shards import Shard
from harness.types import Model, Pipelined, Request, Response

_MESSAGE_LIMIT = 500
_DEFAULT_SIZE = 16
_AHEAD = 2
"""Batches that are made ready before their turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request with the digest under which its reply is kept."""

    request: Request
    digest: str

    @property
    def key(self) -> Key:
        """What the journal files the reply under."""
        return self.request.id, self.digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a run is; passed to the observer after each batch."""

    done: int
    total: int
    failed: int
    reused: int
    """Replies that were already in the journal when the run began."""
    seconds: float
    tokens: int = 0
    """Tokens written since the run began, where the model counts them."""


def run(
    model: Model,
    asked: Sequence[Asked],
    journal: Journal,
    *,
    batch_size: int | None,
    shard: Shard | None = None,
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
        observe: Called before the first and after every batch.

    Raises:
        ModelError: The model fails on everything, or breaks its contract. What was answered before is kept.
    """
    journal.repair()
    known = journal.read()
    batches = _batches(model, asked, batch_size)
    if shard is not None:
        batches = shard.deal(batches)
        own = {item.key for batch in batches for item in batch}
        asked = [item for item in asked if item.key in own]
    replies: dict[Key, Response] = {item.key: known[item.key] for item in asked if item.key in known}
    failures = {key for key, response in replies.items() if response.error is not None}
    reused = len(replies) - len(failures)
    started = time.monotonic()
    tokens = 0

    def report() -> None:
        elapsed = time.monotonic() - started
        observe(Progress(done=len(replies), total=len(asked), failed=len(failures), reused=reused, seconds=elapsed, tokens=tokens))

    report()
    succeeded = reused > 0
    with syncing(journal) as sync_soon:
        for batch, prepared in _prepared(model, _due(batches, replies, batch_size)):
            answers = _answer(model, batch, prepared)
            journal.append([(item.key, answer) for item, answer in zip(batch, answers, strict=True)])
            sync_soon()
            for item, answer in zip(batch, answers, strict=True):
                if item.key not in replies or item.key in failures:
                    replies[item.key] = answer
                    (failures.discard if answer.error is None else failures.add)(item.key)
            tokens += sum(answer.usage.get("completion", 0) for answer in answers)
            succeeded = succeeded or any(answer.error is None for answer in answers)
            report()
            if not succeeded:
                first = next(answer.error for answer in answers if answer.error is not None)
                raise ModelError(
                    f"the model failed on every one of the first {len(batch)} requests. The first: {first}\n"
                    f"The failures are kept in {journal.path}; the same command asks them again once the cause is mended."
                )
    return [replies[item.key] for item in asked]


def _due(batches: Sequence[list[Asked]], replies: dict[Key, Response], size: int | None) -> Iterator[list[Asked]]:
    """The batches still to be asked: first those never finished, whole; then the requests that failed in finished ones."""
    failed: list[Asked] = []
    for batch in batches:
        if all(item.key in replies for item in batch):
            failed += [item for item in batch if replies[item.key].error is not None]
        else:
            yield batch
    yield from _chunks(failed, size)


def _batches(model: Model, asked: Sequence[Asked], size: int | None) -> list[list[Asked]]:
    if not isinstance(model, Pipelined):
        return _chunks(asked, size)
    places = model.partition([item.request for item in asked], size)
    if sorted(place for part in places for place in part) != list(range(len(asked))):
        raise ModelError(f"the model's batches do not hold each of the {len(asked)} requests once; a backend's partition() must.")
    return [[asked[place] for place in part] for part in places]


def _chunks(asked: Sequence[Asked], size: int | None) -> list[list[Asked]]:
    step = size or _DEFAULT_SIZE
    return [list(asked[start : start + step]) for start in range(0, len(asked), step)]


def _prepared(model: Model, batches: Iterable[list[Asked]]) -> Iterator[tuple[list[Asked], Future[Any] | None]]:
    """Each batch with the host's work for it, done ahead; None where the model keeps the two together."""
    if not isinstance(model, Pipelined):
        yield from ((batch, None) for batch in batches)
        return
    pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="prepare")
    waiting: deque[tuple[list[Asked], Future[Any] | None]] = deque()
    try:
        for batch in batches:
            waiting.append((batch, pool.submit(model.prepare, [item.request for item in batch])))
            if len(waiting) > _AHEAD:
                yield waiting.popleft()
        yield from waiting
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _answer(model: Model, batch: Sequence[Asked], prepared: Future[Any] | None = None) -> list[Response]:
    """One response per request; a request that makes the model raise gets a failure of its own."""
    try:
        if isinstance(model, Pipelined) and prepared is not None:
            answers = list(model.answer(prepared.result()))
        else:
            answers = list(model.generate([item.request for item in batch]))
    except HarnessError as error:
        if isinstance(error, ModelError):
            raise
        return _isolate(model, batch, error)
    except Exception as error:  # noqa: BLE001  a model's own failure is a value of the run, whatever it raises
        return _isolate(model, batch, error)
    if len(answers) != len(batch):
        raise ModelError(
            f"the model gave {len(answers)} responses to {len(batch)} requests (first: '{batch[0].request.id}'); a backend must answer"
            " each request once, in order."
        )
    return [_checked(item.request, answer) for item, answer in zip(batch, answers, strict=True)]


def _isolate(model: Model, batch: Sequence[Asked], error: Exception) -> list[Response]:
    if len(batch) == 1:
        return [Response(error=f"{type(error).__name__}: {error}"[:_MESSAGE_LIMIT])]
    half = len(batch) // 2
    return _answer(model, batch[:half]) + _answer(model, batch[half:])


def _checked(request: Request, response: Response) -> Response:
    """The response, or a failure where its scores cannot be those of the request's choices."""
    scores = response.choice_log_probs
    if response.error is not None or scores is None:
        return response
    if len(scores) != len(request.item.choices):
        return Response(error=f"{len(scores)} choice_log_probs for {len(request.item.choices)} choices")
    if any(math.isnan(score) or score > 1e-6 for score in scores):
        return Response(error="choice_log_probs hold a value that is no log-probability (NaN or above 0)")
    return response
