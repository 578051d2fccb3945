"""The runs that are committed, followed from the real releases: with the libraries that are installed now, no number has moved."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.runs import record as records
from harness.runs.verify import verify

pytestmark = [pytest.mark.real, pytest.mark.java(needed=False)]

RESULTS = Path(__file__).resolve().parents[2] / "results"
RUNS = {folder.relative_to(RESULTS).as_posix(): folder for folder in records.find(RESULTS)}
NEEDS_ITS_MODEL = {name for name in RUNS if "harness-CNN" in name}
"""Of a network: only whoever has it can give its replies again."""


@pytest.mark.parametrize("name", RUNS)
def test_every_number_of_a_committed_run_follows_from_its_release(name: str, data_root: Path) -> None:
    found = {check.name: check for check in verify(RUNS[name], data_root=data_root)}
    if found["targets"].status == "not checked":
        pytest.skip(found["targets"].detail)
    assert [check for check in found.values() if check.status == "fails"] == []
    assert found["targets"].status == "holds"
    if name not in NEEDS_ITS_MODEL:
        assert found["model"].detail == "the baseline says the same when it is asked again"
        assert found["statistics"].status == "holds"
