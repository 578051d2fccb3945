"""A server's replies as ours: answers, refusals, and what is neither."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.models.ends import FINISHES, REFUSALS
from harness.models.server import likelihoods
from harness.models.server.faults import ErrorReply, Malformed
from harness.parsing import thinking
from harness.parsing.thinking import Pair
from harness.types import Request, Response


def read(request: Request, found: Any, *, scores: bool, tags: Sequence[Pair] = thinking.KNOWN, seconds: float) -> Response:
    """One reply of the server.

    Args:
        request: What was asked.
        found: The client library's object, whose fields may be of any type or absent.
        scores: Whether to read scores of the choices.
        tags: What opens and closes a thought.
        seconds: How long it took.

    Raises:
        ErrorReply: Its body, or its choice, is an error.
        Malformed: It has no choice, a field is of another type than the interface promises, or it ended in a way that makes no answer.
    """
    if error := getattr(found, "error", None):
        raise ErrorReply(error)
    choices = getattr(found, "choices", None)
    if not isinstance(choices, list) or not choices:
        raise Malformed("the reply has no choices; does the address lead to /v1?" if isinstance(found, str) else "the reply has no choices")
    choice = choices[0]
    if error := getattr(choice, "error", None):
        raise ErrorReply(error)
    message = getattr(choice, "message", None)
    reason = str(getattr(choice, "finish_reason", None) or "").partition(":")[0].strip().lower()
    if message is None and reason not in REFUSALS:
        raise Malformed("the reply has no message")
    content, inner = _texts(getattr(message, "content", None))
    thought = getattr(message, "reasoning_content", None) or getattr(message, "reasoning", None)
    parts = thinking.split(content, tags)
    thoughts = "\n".join(part for part in (thought if isinstance(thought, str) else "", inner, parts.thinking) if part)
    refusal = _refusal(choice, message, reason)
    if not refusal and reason not in FINISHES:
        raise Malformed(f"the reply ended with finish_reason '{reason[:40]}', which is no answer's end")
    finish = FINISHES.get(reason, "")
    # A reply that neither says why it ended nor says anything would be read by its scores, as a classifier's.
    readable = scores and bool(request.item.choices) and not refusal and bool(parts.answer.strip() or finish)
    return Response(
        text=parts.answer,
        thinking=thoughts,
        choice_log_probs=likelihoods.scores(
            request.item.choices, choice, answer=parts.answer.strip(), thought=bool(thoughts) or parts.place != "alone", tags=tags
        )
        if readable
        else None,
        finish=finish,
        usage=_usage(getattr(found, "usage", None)),
        seconds=round(seconds, 3),
        refusal=refusal,
    )


def _texts(content: Any) -> tuple[str, str]:
    """What a message says and what it thinks, as one text each; some services send a list of typed parts.

    Raises:
        Malformed: A part is of a kind that is neither.
    """
    if content is None or isinstance(content, str):
        return content or "", ""
    said: dict[str, list[str]] = {"text": [], "thinking": []}
    for part in content if isinstance(content, list) else [content]:
        kind = part.get("type") if isinstance(part, Mapping) else None
        value = part.get(kind) if kind in said else None
        if not isinstance(value, str | list):
            raise Malformed(f"the reply's content is a {type(content).__name__}, not a text")
        said[str(kind)].append(value if isinstance(value, str) else "".join(_texts(value)))
    return "".join(said["text"]), "".join(said["thinking"])


def _refusal(choice: Any, message: Any, reason: str) -> str:
    """Why there is no answer, where the model or its service says that it will not give one."""
    said = getattr(message, "refusal", None)
    said = said.strip() if isinstance(said, str) else ""
    if reason not in REFUSALS:
        return said
    results = getattr(choice, "content_filter_results", None)
    kinds = results.items() if isinstance(results, Mapping) else ()
    caught = [name for name, result in kinds if isinstance(result, Mapping) and result.get("filtered")]
    return ": ".join(part for part in (f"finish_reason {reason}", ", ".join(caught), said) if part)


def _usage(found: Any) -> Mapping[str, int]:
    counts = {"prompt": getattr(found, "prompt_tokens", None), "completion": getattr(found, "completion_tokens", None)}
    return {name: value for name, value in counts.items() if isinstance(value, int)}
