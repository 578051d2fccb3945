"""Verification where another NumPy draws: values are held to the last digit, bounds are said to be unchecked."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness import models
from harness.data import catalog
from harness.runs import evaluate, record
from harness.runs.plan import Options
from harness.runs.recomputed import Check
from harness.runs.verify import verify
from harness.stats.bootstrap import Bootstrap


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The invented sample of a small task, answered by the train split's commonest class."""
    options = Options(results=tmp_path / "results", plan=Bootstrap(resamples=50))
    return evaluate.evaluate(catalog.task("mc_cxr"), models.open_model("baseline:majority", {}), options).folder


def edit(folder: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    """Change a record and make its own hash hold again."""
    body = json.loads((folder / "run.json").read_text())
    change(body)
    body["record_sha256"] = record.body_digest(body)
    (folder / "run.json").write_text(json.dumps(body))


def checks(folder: Path) -> dict[str, Check]:
    return {check.name: check for check in verify(folder)}


def another(package: str, version: str) -> Callable[[dict[str, Any]], Any]:
    return lambda body: body["environment"].update({package: version})


def moved(field: str) -> Callable[[dict[str, Any]], Any]:
    """Move the first number of this kind that is there."""

    def change(body: dict[str, Any]) -> None:
        entry = next(entry for entry in body["estimates"] if entry[field] is not None)
        entry[field] += 0.001

    return change


def test_where_versions_are_the_same_a_bound_that_differs_is_a_failure(folder: Path) -> None:
    assert "intervals" not in checks(folder)
    edit(folder, moved("low"))
    found = checks(folder)["numbers"]
    assert found.status == "fails"
    assert ": low is " in found.detail


@pytest.mark.parametrize(("package", "version"), [("numpy", "1.20.3"), ("scipy", "1.9.0")])
def test_bounds_of_another_version_are_not_checked_and_said_so(folder: Path, package: str, version: str) -> None:
    edit(folder, another(package, version))
    edit(folder, moved("high"))
    found = checks(folder)
    assert found["numbers"].status == "holds"
    assert found["intervals"].status == "not checked"
    assert f"{package}: {version} then, " in found["intervals"].detail
    assert ": high is " in found["intervals"].detail


def test_a_value_is_checked_whatever_the_versions(folder: Path) -> None:
    edit(folder, another("numpy", "1.20.3"))
    edit(folder, moved("value"))
    found = checks(folder)["numbers"]
    assert found.status == "fails"
    assert ": value is " in found.detail


def test_another_version_that_draws_the_same_holds(folder: Path) -> None:
    edit(folder, another("numpy", "1.20.3"))
    found = checks(folder)
    assert found["numbers"].status == "holds"
    assert "intervals" not in found


def test_another_patch_of_the_same_version_is_the_same(folder: Path) -> None:
    major, minor, *_ = np.__version__.split(".")
    edit(folder, another("numpy", f"{major}.{minor}.999"))
    edit(folder, moved("low"))
    assert checks(folder)["numbers"].status == "fails"


def test_a_record_that_does_not_say_its_versions_is_no_forgery(folder: Path) -> None:
    edit(folder, lambda body: body["environment"].clear())
    edit(folder, moved("low"))
    assert "numpy: a version that is not recorded then" in checks(folder)["intervals"].detail


def test_another_method_is_found_and_none_is_an_older_records_silence(folder: Path) -> None:
    edit(folder, lambda body: [entry.update(method="") for entry in body["estimates"]])
    assert checks(folder)["numbers"].status == "holds"
    edit(folder, lambda body: next(entry for entry in body["estimates"] if entry["low"] is not None).update(method="t interval"))
    found = checks(folder)["numbers"]
    assert found.status == "fails"
    assert "method is t interval in the record" in found.detail


def test_a_direction_that_was_turned_is_found(folder: Path) -> None:
    edit(folder, lambda body: body["estimates"][0].update(higher_is_better=False))
    assert "higher_is_better is False in the record" in checks(folder)["numbers"].detail


def test_counts_follow_from_the_table_as_well(folder: Path) -> None:
    edit(folder, lambda body: body["counts"].update(answered=23, empty=1))
    assert checks(folder)["numbers"].detail == "counts: answered is 23 in the record, and samples.csv holds 24"


def test_a_write_that_was_cut_short_is_no_forgery(folder: Path) -> None:
    """The record stands, its table has not been moved yet."""
    (folder / "samples.csv").rename(folder / "samples.new.csv")
    (folder / "samples.csv").write_text("the table of an earlier record")
    found = checks(folder)
    assert {check.status for check in found.values() if check.name != "targets"} == {"holds"}
    assert "samples.new.csv is left from a write that was interrupted" in found["files"].detail
