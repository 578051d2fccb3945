"""One request on its way to a server, and what comes back as JSON."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from harness.models.server import streams
from harness.models.server.faults import Malformed, parsed

if TYPE_CHECKING:
    from openai import AsyncOpenAI

Interface = Literal["chat", "completions"]
_PATHS: Mapping[Interface, str] = {"chat": "/chat/completions", "completions": "/completions"}


async def post(client: AsyncOpenAI, interface: Interface, body: Mapping[str, Any], *, seconds: float) -> Any:
    """What a server answers.

    Args:
        client: The connection.
        interface: A chat, or a text that goes on.
        body: What is sent.
        seconds: How long the whole reply may take, its last piece included.

    Raises:
        OpenAIError: It answers with a bad status, or cannot be reached.
        Malformed: It answers with what is no JSON, is cut off, has no end, or does not come in time.
        ErrorReply: A stream ends by an error.
    """
    try:
        async with asyncio.timeout(seconds):
            content = await client.post(_PATHS[interface], cast_to=bytes, body=body)
    except TimeoutError:
        raise Malformed(f"no whole reply within {seconds:g} s") from None
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise Malformed(f"the reply is not UTF-8 at byte {error.start}") from error
    if streams.is_stream(text):
        return streams.completion(text)
    if not text.lstrip().startswith(("{", "[", '"')):
        raise Malformed("the reply has no choices; does the address lead to /v1?")
    return parsed(text, "the reply")
