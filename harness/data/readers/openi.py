"""Indiana University chest X-rays: the Open-i reports or Kaggle's tables with bioCaption's split, and R2Gen's annotation."""

from __future__ import annotations

import random
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.cards import Card, Split
from harness.data.readers import Release, delimited
from harness.data.readers.files import is_data, pictures, required
from harness.data.readers.tables import objects, parse_json
from harness.errors import AdapterError, CorruptData, MissingData
from harness.files import archives, content, xml_text
from harness.rows import Row

_SEED = 42
_TRAIN_SHARE = 0.8
_LARGEST_REPORT = 1_000_000
_OFFICIAL = 3331
"""Reports of the Open-i release with pictures, findings and impression: what the split is drawn from."""
_SECTIONS = ("findings", "impression", "indication", "comparison")
_KAGGLE = ("indiana_reports.csv", "indiana_projections.csv")

Report = Mapping[str, Any]


def read(card: Card, split: Split, root: Path) -> Release:
    """One row per picture of the reports that bioCaption's recipe puts into a split.

    Reports are read from the extracted folder or out of the archive as it is distributed; pictures must be extracted, because an
    archive of seven thousand would be unpacked anew for each of them. Kaggle's tables serve where the reports are not there: its pictures
    are other pixels and a few fewer, so that such a release is never complete.
    """
    part = split.select.get("part")
    if part not in ("train", "test"):
        raise AdapterError(f'{card.path}: a split of this release selects part = "train" or "test".')
    if all((root / name).is_file() for name in _KAGGLE) and not _has_reports(root):
        return _read_kaggle(card, split, root)
    place = required(card, root, "ecgen-radiology", "NLMCXR_reports.tgz")
    if not (root / "NLMCXR_png").is_dir() and (root / "NLMCXR_png.tgz").is_file():
        raise MissingData(
            f"{root / 'NLMCXR_png.tgz'}: pictures cannot be looked up in this archive. Extract it:"
            f"  mkdir '{root}/NLMCXR_png' && tar -xzf '{root}/NLMCXR_png.tgz' -C '{root}/NLMCXR_png'"
        )
    find = pictures(required(card, root, "NLMCXR_png"), suffix=".png")
    rows = (
        Row({**report, "image": image}, where=f"{place.name}/{name}", picture=find)
        for name, report in split_reports(dict(_reports(place)))[part]
        for image in report["images"]
    )
    return Release(rows=rows, layout=place.name, files=(place,))


def split_reports(reports: Mapping[str, Report]) -> dict[str, Sequence[tuple[str, Report]]]:
    """The train and test parts of reports by their file names, as bioCaption divides them.

    Reports with at least one picture and with both sections, their file names sorted as strings, shuffled by Python's generator
    seeded with 42, the first 80 % for training. Source: the recipe of the bioCaption repository, which BiomedGPT follows.
    """
    usable = sorted(name for name, report in reports.items() if report["images"] and report["has_both"])
    random.Random(_SEED).shuffle(usable)  # noqa: S311  the published split is this generator's
    cut = int(len(usable) * _TRAIN_SHARE)
    return {part: [(name, reports[name]) for name in names] for part, names in (("train", usable[:cut]), ("test", usable[cut:]))}


def _has_reports(root: Path) -> bool:
    return (root / "ecgen-radiology").exists() or (root / "NLMCXR_reports.tgz").exists()


def _read_kaggle(card: Card, split: Split, root: Path) -> Release:
    """Kaggle's tables, divided by the same recipe: report number n is Open-i's file n.xml."""
    texts, shown = (required(card, root, name) for name in _KAGGLE)
    views: dict[str, list[str]] = {}
    for where, fields in delimited.read(shown):
        row = Row(fields, where=where)
        views.setdefault(row["uid"], []).append(row["filename"])
    reports: dict[str, Report] = {}
    for where, fields in delimited.read(texts):
        row = Row(fields, where=where)
        sections = {name: " ".join(str(row[name]).split()) for name in _SECTIONS}
        uid = row["uid"]
        both = bool(sections["findings"] and sections["impression"])
        reports[f"{uid}.xml"] = {"uid": f"CXR{uid}", "images": views.get(uid, []), **sections, "has_both": both}
    own = split_reports(reports)[split.select["part"]]
    usable = sum(bool(report["images"]) and report["has_both"] for report in reports.values())
    find = pictures(required(card, root, "images/images_normalized", "images_normalized", "images"))
    rows = (
        Row({**report, "image": image}, where=f"{texts.name}, report {name.removesuffix('.xml')}", picture=find)
        for name, report in own
        for image in report["images"]
    )
    if usable == _OFFICIAL:
        there = sum(len(report["images"]) for _, report in own)
        missing = f", and {split.n - there:,} of {split.n:,} are missing" if split.n is not None and split.n != there else ""
        note = f"Kaggle's copy: the same {len(own):,} reports as Open-i's; its pictures are other pixels{missing}"
    else:
        note = (
            f"Kaggle's copy: its pictures are other pixels, and the split is derived from {usable:,} reports ({_OFFICIAL:,} in the Open-i"
            " release): another test set, which compares with no other"
        )
    return Release(rows=rows, layout="Kaggle", complete=False, notes=(note,), files=(texts, shown))


def read_r2gen(card: Card, split: Split, root: Path) -> Release:
    """One row per study of R2Gen's ``annotation.json``: ``id``, ``report``, ``image_path`` (two views)."""
    path = required(card, root, "annotation.json")
    find = pictures(required(card, root, "images"))
    parts = parse_json(path)
    part = split.select["part"]
    if not isinstance(parts, dict) or not isinstance(parts.get(part), list):
        raise CorruptData(f"{path}: no list '{part}'; R2Gen's annotation has train, val and test.")
    rows = (Row(fields, where=where, picture=find) for where, fields in objects(parts[part], path, path.name, entry=part))
    return Release(rows=rows, layout=path.name, files=(path,))


def _reports(place: Path) -> Iterator[tuple[str, Report]]:
    """File name and content of every report, from the extracted folder or from the archive as it is distributed."""
    if place.is_dir():
        for path in place.glob("*.xml"):
            if is_data(path.name):
                yield path.name, _parse(content.read(path, largest=_LARGEST_REPORT), str(path))
        return
    with archives.whole(place), tarfile.open(place) as archive:
        for member in archive:
            name = Path(member.name).name
            if not member.isfile() or not name.endswith(".xml") or not is_data(name):
                continue
            if member.size > _LARGEST_REPORT:
                raise CorruptData(f"{place}: {member.name}: {member.size:,} bytes are no report; get the file again.")
            file = archive.extractfile(member)
            if file is not None:
                yield name, _parse(file.read(), f"{place}: {member.name}")
        archives.check_to_the_end(archive, place)


def _parse(given: bytes, where: str) -> Report:
    root = xml_text.parse(given, where)
    sections = {node.get("Label", "").upper(): "".join(node.itertext()) for node in root.iter("AbstractText")}
    # The recipe asks whether a section has any text, blanks included, before its first child.
    has_text = {node.get("Label", "").upper() for node in root.iter("AbstractText") if node.text is not None}
    uid = root.find("uId")
    if uid is None or not uid.get("id"):
        raise CorruptData(f"{where}: no uId; this is not an Open-i report.")
    return {
        "uid": uid.get("id"),
        "images": [image for node in root.iter("parentImage") if (image := node.get("id"))],
        **{name: " ".join(sections.get(name.upper(), "").split()) for name in _SECTIONS},
        "has_both": {"FINDINGS", "IMPRESSION"} <= has_text,
    }
