"""What the views show and leave out, as a user types them: partial runs, runs of one name, folders without runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Command

ROOT = Path(__file__).resolve().parent.parent.parent
COMMITTED = ROOT / "results" / "pneumoniamnist"
LEFT_OUT = "note: 1 partial run is left out: limited to the first 5 of 20 examples"


@pytest.fixture
def mixed(harness: Command) -> Command:
    """Two whole runs of one name and a limited one, on the invented quiz."""
    for arguments in (("--seed", "1"), ("--seed", "2"), ("--limit", "5")):
        assert harness("run", "baseline:random", "--tasks", "vqa_rad", "-q", *arguments).returncode == 0
    return harness


@pytest.mark.parametrize("command", [("compare", "results"), ("report", "results"), ("export-results", "results")])
def test_partial_runs_are_left_out_and_told(mixed: Command, command: tuple[str, ...]) -> None:
    done = mixed(*command)
    assert (done.returncode, LEFT_OUT in done.stderr) == (0, True)
    assert "5 of 20" not in done.stdout
    shown = mixed(*command, "--partial")
    assert (shown.returncode, "left out" in shown.stderr) == (0, False)


def test_the_page_says_at_its_foot_what_it_leaves_out(mixed: Command, tmp_path: Path) -> None:
    mixed("report", "results")
    page = (tmp_path / "somewhere" / "report.html").read_text(encoding="utf-8")
    assert "1 partial run is left out: limited to the first 5 of 20 examples" in page.partition("<footer>")[2]


def test_two_runs_of_one_name_are_told_apart_in_every_view(mixed: Command, tmp_path: Path) -> None:
    names = ("random (seed 1)", "random (seed 2)")
    head = mixed("compare", "results").stdout.splitlines()[1]
    assert head in ("vqa_rad · random (seed 2) minus random (seed 1)", "vqa_rad · random (seed 1) minus random (seed 2)")
    for form in ("markdown", "latex", "csv", "every-eval-ever"):
        text = mixed("export-results", "results", "--to", form).stdout
        assert all(name in text for name in names), form
    mixed("report", "results")
    page = (tmp_path / "somewhere" / "report.html").read_text(encoding="utf-8")
    assert all(page.count(name) > 1 for name in names)


def test_a_named_metric_is_the_only_one_between_runs(mixed: Command) -> None:
    done = mixed("compare", "results", "--metric", "token_recall/canonical", "--json")
    assert {(found["metric"], found["metric_variant"]) for found in json.loads(done.stdout)["contrasts"]} == {("token_recall", "canonical")}
    misspelt = mixed("compare", "results", "--metric", "exact_mach")
    assert (misspelt.returncode, "Did you mean exact_match" in misspelt.stderr) == (2, True)


def test_a_named_metric_is_never_set_against_another(harness: Command) -> None:
    runs = ROOT / "results" / "vqa_rad"
    done = harness("compare", runs, "reported", "--metric", "exact_match", "--json")
    verdicts = [verdict for found in json.loads(done.stdout)["comparisons"] for verdict in found["verdicts"]]
    assert {(verdict["metric"], verdict["published"]["metric"]) for verdict in verdicts} == {("exact_match", "exact_match")}
    several = harness("compare", ROOT / "results", "reported", "--metric", "exact_match")
    assert (several.returncode, "exact_match is not computed on meqsum, pneumoniamnist" in several.stderr) == (0, True)


def test_exports_of_every_format_hold_the_named_metric_alone(harness: Command) -> None:
    csv = harness("export-results", COMMITTED, "--to", "csv", "--metric", "accuracy/label").stdout.splitlines()
    assert len(csv) > 3
    assert all(",accuracy,label," in line for line in csv[1:])
    for line in harness("export-results", COMMITTED, "--to", "every-eval-ever", "--metric", "accuracy").stdout.splitlines():
        results = json.loads(line)["evaluation_results"]
        assert {result["metric_config"]["metric_name"] for result in results} == {"accuracy"}


@pytest.mark.parametrize("command", ["compare", "report", "export-results"])
def test_nothing_to_show_is_said_and_is_no_success(harness: Command, tmp_path: Path, command: str) -> None:
    harness("run", "baseline:random", "--tasks", "vqa_rad", "-q", "--limit", "5")
    (tmp_path / "somewhere" / "empty").mkdir()
    for folder, words in (("nowhere", "no run.json under"), ("empty", "no run.json under"), ("results", "nothing to show: 1 partial run")):
        done = harness(command, folder)
        assert (done.returncode, words in done.stderr, done.stdout) == (2, True, "")
    assert not (tmp_path / "somewhere" / "report.html").exists()


@pytest.mark.parametrize("folder", ["nowhere", "empty", "invented"])
def test_a_leaderboard_is_never_replaced_by_one_without_measured_rows(harness: Command, tmp_path: Path, folder: str) -> None:
    there = tmp_path / "somewhere"
    (there / "empty").mkdir()
    harness("run", "baseline:random", "--tasks", "vqa_rad", "-q", "--results", "invented")
    assert harness("leaderboard", "--results", COMMITTED.parent).returncode == 0
    before = (there / "leaderboard.csv").read_bytes()
    done = harness("leaderboard", "--results", folder)
    assert (done.returncode, folder in done.stderr) == (2, True)
    assert (there / "leaderboard.csv").read_bytes() == before
    assert harness("leaderboard").returncode == 2, "nor by the default folder, where it is absent"
    assert (there / "leaderboard.csv").read_bytes() == before


def test_several_results_folders_make_one_leaderboard(harness: Command, tmp_path: Path) -> None:
    parts = [*COMMITTED.glob("majority-*"), *COMMITTED.glob("nearest-*")]
    done = harness("leaderboard", "--results", parts[0], "--results", parts[1], "--results", parts[0], "-o", "both.csv", "--json")
    assert done.returncode == 0, done.stderr
    assert {place["system"] for place in json.loads(done.stdout)["standings"]} == {"majority", "nearest"}
    rows = (tmp_path / "somewhere" / "both.csv").read_text().splitlines()
    assert len(rows) == len(set(rows))


def test_an_option_of_one_value_is_refused_twice_rather_than_half_ignored(harness: Command) -> None:
    done = harness("run", "baseline:majority", "--tasks", "vqa_rad", "--results", "a", "--results", "b")
    assert (done.returncode, "--results is given 2 times" in " ".join(done.stderr.split())) == (2, True)
    assert harness("run", "baseline:majority", "--tasks", "vqa_rad", "--tasks", "meqsum", "-q").returncode == 0


def test_slices_are_columns_of_a_table_for_a_paper(harness: Command) -> None:
    shown = harness(
        "export-results",
        ROOT / "results" / "vqa_rad",
        "--to",
        "latex",
        "--metric",
        "exact_match:closed,exact_match:open",
        "--published",
        "2",
    )
    assert (shown.returncode, shown.stderr) == (0, "")
    assert r"\label{tab:vqa-rad}" in shown.stdout
    assert "Published, each under its own protocol" in shown.stdout


def test_options_of_latex_are_refused_elsewhere(harness: Command) -> None:
    done = harness("export-results", ROOT / "results" / "vqa_rad", "--published", "2")
    assert done.returncode == 2
    assert "--intervals, --published and --label are of --to latex, not of --to markdown" in " ".join(done.stderr.split())
