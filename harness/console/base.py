"""The least that every view needs: stdout, JSON, and how a value is written."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

from rich.console import Console


def out() -> Console:
    """Stdout; a pipe gets lines as wide as they need, because a cut-off name is of no use to the next program."""
    return Console(width=None if sys.stdout.isatty() else 160, highlight=False)


def say(text: str) -> None:
    """One line on stdout."""
    out().print(text, markup=False, soft_wrap=True)


def print_json(content: Mapping[str, Any]) -> None:
    """One JSON object on stdout; never a NaN."""
    sys.stdout.write(json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def shown(value: float | None, unit: str) -> str:
    """A value as people read it: fractions as percent with two decimals, other scales with three."""
    if value is None:
        return "–"
    return f"{100 * value:.2f}" if unit == "fraction" else f"{value:.3f}"
