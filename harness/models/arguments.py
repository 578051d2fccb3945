"""``--model-arg`` as values: a backend declares a dataclass, whose fields are the names, types, bounds and defaults of what it takes.

Beside that class stands a table ``CANNOT_CHANGE_A_REPLY``: the arguments that enter no digest, each with the reason; all others do.
"""

from __future__ import annotations

import json
import math
import types
from collections.abc import Container, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from harness.errors import UsageError, unknown

A = TypeVar("A")
_SWITCH = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


@dataclass(frozen=True, slots=True)
class Least:
    """The smallest value of a number that may be given."""

    value: float


Count = Annotated[int, Least(1)]
Precision = Literal["auto", "float32", "float16", "bfloat16"]


def word(value: Any) -> str:
    """A value of Python or TOML as the command line has it: yes and no, texts joined by ``|``, numbers by commas, a mapping as JSON."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return json.dumps(dict(value), ensure_ascii=False)
    if isinstance(value, list | tuple):
        return ("," if all(isinstance(part, int | float) for part in value) else "|").join(map(word, value))
    return str(value)


def parse_arguments(kind: str, given: Mapping[str, str], to: type[A]) -> A:
    """The arguments of a backend, those that are not given at their defaults.

    A whole number is at least 0 where no `Least` says more; a tuple of texts is separated by ``|``, one of numbers by commas; what has a
    form of its own is ``Annotated`` with a function from text to value that raises `ValueError`, "what it must be".

    Args:
        kind: The backend, for messages.
        given: The pairs as the user wrote them.
        to: A dataclass with a default for every field.

    Raises:
        UsageError: One is not known, which would otherwise change nothing, silently; or its value is not what it must be.
    """
    hints = get_type_hints(to, include_extras=True)
    for name in given:
        if not hints:
            raise UsageError(f"{kind} takes no --model-arg; '{name}' was given.")
        if name not in hints:
            raise unknown(f"--model-arg of {kind}", name, hints)
    values = {}
    for name, text in given.items():
        try:
            values[name] = _value(text, hints[name], None)
        except ValueError as error:
            raise UsageError(f"--model-arg {name}={text}: must be {error}.") from None
    return to(**values)


def changed(given: Any, *, without: Container[str] = ()) -> dict[str, Any]:
    """The arguments of a backend that are not at their defaults, but for some."""
    arguments = {field.name: getattr(given, field.name) for field in fields(given) if field.name not in without}
    return {name: value for name, value in arguments.items() if value != given.__dataclass_fields__[name].default}


def _value(text: str, hint: Any, least: float | None) -> Any:
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _value(text, inner[0], inner[1].value) if isinstance(inner[1], Least) else inner[1](text)
    if origin in (Union, types.UnionType):  # of a type and None
        return _value(text, inner[0], least)
    if origin is Literal:
        if text not in inner:
            raise ValueError(f"one of {', '.join(inner)}")
        return text
    if origin is tuple:
        return tuple(_value(part.strip(), inner[0], least) for part in text.split("|" if inner[0] is str else ","))
    if hint is bool:
        if text.lower() not in _SWITCH:
            raise ValueError("yes or no")
        return _SWITCH[text.lower()]
    if hint in (int, float):
        return _number(text, hint, least)
    return Path(text) if hint is Path else text


def _number(text: str, of: type, least: float | None) -> float:
    least = 0 if least is None and of is int else least
    try:
        value: float = of(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or (least is not None and value < least):
        what = "a whole number" if of is int else "a number"
        raise ValueError(what if least is None else f"{what} of at least {least:g}")
    return value
