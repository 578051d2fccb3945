"""Pictures as arrays: raw pixels as they are, encoded files through Pillow, DICOM through pydicom, damage named."""

from __future__ import annotations

import io
import math
import warnings
from typing import TYPE_CHECKING, Any, Literal

from harness.errors import CorruptData
from harness.files.content import kind_of
from harness.images import memory
from harness.images.dicom import is_dicom, pixels
from harness.images.image import Image

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image as Pillow

_MOST_PIXELS = 200_000_000
_AT_ONCE = 1 << 17
"""Values that are scaled at once: in double precision, or as places in a table, they stay in the processor's cache."""
_TURNED = 0x0112
"""The place of EXIF in which a camera says how it was held."""
_SUFFIXES = {"PNG": ".png", "JPEG": ".jpg", "MPO": ".jpg", "TIFF": ".tif", "GIF": ".gif", "BMP": ".bmp", "WEBP": ".webp"}
"""What any program opens, by Pillow's name of the format."""


def decode(image: Image, mode: Literal["L", "RGB"]) -> Pillow:
    """The picture as 8-bit grey or RGB.

    Pictures of more than 8 bits are scaled from their own range to 0-255, not cut off: a 12-bit X-ray stays legible. What a camera says
    of how it was held is left alone: every model is shown the pixels as they are stored.

    Raises:
        CorruptData: It cannot be decoded, holds several pictures or values that are no numbers, or is larger than 200 million pixels.
        MissingTool: It is DICOM, and pydicom is not installed.
    """
    return _decoded(image, image.read()).convert(mode)


def encoded(image: Image) -> tuple[bytes, str]:
    """The picture as a file that any program opens, and the ending of its name.

    An 8-bit file in a common format is passed on byte by byte, once all of it could be decoded; raw pixels, DICOM, pictures of more than
    8 bits and those that somebody else would turn become 8-bit PNG as `decode` sees them.

    Raises:
        CorruptData: As of `decode`.
        MissingTool: It is DICOM, and pydicom is not installed.
    """
    content = image.read()
    if image.shape is None and not is_dicom(content):
        with opened(image, content) as picture:
            suffix = _SUFFIXES.get(picture.format or "")
            if suffix and not _is_deep(picture):
                _load(image, picture)
                if not _is_turned(picture):
                    return content, suffix
    out = io.BytesIO()
    _decoded(image, content).save(out, format="PNG")
    return out.getvalue(), ".png"


def _decoded(image: Image, content: bytes, draft: tuple[str, tuple[int, int]] | None = None) -> Pillow:
    """The picture in 8 bits, in whatever mode; a JPEG in the mode of a draft, and at the smallest of its scales that holds the size."""
    from PIL import Image as PillowModule

    memory.keep()
    if image.shape is not None:
        own = "L" if len(image.shape) == 2 else "RGB"
        if len(content) != math.prod(image.shape):
            raise CorruptData(f"{image.name}: {len(content)} bytes, and a picture of shape {image.shape} has {math.prod(image.shape)}.")
        return PillowModule.frombytes(own, (image.shape[1], image.shape[0]), content)
    if is_dicom(content):
        return _eight_bit(pixels(content, image.name), image)
    picture = opened(image, content)
    if draft is not None:
        picture.draft(*draft)
    _load(image, picture)
    return _eight_bit(picture, image) if _is_deep(picture) else picture


def _load(image: Image, picture: Pillow) -> None:
    try:
        picture.load()
    except Exception as error:
        raise CorruptData(f"{image.name}: not a readable picture ({error}); get the file again.") from error


