"""JSON of a release or a user, read strictly: what two readers could take differently is an error."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from harness.errors import CorruptData

_TRUNCATED = "a truncated download? Get the file again."


def parse(text: str | bytes, where: str) -> Any:
    """The value that a text holds.

    Args:
        text: The JSON.
        where: File, and line where the file has one value per line, for messages.

    Raises:
        CorruptData: It is not JSON, a key stands twice in one object, a number is NaN, infinite or thousands of digits long, or the values
            lie too deep in one another.
    """
    try:
        return json.loads(text, object_pairs_hook=lambda pairs: unique(pairs, where), parse_constant=lambda name: _constant(name, where))
    except json.JSONDecodeError as error:
        place = f" at line {error.lineno}, column {error.colno}" if error.lineno > 1 or "line" not in where else f" at column {error.colno}"
        raise CorruptData(f"{where}: not JSON{place} ({error.msg}); {_TRUNCATED}") from error
    except UnicodeDecodeError as error:
        raise CorruptData(f"{where}: not UTF-8 at byte {error.start} ({error.reason}); get the official file again.") from error
    except RecursionError:
        raise CorruptData(f"{where}: objects or lists lie too deep in one another; this is no file of a release.") from None
    except ValueError as error:
        raise CorruptData(f"{where}: {error}; this is no number of a release.") from error


def unique(pairs: Sequence[tuple[str, Any]], where: str) -> dict[str, Any]:
    """An object of JSON, from its pairs in their order.

    Raises:
        CorruptData: A key stands twice in it.
    """
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise CorruptData(f"{where}: the key '{twice}' stands twice in one object; which one is meant cannot be told. Remove one.")
    return found


def _constant(name: str, where: str) -> Any:
    raise CorruptData(f"{where}: {name} is no JSON number; write null where a value is absent.")
