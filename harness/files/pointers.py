"""Git LFS pointers: a few lines of text in the place of a file that a clone has not brought."""

from __future__ import annotations

from pathlib import Path

from harness.errors import MissingData

_BEGINS = b"version https://git-lfs.github.com/spec/"
_LARGEST = 1024


def refuse(path: Path) -> None:
    """Refuse a file that is a pointer.

    Raises:
        MissingData: It is one; the message says how to get the file itself.
    """
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST:
            return
        with path.open("rb") as file:
            content = file.read(len(_BEGINS))
    except OSError:
        return  # whoever reads the file says why it cannot
    refuse_content(content, str(path))


def refuse_content(content: bytes, where: str) -> None:
    """Refuse the content of a file that is a pointer; as `refuse`."""
    if content.startswith(_BEGINS):
        raise MissingData(
            f"{where}: a Git LFS pointer, not the file itself. Run `git lfs pull` in the clone that it comes from, or download the file."
        )
