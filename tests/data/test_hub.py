"""Files of the Hub, fetched by the Hub's own library from a server on this machine that answers as the Hub does."""

from __future__ import annotations

import dataclasses
import hashlib
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from harness import cards
from harness.cards import Card
from harness.data import catalog, examples
from harness.data.fetch import hub, releases
from harness.errors import AdapterError, CorruptData, GatedData, MissingData, PrerequisiteError
from harness.types import Task
from tests.data.support import SAMPLES, sample, serving

COMMIT = "1234567890abcdef1234567890abcdef12345678"


class Hub(ThreadingHTTPServer):
    """The part of the Hub that serves files of datasets at a commit."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, bytes] = {}
        """``owner/name/path`` to content."""
        self.small: set[str] = set()
        """Those that Git keeps itself, so that their ETag is an object name."""
        self.commit = COMMIT
        self.etag = ""
        """In place of the true one."""
        self.gated = False
        self.asked: list[str] = []
        self.authorised: list[str] = []


class _Handler(BaseHTTPRequestHandler):
    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self.wfile.write(self._answer())

    def _answer(self) -> bytes:
        hub = self.server
        assert isinstance(hub, Hub)
        hub.asked.append(f"{self.command} {self.path}")
        hub.authorised.append(self.headers.get("Authorization", ""))
        name = self.path.removeprefix("/datasets/").replace(f"/resolve/{hub.commit}/", "/")
        content = hub.files.get(name)
        if hub.gated or content is None:
            self.send_response(403 if hub.gated else 404)
            self.send_header("X-Error-Code", "GatedRepo" if hub.gated else "EntryNotFound")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return b""
        etag = hub.etag or _git(content) if name in hub.small else hub.etag or hashlib.sha256(content).hexdigest()
        self.send_response(200)
        self.send_header("X-Repo-Commit", hub.commit if f"/resolve/{hub.commit}/" in self.path else "")
        self.send_header("ETag", f'"{etag}"')
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        return content

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


def _git(content: bytes) -> str:
    """The name that Git gives a file."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """The Hub, for the time of a test; the library reads its settings when it is imported, wherever that was."""
    for name in ("HARNESS_OFFLINE", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_TELEMETRY", True)  # it would ask the real Hub
    with Hub() as running, serving(running):
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{running.server_address[1]}")
        yield running


def quiet(_done: int, _total: int) -> None:
    """Sees nothing."""


@pytest.fixture
def path_vqa(served: Hub) -> Task[Any]:
    """PathVQA's card with the invented sample as what the Hub holds."""
    task = catalog.task("path_vqa")
    shards = sorted((SAMPLES / "path_vqa" / "data").iterdir())
    served.files = {f"{task.card.source['hub']}/data/{path.name}": path.read_bytes() for path in shards}
    entries = [{"path": f"data/{path.name}", "sha256": hashlib.sha256(path.read_bytes()).hexdigest()} for path in shards]
    card = cards.with_sample(task.card, SAMPLES / "path_vqa" / "sample.toml")
    return dataclasses.replace(task, card=structs.replace(card, source={**card.source, "revision": COMMIT, "hub_files": entries}))


