"""The leaderboard is what the records and the published numbers give, and nothing else."""

from __future__ import annotations

import functools
from pathlib import Path

import pytest

from harness import catalog, evaluation, leaderboard, models, standings
from harness.errors import VerificationError
from harness.evaluation import Options
from harness.loading import SAMPLES

ROOT = Path(__file__).resolve().parent.parent.parent


@functools.cache
def committed() -> list[leaderboard.Row]:
    """What the committed records give."""
    return leaderboard.build(ROOT / "results")


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
    wanted = ("measured", "exact_match", "canonical", "all")
    [first] = [row for row in rows if (row.origin, row.metric, row.metric_variant, row.slice) == wanted]
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
    leaderboard.check_file(ROOT / "leaderboard.csv", committed())


def row(rows: list[leaderboard.Row], system: str, metric: str, origin: str = "measured") -> leaderboard.Row:
    return next(row for row in rows if (row.system, row.metric, row.slice, row.origin) == (system, metric, "all", origin))


def test_only_systems_that_are_significantly_better_push_a_rank_down() -> None:
    """The committed runs of PneumoniaMNIST: 88.8 against 83.0 and 62.5 of 624 are differences no chance makes."""
    rows = [row for row in committed() if row.task == "pneumoniamnist"]
    assert [row(rows, system, "accuracy").rank for system in ("harness CNN (28)", "nearest", "majority")] == ["1", "2", "3"]


def test_systems_that_cannot_be_told_apart_share_a_rank() -> None:
    """A system and its twin are both beaten by one."""
    runs = leaderboard.read_runs(ROOT / "results")
    [first] = [name for name in runs if name.startswith("pneumoniamnist/harness-CNN")]
    [second] = [name for name in runs if name.startswith("pneumoniamnist/nearest")]
    assert standings.ranks({"best": runs[first], "one": runs[second], "twin": runs[second]}) == {"best": 1, "one": 2, "twin": 2}


def test_a_measured_value_is_set_against_the_best_published_one_that_compares() -> None:
    """0.887821 against Google AutoML Vision's 0.946 (MedMNIST v2) and MedViT-S's 0.961 (MedViT), the best at 28 x 28."""
    rows = [row for row in committed() if row.task == "pneumoniamnist"]
    assert row(rows, "harness CNN (28)", "accuracy").delta == "-0.073179"
    assert row(rows, "MedViT-S", "accuracy", "reported").comparable == "yes"
    assert row(rows, "BiomedGPT-B (arXiv v1)", "accuracy", "reported").comparable.startswith("unknown resolution")


def test_a_rank_is_for_the_metric_that_ranks_alone() -> None:
    for found in committed():
        if found.rank:
            assert found.slice == "all"
            assert found.origin == "measured"
            assert found.comparable == "yes"


def test_standings_say_over_how_many_tasks_they_are() -> None:
    runs = leaderboard.read_runs(ROOT / "results")
    places = {place.system: place for place in standings.standings(runs, standings.ranks(runs))}
    assert places["harness CNN (28)"].tasks == ("pneumoniamnist",)
    assert (places["harness CNN (28)"].of_paper, places["harness CNN (28)"].wins, places["harness CNN (28)"].mean_rank) == (1, 1, 1.0)
    assert set(places["nearest"].tasks) == {"meqsum", "pneumoniamnist", "vqa_rad"}
