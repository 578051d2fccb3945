"""Draw the invented samples of the other MedMNIST sets: coloured or grey discs whose pattern tells their class.

    python tasks/samples/make_medmnist.py tasks/samples/medmnist

Each archive has the official arrays; the larger releases hold the same drawings, drawn larger. PneumoniaMNIST's own sample is that of
make_phantoms.py. The splits' sizes are written to sample.toml.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from make_phantoms import SIZES as PHANTOMS

if TYPE_CHECKING:
    from numpy.typing import NDArray

SEED = 5
CLASSES = {
    "pathmnist": (9, True),
    "chestmnist": (14, False),
    "dermamnist": (7, True),
    "octmnist": (4, False),
    "pneumoniamnist": (2, False),
    "retinamnist": (5, True),
    "breastmnist": (2, False),
    "bloodmnist": (8, True),
    "tissuemnist": (8, False),
    "organamnist": (11, False),
    "organcmnist": (11, False),
    "organsmnist": (11, False),
}
"""Number of classes, and whether the pictures are in colour."""
SMALL = {"train": 2, "val": 1, "test": 2}
"""Pictures per class and split of the 28x28 samples."""
LARGE = {"train": 3, "val": 1, "test": 6}
"""Pictures per split of the larger ones."""


def drawing(generator: np.random.Generator, number: int, side: int, colour: bool) -> NDArray[np.uint8]:
    """A disc with as many lobes as its class has a number, in two tones so that it compresses well."""
    y, x = (np.mgrid[0:side, 0:side] + 0.5) / side - 0.5
    dx, dy = generator.uniform(-0.06, 0.06, 2)
    radius, angle = np.hypot(x - dx, y - dy), np.arctan2(y - dy, x - dx)
    lobes = 0.3 + 0.07 * np.cos(angle * (number + 1) + generator.uniform(0, 0.5))
    grey = np.where(radius < lobes, 200.0, 40.0)
    if not colour:
        return np.asarray(grey, dtype=np.uint8)
    tint = np.array([1.0, 0.4 + 0.6 * (number % 3) / 2, 0.5 + 0.5 * (number % 2)])
    return np.asarray(grey[..., None] * tint, dtype=np.uint8)


def labels_of(name: str, numbers: list[int]) -> NDArray[np.uint8]:
    """N x 1, or for ChestMNIST N x 14 with any number of findings: none for every fourth picture, a second one for every third."""
    if name != "chestmnist":
        return np.array(numbers, dtype=np.uint8)[:, None]
    marks = np.zeros((len(numbers), 14), dtype=np.uint8)
    for row, number in enumerate(numbers):
        if row % 4 != 3:
            marks[row, number] = 1
        if row % 3 == 1:
            marks[row, (number + 5) % 14] = 1
    return marks


def archive(name: str, side: int, sizes: dict[str, list[int]]) -> dict[str, Any]:
    """All arrays of one release."""
    colour = CLASSES[name][1]
    generator = np.random.Generator(np.random.PCG64((SEED, sorted(CLASSES).index(name), side)))
    arrays: dict[str, Any] = {}
    for split, numbers in sizes.items():
        arrays[f"{split}_images"] = np.stack([drawing(generator, number, side, colour) for number in numbers])
        arrays[f"{split}_labels"] = labels_of(name, numbers)
    return arrays


def main(folder: Path) -> None:
    """Write all archives and the table of their sizes."""
    lines = ["# Drawings in the official layout (make_phantoms.py, make_medmnist.py); their counts, as the card's are the release's."]

    def describe(task: str, counts: dict[str, int]) -> None:
        for split in ("test", "val", "train"):
            lines.extend([f'["{task}".{split}]', f"n = {counts[split]}", f'select = {{ part = "{split}" }}', ""])

    for name, (classes, _) in CLASSES.items():
        small = {split: [number for number in range(classes) for _ in range(max(n, 6 // classes))] for split, n in SMALL.items()}
        large = {split: [number % classes for number in range(n)] for split, n in LARGE.items()}
        describe(name, PHANTOMS if name == "pneumoniamnist" else {split: len(numbers) for split, numbers in small.items()})
        releases = [] if name == "pneumoniamnist" else [("", 28, small)]
        if name == "organcmnist":
            releases.append(("_2022", 28, small))
            describe("organcmnist@2022", {split: len(numbers) for split, numbers in small.items()})
        for side in (64, 128, 224):
            releases.append((f"_{side}", side, large))
            describe(f"{name}@{side}", {split: len(numbers) for split, numbers in large.items()})
        for suffix, side, sizes in releases:
            np.savez_compressed(folder / f"{name}{suffix}.npz", **archive(name, side, sizes))
    (folder / "sample.toml").write_text("\n".join(lines), encoding="utf-8")
    print(f"{folder}: {sum(path.stat().st_size for path in folder.glob('*.npz')):,} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
