"""OpenAI-compatible servers: a local one that answers well, and one that fails in every way; nothing is lost or scored as wrong."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from harness import catalog, evaluation, models
from harness.errors import DataUseRefused, MissingData, ModelError, UsageError
from harness.evaluation import Options, Run
from harness.models.server import arguments
from harness.models.server.messages import first_token
from harness.statistics import Bootstrap
from harness.types import Decoding, Input, Request, Streaming

openai = pytest.importorskip("openai", reason="needs the package openai")
Answer = tuple[int, Any, dict[str, str]]
"""Status, body (bytes as they are, anything else as JSON) and headers."""


class Server(ThreadingHTTPServer):
    """Answers each completion by a function of the request and of how many there were; remembers what was asked."""

    daemon_threads = True
    request_queue_size = 128  # the default of five refuses a burst of connections

    def __init__(self, answer: Callable[[dict[str, Any], int], Answer]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer = answer
        self.asked: list[dict[str, Any]] = []
        self.lock = threading.Lock()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self._send(200, {"object": "list", "data": [{"id": "tiny", "object": "model", "created": 0, "owned_by": "us"}]}, {})

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            self.server.asked.append(request)
            number = len(self.server.asked)
        self._send(*self.server.answer(request, number))

    def _send(self, status: int, body: Any, headers: dict[str, str]) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        for name, value in headers.items():
            self.send_header(name, value)
        if "Content-Length" not in headers:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments: Any) -> None:
        """Quiet."""


def completion(text: str | None, **more: Any) -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return {
        "id": "1",
        "object": "chat.completion",
        "created": 0,
        "model": "tiny",
        "choices": [choice | more],
        "usage": {"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9},
    }


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Server]]:
    """Starts servers on loopback."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    running: list[Server] = []

    def start(answer: Callable[[dict[str, Any], int], Answer]) -> Server:
        server = Server(answer)
        running.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return server

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


def well(request: dict[str, Any], number: int) -> Answer:
    return 200, completion("yes"), {}


def evaluate(tmp_path: Path, server: Server, task: str = "vqa_rad", **given: str) -> Run:
    backend = models.open_model(f"openai:{server.address}", {"retries": "0", **given})
    return evaluation.evaluate(catalog.task(task), backend, Options(results=tmp_path / "results", plan=Bootstrap(resamples=0)))


def test_every_question_is_asked_with_its_picture(tmp_path: Path, serve: Callable[..., Server]) -> None:
    server = serve(well)
    run = evaluate(tmp_path, server)
    assert run.record.counts == {"examples": 20, "answered": 20, "unparsed": 0, "empty": 0, "refused": 0, "failed": 0, "skipped": 0}
    assert run.record.model["name"] == "tiny"
    assert len(server.asked) == 20
    picture, text = server.asked[0]["messages"][0]["content"]
    assert picture["image_url"]["url"].startswith("data:image/")
    assert text["text"].endswith("Answer with a single word or a short phrase.")
    assert (server.asked[0]["max_tokens"], server.asked[0]["temperature"]) == (16, 0.0)


def test_tokens_are_counted_and_their_cost_is_worked_out(tmp_path: Path, serve: Callable[..., Server]) -> None:
    """20 replies of 7 and 2 tokens: 140 x 3 + 40 x 10 per million."""
    run = evaluate(tmp_path, serve(well), price_in="3", price_out="10")
    assert run.record.prompting["tokens"] == {"prompt": 140, "completion": 40, "cost": 0.00082}
    assert (
        "tokens"
        not in evaluate(tmp_path, serve(lambda request, number: (200, completion("yes") | {"usage": None}, {})), "meqsum").record.prompting
    )


def test_text_tasks_are_plain_messages(tmp_path: Path, serve: Callable[..., Server]) -> None:
    server = serve(well)
    evaluate(tmp_path, server, "meqsum")
    assert isinstance(server.asked[0]["messages"][0]["content"], str)


def request(prompt: str, *choices: str) -> Request:
    return Request(id=prompt, prompt=prompt, item=Input(text=prompt, choices=choices), decoding=Decoding())


