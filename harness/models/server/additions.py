"""What a user adds to every request: headers, fields of the body, another name of a field."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from harness.errors import CorruptData, UsageError
from harness.files.json_text import parse

SECRET = re.compile(r"auth|key|token|secret|signature|password|cookie|credential", re.IGNORECASE)
"""Names under which a secret is likely."""
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VARIABLE = re.compile(r"\$\{?([A-Za-z_][A-Za-z0-9_]*)\}?")
_OURS = frozenset({"accept", "connection", "content-encoding", "content-length", "content-type", "host", "transfer-encoding"})
_SAID_ELSEWHERE: Mapping[str, str] = {
    "echo": "-a scores=echo",
    "logprobs": "-a scores=first-token",
    "max_completion_tokens": "--max-new-tokens, and -a max_tokens_field=max_completion_tokens",
    "max_tokens": "--max-new-tokens",
    "messages": "--prompt-file and --system-prompt",
    "model": "-a model=NAME",
    "n": "",
    "prompt": "--prompt-file",
    "prompt_logprobs": "-a scores=echo",
    "seed": "--seed",
    "stop": "",
    "stream": "-a stream=yes",
    "stream_options": "-a stream=yes",
    "temperature": "--temperature, or -a temperature=none",
    "top_logprobs": "-a scores=first-token",
    "top_p": "--top-p",
}
"""Fields of a request that the run decides, and where a user says them."""


class Header(NamedTuple):
    """One header of every request."""

    name: str
    value: str
    """As it was given; ``$VARIABLE`` stands for what the environment holds."""

    @property
    def variable(self) -> str:
        """The environment's variable that holds the value; empty where the value was given."""
        named = _VARIABLE.fullmatch(self.value)
        return named[1] if named else ""

    def sent(self) -> str:
        """The value that is sent.

        Raises:
            UsageError: The variable is not set, or holds what cannot stand in a header.
        """
        if not self.variable:
            return self.value
        value = os.environ.get(self.variable, "").strip()
        if not value:
            raise UsageError(f"--model-arg headers: ${self.variable}, the value of {self.name}, is not set.")
        if not (value.isascii() and value.isprintable()):
            raise UsageError(f"--model-arg headers: ${self.variable} holds signs that no header has. Set it again.")
        return value


def headers_of(text: str) -> tuple[Header, ...]:
    """The headers that ``Name: value|Name: $VARIABLE`` says, or a JSON object of them.

    Raises:
        ValueError: What it must be.
    """
    headers = []
    for name, value in _pairs(text):
        if not value or not _NAME.fullmatch(name) or not (value.isascii() and value.isprintable()):
            raise ValueError("headers as in 'X-Title: my run|Authorization: $MY_TOKEN'")
        if name.lower() in _OURS:
            raise ValueError(f"without {name}, which the connection decides")
        if SECRET.search(name) and not _VARIABLE.fullmatch(value):
            raise ValueError(f"without a secret: put the value of {name} into a variable of the environment, as in '{name}: $MY_TOKEN'")
        headers.append(Header(name, value))
    if len({header.name.lower() for header in headers}) != len(headers):
        raise ValueError("headers of which each is given once")
    return tuple(headers)


def _pairs(text: str) -> list[tuple[str, str]]:
    if not text.lstrip().startswith("{"):
        return [(name.strip(), value.strip()) for name, _, value in (part.partition(":") for part in text.split("|"))]
    try:
        pairs = parse(text, "it")
    except CorruptData as error:
        raise ValueError(f"headers ({str(error).rstrip('.')})") from error
    return [(name, value.strip() if isinstance(value, str) else "") for name, value in pairs.items()]


def field_of(text: str) -> str:
    """The name of a field.

    Raises:
        ValueError: What it must be.
    """
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]*", text):
        raise ValueError("auto, none or a name such as max_completion_tokens")
    return text


def body_of(text: str) -> str:
    """The fields that a JSON object adds to every request, as JSON in a form of its own.

    Raises:
        ValueError: What it must be.
    """
    try:
        body = parse(text, "it", remedy="put it between single quotes, as one word")
    except CorruptData as error:
        raise ValueError(f'a JSON object such as {{"top_k": 20}} ({str(error).rstrip(".")})') from error
    if not isinstance(body, dict):
        raise ValueError('a JSON object such as {"top_k": 20}')
    for name in body:
        if name in _SAID_ELSEWHERE:
            how = _SAID_ELSEWHERE[name]
            raise ValueError(f"without '{name}', which the run decides{f': {how}' if how else ''}")
    if secret := next((name for name in _names(body) if _holds_a_secret(name)), None):
        raise ValueError(f"without '{secret}': it is recorded, and a secret is none of a record's; send one as a header, -a headers=…")
    return json.dumps(body, sort_keys=True, ensure_ascii=False)


def _holds_a_secret(name: str) -> bool:
    return bool(re.search(r"api_?key|secret|password|authorization|access_token|credential", name, re.IGNORECASE))


def _names(value: Any) -> Iterable[str]:
    """The names of all fields, however deep."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from _names(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _names(inner)
