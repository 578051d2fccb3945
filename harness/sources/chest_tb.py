"""The NLM tuberculosis sets, Montgomery and Shenzhen: pictures whose file names end in their label, and a reading for each."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from harness.cards import Card, Split
from harness.errors import CorruptData
from harness.rows import Row
from harness.sources import Release
from harness.sources.files import pictures, read_text, required
from harness.types import Image

_NAME = re.compile(r"^(?:MCUCXR|CHNCXR)_(\d{4})_([01])$")
_SEX = re.compile(r"\b(male|female|m|f)\b", re.IGNORECASE)
_AGE = re.compile(r"\b(\d{1,3})\s*(?:y|yr|yrs|year|years)\b", re.IGNORECASE)


def read(card: Card, split: Split, root: Path) -> Release:  # noqa: ARG001  there is no official split: the whole set is one
    """One row per picture: ``id``, ``image``, ``label`` (0 normal, 1 tuberculosis), and ``sex`` and ``age`` from its reading.

    Neither a file's name nor its number may reach a model: the name ends in the label, and the healthy have the low numbers. The id
    is a hash of the number, and rows are ordered by it.
    """
    folder = required(card, root, *(f"{place}/CXR_png" for place in card.source["folders"]))
    readings = folder.parent / "ClinicalReadings"
    find = pictures(folder)
    rows = []
    for path in folder.glob("*.png"):
        match = _NAME.match(path.stem)
        if match is None:
            raise CorruptData(f"{path}: the release's names are MCUCXR_0001_0.png or CHNCXR_0001_0.png; is a picture of another set here?")
        hidden = hashlib.sha256(f"{card.name}:{match.group(1)}".encode()).hexdigest()[:10]
        rows.append((hidden, path, int(match.group(2))))
    return Release(rows=_rows(sorted(rows), readings, find), layout=folder.parent.name)


def _rows(found: list[tuple[str, Path, int]], readings: Path, find: Callable[[str], Image]) -> Iterator[Row]:
    for hidden, path, label in found:
        place = readings / f"{path.stem}.txt"
        text = " ".join(read_text(place).split()) if place.exists() else ""
        sex, age = _SEX.search(text), _AGE.search(text)
        yield Row(
            {
                "id": hidden,
                "image": path.name,
                "label": label,
                "sex": {"m": "male", "f": "female"}.get(sex.group(1).lower()[0], "") if sex else "unknown",
                "age": age.group(1) if age else "",
            },
            where=path.name,
            picture=find,
        )
