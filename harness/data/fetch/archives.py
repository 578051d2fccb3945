"""Archives of a release, unpacked as the untrusted files that they are: nothing lands outside, nothing links, nothing explodes."""

from __future__ import annotations

import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from harness.errors import CorruptData
from harness.files import archives, temporary, writing
from harness.files.refusals import DATA

_BLOCK = 1 << 20
_MOST_FILES = 1_000_000
_DEEPEST = 64
"""Folders in one another."""
_LITTER = frozenset({"__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini"})


@dataclass(frozen=True, slots=True)
class _Member:
    name: str
    """As the archive spells it."""
    is_folder: bool
    is_file: bool
    """Neither a folder nor a file: a link, a device, a pipe."""
    locked: bool


def extract(archive: Path, folder: Path) -> list[Path]:
    """Unpack a zip or tar archive, compressed or not.

    Files are written into a folder of their own first and moved when all of them have been read. Where all lie in one folder of the
    target's own name, that level is left out: some pack a folder, some its content.

    Args:
        archive: Recognised by its content.
        folder: Where its files go; made where it is not there.

    Returns:
        The files, sorted.

    Raises:
        Unwritable: There is no room for its files.
        CorruptData: It is no whole archive, is encrypted, holds a link or a name that leads outside, or far more than its size suggests.
    """
    limit = archives.limit(archive.stat().st_size)
    writing.make_folder(folder, DATA)
    with archives.whole(archive), temporary.folder("extracting", inside=folder, place=DATA) as place:
        names = _unpack(archive, place, limit)
        if not names:
            raise CorruptData(f"{archive}: an archive without a file; get the file again.")
        nested = all(len(name.parts) > 1 and name.parts[0] == folder.name for name in names)
        targets = [folder.joinpath(*name.parts[nested:]) for name in names]
        for name, target in zip(names, targets, strict=True):
            writing.move(place / name, target, DATA)
    return sorted(targets)


def _unpack(archive: Path, place: Path, limit: int) -> list[PurePosixPath]:
    names: list[PurePosixPath] = []
    seen: set[str] = set()
    written = 0
    with _opened(archive) as (members, read):
        for member in members:
            name = _safe(archive, member)
            if member.is_folder or not _LITTER.isdisjoint(name.parts):
                continue
            if not member.is_file:
                raise CorruptData(f"{archive}: '{member.name}' is a link or a device; no release holds one. It was not extracted.")
            if member.locked:
                raise CorruptData(f"{archive}: '{member.name}' is encrypted; extract it by hand.")
            if str(name).casefold() in seen:
                raise CorruptData(f"{archive}: '{member.name}' occurs twice; this is not the official file.")
            seen.add(str(name).casefold())
            names.append(name)
            target = place / name
            writing.make_folder(target.parent, DATA)
            with read(member) as source, writing.stream(target, "new", DATA) as write:
                while block := source.read(_BLOCK):
                    written += len(block)
                    if written > limit or len(names) > _MOST_FILES:
                        raise CorruptData(
                            f"{archive}: it unpacks to more than {limit:,} bytes or {_MOST_FILES:,} files, which no release does."
                        )
                    write(block)
    return names


def _safe(archive: Path, member: _Member) -> PurePosixPath:
    name = PurePosixPath(member.name)
    if name.is_absolute() or ".." in name.parts or "\\" in member.name or "\0" in member.name or ":" in (name.parts or ("",))[0]:
        raise CorruptData(f"{archive}: the name '{member.name}' leads outside the release's folder; nothing was extracted.")
    if not member.is_folder and not 0 < len(name.parts) <= _DEEPEST:
        raise CorruptData(f"{archive}: the name '{member.name[:80]}' is none of a file of a release; nothing was extracted.")
    return name


@contextmanager
def _opened(archive: Path) -> Iterator[tuple[Iterable[_Member], Callable[[_Member], IO[bytes]]]]:
    """The members in their order, and what opens one."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as packed:
            infos = {info.orig_filename: info for info in packed.infolist()}
            yield map(_of_zip, packed.infolist()), lambda member: packed.open(infos[member.name])
    else:
        with tarfile.open(archive) as tape:
            at: list[tarfile.TarInfo] = []

            def members() -> Iterator[_Member]:
                for info in tape:
                    at[:] = [info]
                    yield _of_tar(info)
                archives.check_to_the_end(tape, archive)

            def read(_member: _Member) -> IO[bytes]:
                file = tape.extractfile(at[0])
                assert file is not None  # only files are read
                return file

            yield members(), read


def _of_zip(info: zipfile.ZipInfo) -> _Member:
    mode = stat.S_IFMT(info.external_attr >> 16)
    return _Member(info.orig_filename, info.filename.endswith("/"), mode in (0, stat.S_IFREG), bool(info.flag_bits & 1))


def _of_tar(info: tarfile.TarInfo) -> _Member:
    return _Member(info.name, info.isdir(), info.isfile(), False)
