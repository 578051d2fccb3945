"""Requests as a server wants them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from harness.models.server.arguments import Arguments
from harness.models.server.manners import LIMIT, Manner
from harness.types import Decoding, Request


def chat(request: Request, pictures: list[str], model: str, *, manner: Manner, arguments: Arguments) -> dict[str, Any]:
    """The body of a chat of one turn.

    Args:
        request: What is asked.
        pictures: As data URLs.
        model: Its name on the server.
        manner: How the server wants to be asked.
        arguments: The user's.
    """
    scores = arguments.scores == "first-token" and bool(request.item.choices)
    body: dict[str, Any] = {"model": model, "messages": turns(request, pictures, parts=manner.parts)}
    body |= options(request.decoding, manner)
    if scores:
        body |= {"logprobs": True, "top_logprobs": manner.likeliest}
    return body | added(arguments, manner)


def completion(request: Request, model: str, *, manner: Manner, arguments: Arguments) -> dict[str, Any]:
    """The body of a text that goes on behind the prompt."""
    body: dict[str, Any] = {"model": model, "prompt": request.prompt, **options(request.decoding, manner)}
    if arguments.scores == "first-token" and request.item.choices:
        body["logprobs"] = manner.likeliest
    return body | added(arguments, manner)


def options(decoding: Decoding, manner: Manner) -> dict[str, Any]:
    """The decoding by the interface's names; what is at its default there, or is refused, is left out."""
    body: dict[str, Any] = {manner.limit: decoding.max_new_tokens} if manner.limit else {}
    body["temperature"] = decoding.temperature
    if decoding.temperature:
        body |= {"top_p": decoding.top_p, "seed": decoding.seed}
    if decoding.stop:
        body["stop"] = list(decoding.stop)
    return {name: value for name, value in body.items() if name not in manner.without}


def added(arguments: Arguments, manner: Manner) -> dict[str, Any]:
    """What the user adds to every request, and whether the reply comes in pieces."""
    body: dict[str, Any] = json.loads(arguments.extra_body) if arguments.extra_body else {}
    if arguments.thinking != "auto":
        # Templates call the switch by either name, and pass over what they do not know.
        wanted = arguments.thinking == "yes"
        own = body.get("chat_template_kwargs")
        body["chat_template_kwargs"] = {"enable_thinking": wanted, "thinking": wanted, **(own if isinstance(own, Mapping) else {})}
    if manner.stream:
        body["stream"] = True
        if "stream_options" not in manner.without:
            body["stream_options"] = {"include_usage": True}
    return body


def scoring(prompts: list[str], model: str, *, manner: Manner, arguments: Arguments) -> dict[str, Any]:
    """The body that has texts read and nothing written: their tokens with likelihoods."""
    body: dict[str, Any] = {"model": model, "prompt": prompts, manner.limit or LIMIT: manner.least, "temperature": 0.0}
    body |= {"prompt_logprobs": 0} if "echo" in manner.without else {"echo": True, "logprobs": 1}
    kept = {name: value for name, value in body.items() if name not in manner.without}
    return kept | (json.loads(arguments.extra_body) if arguments.extra_body else {})


def turns(request: Request, pictures: Sequence[str] = (), *, parts: bool = False) -> list[dict[str, Any]]:
    """The system's turn where there is one, and the user's: pictures first, then the prompt."""
    shown = [{"type": "image_url", "image_url": {"url": picture}} for picture in pictures]
    content: Any = [*shown, _part(request.prompt)] if pictures or parts else request.prompt
    system = [{"role": "system", "content": [_part(request.system)] if parts else request.system}] if request.system else []
    return [*system, {"role": "user", "content": content}]


def _part(text: str) -> dict[str, str]:
    return {"type": "text", "text": text}
