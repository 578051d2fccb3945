"""Which model a server's is: its full name, the address, and what the server tells of it.

A name alone proves little: the same one stands behind two ports for two checkpoints, and servers of one's own call a model by a folder
of their machine or by an alias. None of this may stand in a record, so that it is hashed only.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from harness.models.server import addresses
from harness.models.server.arguments import Arguments

VOLATILE = frozenset(
    {
        "active",
        "created",
        "created_at",
        "deprecation",
        "description",
        "expiration_date",
        "last_used",
        "loaded",
        "modified",
        "modified_at",
        "object",
        "per_request_limits",
        "permission",
        "permissions",
        "pricing",
        "state",
        "status",
        "top_provider",
        "updated_at",
    }
)
"""What a list of models says of the moment or of prices, and not of the model."""
_HUB_CACHE = re.compile(r"models--([^/]+?)--([^/]+)/snapshots/([0-9a-f]{7,})/?$")


def identity(parsed: Arguments, model: str, listed: Sequence[Mapping[str, Any]]) -> str:
    """What tells this model from every other.

    Args:
        parsed: Where and how it is asked.
        model: Its full name on the server.
        listed: The server's list of models; empty where it tells none.
    """
    # A header may lead to another model. A secret one says who asks, as a key does: of it only the variable counts.
    headers = {"headers": sorted((header.name.lower(), header.value) for header in parsed.headers)} if parsed.headers else {}
    if parsed.identity:
        return json.dumps({"model": model, "vouched": parsed.identity, **headers})
    traits = {"model": model, "address": addresses.normalised(parsed.address), "told": told(model, listed), **headers}
    return json.dumps(traits, sort_keys=True, default=str)


def told(model: str, listed: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """What a list of models says of one and of those that it builds on (an adapter's base), without what changes by itself.

    A server that lists one model alone answers with that one, whatever it is called.
    """
    by_name = {str(entry.get("id")): entry for entry in listed}
    entry = by_name.get(model) or by_name.get(f"{model}:latest") or (listed[0] if len(listed) == 1 else None)
    chain: list[Mapping[str, Any]] = []
    while entry is not None and entry not in chain:
        chain.append(entry)
        parent = entry.get("parent")
        entry = by_name.get(parent) if isinstance(parent, str) else None
    return [{name: value for name, value in entry.items() if name not in VOLATILE} for entry in chain]


def display_name(model: str, root: str = "") -> str:
    """The name on the scoreboard, where systems of one name are one.

    A folder of the server's machine goes by its last two parts, since the last is often ``checkpoint-500``, and the digest of the rest,
    which is its owner's; a name of the server's own, by itself and the digest of what it stands for.

    Args:
        model: The model's full name on the server.
        root: What the server says that the name stands for, as vLLM does; empty where it says nothing.
    """
    if not re.match(r"[/~.]|[A-Za-z]:[\\/]", model):
        return f"{model}@{_short(root)}" if root not in ("", model) else model
    path = model.replace("\\", "/")
    if cached := _HUB_CACHE.search(path):
        organisation, name, commit = cached.groups()
        return f"{organisation}/{name}@{commit[:8]}"
    parts = [part for part in path.split("/") if part not in ("", ".")]
    shown = "/".join(parts[-2:]) or model
    return shown if len(parts) <= 2 else f"{shown}@{_short('/'.join(parts))}"


def root(model: str, listed: Sequence[Mapping[str, Any]]) -> str:
    """What a server says that a model's name stands for: a folder, a name of the Hub; empty where it says nothing."""
    root_name = next(iter(told(model, listed)), {}).get("root")
    return root_name if isinstance(root_name, str) else ""


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:6]
