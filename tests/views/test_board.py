"""The board: systems × tasks, the best of each column and what cannot be told from it, and published systems beside them."""

from __future__ import annotations

import functools

import pytest
from msgspec import structs

from harness.runs.record import Record
from harness.types import ModelFacts
from harness.views import board, board_published, selection, standings
from harness.views.board import Matrix
from tests.views.support import OURS, RESULTS, by_hand


@functools.cache
def committed() -> dict[str, Record]:
    """The committed runs, partial ones as well."""
    return {found.source: found.record for found in selection.select([RESULTS], partial=True).runs}


@functools.cache
def shown() -> Matrix:
    """Their board."""
    runs = committed()
    return board.matrix(runs, standings.ranks(runs), verified=[name for name in runs if name.startswith("meqsum/nearest")])


def test_columns_are_tasks_in_the_order_of_the_paper_and_cells_have_value_rank_and_mark() -> None:
    found = shown()
    assert [(column.heading, column.metric, column.n) for column in found.columns] == [
        ("vqa_rad", "exact_match", 451),
        ("pneumoniamnist", "accuracy", 624),
        ("meqsum", "rouge_l", 100),
    ]
    assert found.reach == 3
    cells = {system.name: [(cell.rank, cell.mark) if cell else None for cell in system.cells] for system in found.systems}
    assert cells == {  # the ranks are those of leaderboard.csv
        "nearest": [(1, "best"), (2, ""), (1, "best")],
        "majority": [(2, ""), (3, ""), None],
        "harness CNN (28)": [None, (1, "best"), None],
        "lead": [None, None, (2, "")],
        "copy": [None, None, (3, "")],
    }


def test_a_system_says_its_size_its_setting_its_weights_and_its_verified_runs_as_far_as_records_do() -> None:
    told = {system.name: (system.parameters, system.settings, system.weights) for system in shown().systems}
    setting = "trained on the PneumoniaMNIST train split, 28x28"
    assert told["harness CNN (28)"] == ((32_674,), (setting,), "at hand")
    assert told["nearest"] == ((), (), "")
    nearest = shown().systems[0]
    assert (nearest.name, nearest.verified, len(nearest.runs)) == ("nearest", 1, 3)


def test_partial_runs_stand_apart_and_nothing_of_them_is_ranked() -> None:
    apart = {one.system: (one.task, one.cell.why, one.cell.rank, one.cell.mark) for one in shown().apart}
    assert apart == {
        "majority (test prior)": ("trec_ct_2022", "part of the release is absent; the model sees the targets", None, ""),
        "random": ("trec_ct_2022", "part of the release is absent", None, ""),
    }


@pytest.mark.parametrize(
    ("runs", "marked"),
    [
        ([("a", 0.7, 1), ("b", 0.7, 1)], [(1, "best"), (1, "best")]),
        ([("a", 0.7, 1), ("b", 0.6, 1)], [(1, "best"), (2, "tied")]),
        ([("a", 0.7, 1), ("a", 0.6, 1), ("b", 0.5, 2)], [(1, "best"), (2, ""), (3, "")]),
        ([("a", 0.7, 1)], [(1, "")]),
    ],
    ids=["of equal value", "worse by no test", "of several runs of one system the best alone", "one alone is best of nothing"],
)
def test_what_is_best_of_a_column_and_what_cannot_be_told_from_it(
    runs: list[tuple[str, float, int]], marked: list[tuple[int, str]]
) -> None:
    """Of each run its system, value and rank."""
    made = {
        str(n): by_hand(structs.replace(OURS, value=value), model=ModelFacts(name=name, kind="test", setting=f"way {n}"))
        for n, (name, value, _) in enumerate(runs)
    }
    found = board.matrix(made, {str(n): rank for n, (_, _, rank) in enumerate(runs)})
    cells = {cell.run: (cell.place, cell.mark) for system in found.systems for cell in system.runs}
    assert [cells[run] for run in made] == marked


def test_published_systems_stand_beside_the_best_of_ours_with_the_verdict_of_compare() -> None:
    runs = committed()
    rows = board_published.published(shown(), runs)
    [automl] = [row for row in rows if row.system == "Google AutoML Vision" and row.source == "MedMNIST v2"]
    verdict = automl.cells[1]
    assert verdict is not None
    assert automl.cells[::2] == (None, None)
    assert (verdict.value, verdict.published.value, verdict.judgement) == (554 / 624, 0.946, "lower")
    assert [row.compares for row in rows] == sorted((row.compares for row in rows), reverse=True)
    assert all(cell.reasons for row in rows if not row.compares for cell in row.cells if cell is not None)


def test_json_has_every_cell_and_null_where_a_system_was_not_run() -> None:
    content = shown().as_json()
    assert [len(system["cells"]) for system in content["systems"]] == [3] * 5
    assert content["systems"][1]["cells"][2] is None
    assert (content["systems"][0]["wins"], content["systems"][0]["mean_rank"]) == (2, 4 / 3)
    assert [one["system"] for one in content["partial"]] == ["majority (test prior)", "random"]
