"""The backend: many requests under way at once, what is lost asked again, what stays lost a failure and never an answer."""

from __future__ import annotations

import asyncio
import json
import os
import random
import time
from collections.abc import AsyncGenerator, Generator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from harness.errors import HarnessError, MissingData, ModelError, UsageError
from harness.models.server import arguments as args
from harness.models.server import messages
from harness.models.server.arguments import Arguments
from harness.types import Model, ModelInfo, Request, Response, Scene

if TYPE_CHECKING:
    import openai
    from openai import AsyncOpenAI

_WAVES = 4
"""Batches hold this many requests per request under way, so that a slow one does not leave the others idle."""
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 60.0
_MESSAGE_LIMIT = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A model on a server that answers."""

    info: ModelInfo
    arguments: Arguments
    model: str

    def for_task(self, scene: Scene) -> Model:
        """Itself.

        Raises:
            UsageError: The run asks for a beam search, which the interface does not know.
        """
        decoding = scene.decoding or scene.task.decoding
        if decoding.beams > 1:
            raise UsageError("openai: servers have no beam search; leave --beams out.")
        return self

    def partition(self, requests: Sequence[Request], size: int | None) -> Sequence[Sequence[int]]:
        """In the order of the run, several times as many as are under way."""
        step = size or _WAVES * self.arguments.concurrency
        return [range(start, min(start + step, len(requests))) for start in range(0, len(requests), step)]

    def prepare(self, requests: Sequence[Request]) -> Any:
        """The requests themselves: pictures are read as their turns come, so that a whole run can be streamed at once."""
        return tuple(requests)

    def stream(self, prepared: Any) -> Generator[tuple[int, Response], None, None]:
        """Replies as they arrive, with their places; so many requests under way as was said, no more prepared than those."""
        with asyncio.Runner() as loop:
            replies = self._replies(prepared)

            async def more() -> list[tuple[int, Response]]:
                return await anext(replies, [])

            try:
                while arrived := loop.run(more()):
                    yield from arrived
            finally:
                loop.run(_closed(replies))

    def answer(self, prepared: Any) -> Sequence[Response]:
        """Ask all, as many at once as was said."""
        return [response for _, response in sorted(self.stream(prepared), key=lambda pair: pair[0])]

    def generate(self, requests: Sequence[Request]) -> Sequence[Response]:
        """Answer a batch."""
        return self.answer(self.prepare(requests))

    async def _replies(self, requests: Sequence[Request]) -> AsyncGenerator[list[tuple[int, Response]], None]:
        """What has arrived since the last look, until all has."""
        due = enumerate(requests)
        under_way: dict[asyncio.Task[Response], int] = {}
        async with _client(self.arguments) as client:
            try:
                while True:
                    for place, request in islice(due, self.arguments.concurrency - len(under_way)):
                        under_way[asyncio.create_task(self._prepare_and_ask(client, request))] = place
                    if not under_way:
                        return
                    done, _ = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
                    yield [(under_way.pop(task), task.result()) for task in done]
            finally:
                for task in under_way:
                    task.cancel()
                await asyncio.gather(*under_way, return_exceptions=True)

    async def _prepare_and_ask(self, client: AsyncOpenAI, request: Request) -> Response:
        content = await asyncio.to_thread(_prepared, request)
        if isinstance(content, str):
            return Response(error=content, of_request=True)
        return await self._ask(client, request, content)

    async def _ask(self, client: AsyncOpenAI, request: Request, content: list[dict[str, Any]]) -> Response:
        """One request, tried again where that can help.

        Raises:
            ModelError: The server refuses the key or does not have the model: nothing it is asked can succeed.
        """
        import openai

        scores = self.arguments.scores == "first-token"
        asked: dict[str, Any] = messages.options(request.decoding, scores=scores and bool(request.item.choices))
        started, last = time.monotonic(), ""
        for attempt in range(self.arguments.retries + 1):
            wait = min(_LONGEST_WAIT, _FIRST_WAIT * 2**attempt) * (0.5 + random.random())  # noqa: S311  jitter, no secret
            try:
                found = await client.chat.completions.create(model=self.model, messages=content, **asked)  # type: ignore[arg-type]
                return messages.reply(request, found, scores=scores, seconds=time.monotonic() - started)
            except (openai.AuthenticationError, openai.PermissionDeniedError, openai.NotFoundError) as error:
                raise ModelError(
                    f"{self.arguments.address}: {_said(error)}. Is ${self.arguments.key_env} set, and is '{self.model}' served there?"
                ) from error
            except (openai.RateLimitError, openai.InternalServerError, openai.ConflictError) as error:
                last, wait = _said(error), _asked_wait(error, wait)
            except (openai.APIConnectionError, openai.APIResponseValidationError, messages.Malformed, json.JSONDecodeError) as error:
                last = _said(error)
            except openai.APIStatusError as error:
                if error.status_code != 408:
                    return Response(error=_said(error), seconds=round(time.monotonic() - started, 3))
                last = _said(error)
            if attempt < self.arguments.retries:
                await asyncio.sleep(wait)
        return Response(error=f"{last} (tried {self.arguments.retries + 1} times)", seconds=round(time.monotonic() - started, 3))


async def _closed(replies: AsyncGenerator[Any, None]) -> None:
    await replies.aclose()


def open_server(location: str, given: Any) -> Server:
    """The backend, once the server is known to have the model.

    Raises:
        UsageError: An argument is not known, or it cannot be told which model is meant.
        MissingData: The server cannot be reached.
        ModelError: The server refuses the key.
    """
    parsed = args.parse(location, given)
    model = parsed.model or asyncio.run(_only_model(parsed))
    address = parsed.address
    remote = args.is_remote(address)
    # The address itself stays off the record: a port that changes must not ask everything again, and a host's name is its owner's.
    facts = {"server": urlsplit(address).hostname or "" if remote else "this machine", "scores": parsed.scores}
    if parsed.price_in or parsed.price_out:
        facts |= {"price_in": f"{parsed.price_in:g}", "price_out": f"{parsed.price_out:g}"}
    notes = ["the server does not say which weights answer"] if not parsed.revision else []
    if parsed.scores == "first-token":
        notes.append(f"scores are likelihoods of the first token; a choice that is not among the {messages.TOP} likeliest has 0")
    info = ModelInfo(
        name=model.rstrip("/").rpartition("/")[2] if model.startswith("/") else model,  # a folder of the server's machine
        kind="openai",
        revision=parsed.revision,
        arguments=facts,
        remote=remote,
        scores="softmax" if parsed.scores == "first-token" else "none",
        note="; ".join(notes),
    )
    return Server(info=info, arguments=parsed, model=model)


async def _only_model(parsed: Arguments) -> str:
    """The one model that a server has."""
    import openai

    try:
        async with _client(parsed) as client:
            names = [item.id async for item in client.models.list()]
    except (openai.APIConnectionError, openai.APIResponseValidationError, json.JSONDecodeError) as error:
        raise MissingData(
            f"{parsed.address}: cannot be reached ({_said(error)}). Is the server up, and does its address end in /v1?"
        ) from error
    except openai.APIStatusError as error:
        raise ModelError(f"{parsed.address}: {_said(error)}. Is ${parsed.key_env} set? Name the model with -a model=NAME.") from error
    if len(names) != 1:
        raise UsageError(f"{parsed.address} has {len(names)} models ({', '.join(sorted(names)[:8])}); name one: -a model=NAME")
    return names[0]


def _client(parsed: Arguments) -> AsyncOpenAI:
    from openai import AsyncOpenAI

    # Servers of one's own want no key, and the library insists on one. Trying again is ours, so that a cut-off reply counts too.
    return AsyncOpenAI(base_url=parsed.address, api_key=os.environ.get(parsed.key_env) or "none", max_retries=0, timeout=parsed.timeout)


def _prepared(request: Request) -> list[dict[str, Any]] | str:
    try:
        return messages.messages(request)
    except HarnessError as error:
        return str(error)


def _asked_wait(error: openai.APIStatusError, own: float) -> float:
    """The seconds that the server asks to wait, where it does."""
    try:
        return min(_LONGEST_WAIT, max(own, float(error.response.headers["retry-after"])))
    except (KeyError, ValueError):
        return own


def _said(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:_MESSAGE_LIMIT]
