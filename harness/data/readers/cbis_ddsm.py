"""CBIS-DDSM: the case descriptions joined with their crops, in TCIA's DICOM tree or in Kaggle's JPEG folders."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.base.withheld import names_of, quoted
from harness.cards import Card, Split
from harness.data.readers import Release, delimited
from harness.data.readers.files import inside, is_data, pictures, required
from harness.errors import CorruptData, MissingData
from harness.rows import Row
from harness.types import Image

_CROP = "cropped image file path"
_MASK = "ROI mask file path"
_KAGGLE_ORDER = ("cropped images", "", "ROI mask images")
"""What Kaggle's table calls a series that may hold a crop, the likeliest first; some have no description."""

_Find = Callable[[Mapping[str, str], str], Sequence[Path]]
"""Fields and place of a row to the files that may be its crop."""


def read(card: Card, split: Split, root: Path) -> Release:
    """One row per abnormality, its crop as picture; a table without all its pictures is an incomplete release.

    Paths in the tables end in a line break, and crop and mask are exchanged for some cases: the crop is the first file of a case that
    is no mask. Whether a picture is there is asked of the file system alone; none is opened before it is read.
    """
    table = required(card, root, split.select["file"], f"csv/{split.select['file']}")
    layout, find = _layout(card, root)
    rows = [_row(where, fields, find) for where, fields in delimited.read(table)]
    there = sum(bool(row["candidates"]) for row in rows)
    note = () if there == len(rows) else (f"{there:,} of {len(rows):,} pictures are at hand",)
    return Release(rows=rows, layout=layout, complete=there == len(rows), notes=note, files=(table,))


def _layout(card: Card, root: Path) -> tuple[str, _Find]:
    """What the release is at hand as: TCIA's tree, wherever its downloader put it; Kaggle's copy; the tables alone."""
    for tree in [root / "CBIS-DDSM", *sorted(root.glob("manifest-*/CBIS-DDSM"))]:
        if tree.is_dir():
            return "TCIA", functools.partial(_in_tree, tree)
    if (root / "jpeg").is_dir():
        return "Kaggle", functools.partial(_in_kaggle, root, _kaggle(required(card, root, "csv/dicom_info.csv", "dicom_info.csv")))
    return "tables", lambda _fields, _where: ()


def _row(where: str, fields: Mapping[str, Any], find: _Find) -> Row:
    clean = {name: str(value).strip() for name, value in fields.items()}
    for column in (_CROP, _MASK):
        if len(clean.get(column, "").split("/")) < 3:
            raise CorruptData(f"{where}: '{column}' is {quoted(clean.get(column))}, no path of the release; get the official file again.")
    case = clean[_CROP].split("/")[0]
    candidates = tuple(find(clean, where))
    density = clean.get("breast_density", clean.get("breast density", ""))
    image = Image(name=case, read=functools.partial(_crop, case, candidates))
    return Row({**clean, "case": case, "density": density, "candidates": candidates}, where=where, picture=lambda _: image)


def _in_tree(tree: Path, fields: Mapping[str, str], where: str) -> Sequence[Path]:
    """All files of a case, whatever TCIA's downloader called the folders below its own: names, numbers or dates of studies and series."""
    cases = dict.fromkeys(fields[column].split("/")[0] for column in (_CROP, _MASK))
    return [path for case in cases for path in sorted(inside(tree, case, where).rglob("*.dcm")) if is_data(path.name)]


def _in_kaggle(root: Path, index: Mapping[str, Sequence[tuple[int, str]]], fields: Mapping[str, str], where: str) -> Sequence[Path]:
    series = dict.fromkeys(fields[column].split("/")[2] for column in (_CROP, _MASK))
    ranked = sorted(entry for name in series for entry in index.get(name, ()))
    return [path for _, name in ranked if (path := inside(root, name, where)).is_file()]


def _kaggle(path: Path) -> dict[str, list[tuple[int, str]]]:
    """Series to its JPEG files that may be a crop, from ``dicom_info.csv``: rank and path."""
    by_series: dict[str, list[tuple[int, str]]] = {}
    for where, fields in delimited.read(path):
        if "SeriesDescription" not in fields or "image_path" not in fields:
            raise CorruptData(f"{where}: no SeriesDescription and image_path (there are: {names_of(fields)}); get the official file again.")
        description = str(fields["SeriesDescription"]).strip()
        if description not in _KAGGLE_ORDER:
            continue
        name = str(fields["image_path"]).removeprefix("CBIS-DDSM/")
        parts = name.split("/")
        if len(parts) != 3:
            raise CorruptData(f"{where}: image_path is {quoted(name)}; expected CBIS-DDSM/jpeg/<series>/<file>.jpg.")
        by_series.setdefault(parts[1], []).append((_KAGGLE_ORDER.index(description), name))
    return by_series


def _crop(case: str, candidates: Sequence[Path]) -> bytes:
    """The first candidate that is no mask."""
    if not candidates:
        raise MissingData(f"{case}: this picture is not at hand, its row of the table is; place CBIS-DDSM/ or jpeg/ beside the tables.")
    for path in candidates:
        content = pictures(path.parent)(path.name).read()
        if not _is_mask(content, path):
            return content
    raise CorruptData(f"{case}: {', '.join(map(str, candidates))}: nothing but masks; the crop is missing. Get this case again.")


def _is_mask(content: bytes, path: Path) -> bool:
    """Whether a picture is black and white: exactly so in DICOM, in JPEG but for blurred edges, less than a tenth even of a small mask."""
    import numpy as np

    from harness.images import dicom
    from harness.images.pixels import decode

    if dicom.is_dicom(content):
        values = dicom.pixels(content, str(path))
        return bool(((values == values.min()) | (values == values.max())).all())
    values = np.asarray(decode(Image(name=str(path), read=lambda: content), "L"))
    return bool(values.min() <= 16 and values.max() >= 239 and ((values > 16) & (values < 239)).mean() < 0.1)
