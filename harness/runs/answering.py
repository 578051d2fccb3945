"""Answering: batches are made ready ahead, asked, and taken apart where they fail; each reply is handed on as soon as it is there.

The next batches are made ready in a thread while the device computes. A batch that raises is halved until the request at fault stands
alone; that one is a failure and the others go on. What was answered before a model breaks down has been handed on by then.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

from harness.errors import CorruptData, DataUseRefused, MissingData, ModelError, Unwritable
from harness.runs.journal import Key
from harness.types import Model, Pipelined, Request, Response, Streaming

_MESSAGE_LIMIT = 500
_DEFAULT_SIZE = 16
_AHEAD = 2
"""Batches that are made ready before their turn."""
_FINISHES = ("", "stop", "length")
_ENDS = (DataUseRefused, ModelError, Unwritable)
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
    places = model.partition([item.request for item in asked], size)
    if sorted(place for part in places for place in part) != list(range(len(asked))):
        raise ModelError(f"the model's batches do not hold each of the {len(asked)} requests once; a backend's partition() must.")
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
    try:
        if isinstance(model, Pipelined) and prepared is not None:
            found = list(model.answer(prepared.result()))
        else:
            found = list(model.generate([item.request for item in batch]))
    except _ENDS:
        raise
    except Exception as error:  # noqa: BLE001  a model's own failure is a value of the run, whatever it raises
        yield from _isolated(model, batch, error)
        return
    if len(found) != len(batch):
        raise ModelError(
            f"the model gave {len(found)} responses to {len(batch)} requests (first: '{batch[0].request.id}'); a backend must answer"
            " each request once, in order."
        )
    yield [(item, checked(item.request, response)) for item, response in zip(batch, found, strict=True)]


def _streamed(model: Streaming, batch: Sequence[Asked], prepared: Future[Any] | None) -> Iterator[Answered]:
    left = dict(enumerate(batch))
    try:
        ready = model.prepare([item.request for item in batch]) if prepared is None else prepared.result()
        with closing(model.stream(ready)) as arriving:
            for place, response in arriving:
                if place not in left:
                    raise ModelError(
                        f"the model answered place {place} of {len(batch)} twice, or there is none; a backend's stream() must not."
                    )
                item = left.pop(place)
                yield [(item, checked(item.request, response))]
    except _ENDS:
        raise
    except Exception as error:  # noqa: BLE001  as above
        yield from _isolated(model, list(left.values()), error)
        return
    if left:
        raise ModelError(
            f"the model gave no response to {len(left)} of {len(batch)} requests (first: '{next(iter(left.values())).request.id}');"
            " a backend's stream() must answer each place once."
        )


def _isolated(model: Model, batch: Sequence[Asked], error: Exception) -> Iterator[Answered]:
    """The halves of a batch that raised, each asked by itself; a request that raises alone has failed."""
    if len(batch) > 1:
        half = len(batch) // 2
        yield from _answer(model, batch[:half])
        yield from _answer(model, batch[half:])
    elif batch:
        # What cannot be read was so before the model saw it.
        own = isinstance(error, CorruptData | MissingData)
        yield [(batch[0], Response(error=f"{type(error).__name__}: {error}"[:_MESSAGE_LIMIT], of_request=own))]


def checked(request: Request, response: Response) -> Response:
    """The response as the journal can keep it, or a failure that says what is wrong with it."""
    try:
        kept = _plain(response)
    except (AttributeError, TypeError, ValueError, OverflowError) as error:
        return Response(error=f"no valid response: {error}"[:_MESSAGE_LIMIT])
    fault = _fault(request, kept)
    if not fault:
        return kept
    # A failure or a refusal is read for its words alone.
    return replace(kept, choice_log_probs=None) if kept.error is not None or kept.refusal else Response(error=fault)


def _plain(response: Response) -> Response:
    """Numbers of any library as Python's own, so that what is written is what is read."""
    for name in ("text", "thinking", "refusal"):
        if not isinstance(getattr(response, name), str):
            raise TypeError(f"its {name} is a {type(getattr(response, name)).__name__} and must be a text")
    if response.finish not in _FINISHES:
        raise ValueError(f"its finish is {response.finish!r} and must be stop, length or empty")
    if response.error is not None and not isinstance(response.error, str):
        raise TypeError(f"its error is a {type(response.error).__name__} and must be a text or None")
    scores, usage, seconds = response.choice_log_probs, response.usage, response.seconds
    return replace(
        response,
        choice_log_probs=None if scores is None else tuple(float(score) for score in scores),
        usage={str(name): int(number) for name, number in usage.items()} if isinstance(usage, Mapping) else {},
        seconds=float(seconds) if seconds is not None and math.isfinite(seconds) else None,
        of_request=bool(response.of_request),
        adapted=tuple(map(str, response.adapted)),
    )


def _fault(request: Request, response: Response) -> str:
    """Why the scores cannot be those of the request's choices; empty where they can."""
    scores = response.choice_log_probs
    if scores is None:
        return ""
    if len(scores) != len(request.item.choices):
        return f"{len(scores)} choice_log_probs for {len(request.item.choices)} choices"
    if any(math.isnan(score) or score > 1e-6 for score in scores):
        return "choice_log_probs hold a value that is no log-probability (NaN or above 0)"
    return ""
