"""A file somewhere else: what its publisher says of it, whether a copy is it, and whether it may be asked for."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from harness.base import network
from harness.errors import CorruptData, PrerequisiteError
from harness.files import checksum

_OFFLINE = ("HARNESS_OFFLINE", "HF_HUB_OFFLINE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """A file somewhere else, and what its publisher says of it."""

    url: str
    algorithm: Literal["", "md5", "sha256"] = ""
    """What ``checksum`` is; empty where none is published."""
    checksum: str = ""
    """Hexadecimal."""
    size: int | None = None
    """Bytes; None where it is not published."""

    @property
    def check(self) -> str:
        """What a copy is known by: ``MD5``, ``SHA-256``, or nothing."""
        return {"md5": "MD5", "sha256": "SHA-256"}.get(self.algorithm, "")


def offline() -> str:
    """The environment variable that forbids a connection; empty where none does."""
    return next((name for name in _OFFLINE if os.environ.get(name, "").strip().upper() in ("1", "ON", "YES", "TRUE")), "")


def refuse_offline(what: str) -> None:
    """Stop before a socket is opened.

    Raises:
        PrerequisiteError: `offline` names a variable.
    """
    if name := offline():
        raise PrerequisiteError(
            f"{what} would need the network, and {name} is set: no connection is made. Unset it to download, or bring the data"
            " root's folder from a machine that has it."
        )


def check_address(url: str, where: str) -> None:
    """Refuse an address whose content somebody in between could change.

    Raises:
        CorruptData: It is not https, and not on this machine.
    """
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and network.is_here(parts.hostname or "")):
        raise CorruptData(f"{where}: {url} must be https, not {parts.scheme or 'without a scheme'}.")


def is_there(remote: Remote, path: Path) -> bool:
    """Whether a file is in place.

    Raises:
        CorruptData: It is there with another size or checksum; both are shown.
    """
    if not path.exists():
        return False
    if wrong := difference(remote, path):
        raise CorruptData(f"{path}: {wrong}. Move the file away and fetch again.")
    return True


def difference(remote: Remote, path: Path) -> str:
    """How a file differs from what is published, with both values; empty where it does not."""
    size = path.stat().st_size
    if remote.size is not None and size != remote.size:
        return f"it has {size:,} bytes, the release's has {remote.size:,}"
    if remote.algorithm:
        digest = checksum.of_file(path, remote.algorithm)
        if digest != remote.checksum:
            return f"its {remote.check} is {digest}, the release's is {remote.checksum}"
    return ""
