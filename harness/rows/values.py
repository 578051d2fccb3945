"""What a field holds, in words for messages and as a list where a table could only write a text."""

from __future__ import annotations

import ast
import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from harness.errors import CorruptData

LARGEST = 1 << 64
"""No number of a release needs more than eight bytes."""
_DAMAGE = re.compile("[\0\ud800-\udfff]")
_LONGEST_LIST = 100_000
"""Characters of a list that is written as a text."""


def listed(value: Any) -> tuple[str, ...]:
    """The texts of a list, or of a text that is one in JSON or Python; none where it is neither, or holds anything else."""
    if isinstance(value, str) and value.strip().startswith("[") and len(value) <= _LONGEST_LIST:
        value = _parsed(value.strip())
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
        return ()
    return tuple(value)


def numbered(names: Iterable[str], name: str) -> list[str]:
    """Those of some names that are one with a number behind it, in the order of the numbers: ``image_1``, ``image_2``, ``image_10``."""
    numbered_names = [other for other in names if re.fullmatch(rf"{re.escape(name)}_\d{{1,3}}", other)]
    return sorted(numbered_names, key=lambda other: int(other.rpartition("_")[2]))


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    try:
        return ast.literal_eval(text)  # values alone: nothing is run
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None


def kind_of(value: Any) -> str:
    """What a value is, without what it says: a row may be a patient's."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "infinite"
    if isinstance(value, str):
        return "a text" if value.strip() else "an empty text"
    if isinstance(value, int | float):
        size = "" if abs(value) < LARGEST else " of 20 digits or more"
        return f"a whole number{size}" if isinstance(value, int) else f"a number{size}"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}" if value else "an empty list"
    return "an object" if isinstance(value, Mapping) else f"a {type(value).__name__}"


def whole(text: str, where: str) -> str:
    """The text, where it is not damaged.

    Raises:
        CorruptData: It holds a NUL or half a character, as no text of a release does.
    """
    damage = _DAMAGE.search(text)
    if damage:
        what = "a NUL" if damage[0] == "\0" else "half a character"
        raise CorruptData(
            f"{where} holds {what} (U+{ord(damage[0]):04X}) at character {damage.start() + 1}; the file is damaged, or was written in"
            " another encoding. Get the official file again."
        )
    return text
