"""Files into typed values: the one decoder of records, cards, suites, settings and replies, which says what is wrong and where."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

from harness.errors import CorruptData, HarnessError
from harness.files.content import read

T = TypeVar("T")

_LARGEST_TOML = 1 << 24
"""Bytes; a card has a thousandth of that."""

_STEP = re.compile(r"\.(?P<field>[^.\[]+)|\[(?P<place>[^\]]+)\]")
_KEYED = "..."
"""How msgspec names the value of a table whose keys are free; which one it was is found anew."""


def decode(
    kind: type[T], content: Any, where: object, *, remedy: str = "", error: type[HarnessError] = CorruptData, strict: bool = True
) -> T:
    """A value of this type from what a JSON or TOML file holds.

    Args:
        kind: A msgspec struct or a dataclass.
        content: As `json` or `tomllib` gave it.
        where: The file, and the line or table in it, for the message.
        remedy: What to do about it, a sentence.
        error: What is raised.
        strict: False where every value is a text, as in a CSV file: numbers and days are then read from it.

    Raises:
        HarnessError: A field is absent, unknown to a type that forbids it, or of the wrong kind: the message gives its path,
            ``estimates[3].value``, what was expected, and for an unknown one what may have been meant.
    """
    try:
        return msgspec.convert(content, kind, strict=strict)
    except msgspec.ValidationError as refused:
        raise error(" ".join(part for part in (f"{where}: {_told(kind, content, str(refused))}.", remedy) if part)) from refused
    except UnicodeEncodeError as refused:  # half a surrogate pair where a number is expected
        raise error(f"{where}: the text {refused.object!r:.80} stands where none belongs. {remedy}".rstrip()) from refused


def read_toml(path: Path, error: type[HarnessError] = CorruptData) -> dict[str, Any]:
    """The tables of a TOML file.

    Raises:
        HarnessError: It cannot be read, is a Git LFS pointer, or is no TOML.
    """
    if not path.exists():
        raise error(f"{path}: cannot be read (No such file or directory).")
    given = read(path, largest=_LARGEST_TOML, error=error)
    try:
        return tomllib.loads(given.decode())
    except (ValueError, RecursionError) as failed:  # no TOML, no UTF-8, a number of thousands of digits, tables too deep in one another
        raise error(f"{path}: not a TOML file ({str(failed) or type(failed).__name__!s:.80}).") from failed


def _told(kind: type[Any], content: Any, refused: str) -> str:
    """What is wrong, after the path of the field at fault."""
    what, _, path = refused.partition(" - at `$")
    steps = _steps(kind, content, path.rstrip("`"))
    node, at_fault = inspect.type_info(kind), content
    for step in steps:
        node, at_fault = _inside(node, step), at_fault[step]
    place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).removeprefix(".")
    return f"{place}: {_wrong(what, node, at_fault)}" if place else _wrong(what, node, at_fault)


def _wrong(what: str, node: Any, content: Any) -> str:
    fields = _fields(node)
    if what.startswith("Object missing"):
        absent = [name for name, field in fields.items() if field.required and name not in content]
        return f"lacks {', '.join(repr(name) for name in absent)}"
    if what.startswith("Object contains unknown"):
        return "; ".join(_unknown(name, fields) for name in sorted(set(content) - set(fields)))
    for part in getattr(node, "types", (node,)):
        if isinstance(part, inspect.Metadata) and part.extra_json_schema:
            return f"must be {part.extra_json_schema['description']}, not {_shown(content)}"
    if what.startswith("Invalid enum"):
        literal = next(part for part in _parts(node) if isinstance(part, inspect.LiteralType))
        return f"must be one of {', '.join(str(value) for value in literal.values if value != '')}, not {_shown(content)}"
    told = f"e{what.removeprefix('E')}".replace("`", "").replace("object", "table").replace("array", "list")
    return told if "got" in told else f"{told}, not {_shown(content)}"


def _shown(value: Any) -> str:
    """A value for a message, cut where it is long."""
    try:
        return repr(value)[:80]
    except (RecursionError, ValueError):  # too deep in itself, or a number of thousands of digits
        return "what cannot be shown"


def _unknown(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"unknown key '{name}'; " + (f"did you mean '{close[0]}'?" if close else f"known are {', '.join(known)}")


def _steps(kind: type[Any], content: Any, path: str) -> list[str | int]:
    """The way to the field at fault, with the keys that msgspec leaves out: the first one whose value alone is refused there as well."""
    steps: list[str | int] = []
    for match in _STEP.finditer(path):
        place = match["place"]
        if place != _KEYED:
            steps.append(match["field"] or int(place))
            continue
        table = _at(content, steps)
        steps.append(next(key for key, value in table.items() if _refused(kind, _put(content, steps, {key: value}), path)))
    return steps


def _refused(kind: type[Any], content: Any, path: str) -> bool:
    try:
        msgspec.convert(content, kind)
    except (msgspec.ValidationError, UnicodeEncodeError) as error:
        return str(error).endswith(f"`${path}`")
    return False


def _at(content: Any, steps: Sequence[str | int]) -> Any:
    for step in steps:
        content = content[step]
    return content


def _put(content: Any, steps: Sequence[str | int], value: Any) -> Any:
    """The content with another value at the end of a way."""
    if not steps:
        return value
    copy: Any = dict(content) if isinstance(content, Mapping) else list(content)
    copy[steps[0]] = _put(copy[steps[0]], steps[1:], value)
    return copy


def _parts(node: Any) -> list[Any]:
    """What a value of a type may be: the members of a union, each without its constraints."""
    if isinstance(node, inspect.Metadata):
        return _parts(node.type)
    return [part for member in node.types for part in _parts(member)] if isinstance(node, inspect.UnionType) else [node]


def _fields(node: Any) -> dict[str, Any]:
    return {field.encode_name: field for part in _parts(node) for field in getattr(part, "fields", ())}


def _inside(node: Any, step: str | int) -> Any:
    """The type of a part."""
    if step in (fields := _fields(node)):
        return fields[str(step)].type
    held = "value_type" if isinstance(step, str) else "item_type"
    return next((getattr(part, held) for part in _parts(node) if hasattr(part, held)), inspect.AnyType())
