"""The least that every view needs: stdout and JSON."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from typing import Any

from rich.console import Console


def out() -> Console:
    """Stdout, as wide as the terminal or as ``COLUMNS`` says; a pipe gets wide lines: a cut-off name is of no use to the next program."""
    return Console(width=None if sys.stdout.isatty() or os.environ.get("COLUMNS", "").isdecimal() else 160, highlight=False)


def say(text: str) -> None:
    """One line on stdout."""
    out().print(text, markup=False, soft_wrap=True)


def print_json(content: Mapping[str, Any]) -> None:
    """One JSON object on stdout; never a NaN, and in ASCII where the terminal's encoding could not hold every text."""
    whole = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    sys.stdout.write(json.dumps(content, indent=2, ensure_ascii=not whole, allow_nan=False) + "\n")
