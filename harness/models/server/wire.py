"""One request on its way to a server, and what comes back as JSON."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from harness.errors import HarnessError
from harness.models.server import streams
from harness.models.server.faults import Malformed, parsed

if TYPE_CHECKING:
    from openai import AsyncOpenAI

Interface = Literal["chat", "completions"]
_MOST_BYTES = 128 * 1024 * 1024
"""Of a reply, unpacked: several times what an answer of a hundred thousand tokens takes with all its likelihoods."""


class Endless(HarnessError):
    """A reply that is larger than any answer."""


async def post(client: AsyncOpenAI, interface: Interface, body: Mapping[str, Any], *, seconds: float) -> Any:
    """What a server answers.

    Args:
        client: The connection.
        interface: A chat, or a text that goes on.
        body: What is sent.
        seconds: How long the whole reply may take, its last piece included.

    Raises:
        OpenAIError: It answers with a bad status, or cannot be reached.
        Malformed: It answers with what is no JSON, is cut off, or does not come in time.
        Endless: It goes on and on.
        ErrorReply: A stream ends by an error.
    """
    try:
        async with asyncio.timeout(seconds):
            content = await _read(client, interface, body)
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


async def _read(client: AsyncOpenAI, interface: Interface, body: Mapping[str, Any]) -> bytes:
    """The bytes of a reply, unpacked as they come and never more than a reply can have."""
    # What the client library knows of the fields is passed by: the body is ours, whole.
    opening: Any = (
        client.chat.completions.with_streaming_response.create(model="", messages=[], extra_body=body)
        if interface == "chat"
        else client.completions.with_streaming_response.create(model="", prompt="", extra_body=body)
    )
    content = bytearray()
    async with opening as reply:
        try:
            async for piece in reply.iter_bytes():
                content += piece
                if len(content) > _MOST_BYTES:
                    raise Endless(f"the reply has more than {_MOST_BYTES // 2**20} MiB, which no answer has")
        except (HarnessError, TimeoutError):
            raise
        except Exception as error:  # of whichever transport the client library uses
            raise Malformed("the reply broke off") from error
    return bytes(content)
