"""Another process that answers: JSON lines over its standard input and output, so that foreign code needs none of ours.

The protocol, one JSON object per line in either direction; docs/worker.md says it at length:

    us    {"protocol": 1, "task": "vqa_rad", "split": "test", "choices": []}
    it    {"ready": true, "name": "My model", "scores": "softmax"}
    us    {"id": "12", "prompt": "…", "images": ["/tmp/…/1.png"], "choices": [], "context": {}, "decoding": {…}}
    it    {"id": "12", "text": "yes"}

A worker that dies is started again; the request that it died on ends alone as a failure. Its standard error goes to ours.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import queue
import shlex
import subprocess
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, get_args

from harness.errors import MissingData, ModelError, UsageError
from harness.models import check_arguments
from harness.models.pixels import encoded
from harness.types import Backend, Image, Model, ModelInfo, Request, Response, Scene, Scores

PROTOCOL = 1
_KEYS = frozenset({"ready", "name", "scores", "images", "remote", "revision", "parameters"})


class Died(Exception):
    """The worker ended, or gave no reply in time; the runner finds the request at fault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A command that was named and not started yet."""

    command: tuple[str, ...]
    timeout: float
    """Seconds without a reply until the worker counts as dead."""
    code: str
    """Hash of the files that the command names: edited code is asked again."""

    def for_task(self, scene: Scene) -> Model:
        """The worker, started and greeted.

        Raises:
            ModelError: It does not start, or does not greet as the protocol wants.
        """
        process = _Process(self.command, self.timeout)
        greeting = {
            "protocol": PROTOCOL,
            "task": scene.task.card.full_name,
            "split": scene.split,
            "choices": list(scene.examples[0].input.choices) if scene.examples else [],
        }
        try:
            facts = process.start(greeting)
        except Died as error:
            raise ModelError(
                f"worker: {shlex.join(self.command)}: {error}. It must answer the first line with {{'ready': true}}."
            ) from error
        return _Answerer(info=_info(self, facts), process=process, greeting=greeting)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answerer:
    info: ModelInfo
    process: _Process
    greeting: Mapping[str, Any]

    def generate(self, requests: Sequence[Request]) -> Sequence[Response]:
        """Answer a batch.

        Raises:
            Died: The worker ended before it had answered all; the next call starts it again.
        """
        if not self.process.is_alive:
            self.process.start(self.greeting)
        with tempfile.TemporaryDirectory(prefix="harness-worker-") as folder:
            lines = [_line(request, Path(folder)) for request in requests]
            replies = self.process.ask(lines, [request.id for request in requests])
        return [_response(replies[request.id]) for request in requests]


class _Process:
    """The running process, its replies read in a thread so that neither side waits for the other's pipe."""

    def __init__(self, command: Sequence[str], timeout: float) -> None:
        self._command, self._timeout = command, timeout
        self._process: subprocess.Popen[str] | None = None
        self._said: queue.Queue[str | None] = queue.Queue()

    @property
    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self, greeting: Mapping[str, Any]) -> Mapping[str, Any]:
        """Start it and return what it says of itself."""
        self.stop()
        self._said = queue.Queue()
        try:
            self._process = subprocess.Popen(  # noqa: S603  the user's own command, as words and without a shell
                list(self._command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8", bufsize=1
            )
        except OSError as error:
            raise ModelError(f"worker: {self._command[0]} cannot be started ({error.strerror}).") from error
        assert self._process.stdout is not None
        threading.Thread(target=_listen, args=(self._process.stdout, self._said), daemon=True).start()
        self._send([dict(greeting)])
        facts = self._next()
        if facts.get("ready") is not True:
            raise Died(f"its first line is {json.dumps(facts)[:200]}")
        return facts

    def ask(self, lines: Sequence[Mapping[str, Any]], ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        """Send all lines and wait for a reply to each, in whatever order."""
        sender = threading.Thread(target=self._send_quietly, args=(lines,), daemon=True)
        sender.start()
        replies: dict[str, Mapping[str, Any]] = {}
        while len(replies) < len(ids):
            reply = self._next()
            name = reply.get("id")
            if name not in ids or name in replies:
                self.stop()
                raise Died(f"it replied to {name!r}, which was not asked or is answered already")
            replies[str(name)] = reply
        sender.join()
        return replies

    def stop(self) -> None:
        if self._process is None:
            return
        with contextlib.suppress(OSError, ValueError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._process = None

    def _send_quietly(self, lines: Sequence[Mapping[str, Any]]) -> None:
        with contextlib.suppress(OSError, ValueError):  # a broken pipe is told by the listener
            self._send(lines)

    def _send(self, lines: Sequence[Mapping[str, Any]]) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        try:
            for line in lines:
                self._process.stdin.write(json.dumps(line) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise Died("it ended before it was asked") from error

    def _next(self) -> dict[str, Any]:
        try:
            line = self._said.get(timeout=self._timeout)
        except queue.Empty:
            self.stop()
            raise Died(f"no reply within {self._timeout:g} seconds") from None
        if line is None:
            code = None if self._process is None else self._process.wait()
            self.stop()
            raise Died(f"it ended with exit code {code}")
        try:
            found = json.loads(line)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            self.stop()
            raise Died(f"it wrote a line that is no JSON object: {line[:200]!r}; logs belong on standard error")
        return found


def open_model(location: str, arguments: Mapping[str, str]) -> Backend:
    """A worker's command, split into words as a shell would; no shell runs it.

    Raises:
        UsageError: There is no command, it cannot be split, or an argument is not known.
    """
    check_arguments("worker", arguments, ("timeout",))
    try:
        command = tuple(shlex.split(location))
    except ValueError as error:
        raise UsageError(f"worker:{location}: cannot be split into words ({error}).") from error
    if not command:
        raise UsageError("worker: needs a command: worker:'python my_worker.py weights.pt'")
    try:
        timeout = float(arguments.get("timeout", 600))
    except ValueError:
        raise UsageError(f"--model-arg timeout={arguments['timeout']}: must be a number of seconds.") from None
    scripts = [Path(word) for word in command[1:] if word.endswith(".py")]
    absent = [str(path) for path in scripts if not path.is_file()]
    if absent:
        raise MissingData(f"worker: {absent[0]}: no such file.")
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in scripts)).hexdigest()[:12] if scripts else ""
    return Worker(command=command, timeout=timeout, code=digest)


def _info(worker: Worker, facts: Mapping[str, Any]) -> ModelInfo:
    strange = sorted(set(facts) - _KEYS)
    scores = facts.get("scores", "none")
    if strange or scores not in get_args(Scores):
        wrong = f"does not know {strange[0]!r}" if strange else f"has scores {scores!r}, not one of {', '.join(get_args(Scores))}"
        raise ModelError(f"worker: the protocol's first reply {wrong}.")
    return ModelInfo(
        name=str(facts.get("name", "worker")),
        kind="worker",
        revision=str(facts.get("revision", worker.code)),
        parameters=facts.get("parameters"),
        arguments={"command": " ".join(Path(word).name if "/" in word else word for word in worker.command)},
        remote=bool(facts.get("remote", False)),
        scores=scores,
        images=facts.get("images"),
    )


def _line(request: Request, folder: Path) -> dict[str, Any]:
    return {
        "id": request.id,
        "prompt": request.prompt,
        "images": [_file(image, folder) for image in request.item.images],
        "choices": list(request.item.choices),
        "context": dict(request.item.context),
        "decoding": asdict(request.decoding),
    }


def _file(image: Image, folder: Path) -> str:
    """The picture under a name that says nothing."""
    content, suffix = encoded(image)
    path = folder / f"{hashlib.sha256(content).hexdigest()[:16]}{suffix}"
    if not path.exists():
        path.write_bytes(content)
    return str(path)


def _response(reply: Mapping[str, Any]) -> Response:
    if reply.get("error"):
        return Response(error=str(reply["error"]))
    text, scores = reply.get("text", ""), reply.get("choice_log_probs")
    if not isinstance(text, str):
        return Response(error=f"the worker's text is a {type(text).__name__}")
    if scores is not None and not (isinstance(scores, list) and all(isinstance(value, int | float) for value in scores)):
        return Response(error="the worker's choice_log_probs are no list of numbers")
    thinking = reply.get("thinking", "")
    return Response(
        text=text,
        choice_log_probs=None if scores is None else tuple(map(float, scores)),
        thinking=thinking if isinstance(thinking, str) else "",
    )


def _listen(stream: IO[str], said: queue.Queue[str | None]) -> None:
    with contextlib.suppress(ValueError, OSError):  # the stream is closed when the process is stopped
        for line in stream:
            if line.strip():
                said.put(line)
    said.put(None)
