"""Pictures as servers take them: as data URLs, scaled where the user sets limits."""

from __future__ import annotations

import base64
import io
import math

from harness.images.pixels import decode, encoded
from harness.types import Image

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
    content, suffix = encoded(image)
    change = ""
    if least or most:
        content, suffix, change = _scaled(image, content, suffix, least, most)
    if suffix not in _MIME:
        content, suffix = _png(image, None), ".png"
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


def _scaled(image: Image, content: bytes, suffix: str, least: int | None, most: int | None) -> tuple[bytes, str, str]:
    from PIL import Image as PillowModule

    with PillowModule.open(io.BytesIO(content)) as opened:
        own = opened.size
    size = size_within(*own, least=least, most=most)
    if size == own:
        return content, suffix, ""
    change = f"pictures scaled down to {most} pixels" if size[0] * size[1] < own[0] * own[1] else f"pictures scaled up to {least} pixels"
    return _png(image, size), ".png", change


def _png(image: Image, size: tuple[int, int] | None) -> bytes:
    from PIL import Image as PillowModule

    picture = decode(image, "RGB")
    if size is not None:
        picture = picture.resize(size, PillowModule.Resampling.BICUBIC)
    out = io.BytesIO()
    picture.save(out, format="PNG")
    return out.getvalue()
