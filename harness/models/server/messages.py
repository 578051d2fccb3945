"""Requests as a server wants them, and its replies as ours."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence
from typing import Any

from harness.models.thinking import split
from harness.types import Decoding, Image, Request, Response

_MIME = {".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp", ".gif": "image/gif"}
"""What servers take; any other picture is sent as PNG."""
TOP = 20
"""The most likelihoods that servers give per token."""


class Malformed(Exception):
    """A reply of the server that is not what its interface promises; asked again, then a failure."""


def messages(request: Request) -> list[dict[str, Any]]:
    """The system's turn where there is one, and the user's: pictures first, then the prompt."""
    pictures = [{"type": "image_url", "image_url": {"url": data_address(image)}} for image in request.item.images]
    content: Any = [*pictures, {"type": "text", "text": request.prompt}] if pictures else request.prompt
    system = [{"role": "system", "content": request.system}] if request.system else []
    return [*system, {"role": "user", "content": content}]


def data_address(image: Image) -> str:
    """The picture as a data URL."""
    import io

    from harness.models.pixels import decode, encoded

    content, suffix = encoded(image)
    if suffix not in _MIME:
        out = io.BytesIO()
        decode(image, "RGB").save(out, format="PNG")
        content, suffix = out.getvalue(), ".png"
    return f"data:{_MIME[suffix]};base64,{base64.b64encode(content).decode()}"


def options(decoding: Decoding, *, scores: bool) -> dict[str, Any]:
    """The decoding by the interface's names; what is at its default there is left out."""
    found: dict[str, Any] = {"max_tokens": decoding.max_new_tokens, "temperature": decoding.temperature}
    if decoding.temperature:
        found |= {"top_p": decoding.top_p, "seed": decoding.seed}
    if decoding.stop:
        found["stop"] = list(decoding.stop)
    if scores:
        found |= {"logprobs": True, "top_logprobs": TOP}
    return found


def reply(request: Request, found: Any, *, scores: bool, seconds: float) -> Response:
    """One reply of the server.

    Raises:
        Malformed: It has no choice, or a field is of another type than the interface promises.
    """
    choices = getattr(found, "choices", None)
    if not isinstance(choices, list) or not choices:
        raise Malformed("the reply has no choices")
    message = getattr(choices[0], "message", None)
    text = getattr(message, "content", None)
    if message is None or not (text is None or isinstance(text, str)):
        raise Malformed(f"the reply's content is a {type(text).__name__}, not a text")
    thought = getattr(message, "reasoning_content", None) or getattr(message, "reasoning", None)
    parts = split(text or "")
    reason = getattr(choices[0], "finish_reason", None)
    return Response(
        text=parts.answer,
        thinking=thought if isinstance(thought, str) else parts.thinking,
        choice_log_probs=first_token(request.item.choices, choices[0]) if scores and request.item.choices else None,
        finish="length" if reason == "length" else "stop" if reason == "stop" else "",
        usage=_usage(getattr(found, "usage", None)),
        seconds=round(seconds, 3),
    )


def first_token(labels: Sequence[str], choice: Any) -> tuple[float, ...] | None:
    """The log-probability of each choice, from the likeliest first tokens of the reply; None where the server gives none.

    A token counts for a choice where it begins that choice's label, or is its option letter, and for no other choice. What is not
    among the likeliest tokens has probability 0, which is a bound and not a measurement.
    """
    content = getattr(getattr(choice, "logprobs", None), "content", None)
    if not isinstance(content, list) or not content:
        return None
    likelihoods = getattr(content[0], "top_logprobs", None)
    if not isinstance(likelihoods, list) or not likelihoods:
        return None
    totals = [0.0] * len(labels)
    for item in likelihoods:
        token, value = getattr(item, "token", None), getattr(item, "logprob", None)
        if not isinstance(token, str) or not isinstance(value, int | float):
            raise Malformed("the reply's likelihoods are not pairs of token and number")
        named = _named(token, labels)
        if named is not None:
            totals[named] += math.exp(min(0.0, float(value)))
    return tuple(min(0.0, math.log(total)) if total > 0 else -math.inf for total in totals)


def _named(token: str, labels: Sequence[str]) -> int | None:
    """The one choice that a token stands for."""
    said = token.strip().casefold()
    if not said:
        return None
    letters = [place for place in range(len(labels)) if len(labels) <= 26 and said == chr(ord("a") + place)]
    begun = [place for place, label in enumerate(labels) if label.casefold().startswith(said)]
    found = set(letters) | set(begun)
    return found.pop() if len(found) == 1 else None


def _usage(found: Any) -> Mapping[str, int]:
    counts = {"prompt": getattr(found, "prompt_tokens", None), "completion": getattr(found, "completion_tokens", None)}
    return {name: value for name, value in counts.items() if isinstance(value, int)}
