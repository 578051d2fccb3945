"""What a call from Python is given, by type: a wrong one is told by the argument's name before anything is read or asked."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any

from msgspec import Struct

from harness.base import user_code
from harness.base.visible import visible_line
from harness.errors import UsageError
from harness.files import folders
from harness.files.reading import decode
from harness.models.arguments import word

Folder = str | Path
_MOST = 10_000
"""Names or paths; what has no end is read no further."""


class Arguments(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The plain arguments of `harness.evaluate`; their bounds are the command line's own."""

    split: str
    limit: int | None
    draw: int | None
    draw_seed: int
    name: str
    setting: str
    batch_size: int | None
    decoding: Mapping[str, int | float | bool | list[str]]
    prompting: Mapping[str, str | int]
    repeats: int
    shard: str
    resamples: int
    bootstrap_seed: int
    images: str
    refusals: str
    give_up_after: int
    sample: bool
    keep: bool
    accept_different: bool
    allow_remote: bool
    remote: bool | None
    progress: bool


def arguments(**given: Any) -> Arguments:
    """The arguments in plain types; numbers of NumPy become Python's own, None where a mapping may be is an empty one.

    Raises:
        UsageError: One is of another type than the signature says.
    """
    with user_code.guarded("the arguments: reading them", UsageError):
        plain = {name: _plain(value) for name, value in given.items()}
        return decode(Arguments, plain, "the arguments", remedy="help(harness.evaluate) lists them.", error=UsageError)


def words(given: Any, what: str) -> dict[str, str]:
    """The arguments of a model as the command line has them: all texts; None leaves one at its default.

    Raises:
        UsageError: It is no mapping, or a value has no text.
    """
    if not isinstance(given, Mapping | None):
        raise UsageError(f"{what} is a {type(given).__name__}; it must be a mapping of names to values.")
    texts = {}
    for name, value in (given or {}).items():
        if not isinstance(name, str):
            raise UsageError(f"{what}: a name is a {type(name).__name__}; it must be a text.")
        with user_code.guarded(f"{what}: '{name}': its text", UsageError):
            if value is not None:
                texts[name] = word(value)
    return texts


def names(given: Any, what: str) -> tuple[str, ...]:
    """Names, separated by commas in a text, or several of them.

    Raises:
        UsageError: It is neither.
    """
    if isinstance(given, str):
        given = given.split(",")
    if not isinstance(given, Iterable) or isinstance(given, bytes | Mapping):
        raise UsageError(f"{what} is a {type(given).__name__}; it must be a text or a list of texts.")
    listed = _items(given, what)
    for name in listed:
        if not isinstance(name, str):
            raise UsageError(f"{what} holds a {type(name).__name__}; it must hold texts.")
    return tuple(name.strip() for name in listed if name.strip())


def path(given: Any, what: str) -> Path:
    """A file or folder.

    Raises:
        UsageError: It is no path.
    """
    if not isinstance(given, str | PathLike):
        raise UsageError(f"{what} is a {type(given).__name__}; it must be a path.")
    with user_code.guarded(f"{what}: its text", UsageError):
        text = str(given)
    if not folders.can_be_named(text):
        raise UsageError(f"{what} is '{visible_line(text):.60}'; no file has a name with such a character in it.")
    return Path(text)


def paths(given: Any, what: str) -> tuple[Path, ...]:
    """Files or folders.

    Raises:
        UsageError: It is no sequence of paths.
    """
    if isinstance(given, str | bytes | Mapping) or not isinstance(given, Iterable):
        raise UsageError(f"{what} is a {type(given).__name__}; it must be a list of paths.")
    return tuple(path(one, what) for one in _items(given, what))


def _items(given: Iterable[Any], what: str) -> list[Any]:
    """What an iterable of anybody's holds, up to more than anybody names."""
    with user_code.guarded(f"{what}: its items", UsageError):
        return list(itertools.islice(given, _MOST))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    scalar = getattr(value, "item", None)
    return scalar() if callable(scalar) and getattr(value, "ndim", None) == 0 else value
