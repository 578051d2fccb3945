"""The client library's connection to a server, and what messages may say of it."""

from __future__ import annotations

import os
import re
import ssl
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from harness.models.server import addresses
from harness.models.server import arguments as args
from harness.models.server.arguments import Arguments
from harness.models.server.bodies import bounded
from harness.models.server.kinds import Kind

if TYPE_CHECKING:
    from openai import AsyncOpenAI


def client(parsed: Arguments) -> AsyncOpenAI:
    """A client that tries once: trying again is ours, so that a cut-off reply counts too."""
    from openai import AsyncOpenAI, DefaultAsyncHttpxClient

    base, query = addresses.split_query(parsed.address)
    key = args.key(parsed.key_env) or "none"  # servers of one's own want no key, and the library insists on one
    # The address that was judged is where requests go: no redirect, and on this machine no proxy that the environment names.
    http = DefaultAsyncHttpxClient(
        follow_redirects=False,
        verify=_trusted(),
        trust_env=addresses.is_remote(base),
        headers={"Accept-Encoding": "identity"},
        event_hooks={"response": [bounded]},
    )
    return AsyncOpenAI(
        base_url=base,
        default_query=query,
        default_headers={header.name: header.sent() for header in parsed.headers},
        api_key=key,
        max_retries=0,
        timeout=parsed.timeout,
        http_client=http,
    )


_REMEDIES: tuple[tuple[str, str, str], ...] = (
    (
        "chat",
        r"v1/responses",
        "The harness asks by chats and by completions only; a gateway that translates, such as LiteLLM, can stand between",
    ),
    ("chat", r"chat[ _]template|not a chat model|v1/completions", "A base model is asked with -a api=completions"),
    ("completions", r"chat model|v1/chat/completions", "Leave -a api=completions out to ask by chats"),
    ("", r"log_?probs.{0,60}(not|n't)\b|(not|n't)\b.{0,60}log_?probs", "This model gives no likelihoods: leave -a scores=first-token out"),
    ("", r"max(_completion)?_tokens.{0,40}too large", "Write shorter answers: --max-new-tokens N"),
    (
        "chat",
        r"system.{0,20}(role|message|prompt).{0,20}not|role.{0,30}'system'",
        "Say it in the prompt: --prompt-file in the place of --system-prompt",
    ),
)
"""The interface, empty for any; what a refusal says; and what to do."""


def _trusted() -> ssl.SSLContext | bool:
    """Whose certificates count: those that the environment names, else the library's own choice."""
    file, folder = os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")
    return _certificates(file or None, folder or None) if file or folder else True


@cache
def _certificates(file: str | None, folder: str | None) -> ssl.SSLContext:
    """Read once: a machine's list of certificates takes a tenth of a second."""
    return ssl.create_default_context(cafile=file, capath=folder)


def hint(kind: Kind, message: str, parsed: Arguments, name: str) -> str:
    """What to look at where requests are turned away, and what to say otherwise where a refusal's words leave that open; else empty.

    Args:
        kind: Of the fault.
        message: The server's words.
        parsed: The user's arguments.
        name: The model's.
    """
    for api, words, remedy in _REMEDIES:
        if api in ("", parsed.api) and re.search(words, message, re.IGNORECASE):
            return remedy
    if kind == "spent":
        return f"The account behind ${parsed.key_env} has nothing left; once it has, the same command asks what is missing."
    return f"Is ${parsed.key_env} set, and is '{name}' served there?{ending(parsed)}" if kind == "barred" else ""


def ending(parsed: Arguments) -> str:
    """What to try where an address may lack its end."""
    path = urlsplit(parsed.address).path
    if path:
        return "" if "/v1" in path else f" Is {path} right? Most servers answer under /v1."
    return f" Servers answer under /v1, which the address lacks: {addresses.shown(parsed.address)}/v1"


def discreet(message: str, parsed: Arguments) -> str:
    """A message without the key, which some servers repeat, and without the server's name, which is its owner's."""
    secrets = {header.sent(): f"(the header {header.name})" for header in parsed.headers if header.variable}
    if key := args.key(parsed.key_env):
        secrets[key] = "(the key)"
    for secret, name in sorted(secrets.items(), key=lambda pair: -len(pair[0])):
        # For a server of one's own a key is any word, and no part of others; behind "Bearer" it is repeated without that.
        for word in (secret, secret.rpartition(" ")[2]):
            message = re.sub(rf"(?<![A-Za-z0-9]){re.escape(word)}(?![A-Za-z0-9])", name, message)
    host = urlsplit(parsed.address).hostname
    return message.replace(host, "(the server)") if host and addresses.place(parsed.address) == "another machine" else message
