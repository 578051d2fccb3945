"""How much of a reply is read: as much as an answer may have, however small it was packed.

Some gateways compress what was asked for as it is. Their replies are unpacked here, piece by piece, so that one which would fill the
memory ends in a named error and not in the client library.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

from harness.models.server.faults import Malformed

LARGEST = 1 << 26
"""Bytes of one reply, likelihoods included; a thousandth is usual."""
_WINDOWS = {"gzip": 31, "x-gzip": 31, "deflate": zlib.MAX_WBITS}
"""How zlib is told of a packing's frame."""
_AS_IT_IS = ("", "identity")


async def bounded(response: Any) -> None:
    """Have a reply end in an error where it goes on for longer than any answer; for the client library's hook of responses.

    Raises:
        Malformed: It is packed in a way that nothing here unpacks. Reading it raises the same where it is too long, or is cut off.
    """
    packed = [name.strip().lower() for name in response.headers.get("content-encoding", "").split(",")]
    packed = [name for name in packed if name not in _AS_IT_IS]
    if len(packed) > 1 or any(name not in _WINDOWS for name in packed):
        raise Malformed(f"the reply is compressed ({', '.join(packed)[:20]}), which was not asked for; only gzip and deflate are unpacked")
    if packed:
        del response.headers["content-encoding"]  # else the library would unpack it once more, without a bound
    library: Any = sys.modules[type(response).__module__.partition(".")[0]]  # whichever HTTP library the client stands on
    stream = response.stream

    class Bounded(library.AsyncByteStream):  # type: ignore[misc]
        async def __aiter__(self) -> AsyncIterator[bytes]:
            unpacking = Unpacking(packed[0]) if packed else None
            came = 0
            async for block in stream:
                for piece in (block,) if unpacking is None else unpacking.pieces(block):
                    came += len(piece)
                    if came > LARGEST:
                        raise Malformed(f"the reply goes on after {LARGEST:,} bytes; no answer is that long")
                    yield piece
            if unpacking is not None:
                unpacking.end()

        async def aclose(self) -> None:
            await stream.aclose()

    response.stream = Bounded()


class Unpacking:
    """Unpacks a reply while it comes, never more than a piece at a time."""

    PIECE = 1 << 16
    """Bytes of a piece."""

    def __init__(self, packing: str) -> None:
        """Begin with nothing.

        Args:
            packing: ``gzip``, ``x-gzip`` or ``deflate``, whose senders disagree on whether it has a frame.
        """
        self._packing, self._head, self._begun = packing, b"", False
        self._inner = zlib.decompressobj(_WINDOWS[packing])

    def pieces(self, block: bytes) -> Iterator[bytes]:
        """What a block unpacks to.

        Raises:
            Malformed: It is not packed so.
        """
        rest = self._head + block
        if not self._begun and len(rest) < 2:
            self._head = rest  # the frame is told by two bytes
            return
        if not self._begun and self._packing == "deflate" and (rest[0] & 15 != 8 or int.from_bytes(rest[:2]) % 31):
            self._inner = zlib.decompressobj(-zlib.MAX_WBITS)
        self._begun, self._head = True, b""
        try:
            while rest:
                if self._inner.eof:  # one may stand behind another, as in files
                    self._inner = zlib.decompressobj(_WINDOWS[self._packing])
                while piece := self._inner.decompress(rest, self.PIECE):
                    yield piece
                    rest = self._inner.unconsumed_tail
                rest = self._inner.unused_data
        except zlib.error as error:
            raise Malformed(f"the reply is announced as {self._packing} and is none ({error})") from None

    def end(self) -> None:
        """Say that nothing more comes.

        Raises:
            Malformed: Something is missing.
        """
        if self._head or (self._begun and not self._inner.eof):
            raise Malformed(f"the reply, which is compressed ({self._packing}), was cut off on its way")
