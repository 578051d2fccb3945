"""What ``--model-arg`` may say to a server, and which of it cannot change a reply."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from harness.errors import UsageError
from harness.models.arguments import Count, Least, parse_arguments
from harness.models.server import addresses
from harness.models.server.additions import Header, body_of, field_of, headers_of
from harness.parsing.thinking import KNOWN, Pair, tags_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """How a server is asked."""

    base_url: str = ""
    """Up to ``/v1``; without it the variable OPENAI_BASE_URL, or OpenAI's own service. A query in it goes with every request."""
    model: str = ""
    """The model's name, where the location is an address."""
    key_env: str = "OPENAI_API_KEY"
    """The environment variable that holds the key. Keys are never taken from the command line and never recorded."""
    headers: Annotated[tuple[Header, ...], headers_of] = ()
    """Sent with every request, as ``Name: value|Name: $VARIABLE``; what is secret stands in a variable of the environment. Names alone are
    recorded."""
    concurrency: Count = 16
    """Requests under way at once."""
    rpm: Annotated[float, Least(0.001)] | None = None
    """Requests a minute, of this process; without it, as fast as they are answered."""
    retries: int = 6
    """Tries after the first, on 408, 409, 425, 429, 5xx, a lost connection or a reply that is cut off; `waits` says how long between."""
    timeout: Annotated[float, Least(0.1)] = 600.0
    """Seconds until a request counts as lost."""
    api: Literal["chat", "completions"] = "chat"
    """``completions`` goes on with the bare prompt, as base models want it; it takes no pictures and no system prompt."""
    stream: Literal["auto", "yes", "no"] = "auto"
    """Whether replies come in pieces; ``auto`` asks for pieces where the server answers in no other way."""
    max_tokens_field: Annotated[str, field_of] = "auto"
    """What the limit of an answer is called: ``max_tokens``, ``max_completion_tokens``, another name, or ``none``, which sends no limit;
    ``auto`` is ``max_tokens``, and ``max_completion_tokens`` where that is refused."""
    temperature: Literal["auto", "none"] = "auto"
    """``none`` sends no temperature; ``auto`` sends the run's, and none where the server refuses a temperature of 0."""
    thinking: Literal["auto", "yes", "no"] = "auto"
    """Whether a chat template that knows a switch for thinking has it on or off (``chat_template_kwargs``); ``auto`` leaves it alone."""
    extra_body: Annotated[str, body_of] = ""
    """A JSON object whose fields are sent with every request: ``{"top_k": 20, "reasoning_effort": "low"}``. It is recorded as it stands."""
    min_pixels: Count | None = None
    """Pictures of fewer pixels (width times height) are scaled up to so many, their proportions kept."""
    max_pixels: Count | None = None
    """Pictures of more pixels (width times height) are scaled down to so many, their proportions kept."""
    scores: Literal["none", "first-token", "echo"] = "none"
    """``first-token`` reads choice_log_probs from the likelihoods of the answer's first token, where the server gives them; ``echo``, with
    ``api=completions``, from the likelihoods of the choices written behind the prompt."""
    thinking_tags: Annotated[tuple[Pair, ...], tags_of] = KNOWN
    """What opens and closes a thought in replies, as ``OPENING|CLOSING``; without it, the tags of all published models."""
    price_in: Annotated[float, Least(0)] = 0.0
    """Per million tokens of prompts, in any currency; with ``price_out`` the record says what the run cost."""
    price_out: Annotated[float, Least(0)] = 0.0
    """Per million tokens of answers, thoughts included."""
    revision: str = ""
    """What is recorded as the model's revision: a date, a commit. A server does not say which weights answer."""
    identity: str = ""
    """A text by which the user vouches that all servers of that text serve the same weights under one name: a port that changes then asks
    nothing again. It stands for the address and for what the server tells of the model."""

    @property
    def address(self) -> str:
        """Where requests go."""
        return self.base_url or addresses.HOSTED


CANNOT_CHANGE_A_REPLY: Mapping[str, str] = {
    "key_env": "a key says who asks, not which model answers",
    "concurrency": "how many requests are under way at once; each is answered for itself",
    "rpm": "how soon a request is asked",
    "stream": "whether a reply comes in pieces; together they are the same",
    "retries": "how often a lost request is asked again; a lost one has no reply",
    "timeout": "when a request counts as lost; a lost one has no reply",
    "price_in": "what the record works the cost out from",
    "price_out": "what the record works the cost out from",
}
"""The arguments that are in no request's digest, each with the reason; every other one is in `ModelInfo.arguments` or its identity."""


def parse(location: str, given: Mapping[str, str]) -> Arguments:
    """The arguments as values; an address as location is the ``base_url``.

    Raises:
        UsageError: One is not known, or its value is not what it must be.
    """
    texts = dict(given)
    location = location.strip()
    if addresses.is_address(location):
        if "base_url" in texts:
            raise UsageError("openai: the location is an address already; leave -a base_url out.")
        texts["base_url"] = addresses.checked(location, "the location")
    elif location:
        if "model" in texts:
            raise UsageError(f"openai:{location} names the model already; leave -a model out.")
        if "base_url" not in texts:
            addresses.check_no_address(location)
        texts["model"] = location
    if not texts.get("base_url"):
        texts["base_url"] = addresses.checked(os.environ.get("OPENAI_BASE_URL") or addresses.HOSTED, "$OPENAI_BASE_URL")
    elif "base_url" in given:
        texts["base_url"] = addresses.checked(texts["base_url"], "--model-arg base_url")
    parsed = parse_arguments("openai", texts, Arguments)
    key(parsed.key_env)
    _check_together(parsed)
    return parsed


def _check_together(parsed: Arguments) -> None:
    """Refuse arguments that exclude each other."""
    if parsed.scores == "echo" and parsed.api != "completions":
        raise UsageError("--model-arg scores=echo: a chat cannot be echoed; add -a api=completions, or use scores=first-token.")
    if parsed.thinking != "auto" and parsed.api == "completions":
        raise UsageError(f"--model-arg thinking={parsed.thinking}: a switch of chat templates, and api=completions uses none.")
    if parsed.min_pixels and parsed.max_pixels and parsed.min_pixels > parsed.max_pixels:
        raise UsageError(f"--model-arg min_pixels={parsed.min_pixels}: more than max_pixels={parsed.max_pixels}.")
    for header in parsed.headers:
        header.sent()


def key(variable: str) -> str:
    """The key in an environment variable; empty where there is none.

    Raises:
        UsageError: It cannot stand in a request.
    """
    secret = os.environ.get(variable, "").strip()
    if not (secret.isascii() and secret.isprintable()):
        raise UsageError(f"${variable} holds signs that no key has (letters beyond ASCII, or a line break within). Set it again.")
    return secret
