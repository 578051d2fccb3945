"""One request of a run as one or two of the server's: the answer, and where the choices are echoed, their likelihoods."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from harness.models.server import completions, messages, pictures, replies, wire
from harness.models.server.arguments import Arguments
from harness.models.server.completions import Unscored
from harness.models.server.manners import Manner
from harness.models.server.wire import Interface
from harness.types import Request, Response

if TYPE_CHECKING:
    from openai import AsyncOpenAI

_UNSCORED = (
    "the server gives no likelihoods of what it reads, neither as an echo nor as prompt_logprobs; leave -a scores=echo out, or serve the"
    " model with vLLM or SGLang"
)


class NoScores(Exception):
    """The likelihoods that the user asks for cannot be had there."""


@dataclass(slots=True, kw_only=True)
class Asked:
    """A request on its way."""

    client: AsyncOpenAI
    model: str
    request: Request
    arguments: Arguments
    turn: Callable[[], Awaitable[None]]
    """Waits until a request may begin."""
    shown: list[tuple[str, str]]
    """Its pictures as data URLs, each with what was changed in it."""
    sent: Mapping[str, Any] = field(default_factory=dict)
    """The body that was sent last."""

    async def reply(self, manner: Manner) -> Response:
        """The response, asked in one manner.

        Raises:
            Exception: Whatever the connection or the reading of a reply raises: a failure of this try.
            NoScores: Scores are asked for, and the server has none.
        """
        started, decoding = time.monotonic(), self.request.decoding
        wanted = bool(self.request.item.choices)
        if self.arguments.api == "chat":
            urls = [url for url, _ in self.shown]
            body = messages.chat(self.request, urls, self.model, manner=manner, arguments=self.arguments)
            reply = await self._post("chat", body)
        else:
            body = messages.completion(self.request, self.model, manner=manner, arguments=self.arguments)
            reply = completions.as_chat(await self._post("completions", body))
        scores = await self._echoed(manner) if self.arguments.scores == "echo" and wanted else None
        response = replies.read(
            self.request,
            reply,
            scores=self.arguments.scores == "first-token",
            tags=self.arguments.thinking_tags,
            stops=decoding.stop if "stop" in manner.without else (),
            seconds=time.monotonic() - started,
        )
        changes = dict.fromkeys(change for _, change in self.shown if change)
        return _with(response, scores, (*manner.adapted(decoding, scores=self.arguments.scores), *changes))

    async def _echoed(self, manner: Manner) -> tuple[float, ...]:
        """The likelihoods of the choices behind the prompt."""
        choices = self.request.item.choices
        read = completions.texts(self.request.prompt, choices)
        body = messages.scoring(read, self.model, manner=manner, arguments=self.arguments)
        echo = await self._post("completions", body)
        try:
            return completions.choice_log_probs(echo, read, choices, written=manner.least)
        except Unscored:
            raise NoScores(_UNSCORED) from None

    async def _post(self, interface: Interface, body: Mapping[str, Any]) -> Any:
        self.sent = body
        await self.turn()
        return await wire.post(self.client, interface, body, seconds=self.arguments.timeout)


def _with(response: Response, scores: tuple[float, ...] | None, adapted: tuple[str, ...]) -> Response:
    """The response with what else is known of it; a refusal and a thought have no scores."""
    kept = response.choice_log_probs if scores is None or response.refusal or response.thinking else scores
    return replace(response, choice_log_probs=kept, adapted=adapted)


async def shown(request: Request, arguments: Arguments) -> list[tuple[str, str]]:
    """The request's pictures as data URLs, each with what was changed in it; decoded in another thread.

    Raises:
        HarnessError: One cannot be read.
    """
    limits = {"least": arguments.min_pixels, "most": arguments.max_pixels}
    return await asyncio.to_thread(lambda: [pictures.data_url(image, **limits) for image in request.item.images])
