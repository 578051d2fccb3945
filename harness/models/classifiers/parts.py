"""The parts of a PyTorch archive: taken out of the file, and packed anew, so that what was checked is what is loaded."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path

from harness.errors import CorruptData
from harness.files import archives

_MOST_INFLATED = 64 * 2**20
"""Bytes of a compressed part; PyTorch compresses code alone, and stores tensors as they are."""


def read_parts(path: Path, kept: re.Pattern[str]) -> dict[str, bytes]:
    """Name, without the archive's own folder, to content.

    Args:
        path: The archive.
        kept: The names of the parts that are needed; the rest is left out.

    Raises:
        CorruptData: A part is compiled code, is there twice (PyTorch looks names up without regard to case), or would fill the memory.
    """
    with zipfile.ZipFile(path) as archive:
        folder = "" if "serialized_exported_program.json" in archive.namelist() else archive.namelist()[0].partition("/")[0] + "/"
        parts: dict[str, bytes] = {}
        known: set[str] = set()
        for member in archive.infolist():
            name = member.filename.removeprefix(folder)
            if name.startswith("data/aotinductor/"):
                raise refusal(f"{path}: {name}", "compiled code")
            if name.lower() in known:
                raise refusal(f"{path}: {name}", "a part that is there twice")
            known.add(name.lower())
            if kept.fullmatch(name):
                _check_size(path, member)
                parts[name] = archive.read(member)
    return parts


def names_of_parts(path: Path) -> list[str]:
    """The names in an archive's table of contents."""
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


def check_sizes(path: Path) -> None:
    """Refuse an archive that would fill the memory; a file that is none is left to its reader.

    Raises:
        CorruptData: A compressed part is larger than any that PyTorch writes.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except archives.BROKEN:
        return
    for member in members:
        _check_size(path, member)


def _check_size(path: Path, member: zipfile.ZipInfo) -> None:
    if member.compress_type != zipfile.ZIP_STORED and member.file_size > _MOST_INFLATED:
        raise CorruptData(
            f"{path}: its part {member.filename} would become {member.file_size:,} bytes where it is unpacked; PyTorch compresses no"
            " tensor. Save the checkpoint again, or get it from its authors."
        )


def packed(parts: Mapping[str, bytes], prefix: str) -> io.BytesIO:
    """An archive of these parts, each under the prefix."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in parts.items():
            archive.writestr(prefix + name, content)
    file.seek(0)
    return file


def refusal(where: str, what: str) -> CorruptData:
    """The error for an archive that is not loaded."""
    return CorruptData(
        f"{where}: the archive holds {what}; loading it could run code, so it was not loaded. Export the plain network again"
        " (torch.export), save its tensors alone (safetensors) for -a factory=net.py:build, or, if you trust the file, load it in a file"
        " of your own: path/to/file.py:factory"
    )
