"""Checksums that a card states of its release's files, held against the files that its rows are read from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from harness.cards import Card
from harness.data.fetch.remote import Remote, difference

SMALL = 1 << 28
"""Bytes: a file up to here is checked whenever it is read, within half a second; a larger one when somebody asks for it."""


def published(card: Card) -> Mapping[str, Remote]:
    """What the card says of its files, by their names without folders; those of which it states no checksum are left out.

    Of an invented sample it states none.
    """
    if card.is_of_sample:
        return {}
    source = card.source
    entries = [*source.get("hub_files", ()), *source.get("downloads", ()), source]
    remotes = [_remote(entry) for entry in entries if isinstance(entry, Mapping)]
    return {name: remote for name, remote in remotes if name and remote.checksum}


def differences(card: Card, files: Iterable[Path], *, largest: int | None = SMALL) -> list[str]:
    """Which files are not the published ones, each with both checksums.

    Args:
        card: States the checksums.
        files: Those that were read, from `Release.files`.
        largest: Bytes from which a file is left out; None leaves out none.
    """
    stated = published(card)
    differing = []
    for path in files:
        remote = stated.get(path.name)
        if remote is None or not path.is_file():
            continue
        if largest is None or path.stat().st_size <= largest:
            wrong = difference(remote, path)
            differing += [f"{path.name}: {wrong}"] if wrong else []
    return differing


def _remote(entry: Mapping[str, Any]) -> tuple[str, Remote]:
    algorithm: Literal["", "md5", "sha256"] = "sha256" if entry.get("sha256") else "md5" if entry.get("md5") else ""
    name = Path(str(entry.get("file") or entry.get("path") or "")).name
    return name, Remote(url="", algorithm=algorithm, checksum=str(entry.get(algorithm, "")).lower())
