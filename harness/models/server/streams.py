"""Replies that come in pieces, put together: server-sent events into the completion that they add up to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from harness.models.server.faults import ErrorReply, Malformed, parsed

_END = "[DONE]"


def is_stream(text: str) -> bool:
    """Whether a reply is made of events, whatever it was announced as."""
    return text.lstrip("\ufeff \r\n").startswith(("data:", "event:", "id:", "retry:", ":"))


def completion(text: str) -> dict[str, Any]:
    """The completion that a stream adds up to.

    Args:
        text: All of it.

    Raises:
        ErrorReply: One of its events is an error.
        Malformed: An event is no piece of a completion, or the stream ended before the reply did.
    """
    whole: dict[str, Any] = {}
    choices: dict[int, dict[str, Any]] = {}
    ended = False
    for data in _events(text):
        if data == _END:
            ended = True
            continue
        event = parsed(data, "an event of the stream")
        if not isinstance(event, Mapping):
            raise Malformed("an event of the stream is no object")
        if event.get("error") or event.get("object") == "error":
            raise ErrorReply(event.get("error") or event)
        if event.get("usage"):
            whole["usage"] = event["usage"]
        pieces = event.get("choices")
        for piece in pieces if isinstance(pieces, list) else ():
            if not isinstance(piece, Mapping):
                raise Malformed("a choice of the stream is no object")
            index = piece.get("index", 0)
            if not isinstance(index, int):
                raise Malformed("a choice of the stream has no number for its place")
            _add(choices.setdefault(index, {"finish_reason": None}), piece)
    if not ended and not (choices and all(choice["finish_reason"] for choice in choices.values())):
        raise Malformed("the stream ended before the reply did")
    return {**whole, "choices": [choices[index] for index in sorted(choices)]}


def _events(text: str) -> Iterator[str]:
    """The data of each event."""
    lines: list[str] = []
    for line in [*text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n"), ""]:
        if line.startswith("data:"):
            lines.append(line.removeprefix("data:").removeprefix(" "))
        elif not line and lines:
            # Some servers leave the empty lines out between events, each a whole object.
            pieces = lines if all(_is_whole(piece) for piece in lines) else ["\n".join(lines)]
            yield from (data for piece in pieces if (data := piece.strip()))
            lines = []


def _is_whole(data: str) -> bool:
    text = data.strip()
    return text == _END or (text.startswith("{") and text.endswith("}"))


def _add(choice: dict[str, Any], piece: Mapping[str, Any]) -> None:
    """Add a piece to a choice."""
    turn = piece.get("delta") if piece.get("delta") is not None else piece.get("message")
    if isinstance(turn, Mapping):
        message = choice.setdefault("message", {"content": None})
        for name, value in turn.items():
            message[name] = _joined(message.get(name), value) if name != "role" else value
    for name, value in piece.items():
        if name in ("index", "delta", "message") or value is None:
            continue
        if name == "text":
            choice[name] = _joined(choice.get(name), value)
        elif name == "logprobs" and isinstance(value, Mapping):
            known = choice.get(name)
            before = known if isinstance(known, Mapping) else {}
            choice[name] = {**before, **{key: _joined(before.get(key), more) for key, more in value.items()}}
        else:
            choice[name] = value


def _joined(known: Any, more: Any) -> Any:
    """Texts and lists one behind the other; of anything else, the later one that is there."""
    if isinstance(known, str) and isinstance(more, str):
        return known + more
    if isinstance(known, str | list) and isinstance(more, str | list) and known and more:
        return [*_parts(known), *_parts(more)]
    return known if more is None or (more == "" and known) else more


def _parts(value: str | list[Any]) -> list[Any]:
    return [{"type": "text", "text": value}] if isinstance(value, str) else value
