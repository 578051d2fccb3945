"""Why a request has no answer: told from what a server says, and from what happened on the way to it.

What is in none of the tables of `kinds` is a failure in the server's own words.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.errors import HarnessError
from harness.files.json_text import parse
from harness.models.server import waits
from harness.models.server.kinds import OF_A_SIZE, Kind, kind_of

_LIMIT = 400
_LOOKED_AT = 20_000
"""Characters of an error that is no JSON, in which its reason is looked for."""
_DEEPEST = 20
_PAGE = re.compile(r"<\s*(html|!doctype|head)", re.IGNORECASE)
_HEADING = re.compile(r"<(title|h1)[^>]*>(.*?)</\1>", re.IGNORECASE | re.DOTALL)


class ErrorReply(Exception):
    """A reply with a good status whose body is an error."""

    def __init__(self, body: Any) -> None:
        """The error as it stands in the body."""
        super().__init__("the reply is an error")
        self.body = body


class Malformed(HarnessError):
    """A reply that is not what the interface promises, or that says of itself that it is no answer."""


def parsed(text: str, where: str) -> Any:
    """The JSON that a server sent; infinite numbers as Python writes them, which servers in Python send for a probability of zero.

    Args:
        text: The JSON.
        where: What it is of, for messages.

    Raises:
        Malformed: It is none.
    """
    return parse(text, where, remedy="it was cut off on its way, or is no reply", constants=True, error=Malformed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why one request has no answer this time."""

    kind: Kind
    message: str
    """One line: the status or class, a colon, the words of the server or of the exceptions."""
    wait: float | None = None
    """The seconds that the server asks to wait."""
    status: int | None = None
    """Of HTTP; 0 for an error in a reply with a good status, None where no server said anything."""
    body: Any = None
    """The error as the server says it."""

    @property
    def is_of_a_size(self) -> bool:
        """Whether a picture of another size could be answered."""
        return self.kind == "request" and bool(OF_A_SIZE.search(self.message))

    @property
    def passes(self) -> bool:
        """Whether the same request may succeed a little later."""
        return self.kind in ("again", "limited") and (self.wait is None or self.wait <= waits.PATIENCE)


def of_error(error: Exception) -> Fault:
    """What an exception of the client library, or of reading a reply, says of a request."""
    import openai

    if isinstance(error, openai.APIStatusError):
        return of_body(error.status_code, _content(error), error.response.headers)
    if isinstance(error, ErrorReply):
        code = str(error.body.get("code")) if isinstance(error.body, Mapping) else ""
        status = int(code) if re.fullmatch("[45][0-9][0-9]", code) else 0
        return of_body(status, {"error": error.body}, {})
    if isinstance(error, UnicodeEncodeError):  # a lone surrogate, which no server can be sent
        return Fault(kind="request", message=chain(error))
    passing = (openai.APIConnectionError, openai.APIResponseValidationError, Malformed, json.JSONDecodeError)
    return Fault(kind="again" if isinstance(error, passing) else "failed", message=chain(error))


def of_body(status: int, body: Any, headers: Mapping[str, str]) -> Fault:
    """What a server says, by its tables.

    Args:
        status: Of HTTP; 0 for an error in a reply with a good status.
        body: As JSON, or the text where it is none.
        headers: Of the reply, names in lower case or a mapping that does not mind.
    """
    codes, text = _codes(body), words(body)
    if 300 <= status < 400:
        text = "it sends requests on to another address, which is not followed: name that address itself"
    wait = waits.asked(headers, text, limited=status == 429)
    named = f" ({min(codes, key=len)})" if (codes := {code for code in codes if not code.isdigit()}) else ""
    message = f"{f'HTTP {status}' if status else 'error'}{named}: {text or 'no reason given'}"[:_LIMIT]
    return Fault(kind=kind_of(status, codes, text, wait), message=message, wait=wait, status=status, body=body)


def words(body: Any, depth: int = 0) -> str:
    """What an error's body says, in one line, whatever its shape: OpenAI's, a ``detail``, a ``message``, plain text, a web page."""
    if depth > _DEEPEST:
        return "…"
    if isinstance(body, str):
        page = _HEADING.search(body) if _PAGE.search(body) else None
        return _line(re.sub(r"<[^>]+>", " ", page[2] if page else body))
    if isinstance(body, Mapping):
        for name in ("error", "detail", "message", "errors", "msg", "error_description", "title", "reason"):
            if body.get(name):
                inner = words(body[name], depth + 1)
                where = body.get("loc")
                return f"{'.'.join(map(str, where))}: {inner}" if name == "msg" and isinstance(where, list) else _line(inner + _raw(body))
        try:
            return _line(json.dumps(body, ensure_ascii=False, default=str)) if body else ""
        except RecursionError:
            return "…"
    if isinstance(body, list | tuple):
        return _line("; ".join(words(part, depth + 1) for part in body[:_DEEPEST]))
    return "" if body is None else _line(str(body))


def chain(error: BaseException) -> str:
    """The exception with its causes, since a connection's reason stands in the innermost: a certificate, a name, a refusal."""
    parts: list[str] = []
    for cause in _causes(error):
        reason = _line(str(cause)).rstrip(".")
        if reason and not any(reason in part for part in parts):
            parts.append(reason)
    return f"{type(error).__name__}: {' - '.join(parts) or 'no reason given'}"[:_LIMIT]


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        group = getattr(cause, "exceptions", None)
        cause = group[0] if group else cause.__cause__ or cause.__context__


def _content(error: Any) -> Any:
    """The whole body: the library keeps only the ``error`` of those that have one."""
    try:
        return parse(error.response.content, "the error", error=Malformed)
    except Malformed:  # also where it lies too deep in one another to be looked through
        return error.response.text[:_LOOKED_AT]


def _codes(body: Any, depth: int = 0) -> set[str]:
    """All codes and types of an error, in lower case."""
    codes: set[str] = set()
    if isinstance(body, Mapping) and depth <= _DEEPEST:
        codes |= {str(body[name]).lower() for name in ("code", "type", "status") if isinstance(body.get(name), str | int)}
        if isinstance(body.get("metadata"), Mapping) and {"reasons", "flagged_input"} & set(body["metadata"]):
            codes.add("moderation")
        for name in ("error", "innererror", "inner_error", "detail", "metadata"):
            codes |= _codes(body.get(name), depth + 1)
    return codes


def _raw(body: Mapping[str, Any]) -> str:
    """What a router passes on of the provider's words, and why something was flagged."""
    metadata = body.get("metadata")
    if not isinstance(metadata, Mapping):
        return ""
    reasons = metadata.get("reasons")
    parts = [metadata.get("raw"), ", ".join(map(str, reasons)) if isinstance(reasons, list) else None]
    return "".join(f" ({part})" for part in parts if part)


def _line(text: str) -> str:
    return " ".join(text.split())
