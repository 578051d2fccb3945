"""DICOM pictures, through pydicom where it is installed."""

from __future__ import annotations

import importlib.util
import io
from typing import TYPE_CHECKING, Any

from harness.errors import CorruptData, MissingTool

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MARK = slice(128, 132)


def is_dicom(content: bytes) -> bool:
    """Whether a file is DICOM, by its mark."""
    return content[_MARK] == b"DICM"


def pixels(content: bytes, name: str) -> NDArray[Any]:
    """The grey values of a DICOM picture, [height, width]; light is high, whatever the file's own convention.

    Raises:
        MissingTool: pydicom is not installed.
        CorruptData: The file cannot be read.
    """
    if importlib.util.find_spec("pydicom") is None:
        raise MissingTool(f"{name}: DICOM pictures need pydicom; pip install 'biomed-harness[dicom]'")
    import pydicom

    try:
        file = pydicom.dcmread(io.BytesIO(content))
        values: NDArray[Any] = file.pixel_array
        inverted = file.get("PhotometricInterpretation") == "MONOCHROME1"
    except Exception as error:
        raise CorruptData(f"{name}: not a readable DICOM picture ({error}); get the file again.") from error
    return values.max() - values if inverted else values
