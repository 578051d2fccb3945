"""The address that was judged is where requests go: no proxy between, no redirect after, nothing of a credentialed row elsewhere."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness import models
from harness.data import catalog
from harness.data.examples import SAMPLES
from harness.errors import DataUseRefused, ModelError, UsageError
from harness.models.server.arguments import parse
from harness.runs import evaluate
from harness.runs.plan import Options
from harness.stats.bootstrap import Bootstrap
from tests.models.server.toys import question, well


class Listener:
    """Whoever stands in the way: keeps every byte that it is sent, and hangs up."""

    def __init__(self) -> None:
        self.server = socket.create_server(("127.0.0.1", 0))
        self.heard: list[bytes] = []
        self.thread = threading.Thread(target=self._listen, daemon=True)
        self.thread.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.getsockname()[1]}"

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self.server.accept()
            except OSError:
                return
            with connection:
                self.heard.append(connection.recv(65536))


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener()
    yield made
    made.server.close()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A release of a credentialed task with a sentence to be recognised by, as if it were the real one."""
    folder = tmp_path / "data" / "mednli"
    folder.mkdir(parents=True)
    row = json.loads((SAMPLES / "mednli" / "mli_test_v1.jsonl").read_text().splitlines()[0])
    rows = [{**row, "pairID": f"p{number}", "sentence1": f"CANARY sentence {number}."} for number in range(3)]
    (folder / "mli_test_v1.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path / "data"


def ask(spec: str, root: Path, results: Path, arguments: dict[str, str] | None = None, **options: Any) -> Any:
    settings = Options(data_root=root, accept_different=True, results=results, plan=Bootstrap(resamples=0), give_up_after=2, **options)
    return evaluate.evaluate(catalog.task("mednli"), models.open_model(spec, {"retries": "0", **(arguments or {})}), settings)


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])
def test_rows_of_a_credentialed_task_take_no_proxy(
    name: str, serve: Any, root: Path, tmp_path: Path, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, listener.address)
    monkeypatch.setenv("no_proxy", "")
    server = serve(well)
    run = ask(f"openai:{server.address}", root, tmp_path / "results")
    assert (run.record.counts.failed, len(server.asked)) == (0, 3)
    assert listener.heard == []


def test_neither_does_a_server_of_this_machine_over_tls(listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, listener.address)
    backend: Any = models.open_model("openai:https://127.0.0.1:9/v1", {"model": "tiny", "retries": "0"})
    [response] = backend.generate([question()])
    assert response.error.startswith("APIConnectionError")
    assert listener.heard == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_told_and_not_followed(status: int, serve: Any, root: Path, tmp_path: Path, listener: Listener) -> None:
    server = serve(lambda request, number: (status, {}, {"Location": f"{listener.address}/v1/chat/completions"}))
    with pytest.raises(ModelError, match=f"HTTP {status}"):
        ask(f"openai:{server.address}", root, tmp_path / "results")
    assert listener.heard == []
    replies = next((tmp_path / "results").rglob("replies.jsonl")).read_text()
    assert f"HTTP {status}: it sends requests on to another address, which is not followed: name that address itself" in replies


def test_a_list_of_models_is_not_fetched_from_where_a_redirect_leads(serve: Any, listener: Listener) -> None:
    server = serve(well, (307, {}, {"Location": f"{listener.address}/v1/models"}))
    with pytest.raises(ModelError, match="HTTP 307: it sends requests on to another address"):
        models.open_model(f"openai:{server.address}", {})
    assert listener.heard == []


@pytest.mark.parametrize(
    "host", ["127.1", "0x7f.1", "2130706433", "0177.0.0.1", "[::ffff:127.0.0.1]", "localhost.", "LOCALHOST", "127.0.0.1.", "127。0。0。1"]
)
def test_this_machine_is_reached_in_every_spelling(host: str, serve: Any, root: Path, tmp_path: Path) -> None:
    server = serve(well)
    run = ask(f"openai:http://{host}:{server.server_port}/v1", root, tmp_path / "results")
    assert not run.record.model.remote
    assert run.record.model.arguments["server"] == "this machine"
    assert len(server.asked) == 3


@pytest.mark.parametrize(
    "location",
    [
        "http://10.0.0.5:8000/v1",
        "http://localhost@192.0.2.1/v1",
        "http://127.0.0.1:80@evil.example/v1",
        "http://127.0.0.1.evil.example/v1",
        "http://localtest.me/v1",
        "http://169.254.169.254/v1",
        "http://[fe80::1%25lo]/v1",
        "http://[::ffff:192.0.2.1]/v1",
        "https://api.openai.com/v1",
    ],
)
def test_rows_are_refused_to_every_other_address_before_it_is_asked(location: str, root: Path, tmp_path: Path) -> None:
    with pytest.raises(DataUseRefused, match=r"(?s)its text and images would leave this one\..* --allow-remote"):
        ask(f"openai:{location}", root, tmp_path / "results", {"model": "m", "identity": "asked for no list"})
    assert not list((tmp_path).rglob("replies*"))


@pytest.mark.parametrize("address", ["http://127.0.0.1\\@evil.example/v1", "http://127.0.0.1\n.evil.example/v1", "http://127.0.0.1\t/v1"])
def test_what_readers_of_addresses_take_in_different_ways_is_no_address(address: str) -> None:
    with pytest.raises(UsageError, match="an address holds no blank, backslash or control character"):
        parse("m", {"base_url": address})


def test_a_server_elsewhere_is_asked_which_model_it_has_and_never_about_a_row(
    serve: Any, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It answers here, under the name of another host."""
    server, resolve = serve(well), socket.getaddrinfo

    def here(host: Any, *more: Any, **options: Any) -> Any:
        return resolve("127.0.0.1" if host in ("service.example", b"service.example") else host, *more, **options)

    monkeypatch.setattr("socket.getaddrinfo", here)
    with pytest.raises(DataUseRefused, match="tiny runs on another machine"):
        ask(f"openai:http://service.example:{server.server_port}/v1", root, tmp_path / "results")
    assert (server.asked, server.paths) == ([], ["/v1/models"])
    assert not (tmp_path / "results").exists()
