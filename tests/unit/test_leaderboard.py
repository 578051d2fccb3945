"""The leaderboard is what the records and the published numbers give, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import catalog, evaluation, leaderboard, models
from harness.errors import VerificationError
from harness.evaluation import Options
from harness.loading import SAMPLES

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """One run on what the loader takes for a real release, and one on the invented sample."""
    task, backend = catalog.task("meqsum"), models.open_model("baseline:lead", {})
    evaluation.evaluate(task, backend, Options(results=tmp_path / "results"))
    task = catalog.task("vqa_rad")
    options = Options(results=tmp_path / "results", data_root=SAMPLES, accept_different=True)
    evaluation.evaluate(task, models.open_model("baseline:majority", {}), options)
    return tmp_path / "results"


def test_measured_and_published_numbers_stand_in_one_table(results: Path) -> None:
    rows = leaderboard.build(results)
    assert {row.origin for row in rows} == {"measured", "reported"}
    [first] = [row for row in rows if (row.origin, row.metric, row.slice) == ("measured", "exact_match", "all")]
    assert (first.task, first.system, first.n) == ("vqa_rad", "majority", "20")
    assert first.comparable == "the release differs from the card"
    assert len(first.value.split(".")[1]) == 6
    assert float(first.low) <= float(first.value) <= float(first.high)


def test_runs_on_invented_samples_are_left_out(results: Path) -> None:
    assert not [row for row in leaderboard.build(results) if row.origin == "measured" and row.task == "meqsum"]


def test_the_table_is_the_same_whatever_the_order_on_disk(results: Path) -> None:
    assert leaderboard.build(results) == leaderboard.build(results)
    rows = leaderboard.build(results)
    assert rows == sorted(rows, key=leaderboard._order)


@pytest.mark.parametrize("change", ["digit", "line gone", "no file"])
def test_an_edited_table_is_found(results: Path, tmp_path: Path, change: str) -> None:
    rows = leaderboard.build(results)
    path = tmp_path / "leaderboard.csv"
    text = leaderboard.to_csv(rows)
    leaderboard_lines = text.splitlines(keepends=True)
    if change == "digit":
        leaderboard_lines[5] = leaderboard_lines[5].replace("0.", "1.", 1)
    elif change == "line gone":
        del leaderboard_lines[-1]
    if change != "no file":
        path.write_text("".join(leaderboard_lines))
    with pytest.raises(VerificationError, match=r"leaderboard\.csv"):
        leaderboard.check_file(path, rows)


def test_the_committed_table_is_what_the_committed_records_give() -> None:
    leaderboard.check_file(ROOT / "leaderboard.csv", leaderboard.build(ROOT / "results"))
