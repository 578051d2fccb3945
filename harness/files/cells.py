"""A cell of a CSV file that a spreadsheet shows as it is: what it would compute, or run, begins with an apostrophe."""

from __future__ import annotations

import re

_COMPUTED = re.compile(r"'*[=+\-@\t\r]")
_HELD = re.compile(r"'+[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def cell(text: str) -> str:
    """The text as it may stand in a cell: ``=1+1`` as ``'=1+1``. A number, such as ``-0.5``, is one."""
    return f"'{text}" if _COMPUTED.match(text) and not _NUMBER.fullmatch(text) else text


def text_of(cell: str) -> str:
    """What `cell` was made of."""
    return cell[1:] if _HELD.match(cell) else cell
