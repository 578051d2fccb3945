"""A picture in any terminal that has colours: two pixels to a character, one above the other."""

from __future__ import annotations

from rich.color import Color
from rich.style import Style
from rich.text import Text

from harness.images.pixels import array, decode
from harness.types import Image

Pixel = tuple[int, int, int]
_UPPER_HALF = "▀"
_WIDEST = 64
"""Characters across; more say little more and push the text off the screen."""


def drawn(image: Image, width: int) -> Text:
    """The picture in at most so many characters across, never larger than it is.

    Raises:
        CorruptData: It cannot be decoded.
    """
    original = decode(image, "RGB").size
    scale = min(1.0, min(width, _WIDEST) / original[0], _WIDEST / original[1])
    across, down = (max(1, round(side * scale)) for side in original)
    pixels = array(image, "RGB", (across, down + down % 2)).tolist()
    lines = [Text.assemble(*map(_cell, above, below)) for above, below in zip(pixels[::2], pixels[1::2], strict=True)]
    return Text("\n").join(lines)


def _cell(upper: Pixel, lower: Pixel) -> tuple[str, Style]:
    return _UPPER_HALF, Style(color=Color.from_rgb(*upper), bgcolor=Color.from_rgb(*lower))
