"""DICOM pictures, through pydicom where it is installed."""

from __future__ import annotations

import importlib.util
import io
from typing import TYPE_CHECKING, Any

from harness.errors import CorruptData, MissingTool

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MARK = slice(128, 132)
_MOST_PIXELS = 200_000_000


def is_dicom(content: bytes) -> bool:
    """Whether a file is DICOM, by its mark."""
    return content[_MARK] == b"DICM"


def pixels(content: bytes, name: str) -> NDArray[Any]:
    """The grey values of a DICOM picture, [height, width]; light is high, whatever the file's own convention.

    Raises:
        MissingTool: pydicom is not installed.
        CorruptData: The file cannot be read, holds no single grey picture, or one of more than 200 million pixels.
    """
    if importlib.util.find_spec("pydicom") is None:
        raise MissingTool(f"{name}: DICOM pictures need pydicom; pip install 'biomed-harness[dicom]'")
    import pydicom

    try:
        file = pydicom.dcmread(io.BytesIO(content))
        height, width, frames = int(file.Rows), int(file.Columns), int(file.get("NumberOfFrames") or 1)
        small = height * width * frames <= _MOST_PIXELS
        values: NDArray[Any] | None = file.pixel_array if small else None
        inverted = file.get("PhotometricInterpretation") == "MONOCHROME1"
    except Exception as error:
        raise CorruptData(f"{name}: not a readable DICOM picture ({error}); get the file again.") from error
    if values is None:
        raise CorruptData(f"{name}: {width} x {height} pixels, {frames} frames; more than this harness opens.")
    if values.ndim != 2:
        raise CorruptData(f"{name}: expected one grey picture; this one has the shape {values.shape}.")
    return values.max() - values if inverted else values
