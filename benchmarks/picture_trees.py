"""What a tree of many pictures costs, in MIMIC-CXR's layout: reports, and a folder for each study with one or two pictures."""

from __future__ import annotations

import csv
import gzip
import hashlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.lines import Line
from benchmarks.releases import png
from benchmarks.sides import Spent, spent

_FEW, _SOME, _MANY = 377, 3_770, 37_700
_TURNS = 2
_REPORT = "FINAL REPORT\n FINDINGS: The heart is normal in study {}. There is no effusion.\n\n IMPRESSION: No acute process.\n"


def lines(work: Path, _: str) -> Iterator[Line | str]:
    """Time per picture at ten times as many: with nothing kept of them, and where their digests are known."""
    roots = {n: _tree(work / f"tree-{n}", n) for n in (_FEW, _SOME, _MANY)}
    caches = [work / f"cache-{turn}" for turn in range(_TURNS)]
    first, again = ({n: min((_audit(cache, root) for cache in caches), key=_cpu) for n, root in roots.items()} for _ in range(2))
    kept = "each digest that is kept writes a page of the cache, once it has many"
    counted = "counted in calls a picture takes the same (`tests/runs/test_growth_of_runs.py`)"
    for what, taken, why in (("read the first time", first, kept), ("known", again, counted)):
        some, many = ((taken[n].cpu - taken[_FEW].cpu) / (n - _FEW) for n in (_SOME, _MANY))
        yield Line(
            what=f"`audit` of {_MANY:,} pictures in folders of their own, {what}: CPU each; beside it of {_SOME:,}",
            ours=f"{many * 1e6:.0f} µs",
            beside=f"{some * 1e6:.0f} µs",
            ratio=many / some,
            bar=1.1,
            why=why,
        )


def _cpu(taken: Spent) -> float:
    return taken.cpu


def _audit(cache: Path, root: Path) -> Spent:
    command = [sys.executable, "-m", "harness", "audit", "mimic_cxr_report", "--data-root", str(root)]
    return spent(command, {"OMP_NUM_THREADS": "1", "XDG_CACHE_HOME": str(cache)})


def _tree(root: Path, n: int) -> Path:
    """So many tiny pictures, all of the test split; returns the data root."""
    release = root / "mimic_cxr"
    split, views, number, study = [], [], 0, 50_000_000
    while number < n:
        patient = 10_000_000 + study % 1_000_000 // 3
        folder = release / f"files/p{str(patient)[:2]}/p{patient}/s{study}"
        folder.mkdir(parents=True)
        folder.with_suffix(".txt").write_text(_REPORT.format(study), encoding="utf-8")
        for view in ("PA", "LATERAL")[: min(1 + study % 2, n - number)]:
            name = "-".join(hashlib.sha256(str(number).encode()).hexdigest()[start : start + 8] for start in range(0, 40, 8))
            (folder / f"{name}.jpg").write_bytes(png(number))
            split.append((name, study, patient, "test"))
            views.append((name, view))
            number += 1
        study += 1
    _table(release / "mimic-cxr-2.0.0-split.csv.gz", ("dicom_id", "study_id", "subject_id", "split"), split)
    _table(release / "mimic-cxr-2.0.0-metadata.csv.gz", ("dicom_id", "ViewPosition"), views)
    return root


def _table(path: Path, names: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with gzip.open(path, "wt", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([names, *rows])
