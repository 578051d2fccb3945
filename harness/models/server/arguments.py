"""What ``--model-arg`` may say to a server, and whether what is sent leaves this machine."""

from __future__ import annotations

import ipaddress
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from harness.errors import UsageError
from harness.models import check_arguments

_HOSTED = "https://api.openai.com/v1"
_SCORES = ("none", "first-token")


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """How a server is asked."""

    base_url: str = ""
    """Up to ``/v1``; without it the variable OPENAI_BASE_URL, or OpenAI's own service."""
    model: str = ""
    """The model's name, where the location is an address."""
    key_env: str = "OPENAI_API_KEY"
    """The environment variable that holds the key. Keys are never taken from the command line and never recorded."""
    concurrency: int = 16
    """Requests under way at once."""
    retries: int = 6
    """Tries after the first, on 408, 409, 429, 5xx, a lost connection or a reply that is cut off; waiting doubles, with jitter."""
    timeout: float = 600.0
    """Seconds until a request counts as lost."""
    scores: str = "none"
    """``first-token`` reads choice_log_probs from the likelihoods of the first token, where the server gives them."""
    price_in: float = 0.0
    """Per million tokens of prompts, in any currency; with ``price_out`` the record says what the run cost."""
    price_out: float = 0.0
    revision: str = ""
    """What is recorded as the model's revision: a date, a commit. A server does not say which weights answer."""

    @property
    def address(self) -> str:
        """Where requests go."""
        return self.base_url or os.environ.get("OPENAI_BASE_URL") or _HOSTED


def parse(location: str, given: Mapping[str, str]) -> Arguments:
    """The arguments as values; an address as location is the ``base_url``.

    Raises:
        UsageError: One is not known, or its value is not what it must be.
    """
    check_arguments("openai", given, tuple(Arguments.__dataclass_fields__))
    texts = dict(given)
    if location.startswith(("http://", "https://")):
        if "base_url" in texts:
            raise UsageError("openai: the location is an address already; leave -a base_url out.")
        texts["base_url"] = location.rstrip("/")
    elif location:
        if "model" in texts:
            raise UsageError(f"openai:{location} names the model already; leave -a model out.")
        texts["model"] = location
    if texts.get("scores", "none") not in _SCORES:
        raise UsageError(f"--model-arg scores={texts['scores']}: must be one of {', '.join(_SCORES)}.")
    return Arguments(
        **{name: texts[name] for name in ("base_url", "model", "key_env", "scores", "revision") if name in texts},
        concurrency=int(_number(texts, "concurrency", 16, least=1)),
        retries=int(_number(texts, "retries", 6, least=0)),
        timeout=_number(texts, "timeout", 600.0, least=0.1),
        price_in=_number(texts, "price_in", 0.0, least=0.0),
        price_out=_number(texts, "price_out", 0.0, least=0.0),
    )


def is_remote(address: str) -> bool:
    """Whether a server is another machine: everything but the loopback addresses."""
    host = urlsplit(address).hostname or ""
    if host == "localhost":
        return False
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return True


def _number(given: Mapping[str, str], name: str, default: float, *, least: float) -> float:
    try:
        value = float(given.get(name, default))
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or value < least:
        raise UsageError(f"--model-arg {name}={given[name]}: must be a number of at least {least:g}.")
    return value
