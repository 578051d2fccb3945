"""Where a release of the user's lies under a data root: links to what is there, so that nothing is copied."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from harness.checks.new_task.own.proposal import Proposal
from harness.errors import UsageError
from harness.files import writing
from harness.files.refusals import Place

_PLACE = Place(kept="Nothing else was written.", instead="name another --data-root")


def links(proposal: Proposal, home: Path) -> dict[Path, Path]:
    """What is to lie in the release's folder, and what it leads to; nothing where the data lies there already."""
    source = proposal.source
    if _same(source.root, home):
        targets: dict[Path, Path] = {}
    elif source.reader == "folders":
        targets = {home: source.root}
    else:
        targets = {home / name: source.root / name for name in source.files}
    folder, pictures = images(proposal, home), proposal.pictures
    if pictures is not None and pictures.folder is not None and not _same(home / folder, pictures.folder):
        targets[home / folder] = pictures.folder
    return {link: target.resolve() for link, target in targets.items()}


def images(proposal: Proposal, home: Path) -> str:
    """The folder of pictures below the release's folder, as the card names it; empty where there is none."""
    pictures = proposal.pictures
    if pictures is None or pictures.folder is None:
        return ""
    if _same(proposal.source.root, home) and pictures.folder.resolve().is_relative_to(home.resolve()):
        return pictures.folder.resolve().relative_to(home.resolve()).as_posix()
    return "images"


def refuse_other(wanted: Mapping[Path, Path]) -> None:
    """Refuse to put a link where something else is.

    Raises:
        UsageError: Something is.
    """
    for link, target in wanted.items():
        if os.path.lexists(link) and not _same(link, target):
            raise UsageError(f"{link} is there already, and is not {target}; nothing was written. Choose another name or --data-root.")


def make(wanted: Mapping[Path, Path]) -> None:
    """Make links that are not there yet.

    Raises:
        Unwritable: The folder cannot be written, or its file system has no links; the message names it.
    """
    for link, target in wanted.items():
        if not os.path.lexists(link):
            writing.link(link, target, _PLACE)


def _same(one: Path, other: Path) -> bool:
    try:
        return one.resolve(strict=True) == other.resolve(strict=True)
    except (OSError, RuntimeError):
        return False
