"""Answering: batches are made ready ahead, asked, and taken apart where they fail; each reply is handed on as soon as it is there.

The next batches are made ready in a thread while the device computes. A batch that raises is halved until the request at fault stands
alone; that one is a failure and the others go on. What was answered before a model breaks down has been handed on by then.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from harness.base import user_code
from harness.base.withheld import quoted
from harness.errors import CorruptData, DataUseRefused, MissingData, ModelError, Unwritable
from harness.models import contract
from harness.runs.journal import Key
from harness.types import Model, Pipelined, Request, Response, Streaming

_DEFAULT_SIZE = 16
_AHEAD = 2
"""Batches that are made ready before their turn."""
_ENDS = (DataUseRefused, ModelError, Unwritable, KeyboardInterrupt)
"""What ends a run, and is no failure of single requests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request with the digest under which its reply is kept."""

    request: Request
    digest: str

    @property
    def key(self) -> Key:
        """What the journal files the reply under."""
        return self.request.id, self.digest


Answered = list[tuple[Asked, Response]]
"""Requests with their replies, as many at once as the model gives: a batch, a part of one, or a single one."""


def batched(model: Model, asked: Sequence[Asked], size: int | None) -> list[list[Asked]]:
    """All requests as the batches in which the model wants them, or in their order.

    Raises:
        ModelError: The model's own batches lack a request or hold one twice.
    """
    if not isinstance(model, Pipelined):
        step = size or _DEFAULT_SIZE
        return [list(asked[start : start + step]) for start in range(0, len(asked), step)]
    if not asked:
        return []
    with user_code.guarded(contract.named(model, "partition()"), ModelError):
        places = contract.places(model.partition([item.request for item in asked], size), len(asked))
    return [[asked[place] for place in part] for part in places]


def answers(model: Model, batches: Iterable[list[Asked]]) -> Generator[Answered, None, None]:
    """The replies to all batches, in whatever parts they arrive.

    Raises:
        ModelError: The model breaks down, or breaks its contract.
        Unwritable: What a request needs on disk cannot be written, which no other request would get either.
    """
    with closing(_prepared(model, batches)) as ready:
        for batch, prepared in ready:
            yield from _answer(model, batch, prepared)


def _prepared(model: Model, batches: Iterable[list[Asked]]) -> Generator[tuple[list[Asked], Future[Any] | None], None, None]:
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


def _answer(model: Model, batch: Sequence[Asked], prepared: Future[Any] | None = None) -> Iterator[Answered]:
    if isinstance(model, Streaming):
        yield from _streamed(model, batch, prepared)
        return
    called = "answer()" if prepared is not None else "generate()"
    who = contract.named(model, called)
    try:
        if prepared is not None and isinstance(model, Pipelined):
            given = model.answer(prepared.result())
        else:
            given = model.generate([item.request for item in batch])
        responses = contract.listed(given, len(batch), who)
    except _ENDS:
        raise
    except BaseException as error:  # noqa: BLE001  a model's own failure is a value of the run, whatever it raises
        failed = error
    else:
        if len(responses) != len(batch):
            raise ModelError(
                f"{who} gave {len(responses) if len(responses) < len(batch) else 'more'} responses to {len(batch)} requests"
                f" (first: {quoted(batch[0].request.id)}); a backend must answer each request once, in order."
            )
        yield [(item, contract.checked(item.request, response, who)) for item, response in zip(batch, responses, strict=True)]
        return
    yield from _isolated(model, batch, failed)


def _streamed(model: Streaming, batch: Sequence[Asked], prepared: Future[Any] | None) -> Iterator[Answered]:
    left = dict(enumerate(batch))
    who = contract.named(model, "stream()")
    arriving: Generator[tuple[int, Response], None, None] | None = None
    failed: BaseException | None = None
    try:
        while True:
            try:
                if arriving is None:
                    ready = model.prepare([item.request for item in batch]) if prepared is None else prepared.result()
                    arriving = model.stream(ready)
                place, response = next(arriving)
            except StopIteration:
                break
            except _ENDS:
                raise
            except BaseException as error:  # noqa: BLE001  as above
                failed = error
                break
            if not isinstance(place, int) or place not in left:
                raise ModelError(f"{who} answered place {place!r:.40} of {len(batch)} twice, or there is none; a backend must not.")
            item = left.pop(place)
            yield [(item, contract.checked(item.request, response, who))]
    finally:
        if arriving is not None and hasattr(arriving, "close"):
            arriving.close()
    if failed is not None:
        yield from _isolated(model, list(left.values()), failed)
    elif left:
        raise ModelError(
            f"{who} gave no response to {len(left)} of {len(batch)} requests (first: {quoted(next(iter(left.values())).request.id)});"
            " a backend must answer each place once."
        )


def _isolated(model: Model, batch: Sequence[Asked], error: BaseException) -> Iterator[Answered]:
    """The halves of a batch that raised, each asked by itself; a request that raises alone has failed."""
    if len(batch) > 1:
        half = len(batch) // 2
        yield from _answer(model, batch[:half])
        yield from _answer(model, batch[half:])
    elif batch:
        # What cannot be read was so before the model saw it.
        own = isinstance(error, CorruptData | MissingData)
        yield [(batch[0], Response(error=user_code.told(error, whole=True), of_request=own))]
