"""What servers say, and one of them as a row of a table: what it does, how it is asked, and what comes of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Any

import pytest

from harness.runs.evaluate import Run
from harness.types import Decoding, Input, Request


def good(text: Any = "yes", **more: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop", **more}]}


def completion(text: str | None, **more: Any) -> dict[str, Any]:
    """The body of a good reply with all that a server tells beside it; more fields are of its choice."""
    usage = {"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9}
    return {"id": "1", "object": "chat.completion", "created": 0, "model": "tiny", **good(text, **more), "usage": usage}


def well(request: dict[str, Any], number: int) -> tuple[int, Any, dict[str, str]]:
    """Answers ``yes`` to everything."""
    return 200, completion("yes"), {}


def question(prompt: str = "why?", *choices: str, **decoding: Any) -> Request:
    """A request of one prompt: ``question("why?", "yes", "no")``."""
    return Request(id=prompt, prompt=prompt, item=Input(text=prompt, choices=choices), decoding=Decoding(**decoding))


def replied(run: Run) -> list[Mapping[str, Any]]:
    """The lines of a run's journal."""
    return [json.loads(line) for line in (run.folder / "replies.jsonl").read_text().splitlines()]


def refused(message: str, status: int = 400, **more: Any) -> tuple[int, Any, dict[str, str]]:
    return status, {"error": {"message": message, "type": "invalid_request_error", **more}}, {}


def unless(**answers: Any) -> Callable[[dict[str, Any]], Any]:
    """Refuses the first of some fields that is there, and otherwise answers."""
    return lambda request: next((answer for name, answer in answers.items() if name in request), good())


def unsupported(name: str) -> Any:
    instead = " Use 'max_completion_tokens' instead." if name == "max_tokens" else ""
    said = f"Unsupported parameter: '{name}' is not supported with this model.{instead}"
    return refused(said, param=name, code="unsupported_parameter")


def events(*data: Any, end: str = "data: [DONE]\n\n") -> tuple[int, bytes, dict[str, str]]:
    lines = "".join(f"data: {item if isinstance(item, str) else json.dumps(item)}\n\n" for item in data)
    return 200, (lines + end).encode(), {"Content-Type": "text/event-stream"}


def piece(text: Any, reason: str | None = None) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": reason}]}


def written(text: str, **more: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "text": text, "finish_reason": "stop", **more}]}


@dataclass(frozen=True)
class Case:
    """A server, and how it is asked; the answer is "yes" where it runs."""

    outcome: str
    """``runs``, ``runs: `` and how, ``refused: `` and why, or a part of the message."""
    does: Any
    """Its answer, or the body of a good one; or a function of the request that gives either."""
    _: KW_ONLY
    given: Mapping[str, str] = field(default_factory=dict)
    decoding: Mapping[str, Any] = field(default_factory=dict)
    thinking: str = ""
    scores: tuple[float, float] | None = None
    usage: Mapping[str, int] = field(default_factory=dict)
    asked: int = 1
    """How many requests it takes."""


def served(does: Any) -> Callable[[dict[str, Any], int], Any]:
    """What `serve` is given for an answer, the body of a good one, or a function of the request that gives either."""

    def answer(request: dict[str, Any], number: int) -> Any:
        given = does(request) if callable(does) else does
        return given if isinstance(given, tuple) else (200, given, {})

    return answer


def holds(case: Case, *, serve: Any, opened: Any) -> None:
    """Ask the server of a case, and hold the reply against its outcome."""
    server = serve(served(case.does))
    [response] = opened(server, **{"retries": "0", **case.given}).generate([question("Is it so?", "yes", "no", **case.decoding)])
    kind, _, rest = case.outcome.partition(": ")
    if kind == "runs":
        assert (response.error, response.text, response.thinking) == (None, "yes", case.thinking)
        assert "; ".join(response.adapted) == rest
        assert response.choice_log_probs == (None if case.scores is None else pytest.approx(case.scores, abs=1e-3))
        assert response.usage == case.usage
    elif kind == "refused":
        assert response.refusal == rest
    else:
        assert case.outcome in response.error
    assert len(server.asked) == case.asked
