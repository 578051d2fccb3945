"""What ``--model-arg`` may say to a server, and which of it cannot change a reply."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass

from harness.errors import UsageError
from harness.models import check_arguments
from harness.models.server import addresses
from harness.parsing import thinking
from harness.parsing.thinking import KNOWN, Pair

_SCORES = ("none", "first-token")


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """How a server is asked."""

    base_url: str = ""
    """Up to ``/v1``; without it the variable OPENAI_BASE_URL, or OpenAI's own service. A query in it goes with every request."""
    model: str = ""
    """The model's name, where the location is an address."""
    key_env: str = "OPENAI_API_KEY"
    """The environment variable that holds the key. Keys are never taken from the command line and never recorded."""
    concurrency: int = 16
    """Requests under way at once."""
    retries: int = 6
    """Tries after the first, on 408, 409, 425, 429, 5xx, a lost connection or a reply that is cut off; `waits` says how long between."""
    timeout: float = 600.0
    """Seconds until a request counts as lost."""
    scores: str = "none"
    """``first-token`` reads choice_log_probs from the likelihoods of the answer's first token, where the server gives them."""
    thinking_tags: tuple[Pair, ...] = KNOWN
    """What opens and closes a thought in replies, as ``OPENING|CLOSING``; without it, the tags of all published models."""
    price_in: float = 0.0
    """Per million tokens of prompts, in any currency; with ``price_out`` the record says what the run cost."""
    price_out: float = 0.0
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
    check_arguments("openai", given, tuple(Arguments.__dataclass_fields__))
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
    if texts.get("scores", "none") not in _SCORES:
        raise UsageError(f"--model-arg scores={texts['scores']}: must be one of {', '.join(_SCORES)}.")
    key(texts.get("key_env", Arguments().key_env))
    return Arguments(
        **{name: texts[name] for name in ("base_url", "model", "key_env", "scores", "revision", "identity") if name in texts},
        thinking_tags=thinking.chosen(texts),
        concurrency=_whole(texts, "concurrency", 16, least=1),
        retries=_whole(texts, "retries", 6, least=0),
        timeout=_number(texts, "timeout", 600.0, least=0.1),
        price_in=_number(texts, "price_in", 0.0, least=0.0),
        price_out=_number(texts, "price_out", 0.0, least=0.0),
    )


def key(variable: str) -> str:
    """The key in an environment variable; empty where there is none.

    Raises:
        UsageError: It cannot stand in a request.
    """
    found = os.environ.get(variable, "").strip()
    if not (found.isascii() and found.isprintable()):
        raise UsageError(f"${variable} holds signs that no key has (letters beyond ASCII, or a line break within). Set it again.")
    return found


def _whole(given: Mapping[str, str], name: str, default: int, *, least: int) -> int:
    value = _number(given, name, default, least=least)
    if value != int(value):
        raise UsageError(f"--model-arg {name}={given[name]}: must be a whole number.")
    return int(value)


def _number(given: Mapping[str, str], name: str, default: float, *, least: float) -> float:
    try:
        value = float(given.get(name, default))
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or value < least:
        raise UsageError(f"--model-arg {name}={given[name]}: must be a number of at least {least:g}.")
    return value
