"""How much of a reply is read: as much as an answer may have, and nothing that unpacks to more."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from typing import Any

from harness.models.server.faults import Malformed

LARGEST = 1 << 26
"""Bytes of one reply, likelihoods included; a thousandth is usual."""


async def bounded(response: Any) -> None:
    """Have a reply end in an error where it goes on for longer than any answer; for the client library's hook of responses.

    Raises:
        Malformed: It is compressed, which was not asked for and could hide any length.
    """
    encoding = response.headers.get("content-encoding", "identity")
    if encoding.lower() != "identity":
        raise Malformed(f"the reply is compressed ({encoding[:20]}), which was not asked for")
    library: Any = sys.modules[type(response).__module__.partition(".")[0]]  # whichever HTTP library the client stands on
    stream = response.stream

    class Bounded(library.AsyncByteStream):  # type: ignore[misc]
        async def __aiter__(self) -> AsyncIterator[bytes]:
            came = 0
            async for block in stream:
                came += len(block)
                if came > LARGEST:
                    raise Malformed(f"the reply goes on after {LARGEST:,} bytes; no answer is that long")
                yield block

        async def aclose(self) -> None:
            await stream.aclose()

    response.stream = Bounded()
