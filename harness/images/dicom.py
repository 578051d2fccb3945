"""DICOM pictures, through pydicom where it is installed."""

from __future__ import annotations

import importlib.util
import io
import zlib
from typing import TYPE_CHECKING, Any

from harness.errors import CorruptData, MissingTool

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pydicom.dataset import FileDataset

_MARK = slice(128, 132)
_LARGEST = 400_000_000
"""Bytes of a picture's values: 200 million of 16 bits; and of what a deflated file unpacks to."""
_DEFLATED = b"1.2.840.10008.1.2.1.99"
_LONG = (b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV")
"""Kinds of values whose length has four bytes, behind two that are empty."""
_BLOCK = 1 << 20
_EXPLICIT, _IMPLICIT = b"1.2.840.10008.1.2.1", b"1.2.840.10008.1.2"
"""How files are written whose values stand in them as they are, in the order of bytes of nearly all machines."""
_VALUES = b"\xe0\x7f\x10\0"


def is_dicom(content: bytes) -> bool:
    """Whether a file is DICOM, by its mark."""
    return content[_MARK] == b"DICM"


def pixels(content: bytes, name: str) -> NDArray[Any]:
    """The grey values of a DICOM picture, [height, width]; light is high, whatever the file's own convention.

    Raises:
        MissingTool: pydicom is not installed.
        CorruptData: The file cannot be read, holds no single grey picture, or one of more than 200 million pixels of 16 bits.
    """
    if importlib.util.find_spec("pydicom") is None:
        raise MissingTool(f"{name}: DICOM pictures need pydicom; pip install 'biomed-harness[dicom]'")
    if _unpacks_to_more(content):
        raise CorruptData(f"{name}: it unpacks to more than {_LARGEST:,} bytes; more than this harness opens.")
    try:
        file, plain = _read(content)
        height, width, frames = int(file.Rows), int(file.Columns), int(file.get("NumberOfFrames") or 1)
        values_each, bits = int(file.get("SamplesPerPixel") or 1), int(file.get("BitsAllocated") or 1)
        small = height * width * frames * values_each * -(-bits // 8) <= _LARGEST
        values = _values(file, plain) if small else None
        inverted = file.get("PhotometricInterpretation") == "MONOCHROME1"
    except Exception as error:
        raise CorruptData(f"{name}: not a readable DICOM picture ({error}); get the file again.") from error
    if values is None:
        raise CorruptData(f"{name}: {width} x {height} pixels, {frames} frames; more than this harness opens.")
    if values.ndim != 2:
        raise CorruptData(f"{name}: expected one grey picture; this one has the shape {values.shape}.")
    return values.max() - values if inverted else values


def _read(content: bytes) -> tuple[FileDataset, memoryview | None]:
    """The file; and its values apart, which are much, where they stand in it as they are."""
    import pydicom

    _, kind = _facts(content)
    if kind in (_EXPLICIT, _IMPLICIT):
        source = io.BytesIO(content)
        file, at = pydicom.dcmread(source, stop_before_pixels=True), source.tell()
        begins = at + (12 if kind == _EXPLICIT else 8)
        ends = begins + int.from_bytes(content[begins - 4 : begins], "little")
        named = content[at : at + 4] == _VALUES and (kind == _IMPLICIT or content[at + 4 : at + 6] in (b"OB", b"OW"))
        if named and ends <= len(content):
            return file, memoryview(content)[begins:ends]
    return pydicom.dcmread(io.BytesIO(content)), None


def _values(file: FileDataset, plain: memoryview | None) -> NDArray[Any]:
    """The picture as `pixel_array` has it, whose values may stand apart."""
    if plain is None:
        return file.pixel_array
    from pydicom.pixels.decoders.base import get_decoder
    from pydicom.pixels.utils import as_pixel_options

    options = as_pixel_options(file, pixel_keyword="PixelData", pixel_vr="OW")
    options["view_only"] = options.get("bits_stored") == options.get("bits_allocated")  # else pydicom clears the other bits, in a copy
    values: NDArray[Any] = get_decoder(file.file_meta.TransferSyntaxUID).as_array(plain, **options)[0]
    return values


def _unpacks_to_more(content: bytes) -> bool:
    """Whether a deflated file is larger than any picture once it is unpacked, as pydicom does at once and without a bound."""
    begins, kind = _facts(content)
    if kind != _DEFLATED:
        return False
    inner, rest, n = zlib.decompressobj(-zlib.MAX_WBITS), content[begins:], 0
    try:
        while n <= _LARGEST and (piece := inner.decompress(rest, _BLOCK)):
            n, rest = n + len(piece), inner.unconsumed_tail
    except zlib.error:
        return False  # whoever reads it names the damage
    return n > _LARGEST


def _facts(content: bytes) -> tuple[int, bytes]:
    """Where the facts about a file end, which are never deflated, and the one among them that says how the rest is written."""
    at, kind = _MARK.stop, b""
    while content[at : at + 2] == b"\x02\0" and at + 12 <= len(content):
        long = content[at + 4 : at + 6] in _LONG
        begins = at + (12 if long else 8)
        length = int.from_bytes(content[at + 8 : begins] if long else content[at + 6 : begins], "little")
        if content[at + 2 : at + 4] == b"\x10\0":
            kind = content[begins : begins + length].rstrip(b"\0 ")
        at = begins + length
    return at, kind
