"""Whether two models are one: the digest that says so, and whether anything proves it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from harness.base.identity import VERSION, digest
from harness.types import ModelInfo

PRICES: Mapping[str, str] = {"prompt": "price_in", "completion": "price_out"}
"""Tokens to the argument of a model that holds their price per million: another price is another cost of the same replies."""

_ONCE = "once:"


def of_model(info: ModelInfo) -> str:
    """The digest of a model: its name, its content, its code's revision, how it is asked, and what a record may not hold."""
    return digest(
        {
            "v": VERSION,
            "kind": info.kind,
            "name": info.name,
            "digest": info.digest,
            "revision": info.revision,
            "arguments": {name: value for name, value in info.arguments.items() if name not in PRICES.values()},
            **({"identity": info.identity} if info.identity else {}),
        }
    )


def is_proven(info: ModelInfo) -> bool:
    """Whether anything but its own word says which model this is; where nothing does, no reply may be used again."""
    return bool(info.digest or info.identity)


def once() -> str:
    """An identity that no other model has, nor this one a second time."""
    return f"{_ONCE}{uuid.uuid4().hex}"


def is_once(info: ModelInfo) -> bool:
    """Whether a model's identity is one of `once`."""
    return info.identity.startswith(_ONCE)
