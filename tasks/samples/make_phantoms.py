"""Draw the phantoms that stand in for PneumoniaMNIST: invented pictures in the release's layout, nothing of the release in them.

    python tasks/samples/make_phantoms.py tasks/samples/medmnist/pneumoniamnist.npz

The other scripts of this folder take what they share from here.

A phantom is a bright body, two darker lungs, ribs, and noise. The finding is a soft opacity in one lung, between invisible and
plain, so that a classifier can learn it and cannot be perfect.
"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image as Pillow

SIDE = 28
SIZES = {"train": 400, "val": 60, "test": 200}
SEED = 20240807
COMPLAINTS = ("paper-cut fever", "left-handed hiccups", "blue-ink rash", "monday fatigue", "stapler elbow", "whiteboard cough")
"""Of office workers, who are all that is ever ill here."""


def write_all(*makers: Callable[[Path], None]) -> None:
    """Write a sample with each function, below the folder that the command names, in a folder of the function's name."""
    for make in makers:
        folder = Path(sys.argv[1]) / make.__name__
        make(folder)
        files = [path for path in folder.rglob("*") if path.is_file()]
        print(f"{make.__name__}: {len(files)} files, {sum(path.stat().st_size for path in files):,} bytes")


def csv_text(*rows: Iterable[Any]) -> str:
    """Rows as a table, the first one its header."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def picture(generator: np.random.Generator, finding: bool, side: tuple[int, int]) -> Pillow:
    """A phantom at another size."""
    from PIL import Image

    return Image.fromarray(phantom(generator, finding)).resize(side, Image.Resampling.BICUBIC)


def phantom(generator: np.random.Generator, finding: bool) -> NDArray[np.uint8]:
    """One picture, [28, 28]."""
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(float)
    shift_x, shift_y = generator.normal(0, 0.8, 2)
    centre_x, centre_y = 13.5 + shift_x, 13.5 + shift_y
    picture = 40 + 130 * _soft_ellipse(x, y, centre_x, centre_y, 13, 14)
    lungs = [(centre_x - 5.5, centre_y), (centre_x + 5.5, centre_y)]
    for lung_x, lung_y in lungs:
        picture -= 80 * _soft_ellipse(x, y, lung_x, lung_y, 4.2, 8.5)
    picture += 14 * np.sin((y - centre_y) * 1.6 + abs(x - centre_x) * 0.15)
    # Vessels: small bright spots that a finding can be mistaken for.
    for _ in range(int(generator.integers(2, 6))):
        picture += generator.uniform(8, 30) * _blob(x, y, *_inside(generator, lungs), 0.9)
    if finding:
        picture += generator.gamma(4.0, 11.0) * _blob(x, y, *_inside(generator, lungs), generator.uniform(1.6, 3.2))
    picture = picture * generator.uniform(0.85, 1.15) + generator.normal(0, 9, picture.shape)
    return np.asarray(picture.clip(0, 255).round(), dtype=np.uint8)


def _soft_ellipse(x: NDArray[np.float64], y: NDArray[np.float64], cx: float, cy: float, rx: float, ry: float) -> NDArray[np.float64]:
    radius = np.sqrt(((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2)
    return np.asarray(1 / (1 + np.exp((radius - 1) * 12)))


def _blob(x: NDArray[np.float64], y: NDArray[np.float64], cx: float, cy: float, width: float) -> NDArray[np.float64]:
    return np.asarray(np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * width**2)))


def _inside(generator: np.random.Generator, lungs: list[tuple[float, float]]) -> tuple[float, float]:
    lung_x, lung_y = lungs[int(generator.integers(0, 2))]
    return lung_x + generator.uniform(-2.2, 2.2), lung_y + generator.uniform(-5.5, 5.5)


def release() -> dict[str, NDArray[np.uint8]]:
    """All arrays of the sample, named as MedMNIST names them; half of each split has the finding."""
    generator = np.random.Generator(np.random.PCG64(SEED))
    arrays: dict[str, NDArray[np.uint8]] = {}
    for split, n in SIZES.items():
        labels = generator.permutation(np.arange(n) % 2).astype(np.uint8)
        arrays[f"{split}_images"] = np.stack([phantom(generator, bool(label)) for label in labels])
        arrays[f"{split}_labels"] = labels[:, None]
    return arrays


def main(target: Path) -> None:
    """Write the archive."""
    arrays: dict[str, Any] = dict(release())
    np.savez_compressed(target, **arrays)
    print(f"{target}: {', '.join(f'{n} {split}' for split, n in SIZES.items())} phantoms, {target.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
