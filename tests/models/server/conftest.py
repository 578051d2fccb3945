"""A server on loopback that answers, fails and stalls as it is told; nothing leaves this machine."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from harness import models
from harness.data import catalog
from harness.runs import evaluate
from harness.runs.evaluate import Run
from harness.runs.plan import Options
from harness.stats.bootstrap import Bootstrap

pytest.importorskip("openai", reason="needs the package openai")
Answer = tuple[int, Any, dict[str, str]]
"""Status, body (bytes as they are, anything else as JSON) and headers."""
TINY = {"id": "tiny", "object": "model", "created": 0, "owned_by": "us"}


class Faulty(ThreadingHTTPServer):
    """Answers each completion by a function of the request and of how many there were; remembers what was asked."""

    daemon_threads = True
    request_queue_size = 128  # the default of five refuses a burst of connections

    def __init__(self, answer: Callable[[dict[str, Any], int], Answer], listed: Answer) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer = answer
        self.listed = listed
        self.asked: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.headers: list[Mapping[str, str]] = []
        self.lock = threading.Lock()

    @property
    def address(self) -> str:
        """Up to ``/v1``."""
        return f"http://127.0.0.1:{self.server_port}/v1"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Quiet: clients that are closed cut their connections."""


class Handler(BaseHTTPRequestHandler):
    server: Faulty

    def do_GET(self) -> None:
        self.server.paths.append(self.path)
        found = self.path.partition("?")[0] == "/v1/models"
        self._send(*(self.server.listed if found else (404, {"detail": "Not Found"}, {})))

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            self.server.paths.append(self.path)
            self.server.asked.append(request)
            self.server.headers.append({name.lower(): value for name, value in self.headers.items()})
            number = len(self.server.asked)
        self._send(*self.server.answer(request, number))

    def _send(self, status: int, body: Any, headers: dict[str, str]) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments: Any) -> None:
        """Quiet."""


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Faulty]]:
    """Starts servers on loopback: ``serve(answer, listed=[entries of /v1/models])``."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    running: list[Faulty] = []

    def start(answer: Callable[[dict[str, Any], int], Answer], listed: Any = (TINY,)) -> Faulty:
        server = Faulty(answer, listed if isinstance(listed, tuple) and len(listed) == 3 else (200, {"data": list(listed)}, {}))
        running.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return server

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


@pytest.fixture
def waited() -> list[float]:
    """The seconds that `opened` models would have waited."""
    return []


@pytest.fixture
def opened(waited: list[float]) -> Callable[..., Any]:
    """A model on a server, which notes its waits and goes on: ``opened(server, concurrency="1")``."""

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    def make(server: Faulty, **given: str) -> Any:
        backend: Any = models.open_model(f"openai:{server.address}", given)
        return replace(backend, sleep=sleep)

    return make


@pytest.fixture
def evaluated(tmp_path: Path, opened: Callable[..., Any]) -> Callable[..., Run]:
    """A whole run of a task's invented sample: ``evaluated(server, "vqa_rad", retries="2")``; each request is tried once by default."""

    def make(server: Faulty, task: str = "vqa_rad", **given: str) -> Run:
        options = Options(results=tmp_path / "results", plan=Bootstrap(resamples=0))
        return evaluate.evaluate(catalog.task(task), opened(server, **{"retries": "0", **given}), options)

    return make
