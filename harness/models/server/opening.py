"""Opening a server: which model is meant, what tells it from every other, and what a record says of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from harness.errors import HarnessError, MissingData, ModelError, UsageError
from harness.models.arguments import changed
from harness.models.server import addresses, connection, faults, identity, likelihoods, waits
from harness.models.server import arguments as args
from harness.models.server.arguments import Arguments
from harness.models.server.backend import Server
from harness.parsing.thinking import KNOWN
from harness.types import ModelInfo

_LISTING_SECONDS = 10.0
"""How long a server may take over its list of models."""


def open_server(location: str, given: Mapping[str, str]) -> Server:
    """The backend, once it is known which model is meant.

    Raises:
        UsageError: An argument is not known, or it cannot be told which model is meant.
        MissingData: The server cannot be reached, and only it can say which model it has.
        ModelError: The server refuses the key.
    """
    parsed = args.parse(location, given)
    listed = asyncio.run(_listed(parsed))
    model = parsed.model or _only(listed, parsed)
    remote = addresses.is_remote(parsed.address)
    notes = ["the server does not say which weights answer"] if not (parsed.revision or parsed.identity) else []
    if parsed.scores == "first-token":
        notes.append(
            f"scores are likelihoods of the answer's first token; a choice that is not among the {likelihoods.TOP} likeliest has 0"
        )
    if parsed.scores == "echo":
        notes.append("scores are likelihoods of the choices written behind the prompt")
    info = ModelInfo(
        name=identity.display_name(model, "" if parsed.identity else identity.root(model, listed)),
        kind="openai",
        revision=parsed.revision,
        arguments=_facts(parsed),
        identity=identity.identity(parsed, model, listed),
        remote=remote,
        scores="none" if parsed.scores == "none" else "softmax",
        sees=parsed.api == "chat",
        note="; ".join(notes),
    )
    return Server(info=info, arguments=parsed, model=model)


def _facts(parsed: Arguments) -> dict[str, str]:
    """What a record says of how the server is asked; where it is only as far as that is not its owner's to say."""
    facts: dict[str, str] = {"scores": parsed.scores}
    facts |= {"identity": parsed.identity} if parsed.identity else {"server": addresses.place(parsed.address)}
    if parsed.thinking_tags != KNOWN:
        facts["thinking_tags"] = "; ".join("|".join(pair) for pair in parsed.thinking_tags)
    facts |= _asked(parsed)
    if parsed.price_in or parsed.price_out:
        facts |= {"price_in": f"{parsed.price_in:g}", "price_out": f"{parsed.price_out:g}"}
    return facts


def _asked(parsed: Arguments) -> dict[str, str]:
    """What the user has changed about how requests are asked; what is at its default says nothing."""
    words = ("api", "max_tokens_field", "temperature", "thinking", "extra_body", "min_pixels", "max_pixels")
    asked = {name: str(value) for name, value in changed(parsed).items() if name in words}
    return asked | ({"headers": "; ".join(header.name for header in parsed.headers)} if parsed.headers else {})


async def _listed(parsed: Arguments) -> list[Mapping[str, Any]]:
    """The server's list of models; where the model is named, empty if the list cannot be had or proves nothing.

    Raises:
        MissingData: The model is not named, and the server cannot be reached.
        ModelError: The model is not named, and the server refuses to say.
    """
    if parsed.model and (parsed.identity or urlsplit(parsed.address).hostname in addresses.SERVICES):
        return []
    try:
        return await _list(replace(parsed, timeout=min(parsed.timeout, _LISTING_SECONDS)))
    except HarnessError:
        if parsed.model:
            return []
        raise


async def _list(parsed: Arguments) -> list[Mapping[str, Any]]:
    import openai

    address = addresses.shown(parsed.address)
    for attempt in range(2):
        try:
            async with connection.client(parsed) as client:
                listing = await client.get("/models", cast_to=object)
        except openai.APIConnectionError as error:
            reason = connection.discreet(faults.chain(error), parsed)
            raise MissingData(f"{address}: cannot be reached ({reason}). Is the server up, and does its address end in /v1?") from error
        except Exception as error:
            fault = faults.of_error(error)
            if fault.passes and not attempt:
                await asyncio.sleep(waits.FIRST)
                continue
            reason = connection.discreet(fault.message, parsed).rstrip(".")
            raise ModelError(f"{address}: {reason}.{_instead(parsed)}") from error
        entries = listing.get("data", listing.get("models")) if isinstance(listing, dict) else listing
        if isinstance(entries, list):
            return [entry for entry in entries if isinstance(entry, dict) and isinstance(entry.get("id"), str)]
        break
    raise ModelError(f"{address}: its /models is no list of models.{_instead(parsed)}")


def _instead(parsed: Arguments) -> str:
    """What to do about a server that does not say which models it has."""
    return connection.ending(parsed) or f" Is ${parsed.key_env} set? Or name the model with -a model=NAME."


def _only(listed: Sequence[Mapping[str, Any]], parsed: Arguments) -> str:
    """The one model that a server has."""
    names = sorted({str(entry["id"]) for entry in listed})
    if len(names) != 1:
        shown = ", ".join(names[:8]) + (", …" if len(names) > 8 else "")
        raise UsageError(f"{addresses.shown(parsed.address)} has {len(names)} models ({shown}); name one: -a model=NAME")
    return names[0]