def opened(image: Image, content: bytes) -> Pillow:
    """The picture of a file that is no DICOM, with its header read.

    Raises:
        CorruptData: It is no picture, holds several, or more than 200 million pixels.
    """
    from PIL import Image as PillowModule
    from PIL import UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PillowModule.DecompressionBombWarning)  # the limit below is ours
            picture = PillowModule.open(io.BytesIO(content))
            # A camera's JPEG may have a second one of the same view behind it.
            several = picture.format != "MPO" and getattr(picture, "is_animated", False)
    except Exception as error:
        kind = kind_of(content)
        unknown = "of no format that is known" if isinstance(error, UnidentifiedImageError) else error
        why = kind if kind and not kind.endswith("picture") else unknown
        raise CorruptData(f"{image.name}: not a readable picture ({why}); get the file again.") from error
    if picture.width * picture.height > _MOST_PIXELS:
        raise CorruptData(f"{image.name}: {picture.width} x {picture.height} pixels; more than this harness opens.")
    if several:
        raise CorruptData(f"{image.name}: a file of several pictures, of which only one could be shown; put the one that is meant there.")
    return picture


def _is_turned(picture: Pillow) -> bool:
    """Whether a program that heeds EXIF would turn or mirror it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's about a damaged EXIF, which is then none
        try:
            return picture.getexif().get(_TURNED, 1) not in (None, 0, 1)
        except Exception:  # noqa: BLE001  whatever a damaged EXIF brings up, nobody will read it
            return False


def _is_deep(picture: Pillow) -> bool:
    """Whether it has more than 8 bits; Pillow itself reduces colours to 8."""
    return picture.mode.startswith(("I", "F"))


def array(image: Image, mode: Literal["L", "RGB"], size: tuple[int, int], *, draft: bool = False) -> NDArray[np.uint8]:
    """The picture resized to (width, height), [height, width] or [height, width, 3].

    Args:
        image: The picture.
        mode: Grey or colour.
        size: Width and height.
        draft: Decode a JPEG at the smallest of its own scales (a half, a quarter, an eighth) that is no smaller than the size: faster, and
            other pixels.
    """
    import numpy as np
    from PIL import Image as PillowModule

    picture = _decoded(image, image.read(), (mode, size) if draft else None)
    if picture.mode != mode:  # Pillow copies what it need not convert
        picture = picture.convert(mode)
    if picture.size != size:
        picture = picture.resize(size, PillowModule.Resampling.BILINEAR)
    return np.asarray(picture, dtype=np.uint8)


def _eight_bit(picture: Pillow | NDArray[Any], image: Image) -> Pillow:
    import numpy as np
    from PIL import Image as PillowModule

    values = np.asarray(picture)
    low, high = float(values.min()), float(values.max())
    if not (math.isfinite(low) and math.isfinite(high)):
        raise CorruptData(f"{image.name}: some of its values are no numbers, or infinite; get the file again.")
    scale = 255.0 / (high - low) if high > low else 0.0
    eight_bit = np.empty(values.shape, dtype=np.uint8)
    step = max(1, _AT_ONCE // values.shape[1])
    if values.dtype.kind in "iu" and values.dtype.itemsize <= 2:
        table = _scaled(int(low), int(high), scale)
        for start in range(0, len(values), step):
            np.take(table, values[start : start + step], out=eight_bit[start : start + step], mode="wrap")
        return PillowModule.fromarray(eight_bit)
    # Some rows at a time: memory of the whole picture in double precision would be fetched anew for each picture of a thread.
    some = np.empty((step, values.shape[1]))
    for start in range(0, len(values), step):
        rows = values[start : start + step]
        doubles = some[: len(rows)]
        doubles[:] = rows
        doubles -= low
        doubles *= scale
        eight_bit[start : start + step] = np.rint(doubles, out=doubles)
    return PillowModule.fromarray(eight_bit)


def _scaled(low: int, high: int, scale: float) -> NDArray[np.uint8]:
    """What each value of 16 bits becomes, [65536]; a negative one stands as far from the table's end."""
    import numpy as np

    table, there = np.zeros(1 << 16, dtype=np.uint8), np.arange(low, high + 1)
    table[there] = np.rint((there - float(low)) * scale)
    return table
