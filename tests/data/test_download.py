"""Downloads, against a server of our own on this machine that misbehaves where it is told to."""

from __future__ import annotations

import hashlib
import socket
import threading
from pathlib import Path
from typing import Any

import pytest

from harness.data.fetch.download import download
from harness.data.fetch.remote import Remote, check_address, offline
from harness.errors import CorruptData, MissingData, PrerequisiteError

CONTENT = bytes(range(256)) * 2000
MD5 = hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()
SHA256 = hashlib.sha256(CONTENT).hexdigest()
NOTHING = "0" * 32


def get(remote: Remote, target: Path) -> tuple[list[tuple[int, int]], list[float]]:
    """Download without waiting; the progress that was reported, and the seconds that would have been waited."""
    seen: list[tuple[int, int]] = []
    waits: list[float] = []
    download(remote, target, lambda done, total: seen.append((done, total)), pause=waits.append)
    return seen, waits


@pytest.fixture
def url(server: Any) -> str:
    server.files["/release.npz"] = CONTENT
    return f"{server.address}/release.npz"


@pytest.mark.parametrize(("algorithm", "checksum"), [("md5", MD5), ("sha256", SHA256), ("", "")])
def test_a_file_is_put_in_its_place(tmp_path: Path, url: str, algorithm: Any, checksum: str) -> None:
    target = tmp_path / "new" / "release.npz"
    seen, _ = get(Remote(url=url, algorithm=algorithm, checksum=checksum, size=512_000), target)
    assert target.read_bytes() == CONTENT
    assert seen[-1] == (512_000, 512_000)
    assert [path.name for path in target.parent.iterdir()] == ["release.npz"]


