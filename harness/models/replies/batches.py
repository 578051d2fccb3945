"""Outputs of services that answer in batches, a line per request with the reply deep in it, as a reply's fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.models.server import replies
from harness.models.server.completions import as_chat
from harness.models.server.faults import ErrorReply, Malformed, words
from harness.parsing.thinking import Pair
from harness.types import Decoding, Input, Request

ID = "custom_id"
"""What every service calls the id that the user gave."""


def fields(item: Mapping[Any, Any], tags: Sequence[Pair]) -> dict[str, Any] | None:
    """A reply's fields of one line: of OpenAI's chats, completions and responses, also from services alike, or of Anthropic's messages.

    Args:
        item: The line.
        tags: What opens and what closes a thought.

    Returns:
        None where it is no such line; a request that failed there is a reply with an ``error``.
    """
    name, told = item.get(ID), item.get("result", item.get("response", item))
    if not isinstance(name, str | int) or not {"result", "response"} & set(item) or not isinstance(told, Mapping | None):
        return None
    body = _message(told) if "result" in item else _body(told)
    failure = item.get("error") or (told or {}).get("error")
    if body is None or failure:
        return {"id": name, "error": _why(failure or (told or {}).get("body") or told)}
    try:
        response = replies.read(
            Request(id=str(name), prompt="", item=Input(text=""), decoding=Decoding()), as_chat(body), scores=False, tags=tags, seconds=0.0
        )
    except ErrorReply as error:
        return {"id": name, "error": _why(error.body)}
    except Malformed as error:
        return {"id": name, "error": str(error)}
    given = {"id": name, "text": response.text, "thinking": response.thinking, "finish": response.finish, "refusal": response.refusal}
    return {field: value for field, value in {**given, "model": body.get("model")}.items() if value or field == "text"}


def _why(told: Any) -> str:
    return words(told) or "the service gave no reply and no reason"


def _body(told: Mapping[Any, Any] | None) -> Mapping[Any, Any] | None:
    """The body of OpenAI's reply as a chat; None of one that failed."""
    body = (told or {}).get("body")
    status = (told or {}).get("status_code", 200)
    if not isinstance(body, Mapping) or (isinstance(status, int) and status >= 400):
        return None
    return _of_output(body) if isinstance(body.get("output"), list) else body


def _of_output(body: Mapping[Any, Any]) -> Mapping[Any, Any]:
    """The items of a response, thoughts and messages, as a chat's one message."""
    items = [item for item in body["output"] if isinstance(item, Mapping)]
    parts: list[Any] = []
    for item in items:
        held = item.get("content") if item.get("type") == "message" else [item]
        parts += held if isinstance(held, list) else [held]
    refusal = next((part["refusal"] for part in parts if isinstance(part, Mapping) and isinstance(part.get("refusal"), str)), None)
    content = [part for part in parts if not (isinstance(part, Mapping) and part.get("type") == "refusal")]
    cut = body.get("incomplete_details")
    reason = cut.get("reason") if isinstance(cut, Mapping) else None
    end = {None: "stop", "max_output_tokens": "length"}.get(reason, reason)
    return {**body, "choices": [{"message": {"content": content, "refusal": refusal}, "finish_reason": end}]}


def _message(told: Mapping[Any, Any] | None) -> Mapping[Any, Any] | None:
    """Anthropic's message as a chat; None of a request that failed."""
    message = (told or {}).get("message")
    if not isinstance(message, Mapping):
        return None
    return {**message, "choices": [{"message": {"content": message.get("content")}, "finish_reason": message.get("stop_reason")}]}
