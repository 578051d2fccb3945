"""Write the invented samples of the picture tasks that come as files: PEIR Gross, both tuberculosis sets, CBIS-DDSM.

    python tasks/samples/make_imaging.py tasks/samples

Every picture is drawn here, every caption and reading was made up for this file, and numbers of patients lie outside those of the
releases. The flaws are the releases' own, because the code that reads them is what the samples test: names that end in the label,
12-bit pictures, readings in two formats and without a sex, line breaks in paths, crops exchanged with masks, series without a
description, a density of 0. Findings can be learnt and not always seen.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from make_phantoms import csv_text, picture, write_all

if TYPE_CHECKING:
    from numpy.typing import NDArray

SEED = 37


def _generator(*numbers: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64((SEED, *numbers)))


_INKS = {"red": (170, 60, 50), "green": (70, 140, 80), "yellow": (200, 180, 70)}
_CLOTHS = {"blue": (60, 80, 150), "grey": (120, 120, 125)}
_COUNTS = ("no spot", "one spot", "two spots", "three spots")


def peir_gross(root: Path) -> None:
    """Thirty-four drawings of a shape on a cloth, twelve of them the test; one train picture has no caption."""
    from PIL import Image

    folder = root / "peir_gross_images"
    folder.mkdir(parents=True, exist_ok=True)
    lines: dict[str, list[str]] = {"train": [], "test": []}
    y, x = np.mgrid[0:40, 0:52].astype(float)
    for number in range(34):
        generator = _generator(1, number)
        (ink, ink_colour), (cloth, cloth_colour) = list(_INKS.items())[number % 3], list(_CLOTHS.items())[number // 3 % 2]
        spots, large = number // 2 % 4, number % 4 < 2
        picture = np.tile(np.array(cloth_colour, dtype=float), (40, 52, 1))
        inside = ((x - 26) / (20 if large else 12)) ** 2 + ((y - 20) / (15 if large else 9)) ** 2 < 1
        picture[inside] = ink_colour
        for place in range(spots):
            picture[(x - 19 - 7 * place) ** 2 + (y - 16 - 4 * (place % 2)) ** 2 < 7] = (30, 20, 20)
        picture += generator.normal(0, 3, picture.shape)
        name = f"{'ABCDEFGH'[number % 8]}_DRAWING_{9000 + 7 * number}.jpg"
        Image.fromarray(picture.clip(0, 255).astype(np.uint8)).save(folder / name, quality=60, optimize=True)
        caption = f"DRAWING: {'Large' if large else 'Small'} {ink} shape with {_COUNTS[spots]} on  {cloth} cloth"
        if number == 20:
            caption = ""
        if number % 9 == 4:
            caption += ', sheet "B"'  # written as it is: the tables know no quotes
        if number % 11 == 3:
            caption = caption.replace(" on  ", "\ton  ")
        lines["test" if number % 3 == 1 else "train"].append(f"{name}\t{caption}\n")
    for part, written in lines.items():
        (root / f"{part}_images.tsv").write_text("".join(written), encoding="utf-8")


def _chest(folder: Path, name: str, generator: np.random.Generator, ill: bool, *, deep: bool, wide: bool) -> None:
    from PIL import Image

    side = (36, 30) if wide else (30, 36)
    drawn = picture(generator, ill, side)
    if deep:
        values = np.asarray(drawn, dtype=np.uint16) * 16 + generator.integers(0, 4, (side[1], side[0]), dtype=np.uint16)
        drawn = Image.fromarray(values)  # 0 to 4,095 in a file of 16 bits
    drawn.save(folder / name, optimize=True)


def _chests(root: Path, make: Callable[[int, bool], str], prefix: str, healthy: int, ill: int, *, deep: bool) -> None:
    for folder in ("CXR_png", "ClinicalReadings"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    for number in range(healthy + ill):
        is_ill = number >= healthy  # the healthy have the low numbers, as in the releases
        stem = f"{prefix}_{number + 1:04d}_{int(is_ill)}"
        _chest(root / "CXR_png", f"{stem}.png", _generator(2, healthy, number), is_ill, deep=deep, wide=number % 4 == 0)
        (root / "ClinicalReadings" / f"{stem}.txt").write_bytes(make(number, is_ill).encode("cp1252"))


def mc_cxr(root: Path) -> None:
    """Twenty-four chest phantoms of 12 bits."""

    def reading(number: int, is_ill: bool) -> str:
        finding = "smudge in the left half of the sheet" if is_ill else "normal"
        return f"Patient's Sex: {'FM'[number % 2]}\nPatient's Age: {20 + 3 * number % 60:03d}Y\n{finding}\n"

    _chests(root / "MontgomerySet", reading, "MCUCXR", 14, 10, deep=True)


def sz_cxr(root: Path) -> None:
    """Twenty-eight chest phantoms of 8 bits; two readings give no sex, some findings are not ASCII."""

    def reading(number: int, is_ill: bool) -> str:
        who = ("male", "female")[number * 5 // 3 % 2]
        age = ("46yrs", "21 yrs", "8month", "67yrs")[number % 4]
        finding = "smudge – drawn with charcoal" if is_ill else "normal"
        return f"{age}\n{finding}" if number in (5, 22) else f"{who} {age}\n{finding}\n"

    _chests(root / "ChinaSet_AllFiles", reading, "CHNCXR", 14, 14, deep=False)


_PATHOLOGIES = ("BENIGN", "MALIGNANT", "BENIGN", "BENIGN_WITHOUT_CALLBACK", "MALIGNANT", "BENIGN", "MALIGNANT")
_SHARED = ("assessment", "pathology", "subtlety", "image file path", "cropped image file path", "ROI mask file path")


def _tissue(generator: np.random.Generator, kind: str, pathology: str) -> NDArray[np.uint8]:
    """A crop, [28, 28]: round and plain is benign, spiked malignant, faint without callback; calcifications are clusters of dots."""
    y, x = np.mgrid[0:28, 0:28] - 13.5
    radius, angle = np.hypot(x, y), np.arctan2(y, x)
    picture = 95 + 12 * np.sin(x * 0.35 + generator.uniform(0, 6)) + generator.normal(0, 8, (28, 28))
    light = {"BENIGN": 70, "MALIGNANT": 95, "BENIGN_WITHOUT_CALLBACK": 38}[pathology] * generator.uniform(0.7, 1.2)
    if kind == "mass":
        edge = 6.5 + (2.5 * np.sin(7 * angle + generator.uniform(0, 6)) if pathology == "MALIGNANT" else 0)
        picture += light / (1 + np.exp((radius - edge) * 1.5))
    else:
        for _ in range(9 if pathology == "MALIGNANT" else 4):
            spread = 4 if pathology == "MALIGNANT" else 9
            dot_x, dot_y = generator.uniform(-spread, spread, 2)
            picture += light * np.exp(-((x - dot_x) ** 2 + (y - dot_y) ** 2) / 1.2)
    return np.asarray(picture.clip(0, 255), dtype=np.uint8)


def cbis_ddsm(root: Path) -> None:
    """In Kaggle's layout, without the whole mammograms: 15 and 18 masses, 12 and 15 calcifications for test and train."""
    (root / "csv").mkdir(parents=True, exist_ok=True)
    index: list[tuple[str, str, str, str]] = []
    for number, (kind, part, n) in enumerate((("mass", "test", 15), ("mass", "train", 18), ("calc", "test", 12), ("calc", "train", 15))):
        rows = [_case(root, kind, part, number, case, index) for case in range(n)]
        density = "breast_density" if kind == "mass" else "breast density"
        looks = ("mass shape", "mass margins") if kind == "mass" else ("calc type", "calc distribution")
        header = ("patient_id", density, "left or right breast", "image view", "abnormality id", "abnormality type", *looks, *_SHARED)
        table = root / "csv" / f"{kind}_case_description_{part}_set.csv"
        table.write_text(csv_text(header, *rows), encoding="utf-8", newline="")
    described = csv_text(("file_path", "image_path", "PatientID", "SeriesDescription"), *index)
    (root / "csv" / "dicom_info.csv").write_text(described, encoding="utf-8", newline="")


