"""Fetching open releases: resumed, checked against the published checksum, put in place whole."""

from __future__ import annotations

import hashlib
import http.client
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from harness.cards import Card
from harness.errors import CorruptData, GatedData, MissingData
from harness.sources.files import inside

_BLOCK = 1 << 16
_SECONDS = 60
_HERE = frozenset({"localhost", "127.0.0.1", "::1"})


def fetch(card: Card, data_root: Path, observe: Callable[[int, int], None] = lambda _done, _total: None) -> Path:
    """Download a task's release into the data root.

    An interrupted download goes on where it stopped; a file that is there and has the right checksum is left alone.

    Args:
        card: Its ``source`` holds ``url``, ``md5`` and ``file`` where the release can be had without an account.
        data_root: Folder of releases.
        observe: Called with bytes done and bytes in all, 0 where that is not known.

    Returns:
        The file's path.

    Raises:
        GatedData: The release is not open, or must be obtained by hand; the message says how.
        MissingData: The server cannot be reached.
        CorruptData: What came has another checksum, or the card names a file outside the release's folder.
    """
    url, md5 = card.source.get("url"), card.source.get("md5")
    if not url or not md5:
        why = "needs an account or an agreement" if card.access != "open" else "is not a single download"
        raise GatedData(f"{card.full_name}: the release {why} and cannot be fetched.\n{card.obtain.strip()}")
    _check_address(card, str(url))
    target = inside(data_root / card.folder, str(card.source["file"]), str(card.path))
    if target.exists():
        if _md5(target) == md5:
            return target
        raise CorruptData(f"{target}: its MD5 is {_md5(target)}, the release's is {md5}. Move the file away and fetch again.")
    part = target.with_name(target.name + ".part")
    part.parent.mkdir(parents=True, exist_ok=True)
    try:
        _download(str(url), part, observe)
    except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as error:
        reason = getattr(error, "reason", error)
        raise MissingData(
            f"{card.full_name}: {urlsplit(str(url)).hostname} cannot be reached ({reason}); is there a network? What came so far is kept in"
            f" {part.name}, and the same command goes on.\nOr by hand:\n{card.obtain.strip()}"
        ) from error
    if _md5(part) != md5:
        found = _md5(part)
        part.unlink()
        raise CorruptData(f"{url}: what came has MD5 {found}, the release's is {md5}; it was discarded. Try again.")
    part.replace(target)
    return target


def _check_address(card: Card, url: str) -> None:
    """A card of somebody else's names its own server; it must at least be one that nobody in between can change."""
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in _HERE:
        raise CorruptData(f"{card.path}: source.url must be https, not {parts.scheme}.")


def _download(url: str, part: Path, observe: Callable[[int, int], None]) -> None:
    start = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={start}-"} if start else {})  # noqa: S310  checked above
    try:
        response: Any = urllib.request.urlopen(request, timeout=_SECONDS)  # noqa: S310  checked above
    except urllib.error.HTTPError as error:
        if error.code == 416 and start:  # everything was there already, or more than there is: the checksum decides
            error.close()
            return
        raise
    with response:
        if response.status != 206:  # the server starts from the beginning
            start = 0
        length = response.headers.get("Content-Length")
        total = start + int(length) if length else 0
        with part.open("ab" if start else "wb") as file:
            done = start
            while block := response.read(_BLOCK):
                file.write(block)
                done += len(block)
                observe(done, total)
        if total and done < total:
            raise ConnectionError(f"the connection ended after {done:,} of {total:,} bytes")


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
