"""Indiana University chest X-rays: the Open-i reports with bioCaption's split, and R2Gen's annotation."""

from __future__ import annotations

import random
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from harness.cards import Card, Split
from harness.errors import AdapterError, CorruptData
from harness.rows import Row
from harness.sources import Release
from harness.sources.files import pictures, required
from harness.sources.tables import parse_json

_SEED = 42
_TRAIN_SHARE = 0.8
_LARGEST_REPORT = 1_000_000


def read(card: Card, split: Split, root: Path) -> Release:
    """One row per picture of the reports that bioCaption's recipe puts into a split.

    Reports with at least one picture and with both sections, their file names sorted as strings, shuffled by Python's generator
    seeded with 42, the first 80 % for training. Source: the recipe of the bioCaption repository, which BiomedGPT follows.
    """
    place = required(card, root, "ecgen-radiology", "NLMCXR_reports.tgz")
    folder = required(card, root, "NLMCXR_png")
    usable = [
        (name, report) for name, report in sorted(_reports(place)) if report["images"] and report["findings"] and report["impression"]
    ]
    random.Random(_SEED).shuffle(usable)  # noqa: S311  the published split is this generator's
    cut = int(len(usable) * _TRAIN_SHARE)
    parts = {"train": usable[:cut], "test": usable[cut:]}
    if split.select.get("part") not in parts:
        raise AdapterError(f'{card.path}: a split of this release selects part = "train" or "test".')
    chosen = parts[split.select["part"]]
    find = pictures(folder, suffix=".png")
    rows = (
        Row({**report, "image": image}, where=f"{place.name}/{name}", picture=find) for name, report in chosen for image in report["images"]
    )
    return Release(rows=rows, layout=place.name)


def read_r2gen(card: Card, split: Split, root: Path) -> Release:
    """One row per study of R2Gen's ``annotation.json``: ``id``, ``report``, ``image_path`` (two views)."""
    path = required(card, root, "annotation.json")
    find = pictures(required(card, root, "images"))
    content = parse_json(path)
    part = split.select["part"]
    if not isinstance(content, dict) or not isinstance(content.get(part), list):
        raise CorruptData(f"{path}: no list '{part}'; R2Gen's annotation has train, val and test.")
    rows = (Row(item, where=f"{path.name}, {part} {number}", picture=find) for number, item in enumerate(content[part]))
    return Release(rows=rows, layout=path.name)


def _reports(place: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """File name and content of every report, from the extracted folder or from the archive as it is distributed."""
    if place.is_dir():
        for path in place.glob("*.xml"):
            yield path.name, _parse(path.read_bytes(), str(path))
        return
    try:
        with tarfile.open(place) as archive:
            for member in archive:
                if member.isfile() and member.name.endswith(".xml") and member.size <= _LARGEST_REPORT:
                    file = archive.extractfile(member)
                    if file is not None:
                        yield Path(member.name).name, _parse(file.read(), f"{place}: {member.name}")
    except (tarfile.TarError, EOFError, OSError) as error:
        raise CorruptData(f"{place}: not a whole archive ({error}); a truncated download? Get the file again.") from error


def _parse(content: bytes, where: str) -> Mapping[str, Any]:
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root: Element = fromstring(content)
    except (ParseError, DefusedXmlException) as error:
        raise CorruptData(f"{where}: not a report in XML ({error}); extract the archive again.") from error
    sections = {node.get("Label", "").upper(): "".join(node.itertext()) for node in root.iter("AbstractText")}
    uid = root.find("uId")
    if uid is None or not uid.get("id"):
        raise CorruptData(f"{where}: no uId; this is not an Open-i report.")
    return {
        "uid": uid.get("id"),
        "images": [image for node in root.iter("parentImage") if (image := node.get("id"))],
        "findings": " ".join(sections.get("FINDINGS", "").split()),
        "impression": " ".join(sections.get("IMPRESSION", "").split()),
        "indication": " ".join(sections.get("INDICATION", "").split()),
        "comparison": " ".join(sections.get("COMPARISON", "").split()),
    }
