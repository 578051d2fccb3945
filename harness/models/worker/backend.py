"""Another process that answers: JSON lines over its standard input and output, so that foreign code needs none of ours.

The protocol, one JSON object per line in either direction; docs/worker.md says it at length:

    us    {"protocol": 1, "task": "vqa_rad", "split": "test", "choices": []}
    it    {"ready": true, "name": "My model", "scores": "softmax"}
    us    {"id": "12", "prompt": "…", "images": ["/tmp/…/1.png"], "choices": [], "context": {}, "decoding": {…}}
    it    {"id": "12", "text": "yes"}

A worker that dies is started again; the request that it died on ends alone as a failure. Its standard error goes to ours.
"""

from __future__ import annotations

import hashlib
import math
import shlex
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, to_builtins
from msgspec.structs import asdict

from harness.base import identity
from harness.errors import MissingData, ModelError, UsageError
from harness.files import temporary, writing
from harness.files.reading import decode
from harness.files.refusals import TEMPORARY
from harness.images.pixels import encoded
from harness.models.arguments import parse_arguments
from harness.models.code import code_of, code_of_module
from harness.models.named import named, shown, spelled
from harness.models.worker.arguments import Arguments
from harness.models.worker.process import Process
from harness.parsing.thinking import split
from harness.types import Backend, Image, Model, ModelInfo, Request, Response, Scene, Scores

PROTOCOL = 1
_LONGEST_ERROR = 2000
"""Characters of what a worker says went wrong."""
Number = Annotated[int, Meta(gt=0, description="a whole number above 0")]


