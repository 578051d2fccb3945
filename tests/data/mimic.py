"""What tests of both MIMIC releases share."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from harness.data import catalog
from harness.data import examples as loading

SAMPLES = loading.SAMPLES


def write_gz(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    with gzip.open(path, "wt", encoding="utf-8", newline="", compresslevel=1) as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)


def load(name: str, folder: Path, **how: Any) -> loading.Dataset:
    return loading.load(catalog.task(name), data_root=folder.parent, **how)
