"""MedMNIST archives: arrays ``{split}_images`` and ``{split}_labels`` in one ``.npz``, read without pickles."""

from __future__ import annotations

import math
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from harness import cards
from harness.cards import Card, Split
from harness.data.readers import Release
from harness.data.readers.files import required
from harness.errors import CorruptData
from harness.files import archives, content
from harness.rows import Row
from harness.types import Image

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def read(card: Card, split: Split, root: Path) -> Release:
    """One row per picture: ``index``, ``image``, and ``label`` (a list of numbers, one unless the task is multi-label)."""
    path = required(card, root, card.source["file"])
    part = split.select["part"]
    images, labels = _array(path, f"{part}_images"), _array(path, f"{part}_labels")
    if len(images) != len(labels):
        raise CorruptData(f"{path}: {len(images)} {part} images and {len(labels)} labels; get the official file again.")
    if images.dtype.name != "uint8" or images.ndim not in (3, 4):
        raise CorruptData(f"{path}: {part}_images is {images.dtype} with shape {images.shape}; expected 8-bit N x H x W or N x H x W x 3.")
    if 0 in images.shape[1:]:
        raise CorruptData(f"{path}: its pictures are {_words(images.shape[1:])}, which shows nothing; get the official file again.")
    _check_shape(card, path, images.shape[1:])
    if labels.dtype.kind not in "iuf":
        raise CorruptData(f"{path}: {part}_labels is {labels.dtype}; expected whole numbers. Get the official file again.")
    if labels.ndim != 2:
        raise CorruptData(f"{path}: {part}_labels has shape {labels.shape}; expected N x 1, or N x classes for a multi-label set.")
    return Release(rows=_rows(path, part, images, labels), layout=path.name, files=(path,))


def _check_shape(card: Card, path: Path, shape: tuple[int, ...]) -> None:
    """Refuse the pictures of another size or colour, which the release publishes under another name."""
    declared = tuple(card.source.get("shape", shape))
    if shape == declared:
        return
    right = next((other for other in _forms(card) if tuple(other.source.get("shape", ())) == shape), None)
    remedy = (
        f"These are the pictures of {right.full_name}: name them {right.source['file']} and run that task"
        if right
        else f"Get the official file: harness show {card.full_name}"
    )
    raise CorruptData(f"{path}: its pictures are {_words(shape)}, those of {card.full_name} are {_words(declared)}. {remedy}.")


def _forms(card: Card) -> list[Card]:
    """The card's task in all its forms; none for an invented sample, which is described elsewhere."""
    if card.is_of_sample:
        return []
    plain = cards.read_card(card.path)
    return [plain, *(cards.read_card(card.path, variant) for variant in plain.variants)]


def _words(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))


def _rows(path: Path, part: str, images: NDArray[np.uint8], labels: NDArray[np.integer]) -> Iterator[Row]:
    for index in range(len(images)):
        where = f"{path.name}, {part} {index}"

        def picture(name: str, pixels: NDArray[np.uint8] = images[index]) -> Image:
            return Image(name=name, read=pixels.tobytes, shape=pixels.shape)

        yield Row({"index": index, "label": labels[index].tolist(), "image": where}, where=where, picture=picture)


def _array(path: Path, name: str) -> NDArray[Any]:
    import numpy as np

    try:
        # NumPy leaves a file that it opened itself open when the archive is damaged.
        with content.opened(path) as file, zipfile.ZipFile(file) as archive:
            _check_member(path, archive, name)
            file.seek(0)
            with np.load(file, allow_pickle=False) as arrays:
                array: NDArray[Any] = arrays[name]
                return array
    except archives.BROKEN as error:
        why = "" if "unsafely" in str(error) else f" ({error})"  # NumPy takes any other content for a pickle, and says how to run it
        raise CorruptData(f"{path}: not a whole .npz archive{why}; a truncated download? Get the file again.") from error


def _check_member(path: Path, archive: zipfile.ZipFile, name: str) -> None:
    """Refuse an array that is not there, stands twice, or says that it is larger than what there is of it: NumPy makes room first."""
    names = [member.removesuffix(".npy") for member in archive.namelist()]
    if names.count(name) != 1:
        raise CorruptData(
            f"{path}: {'no array' if name not in names else 'two arrays'} '{name}' (there are: {', '.join(names[:12])}); this is not the"
            " official file."
        )
    member = archive.getinfo(f"{name}.npy")
    archives.refuse_bomb(member.compress_size, member.file_size, f"{path}: {name}")
    with archive.open(member) as file:
        shape, dtype = _claimed(file)
        held = member.file_size - file.tell()
    if dtype.hasobject:
        raise CorruptData(f"{path}: {name} holds Python objects, which could run anything; they are not read. Get the official file again.")
    if any(length < 0 for length in shape) or math.prod(shape) * dtype.itemsize != held:
        raise CorruptData(
            f"{path}: {name} says that it is {_words(shape)} of {dtype.itemsize} bytes each, and holds {held:,} bytes; the file is damaged."
            " Get the official file again."
        )


def _claimed(file: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """The shape and the type that an array's header names."""
    from numpy.lib import format as npy

    version = npy.read_magic(file)
    shape, _, dtype = npy.read_array_header_1_0(file) if version == (1, 0) else npy.read_array_header_2_0(file)
    return shape, dtype
