"""CBIS-DDSM: the case descriptions joined with their crops, in TCIA's DICOM tree or in Kaggle's JPEG folders."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.cards import Card, Split
from harness.errors import CorruptData, MissingData
from harness.rows import Row
from harness.sources import Release
from harness.sources.files import inside, required
from harness.sources.tables import delimited
from harness.types import Image

_CROP = "cropped image file path"
_MASK = "ROI mask file path"


def read(card: Card, split: Split, root: Path) -> Release:
    """One row per abnormality, its crop as picture; a table without pictures is an incomplete release.

    Paths in the tables end in a line break, and crop and mask are exchanged for some cases: of the files in the two folders that a
    row names, the crop is the one that is no mask (has more than two grey values).
    """
    table = required(card, root, split.select["file"], f"csv/{split.select['file']}")
    kaggle = _kaggle(table.parent / "dicom_info.csv") if (root / "jpeg").is_dir() else None
    rows = [_row(root, where, fields, kaggle) for where, fields in delimited(table)]
    there = sum(1 for row in rows if row["candidates"])
    note = () if there == len(rows) else (f"{there:,} of {len(rows):,} pictures are at hand",)
    layout = "Kaggle" if kaggle is not None else "TCIA"
    return Release(rows=iter(rows), layout=layout, complete=there == len(rows), notes=note)


def _row(root: Path, where: str, fields: Mapping[str, Any], kaggle: Mapping[str, str] | None) -> Row:
    clean = {name: str(value).strip() for name, value in fields.items()}
    candidates = tuple(dict.fromkeys(_places(root, clean, kaggle, where)))

    def picture(name: str) -> Image:
        return Image(name=name, read=functools.partial(_crop, name, candidates))

    density = clean.get("breast_density", clean.get("breast density", ""))
    return Row({**clean, "density": density, "candidates": candidates}, where=where, picture=picture)


def _places(root: Path, fields: Mapping[str, str], kaggle: Mapping[str, str] | None, where: str) -> Iterator[Path]:
    """The files that may be the crop."""
    for column in (_CROP, _MASK):
        if column not in fields:
            raise CorruptData(f"{where}: no field '{column}' (there are: {', '.join(fields)}); this is not the official file.")
        if kaggle is not None:
            series = fields[column].split("/")[2:3]
            found = kaggle.get(series[0]) if series else None
            if found is not None and column == _CROP:
                path = inside(root, found, where)
                if path.exists():
                    yield path
            continue
        folder = inside(root, f"CBIS-DDSM/{fields[column]}", where).parent
        yield from sorted(folder.glob("*.dcm"))


def _kaggle(path: Path) -> dict[str, str]:
    """Series of each crop to its JPEG, from ``dicom_info.csv``."""
    found = {}
    for where, fields in delimited(path):
        if fields.get("SeriesDescription") == "cropped images":
            name = str(fields.get("image_path", "")).removeprefix("CBIS-DDSM/")
            parts = name.split("/")
            if len(parts) < 3:
                raise CorruptData(f"{where}: image_path is '{name}'; expected CBIS-DDSM/jpeg/<series>/<file>.jpg.")
            found[parts[1]] = name
    return found


def _crop(name: str, candidates: tuple[Path, ...]) -> bytes:
    """The first candidate that is no mask."""
    if not candidates:
        raise MissingData(f"{name}: its picture is not at hand; only the tables are. See: harness show cbis_ddsm_mass")
    if len(candidates) == 1:
        return candidates[0].read_bytes()
    for path in candidates:
        content = path.read_bytes()
        if not _is_mask(content, path):
            return content
    raise CorruptData(f"{name}: all of {', '.join(map(str, candidates))} are masks; the crop is missing.")


def _is_mask(content: bytes, path: Path) -> bool:
    import numpy as np

    from harness.sources.dicom import pixels

    return len(np.unique(pixels(content, str(path)))) <= 2
