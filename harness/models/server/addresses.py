"""Servers' addresses: what is one, what is wrong with one, and when two are the same."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit, urlunsplit

from harness.base import network
from harness.errors import UsageError

HOSTED = "https://api.openai.com/v1"
SERVICES = frozenset(
    {
        "api.anthropic.com",
        "api.deepinfra.com",
        "api.deepseek.com",
        "api.fireworks.ai",
        "api.groq.com",
        "api.mistral.ai",
        "api.openai.com",
        "api.perplexity.ai",
        "api.together.xyz",
        "api.x.ai",
        "dashscope-intl.aliyuncs.com",
        "dashscope.aliyuncs.com",
        "generativelanguage.googleapis.com",
        "integrate.api.nvidia.com",
        "openrouter.ai",
        "router.huggingface.co",
    }
)
"""Public services: their names may stand in a record, and their lists of models tell prices and not weights."""
_PORTS = {"http": 80, "https": 443}
_ENDPOINTS = ("/chat/completions", "/completions", "/models", "/responses")
_SECRET = re.compile(r"key|token|secret|signature|password|^(code|sig)$", re.IGNORECASE)
"""Parameters of an address that say who asks, and not what answers."""
_BARE = re.compile(
    r"(localhost|\d{1,3}(\.\d{1,3}){3}|\[[0-9a-f:.]+\])(:\d+)?(/.*)?"  # a host that cannot be a model, whatever follows
    r"|[a-z0-9][a-z0-9.-]*:\d{1,5}(/.*)?"  # a name and a port; tags of models such as llama3:8b are no numbers
    r"|[a-z0-9][a-z0-9-]*(\.[a-z0-9-]+)+(/.*)?/v1/?"
    r"|(https?:|//).*",
    re.IGNORECASE,
)


def is_address(text: str) -> bool:
    """Whether a text begins like a whole address."""
    return "://" in text


def check_no_address(name: str) -> None:
    """Refuse an address without its scheme where a model is named: it would be looked for at a default service.

    Raises:
        UsageError: It reads like a host with a port or a path.
    """
    if _BARE.fullmatch(name):
        scheme = "https" if name.lower().startswith("https:") else "http"
        rest = re.sub(r"^(https?:)?/*", "", name, flags=re.IGNORECASE)
        path = "" if "/" in rest else "/v1"
        raise UsageError(
            f"openai:{name} reads like an address without http://. Write openai:{scheme}://{rest}{path}, or, where a model has that name,"
            f" openai: -a model={name}"
        )


def checked(address: str, origin: str) -> str:
    """An address without surrounding blanks and closing slashes.

    Args:
        address: What was given.
        origin: Where it was given, for the message: ``-a base_url``.

    Raises:
        UsageError: It is not one of a server's interface.
    """
    address = address.strip()
    if re.search(r"[\s\\\x00-\x1f\x7f]", address):  # which readers of addresses take in different ways
        raise UsageError(f"{origin}={address!r}: an address holds no blank, backslash or control character.")
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        raise UsageError(f"{origin}={address}: the port is not a number from 0 to 65535.") from None
    if parts.scheme.lower() not in _PORTS or not parts.hostname:
        wanted = f"http://{address}{'' if '/' in address else '/v1'}" if _BARE.fullmatch(address) else "http://127.0.0.1:8000/v1"
        raise UsageError(f"{origin}={address}: an address begins with http:// or https:// and names a host, such as {wanted}")
    path = parts.path.rstrip("/")
    for endpoint in _ENDPOINTS:
        if path.endswith(endpoint):
            raise UsageError(f"{origin}={address}: leave {endpoint} out; an address goes up to /v1.")
    return urlunsplit((parts.scheme.lower(), _netloc(parts), path, parts.query, ""))


def _netloc(parts: SplitResult) -> str:
    """Who asks, host and port, with an address of this machine in its usual spelling: other programs read fewer of them."""
    host = parts.hostname or ""
    if not network.is_here(host):
        return parts.netloc
    who, at, _ = parts.netloc.rpartition("@")
    plain = network.canonical(host)
    return f"{who}{at}{f'[{plain}]' if ':' in plain else plain}{f':{parts.port}' if parts.port is not None else ''}"


def split_query(address: str) -> tuple[str, dict[str, str]]:
    """The address without its query, and the query, which belongs to every request."""
    parts = urlsplit(address)
    return urlunsplit((parts.scheme, parts.netloc, parts.path, "", "")), dict(parse_qsl(parts.query, keep_blank_values=True))


def shown(address: str) -> str:
    """The address as messages show it: who asks is left out."""
    parts = urlsplit(address)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def normalised(address: str) -> str:
    """Equal for two addresses if and only if they are written of the same server: scheme, host, port, path and query.

    All names of this machine are one, as are a port left out and the scheme's own. Who asks (a user, a key) is left out.
    """
    parts = urlsplit(address)
    scheme = parts.scheme.lower()
    host = "localhost" if not is_remote(address) else (parts.hostname or "").rstrip(".")
    query = urlencode(sorted(pair for pair in parse_qsl(parts.query, keep_blank_values=True) if not _SECRET.search(pair[0])))
    return urlunsplit((scheme, f"{host}:{parts.port or _PORTS.get(scheme, 0)}", parts.path.rstrip("/"), query, ""))


def is_remote(address: str) -> bool:
    """Whether a server is another machine: everything but the loopback addresses, however they are written."""
    return not network.is_here(urlsplit(address).hostname or "")


def place(address: str) -> str:
    """Where a server is, as a record may say it: a public service by its name, any other host as its owner's."""
    if not is_remote(address):
        return "this machine"
    host = urlsplit(address).hostname or ""
    return host if host in SERVICES else "another machine"
