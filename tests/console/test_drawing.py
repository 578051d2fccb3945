"""A picture as coloured characters."""

from __future__ import annotations

import io

from rich.console import Console

from harness.console.drawing import drawn
from harness.types import Image


def test_two_pixels_stand_in_one_character() -> None:
    """Two by two: black above white, then white above black."""
    image = Image(name="four", read=lambda: b"\x00\xff\xff\x00", shape=(2, 2))
    text = drawn(image, 80)
    assert text.plain == "▀▀"
    console = Console(file=io.StringIO(), force_terminal=True, color_system="truecolor", width=10)
    console.print(text)
    assert console.file.getvalue() == "\x1b[38;2;0;0;0;48;2;255;255;255m▀\x1b[0m\x1b[38;2;255;255;255;48;2;0;0;0m▀\x1b[0m\n"  # type: ignore[attr-defined]


def test_a_large_picture_becomes_as_wide_as_there_is_room() -> None:
    image = Image(name="wide", read=lambda: bytes(200 * 100), shape=(100, 200))
    assert [len(line) for line in drawn(image, 40).plain.splitlines()] == [40] * 10
    assert len(drawn(image, 500).plain.splitlines()[0]) == 64
