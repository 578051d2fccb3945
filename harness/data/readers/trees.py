"""A folder of a release, extracted or still inside the zip it is distributed as: the same names, read in the same way."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from harness.cards import Card
from harness.data.readers.files import LARGEST_PICTURE, inside, is_data, required
from harness.errors import CorruptData, MissingData
from harness.files import archives, pointers
from harness.files import content as contents


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """The files below one folder."""

    place: Path
    """The folder, or the archive that holds it."""
    folder: str
    """The folder's name in the archive, with what stands above it; empty where the folder itself is there."""
    names: tuple[str, ...]
    """Paths below the folder, with forward slashes, sorted; without what file managers leave behind."""

    def file(self, name: str) -> Path | None:
        """Where one file lies; None where it is inside an archive."""
        return None if self.folder else self.place / name

    def read(self, name: str) -> bytes:
        """The bytes of one file.

        Raises:
            MissingData: There is no such file.
            CorruptData: It cannot be read, is empty, or has more than 256 MiB.
        """
        content = _from_zip(self.place, f"{self.folder}/{name}") if self.folder else _from_folder(self.place, name)
        if not content:
            raise CorruptData(f"{self.place}: {name} is empty; get it again.")
        pointers.refuse_content(content, f"{self.place}: {name}")
        return content


def open_tree(card: Card, root: Path, folder: str, packed: Sequence[str]) -> Tree:
    """A folder of a release, or the first archive that holds it.

    Args:
        card: For the message where neither is there.
        root: The release's folder.
        folder: Its name, extracted as well as in the archive, where it may stand below others.
        packed: Names of the zip files that it is distributed in.

    Raises:
        MissingData: Neither is there.
        CorruptData: The archive is damaged or holds no such folder.
    """
    place = required(card, root, folder, *packed)
    if place.is_dir():
        names = [path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file()]
        return Tree(place=place, folder="", names=_sorted(names))
    with archives.whole(place), zipfile.ZipFile(place) as archive:
        members = [PurePosixPath(name) for name in archive.namelist() if not name.endswith("/")]
    above = next((path.parts[: path.parts.index(folder) + 1] for path in members if folder in path.parts[:-1] and _is_wanted(path)), None)
    if above is None:
        raise CorruptData(f"{place}: it holds no folder {folder}; this is not the official file.")
    prefix = PurePosixPath(*above)
    names = [path.relative_to(prefix).as_posix() for path in members if path.is_relative_to(prefix)]
    return Tree(place=place, folder=prefix.as_posix(), names=_sorted(names))


def _sorted(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted(name for name in names if _is_wanted(PurePosixPath(name))))


def _is_wanted(path: PurePosixPath) -> bool:
    return "__MACOSX" not in path.parts and is_data(path.name)


def _from_folder(place: Path, name: str) -> bytes:
    path = inside(place, name, str(place))
    if not path.exists():
        raise MissingData(f"{path}: this file of the release is not there; is the archive fully extracted?")
    return contents.read(path, largest=LARGEST_PICTURE)


def _from_zip(place: Path, name: str) -> bytes:
    # Opened for every file: the list of some hundred members costs less than decoding one picture, and no handle is left behind.
    try:
        with zipfile.ZipFile(place) as archive:
            member = archive.getinfo(name)
            if member.file_size > LARGEST_PICTURE:
                raise CorruptData(f"{place}: {name}: {member.file_size:,} bytes; no file of the release is that large.")
            return archive.read(member)
    except KeyError:
        raise MissingData(f"{place}: no {name} in the archive; is it the official file?") from None
    except archives.BROKEN as error:
        raise CorruptData(f"{place}: {name} cannot be read ({error}); get the archive again.") from error
