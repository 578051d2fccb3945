"""The NLM tuberculosis sets, Montgomery and Shenzhen: pictures whose file names end in their label, and a reading for each."""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.cards import Card, Split
from harness.data.readers import Release
from harness.data.readers.trees import Tree, open_tree
from harness.errors import CorruptData
from harness.rows import Row
from harness.types import Image

_NAME = re.compile(r"([A-Z]+)_(\d{4})_([01])")
_SEX = re.compile(r"\bsex\s*:\s*(f|m)|(?<![a-z])(femal|male)e?(?![a-z])", re.IGNORECASE)
"""Montgomery's "Patient's Sex: F" and Shenzhen's "male 46yrs", which is also written "femal 32yrs"."""
_AGE = re.compile(r"\bage\s*:\s*0*(\d{1,3})\s*y|(?<!\d)0*(\d{1,3})\s*(?:yrs?|years?)(?![a-z])", re.IGNORECASE)
"""Montgomery's "Patient's Age: 027Y" and Shenzhen's "46yrs"; an age in months or days is none in years."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class _Picture:
    id: str
    name: str
    label: int


def read(card: Card, split: Split, root: Path) -> Release:  # noqa: ARG001  there is no official split: the whole set is one
    """One row per picture: ``id``, ``label`` (0 normal, 1 tuberculosis), and ``sex`` and ``age`` from its reading.

    Read from the extracted folder, or out of the zip as it is distributed. Neither a file's name nor its number may reach a model: the
    name ends in the label, and the healthy have the low numbers. The id, under which the picture goes too, is the beginning of the
    number's hash, and rows are ordered by it.
    """
    tree = open_tree(card, root, card.source["folder"], card.source["archives"])
    pictures = [_picture(card, tree, name) for name in tree.names if name.startswith("CXR_png/") and name.lower().endswith(".png")]
    numbers = {picture.id: picture.name for picture in pictures}
    for picture in pictures:
        if numbers[picture.id] != picture.name:
            raise CorruptData(f"{tree.place}: {picture.name} and {numbers[picture.id]} are one number with two labels; extract it again.")
    return Release(rows=_rows(card, tree, sorted(pictures)), layout=tree.place.name, files=(tree.place,))


def _picture(card: Card, tree: Tree, name: str) -> _Picture:
    match = _NAME.fullmatch(Path(name).stem)
    if match is None or match.group(1) != card.source["prefix"]:
        like = f"{card.source['prefix']}_0001_0.png"
        raise CorruptData(f"{tree.place}: {name}: the release's names are like {like}; is a picture of another set here?")
    hidden = hashlib.sha256(f"{card.name}:{match.group(2)}".encode()).hexdigest()[:10]
    return _Picture(id=hidden, name=name, label=int(match.group(3)))


def _rows(card: Card, tree: Tree, pictures: Sequence[_Picture]) -> Iterator[Row]:
    there = set(tree.names)
    for picture in pictures:
        place = f"ClinicalReadings/{Path(picture.name).stem}.txt"
        # Sex and age are ASCII; some findings behind them are in another encoding, and nobody reads those.
        text = tree.read(place).decode("ascii", "replace") if place in there else ""
        image = Image(name=f"{card.name} {picture.id}", read=functools.partial(tree.read, picture.name), file=tree.file(picture.name))
        yield Row(
            {"id": picture.id, "image": image.name, "label": picture.label, "sex": sex(text), "age": age(text)},
            where=f"{tree.place.name}, {picture.name}",
            picture={image.name: image}.__getitem__,
        )


def sex(reading: str) -> str:
    """``female``, ``male``, or ``unknown`` where a reading does not say."""
    match = _SEX.search(reading)
    return {"f": "female", "m": "male"}[(match.group(1) or match.group(2))[0].lower()] if match else "unknown"


def age(reading: str) -> int | None:
    """The age in years; None where a reading gives none in years."""
    match = _AGE.search(reading)
    return int(match.group(1) or match.group(2)) if match else None
