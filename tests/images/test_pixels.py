"""Pictures of any depth and container: what a model here sees, and what is written for one elsewhere."""

from __future__ import annotations

import io
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image as Pillow

from harness.data import catalog
from harness.data import examples as loading
from harness.errors import CorruptData, MissingTool
from harness.images import dicom as dicom_pictures
from harness.images import pixels as pixels_module
from harness.images.pixels import array, decode, encoded
from harness.runs.excerpt import Excerpt
from harness.runs.requests_file import write_requests
from harness.types import Image


def png(values: NDArray[np.generic], kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    Pillow.fromarray(values).save(out, format=kind)
    return out.getvalue()


def picture(content: bytes) -> Image:
    return Image(name="x", read=lambda: content)


DEEP = np.array([[1000, 2000], [3000, 5000]], dtype=np.uint16)
"""Its range of 4,000 becomes 255: a quarter, 63.75, and a half, 127.5."""
SEEN = [[0, 64], [128, 255]]

Content = Callable[[Callable[..., bytes]], bytes]
"""Makes a file, with the help of a writer of DICOM."""


@pytest.mark.parametrize(
    ("content", "seen"),
    [
        (lambda dicom: png(DEEP), SEEN),
        (lambda dicom: png(DEEP, "TIFF"), SEEN),
        (lambda dicom: png(DEEP.astype(np.int32), "TIFF"), SEEN),
        (lambda dicom: dicom(DEEP), SEEN),
        (lambda dicom: dicom(DEEP, photometric="MONOCHROME1"), [[255, 191], [128, 0]]),
        (lambda dicom: dicom(np.array([[0, 255], [51, 255]], dtype=np.uint8)), [[0, 255], [51, 255]]),
        (lambda dicom: png(np.full((2, 2), 4095, dtype=np.uint16)), [[0, 0], [0, 0]]),
        (lambda dicom: png(np.array([[7, 8], [9, 10]], dtype=np.uint8)), [[7, 8], [9, 10]]),
    ],
    ids=["16-bit PNG", "16-bit TIFF", "32-bit TIFF", "DICOM", "inverted DICOM", "8-bit DICOM", "one value", "8-bit PNG as it is"],
)
def test_more_than_eight_bits_are_scaled_from_the_picture_s_own_range(
    dicom: Callable[..., bytes], content: Content, seen: list[list[int]]
) -> None:
    assert np.asarray(decode(picture(content(dicom)), "L")).tolist() == seen


@pytest.mark.parametrize("shape", [(400, 400), (4, 70_000)], ids=["of many rows", "of long rows"])
def test_a_large_picture_is_scaled_from_its_whole_range_though_in_parts(shape: tuple[int, int]) -> None:
    """Four fields, as large as a picture that is scaled some rows at a time."""
    field = np.ones((shape[0] // 2, shape[1] // 2), dtype=np.uint16)
    seen = np.asarray(decode(picture(png(np.kron(DEEP, field))), "L"))
    assert np.array_equal(seen, np.kron(SEEN, field))


@pytest.mark.parametrize("kind", ["uint16", "int16", "uint8"])
@pytest.mark.parametrize("part", [1, 3], ids=["the whole range", "its middle"])
def test_each_value_there_can_be_is_scaled_in_double_precision(kind: str, part: int) -> None:
    """To 255 times its share of the range, rounded to the even neighbour."""
    range_ = np.iinfo(kind)
    values = np.arange(range_.min // part, range_.max // part + 1).astype(kind)
    shades = (values.astype(np.float64) - float(values[0])) * (255.0 / (float(values[-1]) - float(values[0])))
    seen = pixels_module._eight_bit(values.reshape(1, -1), picture(b""))
    assert np.array_equal(np.asarray(seen)[0], np.rint(shades).astype(np.uint8))


@pytest.mark.parametrize(
    "content", [lambda dicom: png(DEEP), lambda dicom: png(DEEP, "TIFF"), lambda dicom: dicom(DEEP)], ids=["PNG", "TIFF", "DICOM"]
)
def test_a_model_elsewhere_gets_the_eight_bits_that_one_here_sees(dicom: Callable[..., bytes], content: Content) -> None:
    written, suffix = encoded(picture(content(dicom)))
    assert suffix == ".png"
    with Pillow.open(io.BytesIO(written)) as opened:
        assert (opened.mode, np.asarray(opened).tolist()) == ("L", SEEN)


@pytest.mark.parametrize(("kind", "suffix"), [("PNG", ".png"), ("JPEG", ".jpg"), ("TIFF", ".tif"), ("BMP", ".bmp"), ("GIF", ".gif")])
def test_a_common_file_is_passed_on_byte_by_byte(kind: str, suffix: str) -> None:
    content = png(np.arange(64, dtype=np.uint8).reshape(8, 8), kind)
    assert encoded(picture(content)) == (content, suffix)


def test_what_no_browser_opens_becomes_a_png() -> None:
    written, suffix = encoded(picture(png(np.arange(64, dtype=np.uint8).reshape(8, 8), "PPM")))
    assert (suffix, written[:4]) == (".png", b"\x89PNG")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (lambda dicom: b"no picture", r"x: not a readable picture \(of no format that is known\); get"),
        (lambda dicom: png((np.arange(4096) ** 2 % 65_521).astype(np.uint16).reshape(64, 64))[:2000], "x: not a readable picture"),
        (lambda dicom: bytes(128) + b"DICM nothing", "x: not a readable DICOM picture"),
        (lambda dicom: dicom(DEEP, rows=60_000)[:-2], "x: not a readable DICOM picture"),
    ],
    ids=["no picture", "truncated PNG", "no DICOM", "fewer pixels than rows"],
)
def test_damage_is_named_here_and_in_an_export(dicom: Callable[..., bytes], content: Content, message: str) -> None:
    damaged = picture(content(dicom))
    with pytest.raises(CorruptData, match=message):
        decode(damaged, "RGB")
    with pytest.raises(CorruptData, match=message):
        encoded(damaged)


def test_a_dicom_picture_of_a_size_that_fills_the_memory_is_refused_unread(dicom: Callable[..., bytes]) -> None:
    with pytest.raises(CorruptData, match=r"65000 x 65000 pixels, 1 frames; more than this harness opens"):
        decode(picture(dicom(np.zeros((1, 65_000), dtype=np.uint8), rows=65_000)), "L")


def deflated(content: bytes, more: int = 0) -> bytes:
    """The file with its data set deflated, as PS3.10 has it, and so many zeros behind that."""
    plain, packed = b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.1.99"
    begins = 144 + int.from_bytes(content[140:144], "little")
    head = content[:begins].replace(b"UI" + len(plain).to_bytes(2, "little") + plain, b"UI" + len(packed).to_bytes(2, "little") + packed)
    head = head[:140] + (len(head) - 144).to_bytes(4, "little") + head[144:]
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return head + packer.compress(content[begins:] + bytes(more)) + packer.flush()


def test_a_deflated_dicom_picture_is_the_same_picture(dicom: Callable[..., bytes]) -> None:
    assert np.asarray(decode(picture(deflated(dicom(DEEP))), "L")).tolist() == SEEN


def test_a_deflated_dicom_file_that_would_fill_the_memory_is_refused(dicom: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    """Three megabytes in three kilobytes, where two are the most."""
    monkeypatch.setattr(dicom_pictures, "_LARGEST", 2_000_000)
    with pytest.raises(CorruptData, match="x: it unpacks to more than 2,000,000 bytes"):
        decode(picture(deflated(dicom(DEEP), 3_000_000)), "L")


@pytest.mark.parametrize("cut", [10, 100])
def test_a_deflated_dicom_file_that_is_cut_off_is_damaged(dicom: Callable[..., bytes], cut: int) -> None:
    with pytest.raises(CorruptData, match="x: not a readable DICOM picture"):
        decode(picture(deflated(dicom(DEEP))[:-cut]), "L")


def test_dicom_without_pydicom_says_what_to_install(dicom: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    content = dicom(DEEP)
    monkeypatch.setitem(sys.modules, "pydicom", None)
    with pytest.raises(MissingTool, match=r"pip install 'biomed-harness\[dicom\]'"):
        decode(picture(content), "L")


@pytest.mark.parametrize("name", ["peir_gross", "mc_cxr", "sz_cxr", "cbis_ddsm_mass", "cbis_ddsm_calc", "iu_xray"])
def test_pictures_of_every_size_become_what_a_network_declares(name: str) -> None:
    examples = loading.load(catalog.task(name)).examples
    assert {array(example.input.images[0], "RGB", (24, 20)).shape for example in examples} == {(20, 24, 3)}


def test_a_twelve_bit_radiograph_is_exported_in_eight_bits_under_a_name_that_tells_nothing(tmp_path: Path) -> None:
    dataset = loading.load(catalog.task("mc_cxr"))
    with Pillow.open(io.BytesIO(dataset.examples[0].input.images[0].read())) as given:
        values = np.asarray(given)
    assert values.dtype == np.uint16
    assert 255 < values.max() < 4096
    write_requests(dataset, tmp_path / "mc.jsonl", excerpt=Excerpt(first=1))
    [path] = (tmp_path / "mc_images").iterdir()
    with Pillow.open(path) as written:
        assert (written.mode, written.getextrema()) == ("L", (0, 255))
    assert "CXR" not in path.name + (tmp_path / "mc.jsonl").read_text()


@pytest.mark.parametrize(("side", "decoded"), [(64, 64), (60, 64), (100, 128), (300, 512)])
@pytest.mark.parametrize(("colour", "mode"), [("L", "L"), ("RGB", "L"), ("L", "RGB"), ("RGB", "RGB")])
def test_a_draft_is_the_smallest_scale_of_a_jpeg_that_holds_the_size(side: int, decoded: int, colour: str, mode: Any) -> None:
    """Scales as libjpeg has them: 1, 1/2, 1/4 and 1/8 of 512 pixels; resized as Pillow resizes what it drafted."""
    ramp = np.add.outer(np.arange(512), np.arange(512)) // 4
    out = io.BytesIO()
    Pillow.fromarray(ramp.astype(np.uint8)).convert(colour).save(out, format="JPEG")
    drafted = Pillow.open(io.BytesIO(out.getvalue()))
    drafted.draft(mode, (side, side))
    assert drafted.size == (decoded, decoded)
    expected = np.asarray(drafted.convert(mode).resize((side, side), Pillow.Resampling.BILINEAR))
    np.testing.assert_array_equal(array(picture(out.getvalue()), mode, (side, side), draft=True), expected)


def test_nothing_but_jpeg_has_a_draft() -> None:
    content = png(np.arange(4096, dtype=np.uint8).reshape(64, 64))
    np.testing.assert_array_equal(array(picture(content), "L", (9, 9), draft=True), array(picture(content), "L", (9, 9)))
