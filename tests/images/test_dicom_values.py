"""The values of DICOM pictures, however they are written: pydicom's own `pixel_array`, though plain ones are not copied out of the file."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.errors import CorruptData
from harness.images.dicom import pixels

pydicom = pytest.importorskip("pydicom")

ROWS = np.arange(-7, 8, dtype=np.int16).reshape(3, 5) * 100
"""Of an odd number, so that a file of single bytes is padded."""


def written(values: NDArray[Any], syntax: str = "ExplicitVRLittleEndian", **facts: Any) -> bytes:
    from pydicom.dataset import Dataset, FileMetaDataset

    file = Dataset()
    file.file_meta = FileMetaDataset()
    file.file_meta.TransferSyntaxUID = getattr(pydicom.uid, syntax)
    file.file_meta.MediaStorageSOPClassUID = file.SOPClassUID = pydicom.uid.SecondaryCaptureImageStorage
    file.file_meta.MediaStorageSOPInstanceUID = file.SOPInstanceUID = pydicom.uid.UID("9.9.1")
    file.Rows, file.Columns = values.shape
    file.SamplesPerPixel, file.PhotometricInterpretation = 1, "MONOCHROME2"
    file.PixelRepresentation = int(values.dtype.kind == "i")
    file.BitsAllocated = file.BitsStored = 8 * values.itemsize
    file.HighBit = file.BitsStored - 1
    content = values.astype(values.dtype.newbyteorder(">" if "Big" in syntax else "<")).tobytes()
    file.PixelData = content + bytes(len(content) % 2)
    file["PixelData"].VR = "OB" if values.itemsize == 1 else "OW"
    for name, value in facts.items():
        setattr(file, name, value)
    out = io.BytesIO()
    file.save_as(out, enforce_file_format=True)
    return out.getvalue()


def cases() -> Iterator[Any]:
    unsigned = (ROWS + 700).astype(np.uint16)
    yield pytest.param(written(ROWS), ROWS.tolist(), id="signed")
    yield pytest.param(written(unsigned), unsigned.tolist(), id="unsigned")
    yield pytest.param(written(unsigned, "ImplicitVRLittleEndian"), unsigned.tolist(), id="implicit")
    yield pytest.param(written(unsigned, "ExplicitVRBigEndian"), unsigned.tolist(), id="of the other order")
    single = (unsigned // 100).astype(np.uint8)
    yield pytest.param(written(single), single.tolist(), id="padded")
    used = written(unsigned | 0xF000, BitsStored=12, HighBit=11)
    yield pytest.param(used, unsigned.tolist(), id="with bits that are not the picture's")
    more = written(unsigned, DataSetTrailingPadding=bytes(64))
    yield pytest.param(more, unsigned.tolist(), id="with something behind")
    yield pytest.param(written(unsigned, NumberOfFrames=1), unsigned.tolist(), id="that counts its frames")


@pytest.mark.parametrize(("content", "values"), [*cases()])
def test_the_values_are_those_of_the_picture(content: bytes, values: list[list[int]]) -> None:
    found = pixels(content, "x")
    assert found.tolist() == values
    whole = pydicom.dcmread(io.BytesIO(content)).pixel_array
    assert (found.dtype, found.tolist()) == (whole.dtype, whole.tolist())


def test_what_is_packed_is_unpacked() -> None:
    file = pydicom.dcmread(io.BytesIO(written(ROWS)))
    file.compress(pydicom.uid.RLELossless)
    out = io.BytesIO()
    file.save_as(out, enforce_file_format=True)
    assert pixels(out.getvalue(), "x").tolist() == ROWS.tolist()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (written(ROWS)[:-2], "x: not a readable DICOM picture"),
        (written(ROWS, NumberOfFrames=2), "x: not a readable DICOM picture"),
        (written(ROWS, SamplesPerPixel=3, PlanarConfiguration=0), "x: not a readable DICOM picture"),
        (written(ROWS, PixelData=bytes(60), NumberOfFrames=2), r"x: expected one grey picture; this one has the shape \(2, 3, 5\)"),
        (written(ROWS, BitsStored=17), "x: not a readable DICOM picture"),
    ],
    ids=["cut off", "fewer frames than it says", "fewer colours than it says", "two frames", "more bits than there are"],
)
def test_a_picture_that_is_none_is_refused(content: bytes, why: str) -> None:
    with pytest.raises(CorruptData, match=why):
        pixels(content, "x")
