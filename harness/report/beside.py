"""The file beside a page: the texts that are too many for it, and its pictures at full size, read a piece at a time when it is asked for.

A page may load nothing, and stays so: its reader gives it this file, by a button or by dropping it there, and the script takes from it
what is looked at. That works from a folder as from a server, in every browser, runs nothing that the file holds, and no size is too large.

It is a ZIP archive of files that are not compressed, so that anybody can open it, and a check of what may be given away can. Its comment
says where its index stands: ``id`` (the page's), ``texts`` and ``pictures``: first byte and length of each, and of a picture its kind.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.errors import HarnessError
from harness.files import writing
from harness.files.refusals import OUT
from harness.images.pixels import decode, encoded
from harness.report.packing import as_json
from harness.types import Image

COMMENT = "biomed-harness samples 1 {:020} {:020}"
"""The index's first byte and length; as long for every file."""
_DAY = (1980, 1, 1, 0, 0, 0)
"""Of every file in the archive: of equal content it is the same, byte by byte."""
_KINDS = {".png": "png", ".jpg": "jpeg", ".gif": "gif", ".bmp": "bmp", ".webp": "webp"}
"""What every browser shows."""


@dataclass(slots=True, kw_only=True)
class Beside:
    """What goes into the file; pictures are read when it is written."""

    wanted: bool = False
    """Whether pictures are kept at full size."""
    id: str = ""
    """Of the page that it belongs to."""
    texts: Sequence[Any] = ()
    """The columns of each task's texts, where the page does not hold all of them."""
    pictures: list[Image] = field(default_factory=list)
    _places: dict[str, int] = field(default_factory=dict)

    def place(self, image: Image, digest: str) -> int:
        """Where a picture will stand; one of the same content once."""
        if digest not in self._places:
            self._places[digest] = len(self.pictures)
            self.pictures.append(image)
        return self._places[digest]

    @property
    def holds(self) -> dict[str, int]:
        """How much there is to write: of tasks whose texts, and of pictures."""
        return {"texts": len(self.texts), "pictures": len(self.pictures)}

    def __bool__(self) -> bool:
        return bool(self.texts or self.pictures)

    def write(self, path: Path, *, private: bool) -> int:
        """Write the file whole or not at all, and return its size.

        Args:
            path: The file.
            private: Its owner alone may read it.

        Raises:
            Unwritable: The file system refuses.
        """
        unfinished = path.with_name(f".{path.name}.new")
        writing.remove(unfinished, OUT)
        try:
            with writing.stream(unfinished, "new", OUT, private=private) as write:
                written = self._pour(write)
            writing.move(unfinished, path, OUT)
        except BaseException:
            writing.remove(unfinished, OUT)
            raise
        return written

    def _pour(self, write: Callable[[bytes], object]) -> int:
        out = _Counting(write)
        with zipfile.ZipFile(out, "w") as archive:

            def add(name: str, content: bytes) -> tuple[int, int]:
                member = zipfile.ZipInfo(name, _DAY)
                archive.writestr(member, content)
                return member.header_offset + len(member.FileHeader()), len(content)

            pictures = []
            for number, image in enumerate(self.pictures):
                content, kind = _shown(image)
                pictures.append([*add(f"pictures/{number:06}.{kind or 'absent'}", content), kind])
            texts = add("texts.json", as_json(self.texts).encode("utf-8", "backslashreplace"))
            index = add("index.json", as_json({"id": self.id, "texts": texts, "pictures": pictures}).encode())
            archive.comment = COMMENT.format(*index).encode()
        return out.written


class _Counting(io.RawIOBase):
    """A stream that counts what goes through it."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        super().__init__()
        self._write, self.written = write, 0

    def writable(self) -> bool:
        return True

    def write(self, content: Any, /) -> int:
        block = bytes(content)
        self._write(block)
        self.written += len(block)
        return len(block)


def _shown(image: Image) -> tuple[bytes, str]:
    """A picture as a file that every browser shows, and its kind; nothing of one that cannot be read."""
    try:
        content, suffix = encoded(image)
        if suffix in _KINDS:
            return content, _KINDS[suffix]
        out = io.BytesIO()
        decode(image, "RGB").save(out, format="PNG")
        return out.getvalue(), "png"
    except HarnessError:
        return b"", ""
