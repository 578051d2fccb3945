"""Pictures of a release that are none, are too much, or are what no release has: by themselves, in folders and in arrays."""

from __future__ import annotations

import functools
import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image as Pillow

from harness.data import examples
from harness.images import pixels, words
from harness.images.image import Image
from tests.fuzz.bad_fields import content_of, rows_of, write
from tests.fuzz.bad_files import KINDS, SPECIAL
from tests.fuzz.outcomes import Case, Done
from tests.fuzz.spoilt import SEED, Table, flipped, spoilt, task_of

IN_EVERY_RUN = 40
_LOSSY = 12.0
"""How far apart two renderings of one picture may be, in levels of 255 on average."""


def cases() -> Iterator[Case]:
    """Each picture by itself, and in the place of one of a release; names that lead elsewhere; arrays that claim what they do not hold."""
    for name, content in bad().items():
        yield _alone("pictures that are none", name, content)
    for name, content in KINDS.items():
        yield _alone("pictures that are none", name, content)
    for name, (content, looks) in strange().items():
        yield _alone("pictures of unusual forms", name, content, looks)
    for folder in (Table("vqa_rad", "VQA_RAD Image Folder"), Table("slake_en", "Slake1.0/imgs"), Table("mc_cxr", "MontgomerySet/CXR_png")):
        for name, content in {**bad(), "nothing": b"", "a web page": KINDS["a web page"]}.items():
            yield _in_folder("pictures of a release", name, folder, lambda path, content=content: path.write_bytes(content))  # type: ignore[misc]
        for name, make in _SPECIAL.items():
            yield _in_folder("pictures that are special files", name, folder, make)
    for name, value in _NAMES.items():
        for table, field in _NAMED:
            yield spoilt("names of pictures", name, table, functools.partial(_rename, field, value))
        yield spoilt("names of pictures", name, Table("peir_gross", "test_images.tsv"), functools.partial(_rename_first, value))
    yield from _arrays()


