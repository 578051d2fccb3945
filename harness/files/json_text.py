"""JSON of a release, a user, a server or a worker, read strictly: what two readers could take differently is an error."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from harness.base.withheld import quoted
from harness.errors import CorruptData, HarnessError

_TRUNCATED = "a truncated download? Get the file again."


def parse(
    text: str | bytes, where: str, *, remedy: str = _TRUNCATED, constants: bool = False, error: type[HarnessError] = CorruptData
) -> Any:
    """The value that a text holds.

    Args:
        text: The JSON.
        where: File, and line where the file has one value per line, for messages.
        remedy: What to do where it is no JSON, the end of a sentence.
        constants: Whether ``NaN`` and ``Infinity``, which are no JSON, are read as Python writes them.
        error: What is raised.

    Raises:
        HarnessError: It is not JSON, a key stands twice in one object, a number is NaN, infinite or thousands of digits long, or the values
            lie too deep in one another.
    """
    try:
        if isinstance(text, bytes) or text.startswith("\ufeff"):
            return json.loads(text, object_pairs_hook=_unique, parse_constant=float if constants else _no_constant)
        return (_LENIENT if constants else _STRICT).decode(text)
    except _Refused as reason:
        raise error(f"{where}: {reason}") from None
    except json.JSONDecodeError as wrong:
        place = f" at line {wrong.lineno}, column {wrong.colno}" if wrong.lineno > 1 or "line" not in where else f" at column {wrong.colno}"
        raise error(f"{where}: not JSON{place} ({wrong.msg}); {remedy}") from wrong
    except UnicodeDecodeError as wrong:
        raise error(f"{where}: not UTF-8 at byte {wrong.start} ({wrong.reason}); write the file as UTF-8, or get it again.") from wrong
    except RecursionError:
        raise error(f"{where}: objects or lists lie too deep in one another; nobody writes such a file by intention.") from None
    except ValueError:  # what Python says of it is how to switch that off
        raise error(f"{where}: a number has thousands of digits; nobody writes such a file by intention.") from None


class _Refused(Exception):
    """JSON that two readers could take differently; the message goes on from the place."""


def _no_constant(name: str) -> float:
    raise _Refused(f"{name} is no JSON number; write null where a value is absent.")


def _unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON, from its pairs in their order; a key that stands twice is refused."""
    members = dict(pairs)
    if len(members) < len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise _Refused(f"the key {quoted(twice)} stands twice in one object; which one is meant cannot be told. Remove one.")
    return members


_STRICT = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant)
_LENIENT = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=float)
"""Made once: a release has one text for each of its rows."""
