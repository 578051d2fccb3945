"""What a server of files may send in the place of a release: nothing of it stands under the release's name, and no download is endless."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from harness.data.fetch.download import download
from harness.data.fetch.remote import Remote
from tests.fuzz.bad_answers import odd, serving
from tests.fuzz.outcomes import Case, Done, holding

CONTENT = bytes(range(256)) * 400
PUBLISHED: Mapping[str, Mapping[str, object]] = {
    "nothing": {},
    "a size": {"size": len(CONTENT)},
    "a checksum": {"algorithm": "sha256", "checksum": hashlib.sha256(CONTENT).hexdigest()},
    "a size and a checksum": {"algorithm": "sha256", "checksum": hashlib.sha256(CONTENT).hexdigest(), "size": len(CONTENT)},
}
IN_EVERY_RUN = 35
OK = b"HTTP/1.1 200 OK\r\nConnection: close\r\n"


def cases() -> Iterator[Case]:
    """Every way of sending it, for every state of what is published of a file, begun anew and gone on with."""
    for known, facts in PUBLISHED.items():
        for begun in (0, 1000):
            for name, blocks in _sent().items():
                yield _case(f"{name}; {known} is published" + (f", {begun:,} bytes are there" if begun else ""), facts, begun, blocks)


def _sent() -> Mapping[str, list[bytes]]:
    length = b"Content-Length: %d\r\n" % len(CONTENT)
    return {
        **odd(OK, CONTENT),
        "the file": [OK + length + b"\r\n", CONTENT],
        "the file without its length": [OK + b"\r\n", CONTENT],
        "no HTTP": [b"220 FTP ready\r\n"],
        "an empty file": [OK + b"Content-Length: 0\r\n\r\n"],
        "a web page": [OK + b"Content-Type: text/html\r\n\r\n", b"<!doctype html><title>Log in</title>"],
        "a web page called a file": [OK + b"\r\n", b"<!doctype html><title>Log in</title>"],
        "more of it": [OK + b"\r\n", CONTENT, b"more"],
        "more than announced": [OK + length + b"\r\n", CONTENT, b"more"],
        "another file of its size": [OK + length + b"\r\n", bytes(reversed(CONTENT))],
        "a length of 6,000 digits": [OK + b"Content-Length: " + b"9" * 6000 + b"\r\n\r\n", CONTENT],
        "two lengths": [OK + length + b"Content-Length: 5\r\n\r\n", CONTENT],
        "an exabyte announced": [OK + b"Content-Length: 1000000000000000000\r\n\r\n", CONTENT],
        "pieces": [OK + b"Transfer-Encoding: chunked\r\n\r\n", b"%X\r\n" % len(CONTENT) + CONTENT + b"\r\n0\r\n\r\n"],
        "pieces that stop": [OK + b"Transfer-Encoding: chunked\r\n\r\n", b"%X\r\n" % len(CONTENT) + CONTENT[:99]],
        "a part that was not asked for": [b"HTTP/1.1 206 x\r\nContent-Range: bytes 7-99/100\r\nConnection: close\r\n\r\n", CONTENT[7:99]],
        "a range that is none": [b"HTTP/1.1 206 x\r\nContent-Range: bytes x-y/z\r\nConnection: close\r\n\r\n", CONTENT],
        "a version with half a character": [OK + b'ETag: "\xed\xa0\xbd"\r\n' + length + b"\r\n", CONTENT],
        **{f"a redirect to {name}": [_redirect(place)] for name, place in _PLACES.items()},
        **{f"status {status}": [b"HTTP/1.1 %d x\r\nContent-Length: 0\r\n\r\n" % status] for status in _STATUSES},
        "a wait of 6,000 digits": [b"HTTP/1.1 503 x\r\nRetry-After: " + b"9" * 6000 + b"\r\nContent-Length: 0\r\n\r\n"],
        "a wait that is none": [b"HTTP/1.1 503 x\r\nRetry-After: soon\r\nContent-Length: 0\r\n\r\n"],
    }


_STATUSES = (204, 304, 401, 404, 416, 451, 503, 999)
_PLACES: Mapping[str, bytes] = {
    "itself": b"/file",
    "a file of this machine": b"file:///etc/passwd",
    "what is no address": b"http://[::1",
    "a port that is none": b"http://127.0.0.1:99999999/",
    "a name too long": b"https://" + b"x" * 300 + b"/",
    "nowhere": b"",
    "a place that could be changed on its way": b"http://example.invalid/file",
}


def _redirect(place: bytes) -> bytes:
    return b"HTTP/1.1 302 x\r\nLocation: " + place + b"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


def _case(name: str, facts: Mapping[str, object], begun: int, blocks: list[bytes]) -> Case:
    return Case(
        kind="downloads",
        name=name,
        write=holding("file.part", CONTENT[:begun]) if begun else lambda _folder: None,
        command=functools.partial(_brought, facts, blocks),
        oracle=functools.partial(_oracle, facts),
    )


def _brought(facts: Mapping[str, object], blocks: list[bytes]) -> bytes:
    target = Path.cwd() / "file"
    with serving(blocks) as address:
        remote = Remote(url=f"{address}/file", **facts)  # type: ignore[arg-type]
        download(remote, target, lambda done, total: None, pause=lambda seconds: None)
    return target.read_bytes()


def _oracle(facts: Mapping[str, object], done: Done) -> str:
    """What came is the file, or a file of which nothing is published that could tell it from another."""
    left = [path.name for path in Path.cwd().iterdir() if path.name != "file" and not path.name.startswith(".")]
    if left:
        return f"left behind: {left}"
    if done.value == CONTENT:
        return ""
    if "checksum" in facts or ("size" in facts and len(done.value) != facts["size"]):
        return f"another file was accepted: {done.value[:40]!r}"
    return "" if done.value in (bytes(reversed(CONTENT)), CONTENT + b"more") else f"accepted: {done.value[:40]!r}"
