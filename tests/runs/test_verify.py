"""Verification on another machine than the run's: what one of the two lacks or draws otherwise is said, and is no fault of the record."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.data import catalog
from harness.metrics.texts import java
from harness.models import open_model
from harness.runs import evaluate
from harness.runs.plan import Options
from harness.runs.recomputed import Check
from harness.stats.bootstrap import Bootstrap
from tests.runs.support import checks, made, sealed


def run(tmp_path: Path) -> Path:
    options = Options(results=tmp_path / "results", plan=Bootstrap(resamples=10))
    return evaluate.evaluate(catalog.task("peir_gross"), open_model("baseline:constant", {"text": "a mass"}), options).folder


def statistics(folder: Path) -> Check:
    return checks(folder)["statistics"]


@pytest.mark.java
@pytest.mark.usefixtures("few_paraphrases")
def test_a_run_made_without_java_holds_where_there_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(java, "java", lambda: None)
        folder = run(tmp_path)
    found = statistics(folder)
    assert found.status == "holds", found.detail
    assert "not checked, because one of the two machines could not compute it: " in found.detail
    assert "meteor/coco-ptb" in found.detail


@pytest.mark.java
@pytest.mark.usefixtures("few_paraphrases")
def test_a_run_made_with_java_holds_where_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = run(tmp_path)
    monkeypatch.setattr(java, "java", lambda: None)
    found = statistics(folder)
    assert found.status == "holds", found.detail
    assert "meteor/coco-ptb" in found.detail


@pytest.mark.java
@pytest.mark.usefixtures("few_paraphrases")
def test_on_the_same_machine_everything_is_checked(tmp_path: Path) -> None:
    assert statistics(run(tmp_path)).detail == "every number follows from replies and targets, measured anew"


@pytest.fixture(scope="module")
def whole_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The invented sample of a small task, answered by the train split's commonest class."""
    return made(tmp_path_factory.mktemp("run"), "mc_cxr", "baseline:majority", plan=Bootstrap(resamples=50))


@pytest.fixture
def folder(tmp_path: Path, whole_run: Path) -> Path:
    return Path(shutil.copytree(whole_run, tmp_path / "run"))


PATCH = ".".join([*np.__version__.split(".")[:2], "999"])
"""Of the version that is here: the same draws."""


@pytest.mark.parametrize(
    ("versions", "moved", "numbers", "intervals"),
    [
        ({}, "low", ": low is ", ""),
        ({"numpy": PATCH}, "low", ": low is ", ""),
        ({"numpy": "1.20.3"}, "value", ": value is ", ""),
        ({"numpy": "1.20.3"}, "", "", ""),
        ({"numpy": "1.20.3"}, "high", "", "numpy: 1.20.3 then, "),
        ({"scipy": "1.9.0"}, "high", "", "scipy: 1.9.0 then, "),
        (None, "low", "", "numpy: a version that is not recorded then"),
    ],
    ids=["the same", "another patch", "a value", "the same draws", "another NumPy", "another SciPy", "none is recorded"],
)
def test_bounds_are_checked_where_the_same_versions_draw_and_values_everywhere(
    folder: Path, versions: dict[str, str] | None, moved: str, numbers: str, intervals: str
) -> None:
    def change(body: dict[str, Any]) -> None:
        body["environment"] = {} if versions is None else body["environment"] | versions
        if moved:
            next(entry for entry in body["estimates"] if entry[moved] is not None)[moved] += 0.001

    sealed(folder, change)
    found = checks(folder)
    assert found["numbers"].status == ("fails" if numbers else "holds")
    assert numbers in found["numbers"].detail
    assert ("intervals" in found) == bool(intervals)
    if intervals:
        assert found["intervals"].status == "not checked"
        assert intervals in found["intervals"].detail
        assert f": {moved} is " in found["intervals"].detail


def test_another_method_is_found_and_none_is_an_older_records_silence(folder: Path) -> None:
    sealed(folder, lambda body: [entry.update(method="") for entry in body["estimates"]])
    assert checks(folder)["numbers"].status == "holds"
    sealed(folder, lambda body: next(entry for entry in body["estimates"] if entry["low"] is not None).update(method="t interval"))
    found = checks(folder)["numbers"]
    assert found.status == "fails"
    assert "method is t interval in the record" in found.detail


def test_counts_follow_from_the_table_as_well(folder: Path) -> None:
    sealed(folder, lambda body: body["counts"].update(answered=23, empty=1))
    assert checks(folder)["numbers"].detail == "counts: answered is 23 in the record, and samples.csv holds 24"


def test_a_write_that_was_cut_short_is_no_forgery(folder: Path) -> None:
    """The record stands, its table has not been moved yet."""
    (folder / "samples.csv").rename(folder / "samples.new.csv")
    (folder / "samples.csv").write_text("the table of an earlier record")
    found = checks(folder)
    assert {check.status for check in found.values() if check.name != "targets"} == {"holds"}
    assert "samples.new.csv is left from a write that was interrupted" in found["files"].detail