def _case(root: Path, kind: str, part: str, table: int, case: int, index: list[tuple[str, str, str, str]]) -> tuple[Any, ...]:
    """One row of a table, with its crop and its mask; a patient has two views."""
    from PIL import Image

    patient, view, side = f"P_{90001 + 40 * table + case // 2}", ("CC", "MLO")[case % 2], ("LEFT", "RIGHT")[case // 2 % 2]
    pathology = _PATHOLOGIES[case // 2 % len(_PATHOLOGIES)]
    folder = f"{kind.title()}-{'Test' if part == 'test' else 'Training'}_{patient}_{side}_{view}"
    study, crop_series, mask_series = (f"9.9.{100 * table + case}.{place}" for place in (0, 1, 2))
    mask_series = mask_series if case % 4 == 3 else crop_series  # mostly one series holds both
    drawn = _tissue(_generator(3, table, case), kind, pathology)
    mask = np.where(np.hypot(*(np.mgrid[0:24, 0:24] - 11.5)) < 7, 255, 0).astype(np.uint8)
    described = ("", "") if case == 5 else ("cropped images", "ROI mask images")
    for series, pixels, name, description in ((mask_series, mask, "1-1.jpg", described[1]), (crop_series, drawn, "1-2.jpg", described[0])):
        path = Path("jpeg") / series / name
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(root / path, quality=70, optimize=True)
        index.append((f"CBIS-DDSM/dicom/{series}/{name[:-4]}.dcm", f"CBIS-DDSM/{path.as_posix()}", f"{folder}_1", description))
    first, second = f"{folder}_1/{study}/{crop_series}/000000.dcm", f"{folder}_1/{study}/{mask_series}/000001.dcm"
    crop, outline = (second, first) if case == 7 else (first, second)  # exchanged, as for some cases of the release
    paths = (crop, f"{outline}\n") if kind == "mass" else (f"{crop}\n", outline)
    looks = ("IRREGULAR", "" if case == 4 else "SPICULATED") if kind == "mass" else ("PUNCTATE", "" if case == 4 else "CLUSTERED")
    kind_name = "mass" if kind == "mass" else "calcification"
    density = 0 if (kind, case) == ("calc", 2) else 1 + case // 2 % 4
    whole = f"{folder}/{study}/9.9.{100 * table + case}.3/000000.dcm"
    return (patient, density, side, view, 1, kind_name, *looks, 3 + case % 3, pathology, 1 + case % 5, whole, *paths)


if __name__ == "__main__":
    write_all(peir_gross, mc_cxr, sz_cxr, cbis_ddsm)
