"""The page on single samples: its Python runs, and the columns that it explains are those of the committed runs."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from harness.cli.samples import samples
from tests.docs.pages import executed

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "samples.md").read_text(encoding="utf-8")


def test_the_python_on_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pandas")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HARNESS_DATA", raising=False)
    names = executed(re.findall(r"```python\n(.*?)```\n", TEXT, re.DOTALL))
    documented = set(re.findall(r"`([a-z]+)`", TEXT.partition("`run.samples()` has a row")[2].partition("`harness.samples()`")[0]))
    assert {name for name in names["frame"].columns if "/" not in name and "." not in name} == documented
    closed = names["kept"]
    assert 0 < len(closed) < len(names["wrong"]) < len(names["frame"])


def test_every_column_of_a_committed_run_is_explained() -> None:
    known = set(re.findall(r"`([\w.]+)`", TEXT))
    for path in (ROOT / "results").glob("*/*/*/samples.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            header = next(csv.reader(file))
        for name in header:
            measure, _, column = name.partition(".")
            assert measure == "tag" or {measure, column} - {"", "n"} <= known or measure == "meteor", f"{path}: {name}"


def test_every_option_that_chooses_samples_is_explained() -> None:
    options = samples.__annotations__
    assert all(f"`--{name}" in TEXT for name in ("wrong", "unread", "refused", "failed", "slice", "differs", "limit", "full", "draw"))
    assert {"wrong", "unread", "refused", "failed", "slices", "differs", "limit", "full", "draw"} <= set(options)
