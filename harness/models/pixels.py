"""Pictures as arrays: raw pixels as they are, encoded files through Pillow, damage named."""

from __future__ import annotations

import io
import math
import warnings
from typing import TYPE_CHECKING, Literal

from harness.errors import CorruptData
from harness.types import Image

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image as Pillow

_MOST_PIXELS = 200_000_000


def decode(image: Image, mode: Literal["L", "RGB"]) -> Pillow:
    """The picture as 8-bit grey or RGB.

    Pictures of more than 8 bits are scaled from their own range to 0-255, not cut off: a 12-bit X-ray stays legible.

    Raises:
        CorruptData: It cannot be decoded, or is larger than 200 million pixels.
    """
    from PIL import Image as PillowModule

    content = image.read()
    if image.shape is not None:
        own = "L" if len(image.shape) == 2 else "RGB"
        if len(content) != math.prod(image.shape):
            raise CorruptData(f"{image.name}: {len(content)} bytes, and a picture of shape {image.shape} has {math.prod(image.shape)}.")
        return PillowModule.frombytes(own, (image.shape[1], image.shape[0]), content).convert(mode)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", PillowModule.DecompressionBombWarning)
            opened = PillowModule.open(io.BytesIO(content))
            if opened.width * opened.height > _MOST_PIXELS:
                raise CorruptData(f"{image.name}: {opened.width} x {opened.height} pixels; more than this harness opens.")
            opened.load()
    except CorruptData:
        raise
    except Exception as error:
        raise CorruptData(f"{image.name}: not a readable picture ({error}); get the file again.") from error
    return (_eight_bit(opened) if opened.mode.startswith(("I", "F")) else opened).convert(mode)


def array(image: Image, mode: Literal["L", "RGB"], size: tuple[int, int]) -> NDArray[np.uint8]:
    """The picture resized to (width, height), [height, width] or [height, width, 3]."""
    import numpy as np
    from PIL import Image as PillowModule

    picture = decode(image, mode)
    if picture.size != size:
        picture = picture.resize(size, PillowModule.Resampling.BILINEAR)
    return np.asarray(picture, dtype=np.uint8)


def _eight_bit(picture: Pillow) -> Pillow:
    import numpy as np
    from PIL import Image as PillowModule

    values = np.asarray(picture, dtype=np.float64)
    low, high = values.min(), values.max()
    scaled = (values - low) * (255.0 / (high - low)) if high > low else np.zeros_like(values)
    return PillowModule.fromarray(scaled.round().astype(np.uint8))
