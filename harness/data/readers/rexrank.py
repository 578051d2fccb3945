"""ReXrank's split files: one JSON object per data set, from study to its pictures, the sections of its report and its context."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.cards import Card, Split
from harness.data.readers import Release
from harness.data.readers.files import pictures, read_text, required
from harness.errors import CorruptData
from harness.files import json_text
from harness.rows import Row
from harness.text import one_line


def read(card: Card, split: Split, root: Path) -> Release:
    """One row per study: ``study_id``, ``subject_id``, ``findings``, ``impression``, ``indication``, ``images``.

    The picture that ReXrank gives to models of one picture stands first, the others in the file's order. An absent section, which the
    file writes as NaN, is empty. ``indication`` is the file's whole context: age, sex, indication and comparison, as models are given it.
    """
    path = required(card, root, card.source["file"])
    find = pictures(required(card, root, card.source["pictures"]))
    studies = json_text.parse(read_text(path), str(path), constants=True)
    if not isinstance(studies, dict) or not all(isinstance(item, dict) for item in studies.values()):
        raise CorruptData(f"{path}: not an object of one object per study; get ReXrank's file again.")
    own = [(study, item) for study, item in studies.items() if item.get("split") == split.select["part"]]
    rows = (Row(fields, where=f"{path.name}, {study}", picture=find) for study, fields in _rows(own, str(path)))
    return Release(rows=rows, layout=path.name, files=(path,))


def _rows(studies: list[tuple[str, Mapping[str, Any]]], path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for study, item in studies:
        shown, key = item.get("image_path"), item.get("key_image_path")
        if not isinstance(shown, list) or key not in shown:
            raise CorruptData(f"{path}, {study}: key_image_path is not one of image_path; get ReXrank's file again.")
        rest = [name for name in shown if name != key]
        yield (
            study,
            {
                "study_id": study,
                "subject_id": item.get("subject_id", study),
                "findings": _section(item, "section_findings"),
                "impression": _section(item, "section_impression"),
                "indication": _section(item, "context"),
                "images": [name.lstrip("/") if isinstance(name, str) else name for name in (key, *rest)],
            },
        )


def _section(item: Mapping[str, Any], name: str) -> Any:
    section = item.get(name)
    return one_line(section) if isinstance(section, str) else "" if section is None or section != section else section