def bad() -> Mapping[str, bytes]:
    """Files that no reader of pictures may take for one."""
    png, jpeg = _png(_grey()), _saved(_grey(), "JPEG")
    found = {f"a PNG's first {n} bytes": png[:n] for n in (1, 8, 20, 33, len(png) // 2, len(png) - 30)}
    found |= {f"a JPEG's first {n} bytes": jpeg[:n] for n in (2, 20, len(jpeg) // 2, len(jpeg) - 40)}
    found |= {f"a TIFF's first {n} bytes": _saved(_grey(), "TIFF")[:n] for n in (4, 8, 100)}
    found |= {f"a PNG with byte {n} changed": flipped(png, n) for n in (0, 13, 18, 24, 50, len(png) // 2)}
    found |= {
        "a PNG of 0 x 0": _header(0, 0),
        "a PNG of 1 x 0": _header(1, 0),
        "a PNG of 60,000 x 60,000": _header(60_000, 60_000),
        "a PNG of 2,000,000,000 x 1": _header(2_000_000_000, 1),
        "a PNG of 13,000 x 13,000 zeros": _header(13_000, 13_000, zlib.compress(b"\0" * 100_000)),
        "a PNG whose text explodes": _with_text(zlib.compress(b"x" * 20_000_000)),
        "a BMP of 0 x 0": b"BM" + struct.pack("<IHHIIiiHHIIiiII", 54, 0, 0, 54, 40, 0, 0, 1, 24, 0, 0, 0, 0, 0, 0),
        "a BMP of -1 x 7": b"BM" + struct.pack("<IHHIIiiHHIIiiII", 54, 0, 0, 54, 40, -1, 7, 1, 24, 0, 0, 0, 0, 0, 0),
        "a GIF of 0 x 0": b"GIF89a" + b"\0" * 7 + b";",
        "a TIFF that leads to itself": b"II*\0\x08\0\0\0" + struct.pack("<HHHIIHHIII", 2, 256, 3, 1, 8, 257, 3, 1, 8, 8),
        "a GIF of three pictures": _several("GIF"),
        "a PNG of three pictures": _several("PNG"),
        "a WebP of three pictures": _several("WEBP"),
        "a TIFF of three pictures": _several("TIFF"),
        "a TIFF of NaN": _saved(Pillow.fromarray(np.full((4, 4), np.nan, dtype=np.float32)), "TIFF"),
        "a TIFF with one infinity": _saved(Pillow.fromarray(np.array([[0.5, np.inf]], dtype=np.float32)), "TIFF"),
        "an SVG": b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
        "PostScript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n9 9 scale showpage\n",
        "DICOM and nothing else": b"\0" * 128 + b"DICM",
        "DICOM and random bytes": b"\0" * 128 + b"DICM" + random.Random(SEED).randbytes(500),
    }
    return found


def strange() -> Mapping[str, tuple[bytes, Pillow.Image]]:
    """Whole pictures in forms that releases rarely have, and what each of them looks like."""
    grey, colour = _grey(), _colour()
    deep = Pillow.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    palette = colour.quantize(16)
    turned = Pillow.Exif()
    turned[0x0112] = 6
    return {
        "a PNG": (_png(grey), grey),
        "a PNG called otherwise": (_png(colour), colour),
        "a JPEG in CMYK": (_saved(colour.convert("CMYK"), "JPEG"), colour),
        "a TIFF in CMYK": (_saved(colour.convert("CMYK"), "TIFF"), colour),
        "a TIFF in LAB": (_saved(colour, "TIFF"), colour),
        "a PNG of 16 bits": (_png(deep), grey),
        "a TIFF of 16 bits": (_saved(deep, "TIFF"), grey),
        "a TIFF of floating-point numbers": (_saved(Pillow.fromarray(np.asarray(grey, dtype=np.float32) / 255), "TIFF"), grey),
        "a palette": (_png(palette), palette.convert("RGB")),
        "a palette with transparency": (_saved(palette, "PNG", transparency=0), palette.convert("RGB")),
        "grey with transparency": (_png(Pillow.merge("LA", (grey, Pillow.new("L", grey.size, 7)))), grey),
        "black and white": (_png(grey.convert("1")), grey.convert("1").convert("L")),
        "turned by its camera": (_saved(colour, "JPEG", exif=turned.tobytes()), colour),
        "one pixel": (_png(Pillow.new("L", (1, 1), 7)), Pillow.new("L", (1, 1), 7)),
        "one row": (_png(grey.crop((0, 0, 64, 1))), grey.crop((0, 0, 64, 1))),
        "with a heading of 900 kB": (_with_text(zlib.compress(b"x" * 900_000)), grey),
        "with bytes behind its end": (_png(grey) + b"PK\x03\x04 and more", grey),
        "one picture of a GIF": (_saved(grey, "GIF"), grey),
        "a WebP": (_saved(colour, "WEBP", lossless=True), colour),
        "a BMP": (_saved(colour, "BMP"), colour),
    }


def _grey() -> Pillow.Image:
    """A ramp over the whole range, with a corner that tells where up is."""
    values = np.add.outer(np.linspace(0, 191, 48), np.linspace(0, 64, 64)).astype(np.uint8)
    values[:8, :8] = 255
    values[-1, -1] = 255
    values[0, -1] = 0
    return Pillow.fromarray(values)


def _colour() -> Pillow.Image:
    grey = np.asarray(_grey())
    return Pillow.fromarray(np.stack([grey, grey[::-1], np.full_like(grey, 90)], axis=-1))


def _saved(picture: Pillow.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, format=kind, **options)
    return out.getvalue()


def _png(picture: Pillow.Image) -> bytes:
    return _saved(picture, "PNG")


def _several(kind: str) -> bytes:
    grey = _grey()
    return _saved(grey, kind, save_all=True, append_images=[grey.rotate(90), grey.rotate(180)])


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _header(width: int, height: int, data: bytes = b"") -> bytes:
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + _chunk(b"IDAT", data or zlib.compress(b"\0" * 10)) + _chunk(b"IEND", b"")


def _with_text(packed: bytes) -> bytes:
    png = _png(_grey())
    return png[:33] + _chunk(b"zTXt", b"Comment\0\0" + packed) + png[33:]


def _alone(kind: str, name: str, content: bytes, looks: Pillow.Image | None = None) -> Case:
    """A picture is decoded, described and passed on; all three agree with what it looks like, or all refuse it."""

    def call() -> tuple[Pillow.Image, tuple[bytes, str], str]:
        image = Image(name=name, read=lambda: content)
        return pixels.decode(image, "RGB"), pixels.encoded(image), words.describe(image)

    def oracle(done: Done) -> str:
        if looks is None:
            return f"accepted as {done.value[2]}"
        passed_on = Pillow.open(io.BytesIO(done.value[1][0])).convert("RGB")
        wanted = np.asarray(looks.convert("RGB"), dtype=float)
        for what, found in (("what is decoded", done.value[0]), ("what is passed on", passed_on)):
            if found.size != looks.size or np.abs(np.asarray(found, dtype=float) - wanted).mean() > _LOSSY:
                return f"{what} looks otherwise ({found.size})"
        return "" if passed_on.getexif().get(0x0112, 1) == 1 else "what is passed on would be turned by whoever shows it"

    return Case(kind=kind, name=name, command=call, oracle=oracle)


def _in_folder(kind: str, name: str, table: Table, make: Callable[[Path], object]) -> Case:
    """In the place of each picture of a folder."""

    def spoil(path: Path) -> None:
        for picture in sorted(path.rglob("*.*")):
            if picture.suffix in (".png", ".jpg"):
                picture.unlink()
                make(picture)

    shown = functools.partial(_shown, table.task)
    return replace(spoilt(kind, name, table, spoil), command=shown, oracle=lambda done: f"accepted: {done.value}")


def _shown(task: str) -> list[str]:
    """Every picture of the split as a model would get it."""
    found = examples.load(task_of(task), data_root=Path.cwd()).examples
    return [pixels.encoded(image)[1] for example in found for image in example.input.images]


_SPECIAL: Mapping[str, Callable[[Path], object]] = {
    **SPECIAL,
    "a link to a file elsewhere": lambda path: path.symlink_to("/etc/passwd"),
    "nothing at all": lambda path: None,
}
_NAMES: Mapping[str, object] = {
    "the folder above": "../../../../etc/passwd",
    "an absolute path": "/etc/passwd",
    "an endless device": "/dev/zero",
    "itself": ".",
    "nothing": "",
    "blanks": "   ",
    "300 letters": "x" * 300 + ".jpg",
    "5,000 folders": "x/" * 5000 + "y.jpg",
    "a NUL": "a\0.jpg",
    "half a character": "a\ud83d.jpg",
    "a line break": "a\n.jpg",
    "escapes": "\x1b[2J.jpg",
    "a drive": "C:\\pictures\\a.jpg",
    "an address": "http://127.0.0.1:9/a.jpg",
    "null": None,
    "a number": 7,
    "a list": ["a.jpg"],
    "an object": {"bytes": "", "path": "a.jpg"},
}


_NAMED = (
    (Table("vqa_rad", "VQA_RAD Dataset Public.json"), "image_name"),
    (Table("slake_en", "Slake1.0/test.json"), "img_name"),
    (Table("iu_xray@r2gen", "annotation.json"), "image_path"),
)


def _rename(field: str, value: object, path: Path) -> None:
    content = content_of(path)
    for row in rows_of(content):
        row[field] = [value] * 2 if field == "image_path" else value
    write(path, content)


def _rename_first(value: object, path: Path) -> None:
    lines = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join([str(value).encode("utf-8", "surrogatepass") + b"\tA caption.", *lines[1:]]))


def _arrays() -> Iterator[Case]:
    """Arrays of an archive that say or hold something else than pictures and their numbers."""
    table = Table("pneumoniamnist", "pneumoniamnist.npz")
    with np.load(table.path) as arrays:
        whole = {name: arrays[name] for name in arrays.files}
    images, labels = whole["test_images"], whole["test_labels"]
    changes: dict[str, dict[str, object]] = {
        "labels counted from 1": {"test_labels": labels + 1},
        "labels of NaN": {"test_labels": np.full(labels.shape, np.nan)},
        "labels as floating-point numbers": {"test_labels": labels.astype(float)},
        "labels as texts": {"test_labels": labels.astype(str)},
        "labels as days": {"test_labels": labels.astype("datetime64[D]")},
        "labels as objects": {"test_labels": labels.astype(object)},
        "labels in a row": {"test_labels": labels[:, 0]},
        "labels in two columns": {"test_labels": np.hstack([labels, 1 - labels])},
        "labels of minus 1": {"test_labels": labels.astype(int) - 1},
        "labels of yes and no": {"test_labels": labels.astype(bool)},
        "one label less": {"test_labels": labels[:-1]},
        "no labels": {"test_labels": labels[:0]},
        "nothing": {"test_labels": labels[:0], "test_images": images[:0]},
        "one picture less": {"test_labels": labels[:-1], "test_images": images[:-1]},
        "pictures of 0 x 0": {"test_images": images[:, :0, :0]},
        "pictures of 16 bits": {"test_images": images.astype(np.uint16)},
        "pictures of floating-point numbers": {"test_images": images / 255},
        "pictures of one dimension": {"test_images": images.reshape(len(images), -1)},
        "pictures of four dimensions": {"test_images": images[..., None, None]},
        "pictures of four channels": {"test_images": np.repeat(images[..., None], 4, axis=-1)},
        "pictures column by column": {"test_images": np.asfortranarray(images)},
        "another name": {"tests_images": images, "test_images": None},
    }
    for name, change in changes.items():
        yield spoilt("arrays", name, table, functools.partial(_repacked, {**whole, **change}))
    for name, shape in {
        "10^15 pictures": (10**15, 28, 28),
        "2^63 pictures": (2**63, 28, 28),
        "minus one picture": (-1, 28, 28),
        "a picture more": (len(images) + 1, 28, 28),
        "a hundred dimensions": (1,) * 100,
    }.items():
        yield spoilt("arrays that claim more than they hold", name, table, functools.partial(_claiming, shape, whole))
    yield spoilt("archives that explode", "400 MB of zeros", table, functools.partial(_exploding, whole), heavy=True)


def _repacked(arrays: Mapping[str, object], path: Path) -> None:
    np.savez(path, **{name: value for name, value in arrays.items() if value is not None})  # type: ignore[arg-type]


def _member(values: np.ndarray, shape: tuple[int, ...]) -> bytes:
    header = repr({"descr": values.dtype.str, "fortran_order": False, "shape": shape}).encode()
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\0" + struct.pack("<H", len(header)) + header + values.tobytes()


def _claiming(shape: tuple[int, ...], whole: Mapping[str, np.ndarray], path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, values in whole.items():
            archive.writestr(f"{name}.npy", _member(values, shape if name == "test_images" else values.shape))


def _exploding(whole: Mapping[str, np.ndarray], path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, values in whole.items():
            if name == "test_images":
                with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                    file.write(_member(values[:0], (500_000, 28, 28)))
                    for _ in range(100):
                        file.write(b"\0" * (5000 * 28 * 28))
            else:
                archive.writestr(f"{name}.npy", _member(values, values.shape))