def test_a_dataset_is_fetched_at_its_commit_and_read_from_its_files(path_vqa: Task[Any], served: Hub, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    found = hub.download(path_vqa.card, tmp_path, lambda done, total: seen.append((done, total)))
    assert [path.relative_to(tmp_path).as_posix() for path in found] == [
        f"path_vqa/{entry['path']}" for entry in path_vqa.card.source["hub_files"]
    ]
    assert not [line for line in served.asked if COMMIT not in line]
    assert not any(served.authorised), "a token was sent"
    assert {done for done, total in seen if done == total} == {len(content) for content in served.files.values()}
    assert sorted(path.name for path in (tmp_path / "path_vqa").iterdir()) == ["data"], "something was left behind"
    assert examples.load(path_vqa, data_root=tmp_path).fingerprint == sample("path_vqa").fingerprint


def test_what_is_there_is_checked_and_not_fetched_again(path_vqa: Task[Any], served: Hub, tmp_path: Path) -> None:
    hub.download(path_vqa.card, tmp_path, quiet)
    served.asked.clear()
    [first, *_] = hub.download(path_vqa.card, tmp_path, quiet)
    assert served.asked == []
    first.write_bytes(b"something else")
    with pytest.raises(CorruptData, match=r"parquet: its SHA-256 is [0-9a-f]{64}, the release's is [0-9a-f]{64}"):
        hub.download(path_vqa.card, tmp_path, quiet)


def test_the_command_fetches_through_it(path_vqa: Task[Any], served: Hub, tmp_path: Path) -> None:
    found = releases.fetch(path_vqa, tmp_path)
    assert (found.status, found.checked) == ("fetched", "the Hub's pinned revision")
    assert releases.fetch(path_vqa, tmp_path).status == "there"


@pytest.mark.usefixtures("no_socket")
def test_offline_no_socket_is_opened_and_the_message_says_what_to_do(
    path_vqa: Task[Any], served: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(PrerequisiteError, match="path_vqa: flaviagiammarino/path-vqa would need the network, and HF_HUB_OFFLINE is set"):
        hub.download(path_vqa.card, tmp_path, quiet)
    assert served.asked == []


def medical_dialogues(served: Hub, **changes: Any) -> Card:
    """A small file, which lies in a folder of its own in the repository and not in the release's."""
    name = "owner/dialogues/icliniq/test.json"
    served.files, served.small = {name: (SAMPLES / "icliniq" / "test.json").read_bytes()}, {name}
    card = catalog.card("icliniq")
    entry = {"path": "icliniq/test.json", "file": "test.json"}
    source = {**card.source, "hub": "owner/dialogues", "revision": COMMIT, "hub_files": [entry], **changes}
    return structs.replace(card, source=source)


def test_a_small_file_is_checked_by_gits_name_and_put_where_the_card_says(served: Hub, tmp_path: Path) -> None:
    [path] = hub.download(medical_dialogues(served), tmp_path, quiet)
    assert path == tmp_path / "icliniq" / "test.json"
    assert path.read_bytes() == (SAMPLES / "icliniq" / "test.json").read_bytes()


@pytest.mark.parametrize(("etag", "what"), [("0" * 40, "Git object name"), ("0" * 64, "SHA-256")])
def test_content_that_differs_from_what_the_hub_says_is_thrown_away(served: Hub, tmp_path: Path, etag: str, what: str) -> None:
    card = medical_dialogues(served)
    served.etag = etag
    with pytest.raises(
        CorruptData, match=rf"owner/dialogues, icliniq/test\.json: its {what} is [0-9a-f]+, the Hub's is 0+\. It was thrown"
    ):
        hub.download(card, tmp_path, quiet)
    assert not (tmp_path / "icliniq" / "test.json").exists()
    served.etag = ""
    assert hub.download(card, tmp_path, quiet)


@pytest.mark.parametrize(
    ("entry", "gated", "error", "message"),
    [
        ({"path": "icliniq/test.json", "sha256": "1" * 64}, False, CorruptData, r"the release's is 1{64}"),
        ({"path": "icliniq/test.json", "file": "../../elsewhere.json"}, False, CorruptData, "leads outside the release's folder"),
        (
            {"path": "icliniq/other.json"},
            False,
            MissingData,
            r"owner/dialogues, icliniq/other\.json at 1234567890ab: .* has no such file",
        ),
        ({"path": "icliniq/test.json"}, True, GatedData, "the repository is gated"),
    ],
    ids=["another content than the card's", "a place outside", "no such file", "gated"],
)
def test_what_is_not_to_be_had_is_not_put_in_place(
    served: Hub, tmp_path: Path, entry: dict[str, str], gated: bool, error: type[Exception], message: str
) -> None:
    card = medical_dialogues(served, hub_files=[entry])
    served.gated = gated
    with pytest.raises(error, match=message):
        hub.download(card, tmp_path / "root", quiet)
    assert not [path for path in tmp_path.rglob("*.json") if ".hub" not in path.parts]


def test_another_commit_is_refused(served: Hub, tmp_path: Path) -> None:
    card = medical_dialogues(served)
    served.files["owner/dialogues/resolve/" + COMMIT + "/icliniq/test.json"] = b"{}"
    served.commit = "f" * 40
    with pytest.raises(CorruptData, match=rf"gives icliniq/test\.json of commit .*, where {COMMIT} was asked for"):
        hub.download(card, tmp_path, quiet)


def test_a_hub_that_cannot_be_reached_is_named(served: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    card = medical_dialogues(served)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{free.getsockname()[1]}")
    with pytest.raises(MissingData, match=r"http://127\.0\.0\.1:\d+ cannot be reached or does not answer"):
        hub.download(card, tmp_path, quiet)


def test_a_mirror_that_anybody_can_change_is_refused(served: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://mirror.example")
    with pytest.raises(CorruptData, match=r"HF_ENDPOINT: http://mirror\.example must be https"):
        hub.download(medical_dialogues(served), tmp_path, quiet)


@pytest.mark.parametrize(
    "changes",
    [
        {"hub": "no-owner"},
        {"revision": "main"},
        {"hub_files": []},
        {"hub_files": ["test.json"]},
        {"hub_files": [{"file": "test.json"}]},
        {"hub_files": [{"path": "test.json", "md5": "0"}]},
    ],
    ids=["repository", "a branch", "no file", "a text", "no path", "unknown key"],
)
def test_a_card_that_describes_the_hub_wrongly_is_at_fault(served: Hub, changes: dict[str, Any]) -> None:
    with pytest.raises(AdapterError, match=r"icliniq\.toml: "):
        hub.files(medical_dialogues(served, **changes))


@pytest.mark.parametrize("name", ["slake_en", "slake_zh", "path_vqa", "vqa_rad@hub", "healthcaremagic", "icliniq"])
def test_every_card_of_the_hub_pins_a_commit_and_names_its_files(name: str) -> None:
    card = catalog.card(name)
    names = {file.file for file in hub.files(card)}
    for split in card.splits.values():
        part = split.select.get("part") or {"validate.json": "validation.json"}.get(split.select["file"], split.select["file"])
        assert any(file.removeprefix("data/").startswith(part) for file in names), part


def test_two_at_once_bring_a_dataset_once(path_vqa: Task[Any], served: Hub, tmp_path: Path) -> None:
    """What one is still bringing lies in a folder that the other would throw away when it is done."""
    with ThreadPoolExecutor(max_workers=3) as pool:
        found = list(pool.map(lambda _: hub.download(path_vqa.card, tmp_path, quiet), range(3)))
    assert found[0] == found[1] == found[2]
    assert len([line for line in served.asked if line.startswith("GET")]) == len(served.files)
    assert sorted(path.name for path in (tmp_path / "path_vqa").iterdir()) == ["data"]
