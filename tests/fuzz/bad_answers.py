"""What servers and workers may send in the place of an answer: each ends as the failure of its request, or as what it says."""

from __future__ import annotations

import contextlib
import gzip
import json
import shlex
import socket
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness import models
from harness.data import examples as loading
from harness.errors import HarnessError, ModelError
from harness.models import contract
from harness.types import Decoding, Input, Request, Response, Scene
from tests.fuzz.outcomes import Case, Done
from tests.fuzz.spoilt import read, task_of

VALUES: Mapping[str, str] = {
    "null": "null",
    "true": "true",
    "a number": "7",
    "a fraction": "0.5",
    "NaN": "NaN",
    "infinite": "-Infinity",
    "a large number": "9" * 400,
    "6,000 digits": "9" * 6000,
    "1e999": "1e999",
    "an empty text": '""',
    "a text": '"yes"',
    "a NUL": '"a\\u0000b"',
    "half a character": '"\\ud83d"',
    "escapes": '"\\u001b[2J"',
    "1 MB": '"' + "x" * 1_000_000 + '"',
    "an empty list": "[]",
    "a list": '["yes", 1, null]',
    "an empty object": "{}",
    "an object": '{"a": {"b": [1]}}',
    "lists 900 deep": "[" * 900 + "]" * 900,
    "objects 900 deep": '{"error":' * 900 + "1" + "}" * 900,
    "lists 100,000 deep": "[" * 100_000 + "]" * 100_000,
}
GOOD = {
    "id": "1", "object": "chat.completion", "created": 0, "model": "tiny",
    "choices": [{
        "index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "yes"},
        "logprobs": {"content": [{"token": "yes", "logprob": -0.1, "top_logprobs": [{"token": "yes", "logprob": -0.1}]}]},
    }],
    "usage": {"prompt_tokens": 7, "completion_tokens": 2},
}  # fmt: skip
PLACES = (
    ("choices",), ("choices", 0), ("choices", 0, "message"), ("choices", 0, "message", "content"), ("choices", 0, "finish_reason"),
    ("choices", 0, "logprobs"), ("choices", 0, "logprobs", "content"), ("choices", 0, "logprobs", "content", 0),
    ("choices", 0, "logprobs", "content", 0, "token"), ("choices", 0, "logprobs", "content", 0, "top_logprobs"),
    ("choices", 0, "logprobs", "content", 0, "top_logprobs", 0, "logprob"), ("usage",), ("usage", "prompt_tokens"), ("error",),
    ("choices", 0, "message", "refusal"), ("choices", 0, "message", "reasoning_content"),
)  # fmt: skip
HEAD = b"HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nConnection: close\r\n"
IN_EVERY_RUN = 30
LINES = ("text", "choice_log_probs", "thinking", "finish", "usage", "error", "id", "further")
GREETINGS = ("ready", "name", "scores", "images", "remote", "revision", "parameters", "further")


def cases() -> Iterator[Case]:
    """Every place of a reply with every value; what is no reply; errors; and the same of a worker's lines."""
    for place in PLACES:
        for name, value in VALUES.items():
            body = put(GOOD, place, value).encode("utf-8", "surrogatepass")
            yield _served("answers of another type", f"{'.'.join(map(str, place))} is {name}", _whole(body))
    for name, sent in _strange().items():
        yield _served("answers that are none", name, sent)
    for status in (301, 307, 400, 401, 404, 429, 500, 503):
        for name in ("null", "a text", "an object", "lists 900 deep", "objects 900 deep", "lists 100,000 deep", "1 MB", "6,000 digits"):
            yield _served("errors of a server", f"{status} with {name}", _whole(VALUES[name].encode(), status))
    for field in LINES:
        for name, value in VALUES.items():
            yield _worked("lines of a worker", f"{field} is {name}", answer=_line({"id": '"1"', "text": '"yes"', field: value}))
    for field in GREETINGS:
        for name, value in VALUES.items():
            yield _worked("greetings of a worker", f"{field} is {name}", greeting=_line({"ready": "true", field: value}))
    for name, line in _strange_lines().items():
        yield _worked("lines of a worker", name, answer=line)