def test_a_cut_connection_is_taken_up_where_it_broke(tmp_path: Path, server: Any, url: str) -> None:
    server.cuts = [100_000, 50_000]
    _, waits = get(Remote(url=url, algorithm="md5", checksum=MD5), tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == CONTENT
    assert server.ranges == ["", "bytes=100000-", "bytes=150000-"]
    assert waits == [1.0, 1.0]  # each try brought something new


def test_a_server_that_gives_nothing_is_given_up_and_what_came_is_kept(tmp_path: Path, server: Any, url: str) -> None:
    server.cuts = [100_000, 0, 0, 0, 0, 0]
    remote = Remote(url=url, algorithm="md5", checksum=MD5)
    with pytest.raises(MissingData, match=r"cannot be reached .*100,000 of 512,000 bytes.*kept in x\.part, and the same command goes on"):
        get(remote, tmp_path / "x")
    assert (tmp_path / "x.part").stat().st_size == 100_000
    server.cuts = []
    get(remote, tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == CONTENT
    assert server.ranges[-1] == "bytes=100000-"


@pytest.mark.parametrize(
    ("part", "checksum", "ranges"),
    [(b"of another version", "", [""]), (b"?" * 1000, MD5, ["bytes=1000-", ""]), (CONTENT, MD5, ["bytes=512000-"])],
    ids=["without a checksum it begins again", "another version's costs one more download", "all there is is all"],
)
def test_a_later_command_goes_on_where_a_checksum_decides(
    tmp_path: Path, server: Any, url: str, part: bytes, checksum: str, ranges: list[str]
) -> None:
    (tmp_path / "x.part").write_bytes(part)
    get(Remote(url=url, algorithm="md5" if checksum else "", checksum=checksum), tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == CONTENT
    assert server.ranges == ranges


def test_a_server_without_ranges_is_read_from_the_start(tmp_path: Path, server: Any, url: str) -> None:
    server.cuts, server.knows_ranges = [100_000], False
    get(Remote(url=url, algorithm="md5", checksum=MD5), tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("served", "facts", "message"),
    [
        ({}, {"algorithm": "md5", "checksum": NOTHING}, rf"its MD5 is {MD5}, the release's is {NOTHING}\. It was discarded"),
        ({}, {"size": 17}, "the server offers 512,000 bytes, the release's file has 17"),
        ({"states_length": False}, {"size": 17}, "more than the 17 bytes"),
        ({"content_type": "text/html; charset=utf-8"}, {}, "a web page came in place of the file"),
    ],
    ids=["content", "size", "size without a length", "a web page"],
)
def test_what_is_not_the_file_is_refused_and_does_not_stay(
    tmp_path: Path, server: Any, url: str, served: dict[str, Any], facts: dict[str, Any], message: str
) -> None:
    for name, value in served.items():
        setattr(server, name, value)
    with pytest.raises(CorruptData, match=message):
        get(Remote(url=url, **facts), tmp_path / "x")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("status", "tries"), [(503, 4), (429, 4), (404, 1), (403, 1)])
def test_a_busy_server_is_asked_again_and_one_that_lacks_the_file_is_not(
    tmp_path: Path, server: Any, url: str, status: int, tries: int
) -> None:
    server.statuses = [status] * 10
    with pytest.raises(MissingData, match=rf"127\.0\.0\.1 answers {status} .* has the release moved\?"):
        get(Remote(url=url), tmp_path / "x")
    assert len(server.ranges) == tries


def test_a_busy_server_says_how_long_to_wait(tmp_path: Path, server: Any, url: str) -> None:
    server.statuses, server.retry_after = [503], "7"
    _, waits = get(Remote(url=url), tmp_path / "x")
    assert waits == [7.0]


@pytest.mark.parametrize("elsewhere", ["http://example.org/x", "file:///etc/passwd", "ftp://example.org/x"])
def test_a_redirect_to_an_address_that_anybody_can_change_is_not_followed(tmp_path: Path, server: Any, url: str, elsewhere: str) -> None:
    server.redirects["/release.npz"] = elsewhere
    with pytest.raises((CorruptData, MissingData), match=r"must be https|answers 302"):
        get(Remote(url=url), tmp_path / "x")
    assert list(tmp_path.iterdir()) == []


def test_a_redirect_on_this_machine_is_followed(tmp_path: Path, server: Any, url: str) -> None:
    server.redirects["/release.npz"] = f"{server.address}/moved.npz"
    server.files["/moved.npz"] = CONTENT
    get(Remote(url=url, algorithm="md5", checksum=MD5), tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == CONTENT


@pytest.mark.parametrize("address", ["http://example.org/x", "file:///etc/passwd", "ftp://127.0.0.1/x", "example.org/x"])
def test_an_address_must_be_https(address: str) -> None:
    with pytest.raises(CorruptData, match="must be https"):
        check_address(address, "card.toml")


@pytest.mark.usefixtures("no_socket")
@pytest.mark.parametrize("name", ["HARNESS_OFFLINE", "HF_HUB_OFFLINE"])
def test_offline_opens_no_socket(tmp_path: Path, url: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "1")
    with pytest.raises(PrerequisiteError, match=f"{name} is set: no connection is made"):
        get(Remote(url=url), tmp_path / "new" / "x")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("value", "expected"), [("1", "HF_HUB_OFFLINE"), ("true", "HF_HUB_OFFLINE"), ("0", ""), ("", "")])
def test_offline_is_read_as_the_hub_reads_it(value: str, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", value)
    assert offline() == expected


def test_no_network_is_said_clearly(tmp_path: Path) -> None:
    with socket.socket() as taken:  # bound and not listening: nobody answers there
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(MissingData, match=r"127\.0\.0\.1 cannot be reached .* is there a network\?"):
            get(Remote(url=f"http://127.0.0.1:{taken.getsockname()[1]}/x"), tmp_path / "x")


def test_a_folder_that_is_a_file_is_named(tmp_path: Path, url: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PrerequisiteError, match=r"file.*: cannot be written .*, or choose another --data-root"):
        get(Remote(url=url), tmp_path / "file" / "x")


@pytest.mark.parametrize("checksum", [MD5, ""], ids=["with a checksum", "without"])
def test_a_file_that_another_is_bringing_is_waited_for_and_taken(tmp_path: Path, server: Any, url: str, checksum: str) -> None:
    """Four at once: the file comes once, whole, and no half of one is joined to another's."""
    remote = Remote(url=url, algorithm="md5" if checksum else "", checksum=checksum)
    held, released = threading.Event(), threading.Event()

    def begin(_done: int, _total: int) -> None:
        held.set()
        released.wait(timeout=60)

    first = threading.Thread(target=download, args=(remote, tmp_path / "x", begin))
    first.start()
    assert held.wait(timeout=60)
    seen: list[int] = []

    def follower() -> tuple[threading.Thread, threading.Event]:
        waits = threading.Event()

        def follow(done: int, _total: int) -> None:
            seen.append(done)
            waits.set()

        return threading.Thread(target=download, args=(remote, tmp_path / "x", follow)), waits

    followers = [follower() for _ in range(3)]
    for thread, _ in followers:
        thread.start()
    for _, waits in followers:  # one that comes after the end would ask for the file anew, and rightly
        assert waits.wait(timeout=60)
    assert not (tmp_path / "x").exists()
    released.set()
    for thread in (first, *(thread for thread, _ in followers)):
        thread.join()
    assert (tmp_path / "x").read_bytes() == CONTENT
    assert len(server.ranges) == 1
    assert max(seen) <= len(CONTENT)
    assert [path.name for path in tmp_path.iterdir()] == ["x"]
