"""A server's replies as ours: answers, refusals, and what is neither."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.models.ends import FINISHES, REFUSALS
from harness.models.server import likelihoods
from harness.models.server.faults import ErrorReply, Malformed
from harness.models.server.likelihoods import field
from harness.parsing import thinking
from harness.parsing.thinking import Pair
from harness.types import Request, Response

_THOUGHTS = ("reasoning_content", "reasoning", "thinking")
"""Fields of a message in which servers set thoughts apart."""
_SAYS: Mapping[str, str] = {
    "text": "text",
    "output_text": "text",
    "thinking": "thinking",
    "reasoning": "thinking",
    "summary_text": "thinking",
}
"""What a typed part of a message is, by its type."""


def read(
    request: Request, reply: Any, *, scores: bool, tags: Sequence[Pair] = thinking.KNOWN, stops: Sequence[str] = (), seconds: float
) -> Response:
    """One reply of the server.

    Args:
        request: What was asked.
        reply: JSON as it came, whose fields may be of any type or absent.
        scores: Whether to read scores of the choices.
        tags: What opens and closes a thought.
        stops: Texts at which the answer ends, where the server could not be told of them.
        seconds: How long it took.

    Raises:
        ErrorReply: Its body, or its choice, is an error.
        Malformed: It has no choice, a field is of another type than the interface promises, or it ended in a way that makes no answer.
    """
    if error := field(reply, "error"):
        raise ErrorReply(error)
    choices = field(reply, "choices")
    if not isinstance(choices, list) or not choices:
        raise Malformed("the reply has no choices; does the address lead to /v1?" if isinstance(reply, str) else "the reply has no choices")
    choice = choices[0]
    if error := field(choice, "error"):
        raise ErrorReply(error)
    message = field(choice, "message")
    reason = str(field(choice, "finish_reason") or "").partition(":")[0].strip().lower()
    if message is None and reason not in REFUSALS:
        raise Malformed("the reply has no message")
    content, inner = _texts(field(message, "content"))
    content, cut = _before(content, stops)
    named = (value for name in _THOUGHTS if isinstance(value := field(message, name), str) and value)
    thought = next(named, None)
    thought = _details(message) if thought is None else thought
    parts = thinking.split(content, tags)
    thoughts = "\n".join(part for part in (thought, inner, parts.thinking) if part)
    refusal = _refusal(choice, message, reason)
    if not refusal and reason not in FINISHES:
        raise Malformed(f"the reply ended with finish_reason '{reason[:40]}', which is no answer's end")
    finish = "stop" if cut else FINISHES.get(reason, "")
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
        usage=_usage(field(reply, "usage")),
        seconds=round(seconds, 3),
        refusal=refusal,
    )


def _details(message: Any) -> str:
    """Thoughts that are told in typed parts beside the message alone, as routers do; those that are encrypted say nothing."""
    details = field(message, "reasoning_details")
    parts = details if isinstance(details, list) else []
    told = [value for part in parts for name in ("text", "summary") if isinstance(value := field(part, name), str) and value]
    return "\n".join(told)


def _texts(content: Any) -> tuple[str, str]:
    """What a message says and what it thinks, as one text each; some services send a list of typed parts.

    Raises:
        Malformed: A part is of a kind that is neither.
    """
    if content is None or isinstance(content, str):
        return content or "", ""
    pieces: dict[str, list[str]] = {"text": [], "thinking": []}
    for part in content if isinstance(content, list) else [content]:
        if isinstance(part, str):
            pieces["text"].append(part)
            continue
        kind = field(part, "type")
        # The text stands under the part's own name, or under another that its type has: of a thought, a list of parts again.
        value = next((held for name in (kind, "text", "summary", "content") if isinstance(held := field(part, name), str | list)), None)
        if kind not in _SAYS or value is None:
            raise Malformed(f"the reply's content is a {type(content).__name__}, not a text")
        inner = _texts(value)
        pieces[_SAYS[kind]].append("".join(inner) if _SAYS[kind] == "thinking" else inner[0])
    return "".join(pieces["text"]), "".join(pieces["thinking"])


def _before(content: str, stops: Sequence[str]) -> tuple[str, bool]:
    """A text up to the first place in which it should have stopped, and whether there is one."""
    place = min((offset for stop in stops if stop and (offset := content.find(stop)) >= 0), default=-1)
    return (content, False) if place < 0 else (content[:place], True)


def _refusal(choice: Any, message: Any, reason: str) -> str:
    """Why there is no answer, where the model or its service says that it will not give one."""
    refusal = field(message, "refusal")
    refusal = refusal.strip() if isinstance(refusal, str) else ""
    if reason not in REFUSALS:
        return refusal
    results = field(choice, "content_filter_results")
    kinds = results.items() if isinstance(results, Mapping) else ()
    caught = [name for name, result in kinds if isinstance(result, Mapping) and result.get("filtered")]
    return ": ".join(part for part in (f"finish_reason {reason}", ", ".join(caught), refusal) if part)


def _usage(told: Any) -> Mapping[str, int]:
    counts = {"prompt": field(told, "prompt_tokens"), "completion": field(told, "completion_tokens")}
    return {name: value for name, value in counts.items() if isinstance(value, int) and not isinstance(value, bool) and value >= 0}