class Greeting(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a worker says of itself in its first line."""

    ready: bool
    name: str = "worker"
    scores: Scores = "none"
    images: Number | None = None
    remote: bool = False
    revision: str = ""
    parameters: Number | None = None


class Answer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a worker says to a request."""

    id: str
    text: str = ""
    choice_log_probs: tuple[float | None, ...] | None = None
    thinking: str = ""
    finish: Literal["", "stop", "length"] = ""
    usage: Mapping[str, int] = {}
    error: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A command that was named and not started yet."""

    command: tuple[str, ...]
    timeout: float

    def for_task(self, scene: Scene) -> Model:
        """The worker, started and greeted.

        Raises:
            ModelError: It does not start, or does not greet as the protocol wants.
        """
        code = _code(self.command)  # now, and not when the command was named: that may be hours and tasks ago
        known = _identity(self.command, code)
        process = Process(self.command, self.timeout)
        greeting = {
            "protocol": PROTOCOL,
            "task": scene.task.card.full_name,
            "split": scene.split,
            "choices": list(scene.examples[0].input.choices) if scene.examples else [],
        }
        facts = process.start(greeting)
        try:
            info = replace(_info(facts), arguments={"command": _shown(self.command), **_short(code)}, identity=known)
            return _Answerer(info=info, process=process, greeting=greeting)
        except ModelError:
            process.stop()
            raise


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answerer:
    info: ModelInfo
    process: Process
    greeting: Mapping[str, Any]

    def generate(self, requests: Sequence[Request]) -> Sequence[Response]:
        """Answer a batch.

        Raises:
            Died: The worker ended before it had answered all; the next call starts it again.
            ModelError: It cannot be started again.
            Unwritable: Pictures cannot be written for it.
        """
        if not self.process.is_alive:
            self.process.start(self.greeting)
        with temporary.folder("worker") as folder:
            lines = [_line(request, folder) for request in requests]
            replies = self.process.ask(lines, [request.id for request in requests])
        return [_response(replies[request.id]) for request in requests]

    def close(self) -> None:
        """End the worker."""
        self.process.stop()


def open_model(location: str, arguments: Mapping[str, str]) -> Backend:
    """A worker's command, split into words as a shell would; no shell runs it.

    Raises:
        UsageError: There is no command, it cannot be split, or an argument is not known.
    """
    timeout = parse_arguments("worker", arguments, Arguments).timeout
    try:
        command = tuple(shlex.split(location))
    except ValueError as error:
        raise UsageError(f"worker:{location}: cannot be split into words ({error}).") from error
    if not command:
        raise UsageError("worker: needs a command: worker:'python my_worker.py weights.pt'")
    absent = [str(path) for path in _scripts(command) if not path.is_file()]
    if absent:
        raise MissingData(f"worker: {absent[0]}: no such file.")
    return Worker(command=command, timeout=timeout)


def _scripts(command: Sequence[str]) -> list[Path]:
    return [Path(word) for place, word in enumerate(command) if word.endswith(".py") or (place == 0 and _is_script(Path(word)))]


def _code(command: Sequence[str]) -> Mapping[str, str]:
    """The scripts and modules that a command names, with what they import: absolute path to SHA-256."""
    code: dict[str, str] = {}
    for path in _scripts(command):
        code |= code_of(path)
    for option, module in pairwise(command):
        code |= code_of_module(module) if option == "-m" else {}
    return code


def _identity(command: Sequence[str], code: Mapping[str, str]) -> str:
    """Two commands are one only where their words, their folder and all that they name are the same."""
    words = [shutil.which(command[0]) or command[0], *command[1:]]
    return identity.digest({"words": [spelled(word) for word in words], "folder": Path.cwd(), "files": named(words), "code": code})


def _short(code: Mapping[str, str]) -> dict[str, str]:
    """The code for the record: by its content alone."""
    return {"code": identity.digest(sorted(code.values()))[:12]} if code else {}


def _is_script(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(2) == b"#!"


def _info(facts: Mapping[str, Any]) -> ModelInfo:
    greeting = asdict(decode(Greeting, facts, "worker: its first reply", remedy="The protocol is in docs/worker.md.", error=ModelError))
    del greeting["ready"]
    return ModelInfo(kind="worker", **greeting)


def _shown(command: Sequence[str]) -> str:
    """The command without what is its owner's: folders, hosts, keys. Its full words are in the identity."""
    words = [word if option == "-m" else shown(word) for option, word in pairwise(command)]
    return " ".join([Path(command[0]).name, *words])


def _line(request: Request, folder: Path) -> dict[str, Any]:
    return {
        "id": request.id,
        "prompt": request.prompt,
        "images": [_file(image, folder) for image in request.item.images],
        "choices": list(request.item.choices),
        "context": dict(request.item.context),
        "decoding": to_builtins(request.decoding),
        **({"system": request.system} if request.system else {}),
    }


def _file(image: Image, folder: Path) -> str:
    """The picture under a name that says nothing."""
    content, suffix = encoded(image)
    path = folder / f"{hashlib.sha256(content).hexdigest()[:16]}{suffix}"
    if not path.exists():
        writing.new_file(path, content, TEMPORARY, private=True)
    return str(path)


def _response(reply: Mapping[str, Any]) -> Response:
    """What the worker said, or a failure that names what is wrong with it."""
    try:
        answer = decode(Answer, reply, "the worker's reply", error=ModelError)
    except ModelError as wrong:
        return Response(error=str(wrong))
    if answer.error is not None and answer.error is not False:  # an empty one too, as of a model in Python
        try:
            return Response(error=str(answer.error)[:_LONGEST_ERROR])
        except (RecursionError, ValueError):  # an object too deep in itself, or a number too long, to be written
            return Response(error="the worker's error cannot be shown")
    if not {"text", "choice_log_probs", "error"} & set(reply):
        return Response(error="the worker's reply has neither text nor choice_log_probs nor error")
    scores, parts = answer.choice_log_probs, split(answer.text)
    thought_alone = parts.thinking and not parts.answer  # no classifier, whose answer its scores would be
    return Response(
        text=parts.answer,
        choice_log_probs=None if scores is None else tuple(-math.inf if value is None else value for value in scores),
        thinking=answer.thinking or parts.thinking,
        finish=answer.finish or ("length" if thought_alone else ""),
        usage=answer.usage,
    )
