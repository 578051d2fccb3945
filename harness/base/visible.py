"""Text from elsewhere as everybody may see it: what no screen, file or page should be given as it stands is shown by its code."""

from __future__ import annotations

import re
from typing import Any

from harness.errors import HIDDEN, by_code

_LINES = re.compile("[\t\n]|" + HIDDEN.pattern)


def visible(text: str) -> str:
    r"""The text with what cannot be seen, and is no tab or line break, as its code: an escape character as ``\x1b``."""
    return str.__str__(text) if text.isprintable() else HIDDEN.sub(by_code, text)


def visible_line(text: str) -> str:
    r"""As `visible`, and on one line: a line break as ``\n``. For names, ids and what else stands in a cell."""
    return str.__str__(text) if text.isprintable() else _LINES.sub(by_code, text)


def visible_all(value: Any) -> Any:
    """What JSON or TOML held, with all its texts `visible`, keys included."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, dict):
        return {visible_all(key): visible_all(item) for key, item in value.items()}
    return [visible_all(item) for item in value] if isinstance(value, list | tuple) else value