def put(content: Any, place: Sequence[str | int], value: str) -> str:
    """The JSON of a content with something else at one place, itself as JSON."""
    made = json.loads(json.dumps(content))
    at = made
    for step in place[:-1]:
        at = at[step]
    at[place[-1]] = "PLACE"
    return json.dumps(made).replace('"PLACE"', value)


def _whole(body: bytes, status: int = 200) -> list[bytes]:
    return [HEAD % (status, b"x") + b"Content-Length: %d\r\n\r\n" % len(body), body]


def odd(head: bytes, content: bytes) -> Mapping[str, list[bytes]]:
    """What no server should send: heads that are none, or lie of what follows."""
    return {
        "nothing": [b""],
        "half of it": [head + b"Content-Length: %d\r\n\r\n" % len(content), content[: len(content) // 2]],
        "a length that is none": [head + b"Content-Length: many\r\n\r\n", content],
        "a length below zero": [head + b"Content-Length: -5\r\n\r\n", content],
        "compressed": [head + b"Content-Encoding: gzip\r\n\r\n", gzip.compress(content, mtime=0)],
        "pieces that are none": [head + b"Transfer-Encoding: chunked\r\n\r\n", b"ZZZ\r\n" + content],
        "heads without an end": [head, *[b"X-More: " + b"y" * 60_000 + b"\r\n"] * 200],
        "one head of 10 MB": [head + b"X-More: ", b"y" * 10_000_000, b"\r\n\r\n"],
    }


def _strange() -> Mapping[str, list[bytes]]:
    good = json.dumps(GOOD).encode()
    head = HEAD % (200, b"OK")
    return {
        **odd(head, good),
        "no HTTP": [b"SSH-2.0-OpenSSH_9.6\r\n"],
        "a web page": _whole(b"<!doctype html><title>Please log in</title>"),
        "more than announced": [head + b"Content-Length: 20\r\n\r\n", good],
        "another encoding of texts": _whole(json.dumps(GOOD).encode("utf-16")),
        "bytes that are no text": _whole(good.replace(b"yes", b"\xff\xfe")),
        "two equal keys": _whole(good[:-1] + b', "choices": []}'),
        "compressed and cut off": [head + b"Content-Encoding: gzip\r\n\r\n", gzip.compress(good)[:-9]],
        "compressed by nobody we know": [head + b"Content-Encoding: br\r\n\r\n", good],
        "said to be compressed": [head + b"Content-Encoding: deflate\r\n\r\n", good],
        "compressed to explode": [head + b"Content-Encoding: gzip\r\n\r\n", gzip.compress(b" " * 70_000_000, 1)],
        "a line of 100 MB": [head + b"\r\n", *[b" " * 1_000_000] * 100, good],
        "events without an end": [head.replace(b"application/json", b"text/event-stream") + b"\r\n", *[b": wait\n\n" * 100_000] * 120],
        "events that are no JSON": _whole(b"data: {\n\ndata: [DONE]\n\n"),
        "events of another type": _whole(b'data: [1]\n\ndata: {"choices": 7}\n\ndata: [DONE]\n\n'),
        "pieces of another type": _whole(b'data: {"choices": [{"delta": {"content": {"a": 1}}, "finish_reason": "stop"}]}\n\n'),
        "a redirect to itself": [b"HTTP/1.1 307 x\r\nLocation: /v1/chat/completions\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"],
        "a wait that is none": [b"HTTP/1.1 429 x\r\nRetry-After: " + b"9" * 5000 + b"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"],
    }


@contextlib.contextmanager
def serving(blocks: list[bytes]) -> Iterator[str]:
    """The address of a server that sends each connection the same, whatever it asks."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_answering, args=(blocks, listener), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)


def _answering(blocks: list[bytes], listener: socket.socket) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection, contextlib.suppress(OSError):
            asked = b""
            while b"\r\n\r\n" not in asked:
                asked += connection.recv(65536)
            head, _, body = asked.partition(b"\r\n\r\n")
            length = next((int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")), 0)
            while len(body) < length:
                body += connection.recv(65536)
            for block in blocks:
                connection.sendall(block)


def _served(kind: str, name: str, blocks: list[bytes]) -> Case:
    heavy = sum(map(len, blocks)) > 500_000 or "explode" in name

    def call() -> list[Response]:
        with serving(blocks) as address:
            given = {"model": "tiny", "revision": "1", "identity": "tiny", "scores": "first-token", "retries": "1", "timeout": "5"}
            backend: Any = models.open_model(f"openai:{address}/v1", given)
            backend = replace(backend, sleep=_at_once)
            return [contract.checked(_request(), one) for one in backend.generate([_request()])]

    return Case(kind=kind, name=name, command=call, oracle=sound, heavy=heavy)


async def _at_once(_seconds: float) -> None:
    pass


def _request(name: str = "1") -> Request:
    return Request(id=name, prompt="Left?", item=Input(text="Left?", choices=("yes", "no")), decoding=Decoding(score_choices=True))


def sound(done: Done) -> str:
    """Each request has one response: a failure with its reason, a refusal, or a text and scores that can be what they are."""
    found = done.value
    if not isinstance(found, list) or not found or not all(isinstance(response, Response) for response in found):
        return f"no responses came back: {found!r:.200}"
    for response in found:
        scores = response.choice_log_probs
        if scores is not None and (len(scores) != 2 or not all(score <= 1e-6 for score in scores)):
            return f"scores that are none: {scores!r:.200}"
        if not isinstance(response.text, str) or not all(isinstance(value, int) for value in response.usage.values()):
            return f"no response: {response!r:.200}"
        if response.error is not None and not response.error.strip():
            return "a failure without a reason"
    return ""


def _line(fields: Mapping[str, str]) -> str:
    return "{" + ", ".join(f'"{name}": {value}' for name, value in fields.items()) + "}"


def _strange_lines() -> Mapping[str, str]:
    return {
        "nothing": "",
        "no JSON": "Loading checkpoint shards: 100%",
        "half of it": '{"id": "1", "text": "ye',
        "a list": "[1]",
        "two equal keys": '{"id": "1", "text": "yes", "text": "no"}',
        "two replies": '{"id": "1", "text": "yes"}\n{"id": "1", "text": "no"}',
        "another id": '{"id": "2", "text": "yes"}',
        "nothing said": '{"id": "1"}',
    }


WORKER = """
import sys
sys.stdin.readline()
print(open("greeting").read(), flush=True)
for line in sys.stdin:
    print(open("answer").read(), flush=True)
    if not open("answer").read():
        break
"""


def _worked(
    kind: str, name: str, *, greeting: str = '{"ready": true, "scores": "softmax"}', answer: str = '{"id": "1", "text": "yes"}'
) -> Case:
    def write(folder: Path) -> None:
        for file, content in (("worker.py", WORKER), ("greeting", greeting), ("answer", answer)):
            (folder / file).write_text(content, encoding="utf-8")

    return Case(kind=kind, name=name, write=write, command=_asked, oracle=sound)


def _asked() -> list[Response]:
    backend: Any = models.open_model(f"worker:{shlex.join([sys.executable, '-S', str(Path('worker.py').resolve())])}", {"timeout": "10"})
    task = task_of("vqa_rad")
    scene = Scene(task=task, split="test", examples=tuple(read("vqa_rad", loading.SAMPLES).examples))
    model = backend.for_task(scene)
    try:
        return [contract.checked(_request(), found) for found in model.generate([_request()])]
    except HarnessError:
        raise
    except Exception as died:
        if type(died).__name__ != "Died":
            raise
        raise ModelError(str(died)) from died  # as the runner tells of it
    finally:
        model.close()
