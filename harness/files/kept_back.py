"""What a user must not give away by accident: files that Git leaves out, and files that their owner alone may read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from harness.files import writing
from harness.files.refusals import RESULTS

_NAME = ".gitignore"


def ignore(folder: Path, *, but: Sequence[str] = ()) -> None:
    """Have Git leave out what is in a folder, in whatever repository it lies; a file of the user's own of that name stays as it is.

    Args:
        folder: It is there.
        but: Names of files that may be added.

    Raises:
        Unwritable: The file cannot be written.
    """
    if not (folder / _NAME).exists():
        lines = ["# What is not named here stays on the machine that made it.", "*", *(f"!{name}" for name in but)]
        writing.replace_file(folder / _NAME, "".join(f"{line}\n" for line in lines).encode(), RESULTS)


def close(paths: Iterable[Path]) -> None:
    """Take from all but their owner the right to read files that are there, as far as the system knows such rights."""
    for path in paths:
        with suppress(OSError):
            mode = path.stat().st_mode
            if mode & 0o077:
                path.chmod(mode & 0o700)
