"""``harness scoreboard`` as a user types it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from harness.runs import record as records
from tests.cli.conftest import Command

RESULTS = Path(__file__).resolve().parent.parent.parent / "results"


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")


def test_systems_stand_beside_tasks_with_the_best_marked(harness: Command) -> None:
    done = harness("scoreboard", RESULTS, "--tasks", "vqa_rad,pneumoniamnist")
    assert done.returncode == 0, done.stderr
    assert (
        done.stdout
        == """\
                                                           vqa_rad          pneumoniamnist
                                                       exact_match                accuracy
system            mean rank  first  size                   n = 451                 n = 624
nearest                1.50      1          37.47 [32.09, 42.86] *    83.01 [80.13, 85.90]
majority               2.50      0            29.49 [24.08, 35.10]    62.50 [58.65, 66.51]
harness CNN (28)       1.00      1  32.7 K                          88.78 [86.22, 91.03] *
  not shown at this width: setting, verified (--json)
  * best of its task (paired tests at 5 %, adjusted by Holm over all pairs of a task).
  In brackets the 95 % interval: percentile bootstrap.
  2 of the 25 tasks.
  5 of 5 runs not verified: harness verify RESULTS --data-root DIR
"""
    )


def test_where_a_table_has_no_room_each_task_has_its_list(harness: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "44")
    assert harness("scoreboard", RESULTS, "--tasks", "vqa_rad,pneumoniamnist,meqsum").stdout.startswith(
        """\
vqa_rad · exact_match · n = 451
  37.47 *  [32.09, 42.86]  nearest
    29.49  [24.08, 35.10]  majority
pneumoniamnist · accuracy · n = 624
  88.78 *  [86.22, 91.03]  harness CNN (28)
    83.01  [80.13, 85.90]  nearest
    62.50  [58.65, 66.51]  majority
"""
    )


def test_partial_runs_stand_apart_on_request(harness: Command) -> None:
    done = harness("scoreboard", RESULTS, "--partial")
    board, _, apart = done.stdout.partition("partial runs: never ranked")
    assert "trec_ct_2022" not in board
    assert "29.60 [20.65, 39.07]" in apart


def test_published_systems_stand_below_numbered_by_their_source(harness: Command) -> None:
    lines = harness("scoreboard", RESULTS, "--tasks", "pneumoniamnist", "--published").stdout.splitlines()
    assert any(line.startswith("Google AutoML Vision [2]") and line.endswith("94.60 above") for line in lines)
    assert "  [2] MedMNIST v2" in lines


def test_markdown_latex_and_csv_hold_the_same_board(harness: Command, tmp_path: Path) -> None:
    markdown = harness("scoreboard", RESULTS, "--tasks", "meqsum", "--to", "markdown").stdout
    assert "| nearest | **27.13** \\[23.01, 31.66\\] |" in markdown
    latex = harness("scoreboard", RESULTS, "--tasks", "meqsum", "--to", "latex").stdout
    assert r"nearest & \textbf{27.13} & {\scriptsize[23.01, 31.66]} \\" in latex
    assert harness("scoreboard", RESULTS, "--tasks", "meqsum", "--to", "csv", "-o", tmp_path / "board.csv").returncode == 0
    rows = list(csv.DictReader(io.StringIO((tmp_path / "board.csv").read_text())))
    assert [(row["system"], row["rank"], row["mark"]) for row in rows] == [("nearest", "1", "best"), ("lead", "2", ""), ("copy", "3", "")]


def test_systems_and_tasks_that_are_not_there_are_named(harness: Command) -> None:
    system = harness("scoreboard", RESULTS, "--systems", "nearst")
    assert (system.returncode, "Did you mean nearest?" in system.stderr) == (2, True)
    task = harness("scoreboard", RESULTS, "--tasks", "slake_en")
    assert (task.returncode, "there are runs of meqsum, pneumoniamnist, vqa_rad" in task.stderr) == (2, True)
    assert harness("scoreboard", "nowhere").returncode == 2


def test_a_task_that_is_not_known_here_has_no_rank_and_its_folder_is_asked_for(harness: Command, tmp_path: Path) -> None:
    for folder in sorted(records.find(RESULTS / "meqsum")):
        record = records.read(folder)
        records.write(tmp_path / "results" / "ours" / record.model.name / folder.name, structs.replace(record, task="ours"))
    done = harness("scoreboard", tmp_path / "results")
    assert "note: ours: runs have no rank, as the task is not known here; name its folder with --task-dir" in done.stderr
    refused = harness("export-results", tmp_path / "results", "--to", "latex")
    assert (refused.returncode, "A task of your own is found in its folder: --task-dir DIR" in refused.stderr) == (2, True)


def test_json_has_what_the_board_shows(as_json: Callable[..., dict[str, Any]]) -> None:
    found = as_json("scoreboard", RESULTS, "--systems", "Harness-CNN (28)", "--systems", "near*", "--tasks", "pneumoniamnist")
    assert [(system["name"], system["cells"][0]["mark"]) for system in found["systems"]] == [("harness CNN (28)", "best"), ("nearest", "")]
