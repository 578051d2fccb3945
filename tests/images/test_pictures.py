"""Pictures in words: one file of each kind that releases hold."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image as Pillow

from harness.errors import CorruptData
from harness.images.words import describe
from harness.types import Image


def file(picture: Pillow.Image, kind: str) -> Image:
    out = io.BytesIO()
    picture.save(out, format=kind)
    return Image(name="x", read=out.getvalue)


def grey(dtype: str, highest: int) -> Pillow.Image:
    return Pillow.fromarray(np.linspace(0, highest, 12).reshape(3, 4).astype(dtype))


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (Image(name="x", read=lambda: bytes(12), shape=(3, 4)), "4 x 3 grey"),
        (Image(name="x", read=lambda: bytes(36), shape=(3, 4, 3)), "4 x 3 RGB"),
        (file(grey("uint8", 255), "PNG"), "4 x 3 grey, PNG"),
        (file(grey("uint16", 4095), "PNG"), "4 x 3 grey, 12-bit PNG"),
        (file(grey("uint16", 65535), "PNG"), "4 x 3 grey, 16-bit PNG"),
        (file(grey("uint16", 4095), "TIFF"), "4 x 3 grey, 12-bit TIFF"),
        (file(grey("float32", 1), "TIFF"), "4 x 3 grey, floating-point TIFF"),
        (file(Pillow.new("RGB", (640, 480)), "JPEG"), "640 x 480 RGB, JPEG"),
        (file(Pillow.new("RGBA", (4, 3)), "PNG"), "4 x 3 RGB with transparency, PNG"),
        (file(Pillow.new("P", (4, 3)), "GIF"), "4 x 3 palette, GIF"),
        (file(Pillow.new("1", (4, 3)), "PNG"), "4 x 3 black and white, PNG"),
    ],
)  # fmt: skip
def test_size_colours_depth_and_format(image: Image, expected: str) -> None:
    assert describe(image) == expected


def test_a_dicom_file_is_one(dicom: Callable[..., bytes]) -> None:
    content = dicom(np.arange(12, dtype="<u2").reshape(3, 4))
    assert describe(Image(name="x", read=lambda: content)) == "4 x 3 grey, DICOM"


@pytest.mark.parametrize("content", [b"", b"<html>", b"\x89PNG\r\n\x1a\n truncated"])
def test_what_is_no_picture_is_named(content: bytes) -> None:
    with pytest.raises(CorruptData, match=r"scan\.png: not a readable picture"):
        describe(Image(name="scan.png", read=lambda: content))
