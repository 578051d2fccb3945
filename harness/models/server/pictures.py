"""Pictures as servers take them: as data URLs, scaled where the user sets limits."""

from __future__ import annotations

import base64
import io
import math
from typing import TYPE_CHECKING

from harness.images.pixels import decode, encoded
from harness.types import Image

if TYPE_CHECKING:
    from PIL.Image import Image as Pillow

_MIME = {".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp", ".gif": "image/gif"}
"""What servers take; any other picture is sent as PNG."""


def data_url(image: Image, *, least: int | None = None, most: int | None = None) -> tuple[str, str]:
    """A picture as a data URL, and in what it was changed: empty where its pixels are its own.

    Args:
        image: The picture. A file that servers take goes byte by byte.
        least: The fewest pixels, width times height, that it is sent with.
        most: The most.

    Raises:
        CorruptData: It is no picture, or one that has to be decoded and cannot be.
        MissingTool: It is DICOM, and pydicom is not installed.
    """
    from PIL.Image import Resampling

    content, suffix = encoded(image)
    change = ""
    if least or most:
        picture = decode(image, "RGB")
        size = size_within(*picture.size, least=least, most=most)
        if size != picture.size:
            change = (
                f"pictures scaled down to {most} pixels"
                if size[0] * size[1] < picture.width * picture.height
                else f"pictures scaled up to {least} pixels"
            )
            content, suffix = _png(picture.resize(size, Resampling.BICUBIC)), ".png"
    if suffix not in _MIME:
        content, suffix = _png(decode(image, "RGB")), ".png"
    return f"data:{_MIME[suffix]};base64,{base64.b64encode(content).decode()}", change


def size_within(width: int, height: int, *, least: int | None, most: int | None) -> tuple[int, int]:
    """Width and height within the limits of their product, their proportions kept as far as whole pixels allow."""
    pixels = width * height
    if most and pixels > most:
        share = math.sqrt(most / pixels)
        width, height = max(1, math.floor(width * share)), max(1, math.floor(height * share))
        # A side of one pixel cannot shrink, so that the other one takes it all.
        return (min(width, most // height) or 1, height) if height <= width else (width, min(height, most // width) or 1)
    if least and pixels < least:
        share = math.sqrt(least / pixels)
        return math.ceil(width * share), math.ceil(height * share)
    return width, height


def _png(picture: Pillow) -> bytes:
    out = io.BytesIO()
    picture.save(out, format="PNG")
    return out.getvalue()
