"""A server of files on this machine."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.data.support import serving


class Server(ThreadingHTTPServer):
    """Serves files from memory; misbehaves where told to, and remembers the ranges asked for."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, bytes] = {}
        self.redirects: dict[str, str] = {}
        self.cuts: list[int] = []
        """After how many bytes each of the next answers breaks off."""
        self.statuses: list[int] = []
        """What the next answers are in place of the file."""
        self.retry_after = ""
        self.content_type = "application/octet-stream"
        self.knows_ranges = True
        self.states_length = True
        self.ranges: list[str] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, Server)
        asked = self.headers.get("Range", "")
        server.ranges.append(asked)
        content = server.files.get(self.path.split("?")[0])
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and server.knows_ranges else 0
        if server.statuses or content is None or self.path in server.redirects or start >= len(content):
            status = server.statuses.pop(0) if server.statuses else 302 if self.path in server.redirects else 416 if content else 404
            self.send_response(status)
            if server.retry_after:
                self.send_header("Retry-After", server.retry_after)
            if status == 302:
                self.send_header("Location", server.redirects[self.path])
            self.end_headers()
            return
        self.send_response(206 if start else 200)
        self.send_header("Content-Type", server.content_type)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        if server.states_length:
            self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        end = start + server.cuts.pop(0) if server.cuts else len(content)
        with contextlib.suppress(ConnectionError):  # the client may have seen enough
            self.wfile.write(content[start:end])

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server on this machine, for the time of a test."""
    for name in ("HARNESS_OFFLINE", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    with Server() as running, serving(running):
        yield running


@pytest.fixture
def no_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever opens a socket is found."""

    def opened(*_arguments: object, **_more: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", opened)
