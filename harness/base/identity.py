"""What makes two runs one: canonical forms and the digests over them, which name folders and file replies.

A digest covers what differs from the defaults and a version, never the defaults themselves: a field that is added with a default leaves
every journal, id and folder as it was. A default that changes its value asks for another `VERSION`.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import MISSING, fields, is_dataclass
from numbers import Integral, Real
from pathlib import PurePath
from typing import Any

VERSION = 2
"""Of the canonical forms. Another one asks everything again."""
_PLAIN = frozenset({str, bool, int})
"""Types whose values JSON holds as they are."""


def digest(*content: Any) -> str:
    """SHA-256 in hexadecimal over the canonical form of values.

    Raises:
        TypeError: A value has no canonical form.
    """
    return digest_of_canonical(canonical(content))


def digest_of_canonical(content: list[Any]) -> str:
    """The `digest` of values that are in canonical form already."""
    return hashlib.sha256(_json(content).encode()).hexdigest()


def canonical(value: Any) -> Any:
    """A value as JSON holds it, the same for all that mean the same: 1 and 1.0, 0.0 and -0.0, a list and a tuple, any order of keys.

    Raises:
        TypeError: It is of a kind that this does not know; its text could differ from one process to the next.
    """
    kind = type(value)
    if value is None or kind in _PLAIN or isinstance(value, str | bool):
        return value
    if kind is tuple or kind is list:
        return [item if type(item) is str else canonical(item) for item in value]
    if kind is dict:
        return {str(key): canonical(item) for key, item in value.items()}
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        number = float(value)
        return int(number) if number.is_integer() else number
    if isinstance(value, PurePath):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): canonical(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [canonical(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted((canonical(item) for item in value), key=_json)
    if is_dataclass(value) and not isinstance(value, type):
        return changes(value)
    raise TypeError(f"a {type(value).__name__} has no canonical form; a digest over it would not be the same in every process")


def changes(instance: Any, *, without: Collection[str] = ()) -> dict[str, Any]:
    """The fields of a dataclass that differ from their defaults, in canonical form, with the version of that form as ``v``.

    Args:
        instance: A dataclass.
        without: Fields that change nothing.
    """
    changed: dict[str, Any] = {"v": VERSION}
    kind: type = type(instance)
    for name, default, canonical_default in _defaults(kind):
        if name in without:
            continue
        value = getattr(instance, name)
        own = canonical(bool(value) if isinstance(default, bool) else value)
        if default is MISSING or own != canonical_default:
            changed[name] = own
    return changed


@functools.lru_cache(maxsize=256)
def _defaults(kind: type) -> tuple[tuple[str, Any, Any], ...]:
    """Name, default and the default's canonical form of each field of a dataclass."""
    return tuple(
        (field.name, default, MISSING if default is MISSING else canonical(default))
        for field in fields(kind)
        for default in [field.default if field.default_factory is MISSING else field.default_factory()]
    )


_json = json.JSONEncoder(sort_keys=True, ensure_ascii=True, separators=(",", ":")).encode
