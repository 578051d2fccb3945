"""A secret of 256 bits beside what it protects: made when it is first wanted, readable by its owner alone, never copied elsewhere."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from harness.errors import CorruptData, PrerequisiteError, Unwritable
from harness.files import folders, writing
from harness.files.locks import making

NAME = ".harness-secret"
"""Of the file in a data root."""
_SECRET = re.compile(rb"[0-9a-f]{64}")


def own_file() -> Path:
    """Where a user's secret lies for data roots that cannot be written: ``$XDG_DATA_HOME`` or the platform's place for a user's data."""
    return folders.own("XDG_DATA_HOME", "Library/Application Support", ".local/share") / NAME.removeprefix(".")


def of(data_root: Path) -> bytes:
    """The secret of a data root; where there is none it is made, in the user's own folder if the root cannot be written.

    Raises:
        CorruptData: The file holds something else.
        PrerequisiteError: It can be written in neither place.
    """
    refused: list[str] = []
    for path in (data_root / NAME, own_file()):
        try:
            if (secret := _read(path)) is not None:
                return secret
            return _made(path)
        except (OSError, Unwritable) as error:
            refused.append(f"{path} ({getattr(error, 'strerror', None) or 'cannot be written'})")
    raise PrerequisiteError(
        f"the ids of entrusted samples are keyed by a secret, and none can be kept: {'; '.join(refused)}. Make one of these folders"
        " writable, or set XDG_DATA_HOME to one that is."
    )


def known(data_root: Path | None) -> Iterator[bytes]:
    """The secrets at hand: the data root's, then the user's own.

    Raises:
        CorruptData: A file holds something else.
    """
    for path in (*([data_root / NAME] if data_root is not None else []), own_file()):
        with suppress(OSError):  # another user's is theirs
            if (secret := _read(path)) is not None:
                yield secret


def _read(path: Path) -> bytes | None:
    """The secret in a file; None where there is no file.

    Raises:
        OSError: It cannot be read.
        CorruptData: It holds something else.
    """
    try:
        content = path.read_bytes().strip()
    except (FileNotFoundError, NotADirectoryError):
        return None
    if not _SECRET.fullmatch(content):
        raise CorruptData(
            f"{path}: no secret of 64 hexadecimal digits. Restore it from a backup; if it is lost, remove the file: a new one is made, and"
            " the samples of earlier records can then be told by their order alone."
        )
    return bytes.fromhex(content.decode())


def _made(path: Path) -> bytes:
    if path == own_file():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with making(path):
        if not path.exists():  # else another process has made it meanwhile
            writing.replace_file(path, f"{secrets.token_hex(32)}\n".encode(), private=True)
        secret = _read(path)
    assert secret is not None
    return secret
