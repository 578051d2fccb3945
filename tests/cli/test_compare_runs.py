"""``harness compare`` of runs: two in detail, many against one, or who beats whom."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Command

RESULTS = Path(__file__).resolve().parent.parent.parent / "results"


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")


def test_two_runs_are_compared_metric_by_metric_under_their_names(harness: Command) -> None:
    done = harness("compare", RESULTS / "vqa_rad", "--changes", "0")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[1:4] == [
        "vqa_rad · nearest minus majority",
        "metric                     slice   majority  nearest  difference  95 % interval         p  p (Holm)  n (groups)  better",
        "exact_match/canonical      all        29.49    37.47       +7.98  [+1.17, +14.67]   0.029     0.029   451 (203)  nearest",
    ]
    assert "  27 more metrics and slices: --all" in lines
    whole = harness("compare", RESULTS / "vqa_rad", "--changes", "0", "--all").stdout
    assert "medevalkit" in whole
    assert "--all" not in whole


def test_more_than_two_are_a_matrix_of_wins(harness: Command) -> None:
    done = harness("compare", RESULTS / "pneumoniamnist")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(
        """
pneumoniamnist · accuracy/label · n = 624
   system                           value  wins  losses  1 2 3
1  harness CNN (28)  88.78 [86.22, 91.03]     2       0    + +
2  nearest           83.01 [80.13, 85.90]     1       1  ·   +
3  majority          62.50 [58.65, 66.51]     0       2  · ·
"""
    )
    tally = harness("compare", RESULTS).stdout
    assert "wins over 3 tasks: meqsum, pneumoniamnist, vqa_rad" in tally


def test_against_one_reference_each_is_a_line_with_its_verdict(harness: Command) -> None:
    done = harness("compare", RESULTS, "--against", "nearest")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(
        """
against nearest
  task            system            value  its value  difference  95 % interval     p (Holm)  verdict
  meqsum          lead              19.44      27.13       −7.68  [−12.30, −3.13]      0.012  worse
"""
    )
    by_folder = harness("compare", RESULTS, "--against", RESULTS / "vqa_rad" / "nearest-67a8f2a5")
    assert "vqa_rad · majority minus nearest" in by_folder.stdout
    assert "meqsum" not in by_folder.stdout


def test_a_reference_that_is_not_there_is_named(harness: Command) -> None:
    done = harness("compare", RESULTS, "--against", "nearst")
    assert (done.returncode, "Did you mean nearest?" in done.stderr) == (2, True)
    both = harness("compare", RESULTS, "reported", "--against", "nearest")
    assert (both.returncode, "leave one of the two out" in both.stderr) == (2, True)


def test_what_does_not_compare_is_left_out_on_request(harness: Command, as_json: Callable[..., dict[str, Any]]) -> None:
    run = next((RESULTS / "pneumoniamnist").glob("harness-CNN-*"))
    everything = as_json("compare", run, "reported")["comparisons"][0]["verdicts"]
    kept = as_json("compare", run, "reported", "--comparable-only")["comparisons"][0]["verdicts"]
    assert {verdict["judgement"] for verdict in kept} == {"consistent", "higher", "lower"}
    assert len(kept) == sum(not verdict["reasons"] for verdict in everything) < len(everything)
    printed = harness("compare", run, "reported").stdout.splitlines()
    assert len(printed) < 30
    assert "--all" in "\n".join(printed)


def test_json_of_many_has_the_duels_beside_the_contrasts(as_json: Callable[..., dict[str, Any]]) -> None:
    found = as_json("compare", RESULTS / "pneumoniamnist", "--changes", "0")
    [wins] = found["wins"]
    assert {(duel["first"], duel["second"], duel["better"]) for duel in wins["duels"]} == {
        ("harness CNN (28)", "majority", "harness CNN (28)"),
        ("harness CNN (28)", "nearest", "harness CNN (28)"),
        ("majority", "nearest", "nearest"),
    }
    assert len({(contrast["first"], contrast["second"]) for contrast in found["contrasts"]}) == 2
