"""Markdown as the drawn pages write it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_ROW, _CODE = re.compile(r"^\|.*\|$", re.MULTILINE), re.compile(r"`[^`]+`")
_MARKUP = re.compile(r"([\\`*_{}\[\]<>|~])")


def plain(text: str) -> str:
    """``text`` as one line that a page shows as it stands, with its web addresses as links."""
    parts = re.split(r"(https?://[^\s,;)]+[^\s,;).])", " ".join(text.split()))
    return "".join(f"<{part}>" if place % 2 else _MARKUP.sub(r"\\\1", part) for place, part in enumerate(parts))


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], numbers: Sequence[int] = ()) -> list[str]:
    """The lines of a table, whose columns ``numbers`` (from 0) stand to the right; an empty line follows."""
    rule = ["---:" if place in numbers else "---" for place in range(len(heads))]
    return [*(f"| {' | '.join(cells)} |" for cells in (heads, rule, *rows)), ""]


def listed(texts: Iterable[str]) -> list[str]:
    """A list with a point for each text; an empty line follows."""
    return [*(f"- {text}" for text in texts), ""]


def block(text: str, language: str = "text") -> list[str]:
    """A block that is shown as it stands; an empty line follows."""
    return [f"```{language}", *text.strip("\n").splitlines(), "```", ""]


def count(number: int | None) -> str:
    """A number with its thousands, or a dash where none is fixed."""
    return "–" if number is None else f"{number:,}"


def for_the_site(markdown: str) -> str:
    """Markdown of a repository's reader as the site's generator wants it, which sees a bar within code as a part of the code."""
    return _ROW.sub(lambda row: _CODE.sub(lambda code: code.group().replace("\\|", "|"), row.group()), markdown)
