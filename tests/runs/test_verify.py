"""Verification on another machine than the run's: what one of the two lacks is said, and no fault of the record."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import models
from harness.data import catalog
from harness.metrics.texts import java
from harness.runs import evaluate
from harness.runs.plan import Options
from harness.runs.recomputed import Check
from harness.runs.verify import verify
from harness.stats.bootstrap import Bootstrap

pytestmark = [pytest.mark.java, pytest.mark.skipif(java.java() is None, reason="no Java runtime")]


def run(tmp_path: Path) -> Path:
    options = Options(results=tmp_path / "results", plan=Bootstrap(resamples=10))
    return evaluate.evaluate(catalog.task("peir_gross"), models.open_model("baseline:constant", {"text": "a mass"}), options).folder


def statistics(folder: Path) -> Check:
    return next(check for check in verify(folder) if check.name == "statistics")


def test_a_run_made_without_java_holds_where_there_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(java, "java", lambda: None)
        folder = run(tmp_path)
    found = statistics(folder)
    assert found.status == "holds", found.detail
    assert "not checked, because one of the two machines could not compute it: " in found.detail
    assert "meteor/coco-ptb" in found.detail


def test_a_run_made_with_java_holds_where_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = run(tmp_path)
    monkeypatch.setattr(java, "java", lambda: None)
    found = statistics(folder)
    assert found.status == "holds", found.detail
    assert "meteor/coco-ptb" in found.detail


def test_on_the_same_machine_everything_is_checked(tmp_path: Path) -> None:
    assert statistics(run(tmp_path)).detail == "every number follows from replies and targets, measured anew"
