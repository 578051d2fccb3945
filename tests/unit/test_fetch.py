"""Fetching, against a server of our own on this machine."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from harness.cards import Card
from harness.errors import CorruptData, GatedData, MissingData
from harness.fetch import fetch

CONTENT = bytes(range(256)) * 2000
MD5 = hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()


class Server(ThreadingHTTPServer):
    """Serves CONTENT; cuts the first answer short where told to, and remembers the ranges asked for."""

    cut_after = 0
    ranges: list[str]


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, Server)
        asked = self.headers.get("Range", "")
        server.ranges.append(asked)
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(len(CONTENT) - start))
        self.end_headers()
        end = server.cut_after or len(CONTENT)
        server.cut_after = 0
        self.wfile.write(CONTENT[start:end])

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Handler) as running:
        running.ranges = []
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield running
        running.shutdown()


@pytest.fixture
def card_of(toy_card: Card) -> Callable[..., Card]:
    def make(server: Server, md5: str = MD5) -> Card:
        url = f"http://127.0.0.1:{server.server_address[1]}/release.npz"
        return replace(toy_card, source={"file": "release.npz", "url": url, "md5": md5})

    return make


def test_a_release_is_put_in_its_place(tmp_path: Path, server: Server, card_of: Callable[..., Card]) -> None:
    seen: list[tuple[int, int]] = []
    path = fetch(card_of(server), tmp_path, lambda done, total: seen.append((done, total)))
    assert path == tmp_path / "toy" / "release.npz"
    assert path.read_bytes() == CONTENT
    assert seen[-1] == (len(CONTENT), len(CONTENT))


def test_a_release_that_is_there_is_not_fetched_again(tmp_path: Path, server: Server, card_of: Callable[..., Card]) -> None:
    fetch(card_of(server), tmp_path)
    fetch(card_of(server), tmp_path)
    assert len(server.ranges) == 1


def test_an_interrupted_download_goes_on_where_it_stopped(tmp_path: Path, server: Server, card_of: Callable[..., Card]) -> None:
    server.cut_after = 100_000
    with pytest.raises(MissingData, match="the same command goes on"):
        fetch(card_of(server), tmp_path)
    assert fetch(card_of(server), tmp_path).read_bytes() == CONTENT
    assert server.ranges == ["", "bytes=100000-"]


def test_another_content_is_discarded_with_both_checksums(tmp_path: Path, server: Server, card_of: Callable[..., Card]) -> None:
    with pytest.raises(CorruptData, match=rf"has MD5 {MD5}, the release's is {'0' * 32}"):
        fetch(card_of(server, md5="0" * 32), tmp_path)
    assert not list((tmp_path / "toy").iterdir())


def test_no_network_is_said_clearly(tmp_path: Path, toy_card: Card) -> None:
    card = replace(toy_card, source={"file": "x", "url": "http://127.0.0.1:9/x", "md5": MD5})
    with pytest.raises(MissingData, match=r"127\.0\.0\.1 cannot be reached .* is there a network\?"):
        fetch(card, tmp_path)


def test_what_is_not_open_is_not_fetched(tmp_path: Path, toy_card: Card) -> None:
    with pytest.raises(GatedData, match=r"needs an account or an agreement.*\nNothing to obtain"):
        fetch(replace(toy_card, access="credentialed"), tmp_path)


def test_an_address_that_anybody_can_change_is_refused(tmp_path: Path, toy_card: Card) -> None:
    with pytest.raises(CorruptData, match="must be https"):
        fetch(replace(toy_card, source={"file": "x", "url": "http://example.org/x", "md5": MD5}), tmp_path)


def test_a_card_that_names_a_file_outside_its_folder_is_refused(tmp_path: Path, server: Server, card_of: Callable[..., Card]) -> None:
    card = card_of(server)
    with pytest.raises(CorruptData, match="leads outside the release's folder"):
        fetch(replace(card, source={**card.source, "file": "../../elsewhere.npz"}), tmp_path)
    assert not server.ranges
