"""The least that every view needs: stdout and JSON."""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.padding import Padding
from rich.segment import Segment
from rich.text import Text

from harness.base.visible import visible
from harness.errors import HIDDEN

_WIDE = 160
"""Characters at which prose is wrapped where nobody says how wide the reader is."""
_BLANKS = re.compile(r"[ \t]+$", re.MULTILINE)


class Screen(Console):
    """A console on which text from elsewhere is text: no markup, no pictures by name, nothing that moves the cursor or turns a line.

    Lines that no terminal shows end with their last character.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(highlight=False, markup=False, emoji=False, **options)

    def render_str(self, text: str, **options: Any) -> Text:
        """A text as it is measured and shown; a tab is wider than it is measured."""
        return super().render_str(visible(text).replace("\t", r"\t"), **options)

    def print(self, *objects: Any, **options: Any) -> None:
        """As rich prints; a file or a pipe gets no blanks at the ends of lines."""
        if self.is_terminal:
            super().print(*objects, **options)
            return
        with self.capture() as captured:
            super().print(*objects, **options)
        self.file.write(_BLANKS.sub("", captured.get()))

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Whatever is shown, once more: what was made elsewhere has not gone through `render_str`."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(visible(segment.text), segment.style)


def room() -> int | None:
    """How wide the reader is, in characters: the terminal's width, or what ``COLUMNS`` says; None for a pipe, which takes any line."""
    bounded = sys.stdout.isatty() or os.environ.get("COLUMNS", "").isdecimal()
    return Screen().width if bounded else None


def out() -> Screen:
    """Stdout, as wide as the terminal or as ``COLUMNS`` says; a pipe gets wide lines: a cut-off name is of no use to the next program."""
    return Screen(width=_WIDE if room() is None else None)


def err() -> Screen:
    """Stderr, for what moves there."""
    return Screen(stderr=True)


def line(text: str | Text, *, indent: int = 0, style: str = "") -> None:
    """A sentence on stdout: wrapped between its words where the reader's width is known, one line in a pipe."""
    console = out()
    shown = Text.assemble(text, style=style) if isinstance(text, Text) else Text(text, style=style)
    if room() is None:
        console.print(Text(" " * indent) + shown, soft_wrap=True)
    else:
        console.print(Padding(shown, (0, 0, 0, indent)))


def say(text: str) -> None:
    """One line on stdout."""
    out().print(text, markup=False, soft_wrap=True)


def quoted(path: Path) -> str:
    """A path as a shell reads it."""
    return shlex.quote(str(path))


def print_json(content: Mapping[str, Any]) -> None:
    """One JSON object on stdout; never a NaN, and in ASCII where the terminal's encoding could not hold every text.

    Records stand in it by their fields. What a terminal would obey or hide is written by its number, which JSON reads as the same text.
    """
    whole = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    text = json.dumps(content, indent=2, ensure_ascii=not whole, allow_nan=False, default=_plain)
    sys.stdout.write(HIDDEN.sub(lambda hidden: f"\\u{ord(hidden[0]):04x}", text) + "\n")


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else asdict(value)
