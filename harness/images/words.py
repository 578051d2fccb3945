"""Pictures in words: size, colours, depth and format, read from the picture itself."""

from __future__ import annotations

from harness.images.dicom import is_dicom
from harness.images.image import Image
from harness.images.pixels import decode, opened

_COLOURS = {"1": "black and white", "L": "grey", "LA": "grey with transparency", "P": "palette", "RGBA": "RGB with transparency"}


def describe(image: Image) -> str:
    """A picture's facts: ``1024 x 1024 grey, 12-bit PNG``, ``28 x 28 grey`` for raw pixels.

    The depth is that of the values in it: radiographs of 12 bits are stored in files of 16.

    Raises:
        CorruptData: It cannot be read as a picture.
        MissingData: Its file is not there.
        MissingTool: It is DICOM, and pydicom is not installed.
    """
    if image.shape is not None:
        return f"{image.shape[1]} x {image.shape[0]} {'RGB' if len(image.shape) == 3 else 'grey'}"
    content = image.read()
    if is_dicom(content):
        width, height = decode(image, "L").size
        return f"{width} x {height} grey, DICOM"
    with opened(image, content) as picture:
        size = f"{picture.width} x {picture.height}"
        if not picture.mode.startswith(("I", "F")):
            return f"{size} {_COLOURS.get(picture.mode, picture.mode)}, {picture.format}"
        kind = f"{picture.format}"
        decode(image, "L")  # refuses what cannot be decoded
        highest = picture.getextrema()[1]
    depth = f"{int(highest).bit_length()}-bit" if isinstance(highest, int) else "floating-point"
    return f"{size} grey, {depth} {kind}"
