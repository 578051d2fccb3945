"""MIMIC-CXR: studies of the official split, their reports and their pictures, one study at a time."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from sys import intern

from harness.base.withheld import quoted
from harness.cards import Card, Split
from harness.data.readers import Release, delimited
from harness.data.readers.files import inside, pictures, required
from harness.data.readers.sections import section, sections
from harness.errors import AdapterError, CorruptData, MissingData
from harness.files import archives, content
from harness.rows import Row
from harness.text import one_line

_VIEWS = ("PA", "AP", "LATERAL", "LL")
_LARGEST_REPORT = 1_000_000
_PARTS = ("train", "validate", "test")

Study = tuple[str, str, tuple[str, ...]]
"""Patient, study and its pictures."""


def read(card: Card, split: Split, root: Path) -> Release:
    """One row per study: ``subject_id``, ``study_id``, the sections of its report, ``images`` and ``views``, frontal views first.

    The tables of the split are held; reports are read from the tree, or out of ``mimic-cxr-reports.zip`` as it is distributed, one at a
    time when their row is asked for. A split table that lists fewer studies than the official one makes the release
    incomplete. A source with ``sections`` takes findings and impression from that table instead of the reports.
    """
    part = split.select.get("part")
    if part not in _PARTS:
        raise AdapterError(f"{card.path}: a split of this release selects part = {', '.join(_PARTS)}, not '{part}'.")
    table = required(card, root, "mimic-cxr-2.0.0-split.csv.gz", "mimic-cxr-2.0.0-split.csv")
    place = required(card, root, "mimic-cxr-reports.zip", "mimic-cxr-reports/files", "files")
    with_pictures = bool(card.source.get("pictures"))
    facts = required(card, root, "mimic-cxr-2.0.0-metadata.csv.gz", "mimic-cxr-2.0.0-metadata.csv") if with_pictures else None
    sectioned = _sectioned(required(card, root, card.source["sections"])) if "sections" in card.source else None
    studies = _studies(table, part)
    listed = [picture for _, _, shown in studies for picture in shown]
    views = _views(facts, set(listed)) if facts else {}
    there = {"studies": len(studies), "pictures": len(listed)}
    short = [f"{n:,} of {split.select[what]:,} {what}" for what, n in there.items() if n != split.select.get(what, n)]
    untold = sum(not views.get(picture) for picture in listed) if facts else 0
    notes = [f"the split table lists {' and '.join(short)} of {part}"] if short else []
    notes += [f"the metadata name no view of {untold:,} of {len(listed):,} pictures"] if untold else []
    return Release(
        rows=_rows(studies, views, place, root, sectioned),
        layout="reports.zip" if place.suffix == ".zip" else "files",
        complete=not short,
        notes=tuple(notes),
    )


def _studies(table: Path, part: str) -> list[Study]:
    """The studies of a part, in the order of the table; a study's pictures need not stand together."""
    by_study: dict[str, tuple[str, list[str]]] = {}
    for where, row in delimited.read(table, "dicom_id", "study_id", "subject_id", "split"):
        if row["split"] not in _PARTS:
            raise CorruptData(f"{where}: the split is {quoted(row['split'])}; it must be {', '.join(_PARTS)}. Get the official file again.")
        if row["split"] != part:
            continue
        patient, study = row["subject_id"], row["study_id"]
        if not (patient.isdecimal() and study.isdecimal()):
            raise CorruptData(
                f"{where}: {quoted(patient)} and {quoted(study)} are no numbers of a patient and a study; get the official file again."
            )
        there = by_study.setdefault(study, (intern(patient), []))
        if there[0] != patient:
            raise CorruptData(
                f"{where}: the study {quoted(study)} belongs to the patient {quoted(there[0])} above and to"
                f" {quoted(patient)} here; get the official file again."
            )
        if row["dicom_id"] in there[1]:
            raise CorruptData(f"{where}: this picture is listed twice; get the official file again.")
        there[1].append(row["dicom_id"])
    return [(patient, study, tuple(shown)) for study, (patient, shown) in by_study.items()]


def _views(facts: Path, wanted: set[str]) -> dict[str, str]:
    return {
        row["dicom_id"]: intern(row["ViewPosition"].strip().upper())
        for _, row in delimited.read(facts, "dicom_id", "ViewPosition")
        if row["dicom_id"] in wanted
    }


def _sectioned(path: Path) -> dict[str, tuple[str, str]]:
    """Study to its findings and impression, as MIT-LCP's ``create_section_files.py`` has cut them."""
    return {
        row["study"].removeprefix("s"): (one_line(row["findings"]), one_line(row["impression"]))
        for _, row in delimited.read(path, "study", "impression", "findings")
    }


def _rows(
    studies: list[Study], views: dict[str, str], place: Path, root: Path, sectioned: Mapping[str, tuple[str, str]] | None
) -> Iterator[Row]:
    find = pictures(root, suffix=".jpg")
    with ExitStack() as stack:
        report = _from_zip(stack, place) if place.suffix == ".zip" else _from_tree(place)
        for patient, study, shown in studies:
            folder = f"p{patient[:2]}/p{patient}/s{study}"
            named_texts = sections(report(folder + ".txt"))
            ordered = sorted(shown, key=lambda picture: _VIEWS.index(views[picture]) if views.get(picture) in _VIEWS else len(_VIEWS))
            fields = {
                "subject_id": patient,
                "study_id": study,
                **{
                    name: section(named_texts, name)
                    for name in ("findings", "impression", "indication", "history", "comparison", "technique")
                },
                **({} if sectioned is None else dict(zip(("findings", "impression"), sectioned.get(study, ("", "")), strict=True))),
                "images": [f"files/{folder}/{picture}" for picture in ordered],
                "views": [views.get(picture, "") for picture in ordered],
            }
            yield Row(fields, where=f"{place.name}, {folder}.txt", picture=find)


def _from_tree(place: Path) -> Callable[[str], str]:
    def read_report(name: str) -> str:
        path = inside(place, name, str(place))
        if not path.exists():
            raise MissingData(f"{path}: the split lists this study and its report is not there; are the reports fully extracted?")
        return content.text(content.read(path, largest=_LARGEST_REPORT), path)

    return read_report


def _from_zip(stack: ExitStack, place: Path) -> Callable[[str], str]:
    with archives.whole(place):
        archive = stack.enter_context(zipfile.ZipFile(place))

    def read_report(name: str) -> str:
        try:
            member = archive.getinfo(f"files/{name}")
            if member.file_size > _LARGEST_REPORT:
                raise CorruptData(f"{place}: {name}: {member.file_size:,} bytes are no report; get the file again.")
            return content.text(archive.read(member), f"{place}: {name}")
        except KeyError:
            raise MissingData(f"{place}: no files/{name}, a study that the split lists; are archive and split of one version?") from None
        except archives.BROKEN as error:
            raise CorruptData(f"{place}: {name} cannot be read ({error}); get the archive again.") from error

    return read_report
