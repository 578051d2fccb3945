"""The file beside a page: the texts that are too many for it, and its pictures at full size, read a piece at a time when it is asked for.

A page may load nothing, and stays so: its reader gives it this file, by a button or by dropping it there, and the script takes from it
what is looked at. That works from a folder as from a server, in every browser, runs nothing that the file holds, and no size is too large.

The file is a line that says what it is, pictures as they are, the texts as JSON, an index as JSON, and at its end the place of that index
in 20 digits. Index: ``id`` (the page's), ``texts`` and ``pictures``: first byte and length of each, and of a picture its kind.
"""

from __future__ import annotations

import io
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

MAGIC = b"biomed-harness samples 1\n"
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
        at = 0

        def add(content: bytes) -> tuple[int, int]:
            nonlocal at
            write(content)
            at += len(content)
            return at - len(content), len(content)

        add(MAGIC)
        pictures = []
        for image in self.pictures:
            content, kind = _shown(image)
            pictures.append([*add(content), kind])
        texts = add(as_json(self.texts).encode("utf-8", "backslashreplace"))
        index, _ = add(as_json({"id": self.id, "texts": texts, "pictures": pictures}).encode())
        add(f"{index:020}".encode())
        return at


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
