"""Files of a release: found inside its folder and nowhere else, read with errors that name them."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path

from harness.base.withheld import message_of, quoted
from harness.cards import Card
from harness.errors import CorruptData, MissingData
from harness.files import content, pointers
from harness.types import Image

DATA_ROOT: ContextVar[Path | None] = ContextVar("DATA_ROOT", default=None)
"""The user's data root while a release of it is read: a link within it is the user's own arrangement."""
LARGEST_PICTURE = 1 << 28
"""Bytes of one file of a folder of pictures or reports; the largest radiographs have a tenth of that."""
LINKS = "HARNESS_LINKS"
"""The environment variable that names further folders which links may lead to, between colons (semicolons on Windows)."""


def is_data(name: str) -> bool:
    """Whether a file of this name is data, not what a file manager leaves beside it (``._x.xml``, ``.DS_Store``, ``Thumbs.db``)."""
    return not name.startswith(".") and name not in ("Thumbs.db", "desktop.ini")


def inside(root: Path, name: str, where: str) -> Path:
    """A path below the root by the name a row or card uses.

    Raises:
        CorruptData: The name is absolute, climbs out with ``..``, or leads through a link to where the user has not said that data is. A
            release is untrusted.
    """
    path = _below(root, name, where)
    try:
        path.lstat()
        real = path.resolve() if _leads_on(root, name) else None
    except (FileNotFoundError, NotADirectoryError):
        real = path.resolve()  # whoever reads the file says so
    except (OSError, RuntimeError, ValueError) as error:  # a name too long, links in a circle, a NUL, half a character
        raise CorruptData(
            f"{where}: the name {quoted(name)} is none of a file ({message_of(error)[:60]}); this is not the official file."
        ) from error
    if real is None or real.is_relative_to(root.resolve()) or any(real.is_relative_to(folder) for folder in _trusted()):
        return path
    raise CorruptData(
        f"{where}: the name {quoted(name)} leads through a link to {real}, outside the data root; put the file itself there, or name the"
        f" folder that such links lead to: {LINKS}={real.parent}"
    )


def _leads_on(root: Path, name: str) -> bool:
    """Whether a link may stand between the root and the file: only then is it looked up, folder by folder, where the two really are."""
    if os.name == "nt":
        return True  # a folder may be mounted in another, and is no link
    step = str(root)
    return any(os.path.islink(step := f"{step}/{part}") for part in Path(name).parts)  # noqa: PTH114  a path for each is many times the cost


def _trusted() -> list[Path]:
    own = DATA_ROOT.get()
    named = [Path(folder) for folder in os.environ.get(LINKS, "").split(os.pathsep) if folder]
    return [folder.resolve() for folder in (*([own] if own is not None else []), *named)]


def _below(root: Path, name: str, where: str) -> Path:
    below = Path(name)
    if below.is_absolute() or ".." in below.parts:
        raise CorruptData(f"{where}: the name {quoted(name)} leads outside the release's folder; this is not the official file.")
    return root / below


def required(card: Card, root: Path, *names: str) -> Path:
    """The first of several alternative files or folders that is there.

    The names are the card's, so a link among them is the user's own arrangement and is followed; one that a row names is not.

    Raises:
        MissingData: None is; the message says where each was looked for and how to obtain the release.
    """
    for name in names:
        path = _below(root, name, str(card.path.name))
        if path.exists():
            kind = "" if path.is_dir() else content.special(path.stat().st_mode)
            if kind:
                raise CorruptData(f"{path}: {kind}, not a file of the release; put the file itself there.")
            pointers.refuse(path)
            return path
    looked = " or ".join(str(root / name) for name in names)
    raise absent(card, f"{looked} is not there.")


def absent(card: Card, what: str) -> MissingData:
    """The error for a release of which something is not there: what, a sentence, and how the release is obtained."""
    error = MissingData(f"{card.full_name}: {what}\n{card.obtain.strip()}")
    error.of_release = True
    return error


def read_text(path: Path) -> str:
    r"""A UTF-8 text, with or without a byte-order mark, every line break as ``\n``.

    Raises:
        CorruptData: It is not UTF-8; the message gives the offset, or what the file is instead.
    """
    return content.text(content.read(path), path)


def pictures(folder: Path, *, suffix: str = "") -> Callable[[str], Image]:
    """Finds pictures by the names that rows use; each is opened only when it is read."""

    def find(name: str) -> Image:
        path = inside(folder, name + suffix, str(folder))
        return Image(name=str(path), read=lambda: _picture(path), file=path)

    return find


def _picture(path: Path) -> bytes:
    if not path.exists():
        raise MissingData(f"{path}: a row refers to this picture, and it is not there; is the picture archive fully extracted?")
    picture = content.read(path, largest=LARGEST_PICTURE)
    if not picture:
        raise CorruptData(f"{path}: the picture is empty; get it again.")
    return picture
