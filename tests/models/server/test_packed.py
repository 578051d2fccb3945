"""Replies that come compressed although they were asked for as they are: unpacked with the bound of all others, or refused by name."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable
from typing import Any

import pytest

from harness.models.server import bodies
from tests.models.server.toys import completion, question

RAW = zlib.compressobj(wbits=-zlib.MAX_WBITS)
PACKERS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "in capitals, beside nothing": ("GZIP, identity", gzip.compress),
    "an older name": ("x-gzip", gzip.compress),
    "in two parts": ("gzip", lambda content: gzip.compress(content[:30]) + gzip.compress(content[30:])),
    "deflate": ("deflate", zlib.compress),
    "deflate without a frame": ("deflate", lambda content: RAW.compress(content) + RAW.flush()),
    "not at all": ("identity", bytes),
}


@pytest.mark.parametrize("case", PACKERS)
def test_a_compressed_reply_is_the_same_reply(serve: Any, opened: Any, case: str) -> None:
    encoding, pack = PACKERS[case]
    server = serve(lambda request, number: (200, pack(json.dumps(completion("yes")).encode()), {"Content-Encoding": encoding}))
    [response] = opened(server, retries="0").generate([question()])
    assert (response.text, response.error, response.usage) == ("yes", None, {"prompt": 7, "completion": 2})
    assert server.headers[0]["accept-encoding"] == "identity", "nobody is asked for it"


def test_a_compressed_stream_and_a_compressed_error_are_read(serve: Any, opened: Any) -> None:
    def answer(request: dict[str, Any], number: int) -> Any:
        stream = b'data: {"choices": [{"delta": {"content": "yes"}, "finish_reason": "stop"}]}\n\ndata: [DONE]\n\n'
        well = request["messages"][0]["content"] == "why?"
        content = stream if well else b'{"error": {"message": "not this one"}}'
        return 200 if well else 400, gzip.compress(content), {"Content-Encoding": "gzip"}

    told, refused = opened(serve(answer), stream="yes", retries="0").generate([question("why?"), question("what?")])
    assert (told.text, told.error) == ("yes", None)
    assert refused.error == "HTTP 400: not this one"


WRONG: dict[str, tuple[str, bytes, str]] = {
    "a bomb": ("gzip", gzip.compress(b" " * 2**20), "the reply goes on after 524,288 bytes; no answer is that long"),
    "Brotli": ("br", b"x", "the reply is compressed (br), which was not asked for; only gzip and deflate are unpacked"),
    "Zstandard": ("zstd", b"x", "the reply is compressed (zstd)"),
    "twice": ("gzip, gzip", b"x", "the reply is compressed (gzip, gzip)"),
    "cut off": ("gzip", gzip.compress(b'{"choices": []}')[:-3], "the reply, which is compressed (gzip), was cut off on its way"),
    "one byte": ("gzip", b"\x1f", "was cut off on its way"),
    "not packed": ("gzip", b'{"choices": []}', "the reply is announced as gzip and is none"),
    "something behind it": ("deflate", zlib.compress(b"{}") + b"more", "the reply is announced as deflate and is none"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_unpacked_or_would_not_end_is_named(serve: Any, opened: Any, monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    """The bomb unpacks to a megabyte, where replies may have half of one."""
    monkeypatch.setattr(bodies, "LARGEST", 2**19)
    encoding, content, says = WRONG[case]
    server = serve(lambda request, number: (200, content, {"Content-Encoding": encoding}))
    [response] = opened(server, retries="0").generate([question()])
    assert says in response.error


@pytest.mark.parametrize("step", [1, 2, 3, 1000])
def test_pieces_are_small_however_they_arrive(step: int) -> None:
    content = bytes(range(256)) * 4000
    packed = zlib.compress(content)
    unpacking = bodies.Unpacking("deflate")
    pieces = [piece for at in range(0, len(packed), step) for piece in unpacking.pieces(packed[at : at + step])]
    unpacking.end()
    assert b"".join(pieces) == content
    assert max(map(len, pieces)) <= bodies.Unpacking.PIECE
