"""Pictures as the network sees them: a square, bicubic, normalised; JPEG files re-compressed first, as the official data was."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import torch
from PIL import Image as PillowModule

from harness.images.pixels import decode
from harness.types import Image

_HALF = ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
_IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
_JPEG = b"\xff\xd8\xff"


def pixels(image: Image, size: int, *, imagenet: bool, recompress: bool) -> torch.Tensor:
    """Normalised pixels, float32 [3, size, size].

    Alpha is dropped, not blended; grey is repeated; the aspect ratio is not kept.

    Args:
        image: An encoded file or raw pixels.
        size: Side in pixels.
        imagenet: Normalise by ImageNet's mean and deviation instead of 0.5.
        recompress: Save a JPEG file once more at Pillow's default quality, as the official preprocessing does.

    Raises:
        CorruptData: It cannot be decoded.
    """
    picture = decode(recompressed(image) if recompress else image, "RGB")
    if picture.size != (size, size):
        picture = picture.resize((size, size), PillowModule.Resampling.BICUBIC)
    values = np.asarray(picture, dtype=np.float32).transpose(2, 0, 1) / np.float32(255)
    mean, deviation = (np.array(numbers, dtype=np.float32)[:, None, None] for numbers in (_IMAGENET if imagenet else _HALF))
    return torch.from_numpy((values - mean) / deviation)


def recompressed(image: Image) -> Image:
    """A JPEG file after one more round of compression; any other picture as it is."""
    content = image.read()
    if image.shape is not None or not content.startswith(_JPEG):
        return replace(image, read=lambda: content)
    try:
        saved = io.BytesIO()
        PillowModule.open(io.BytesIO(content)).save(saved, format="JPEG")
    except Exception:  # noqa: BLE001  whatever is wrong with the file, `decode` names it
        return replace(image, read=lambda: content)
    return replace(image, read=saved.getvalue)