FAULTS: dict[str, Answer] = {
    "429": (429, {"error": {"message": "slow down"}}, {"Retry-After": "0"}),
    "500": (500, {"error": {"message": "oops"}}, {}),
    "503": (503, b"<html>busy</html>", {}),
    "cut-off JSON": (200, b'{"id": "1", "choices": [{"mess', {}),
    "no choices": (200, {"id": "1", "object": "chat.completion", "choices": []}, {}),
    "content of a wrong type": (200, completion(None) | {"choices": [{"index": 0, "message": {"content": [1]}}]}, {}),
    "choices of a wrong type": (200, {"choices": "yes"}, {}),
    "no JSON object": (200, b'"yes"', {}),
    "connection cut": (200, b"{", {"Content-Length": "1000"}),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_fault_that_passes_costs_another_try_and_nothing_else(
    tmp_path: Path, serve: Callable[..., Server], monkeypatch: pytest.MonkeyPatch, fault: Answer
) -> None:
    monkeypatch.setattr("harness.models.server.backend._FIRST_WAIT", 0.001)
    server = serve(lambda request, number: fault if number % 3 == 0 else well(request, number))
    run = evaluate(tmp_path, server, retries="5", timeout="5", concurrency="4")
    assert run.record.counts["answered"] == 20
    assert run.record.counts["failed"] == 0
    assert len(server.asked) > 20


@pytest.mark.parametrize("fault", [*FAULTS.values(), (400, {"error": {"message": "too long"}}, {})], ids=[*FAULTS, "400"])
def test_a_fault_that_stays_is_a_failure_and_is_asked_again_by_the_next_run(
    tmp_path: Path, serve: Callable[..., Server], fault: Answer
) -> None:
    server = serve(lambda request, number: fault if number == 4 else well(request, number))
    first = evaluate(tmp_path, server, concurrency="1")
    assert (first.record.counts["failed"], first.record.status) == (1, "partial")
    assert first.record.counts["answered"] == 19
    second = evaluate(tmp_path, server, concurrency="1")
    assert (second.record.counts["failed"], second.record.status) == (0, "complete")
    assert len(server.asked) == 21


def test_a_reply_that_takes_too_long_is_a_failure(tmp_path: Path, serve: Callable[..., Server]) -> None:
    late = threading.Event()

    def answer(request: dict[str, Any], number: int) -> Answer:
        if number == 2:
            late.wait(5)
        return well(request, number)

    run = evaluate(tmp_path, serve(answer), timeout="0.5", concurrency="1")
    late.set()
    assert run.record.counts["failed"] == 1


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_refused_key_or_an_unknown_model_ends_the_run_at_once(tmp_path: Path, serve: Callable[..., Server], status: int) -> None:
    server = serve(lambda request, number: (status, {"error": {"message": "no"}}, {}))
    with pytest.raises(ModelError, match=r"Is \$OPENAI_API_KEY set, and is 'tiny' served there\?"):
        evaluate(tmp_path, server)


def test_nothing_said_is_empty_and_a_budget_that_ran_out_is_seen(tmp_path: Path, serve: Callable[..., Server]) -> None:
    server = serve(lambda request, number: (200, completion(None if number % 2 else "<think>it may be", finish_reason="length"), {}))
    run = evaluate(tmp_path, server)
    assert run.record.counts["answered"] == 0
    assert run.record.counts["empty"] + run.record.counts["unparsed"] == 20
    [accuracy] = [e for e in run.record.estimates if (e.metric, e.variant, e.slice) == ("exact_match", "canonical", "all")]
    assert (accuracy.value, accuracy.n) == (0.0, 20)


def test_thoughts_are_set_apart(tmp_path: Path, serve: Callable[..., Server]) -> None:
    server = serve(lambda request, number: (200, completion("<think>no, no</think>yes"), {}))
    run = evaluate(tmp_path, server)
    [line] = (run.folder / "replies.jsonl").read_text().splitlines()[:1]
    assert (json.loads(line)["text"], json.loads(line)["thinking"]) == ("yes", "no, no")


def test_many_requests_are_under_way_at_once(tmp_path: Path, serve: Callable[..., Server]) -> None:
    """Four wait for each other: fewer at once would never get through."""
    together = threading.Barrier(4, timeout=20)

    def answer(request: dict[str, Any], number: int) -> Answer:
        together.wait()
        return well(request, number)

    assert evaluate(tmp_path, serve(answer), concurrency="4").record.counts["answered"] == 20


def test_the_key_comes_from_the_environment_and_is_never_recorded(
    tmp_path: Path, serve: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    run = evaluate(tmp_path, serve(well))
    assert all(b"sk-secret" not in path.read_bytes() for path in run.folder.iterdir())


def test_likelihoods_of_the_first_token_become_scores(tmp_path: Path, serve: Callable[..., Server]) -> None:
    """Invented likelihoods: normal e^-0.5, pneumonia e^-1; the letter B is pneumonia's too."""
    top = [{"token": t, "logprob": p} for t, p in ((" normal", -0.5), (" pneu", -1.0), ("B", -2.0), ("the", -3.0))]
    more = {"logprobs": {"content": [{"token": " normal", "logprob": -0.5, "top_logprobs": top}]}}
    server = serve(lambda request, number: (200, completion("normal", **more), {}))
    run = evaluate(tmp_path, server, "pneumoniamnist", scores="first-token")
    assert server.asked[0]["top_logprobs"] == 20
    [auc] = [e for e in run.record.estimates if (e.metric, e.variant, e.slice) == ("auc", "medmnist", "all")]
    assert auc.value == 0.5, "the same scores for every picture"
    line = json.loads((run.folder / "replies.jsonl").read_text().splitlines()[0])
    assert line["choice_log_probs"] == pytest.approx([-0.5, -0.6867], abs=1e-4)


def test_a_token_that_could_be_two_choices_counts_for_none() -> None:
    from types import SimpleNamespace as Thing

    likely = [Thing(**{"token": token, "logprob": value}) for token, value in (("kidney", -0.1), ("liver", -3.0))]
    found = first_token(("kidney-left", "kidney-right", "liver"), Thing(logprobs=Thing(content=[Thing(top_logprobs=likely)])))
    assert found is not None
    assert found[:2] == (float("-inf"), float("-inf"))
    assert found[2] == pytest.approx(-3.0)


def test_a_server_elsewhere_gets_no_credentialed_text(tmp_path: Path) -> None:
    from dataclasses import replace

    from harness.privacy import check_model

    info = replace(models.open_model("openai:m", {"base_url": "https://example.org/v1"}).info)  # type: ignore[attr-defined]
    with pytest.raises(DataUseRefused):
        check_model(catalog.card("mednli"), info, synthetic=False, allowed=False)


@pytest.mark.parametrize(
    ("address", "remote"),
    [
        ("http://127.0.0.1:8000/v1", False),
        ("http://localhost/v1", False),
        ("http://[::1]:8000/v1", False),
        ("http://10.0.0.5:8000/v1", True),
        ("https://api.openai.com/v1", True),
        ("http://localhost.example.org/v1", True),
    ],
)
def test_only_loopback_is_this_machine(address: str, remote: bool) -> None:
    assert arguments.is_remote(address) is remote


def test_what_cannot_be_asked_says_what_to_do(serve: Callable[..., Server]) -> None:
    with pytest.raises(MissingData, match="cannot be reached"):
        models.open_model("openai:http://127.0.0.1:9/v1", {})
    with pytest.raises(UsageError, match=r"unknown --model-arg of openai 'retrys'\. Did you mean retries"):
        models.open_model("openai:m", {"retrys": "1"})
    with pytest.raises(UsageError, match="the location is an address already"):
        models.open_model("openai:http://127.0.0.1:9/v1", {"base_url": "x"})
    backend = models.open_model("openai:m", {})
    with pytest.raises(UsageError, match="servers have no beam search"):
        evaluation.prepare(catalog.task("meqsum"), backend, Options(decoding={"beams": 3}))


def test_replies_are_streamed_as_they_arrive_whatever_their_order(serve: Callable[..., Server]) -> None:
    """The first of two waits for the second's reply to have been handed on."""
    second = threading.Event()

    def answer(request: dict[str, Any], number: int) -> Answer:
        if request["messages"][0]["content"] == "first":
            second.wait(20)
        return 200, completion(request["messages"][0]["content"]), {}

    backend = models.open_model(f"openai:{serve(answer).address}", {"concurrency": "2"})
    assert isinstance(backend, Streaming)
    replies = backend.stream(backend.prepare([request("first"), request("second"), request("third")]))
    arrived = [next(replies)[0]]
    second.set()
    arrived += [place for place, _ in replies]
    assert (arrived[0], sorted(arrived)) == (1, [0, 1, 2])


def test_a_stream_that_is_closed_ends_what_is_under_way_and_asks_nothing_more(serve: Callable[..., Server]) -> None:
    server = serve(lambda request, number: (200, completion("yes"), {}))
    backend = models.open_model(f"openai:{server.address}", {"concurrency": "2"})
    assert isinstance(backend, Streaming)
    replies = backend.stream(backend.prepare([request(str(number)) for number in range(1000)]))
    assert next(replies)[1].text == "yes"
    replies.close()
    assert len(server.asked) <= 4
