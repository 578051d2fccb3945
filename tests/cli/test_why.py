"""``harness why`` as a user types it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

RESULTS = Path(__file__).resolve().parents[2] / "results"


@pytest.mark.parametrize("columns", ["80", "140"])
def test_one_system_s_values_stand_with_their_protocols(harness: Any, monkeypatch: pytest.MonkeyPatch, columns: str) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    shown = harness("why", "slake_en", "Lingshu 7B").stdout
    assert "3 values, 49.90 apart" in shown
    assert "judge: gpt-5-mini-2025-08-07 (1) against gpt-4.1-2025-04-14, the default of the code (3), 2 silent" in " ".join(shown.split())
    assert "no effect is measured" in " ".join(shown.split())
    assert max(map(len, shown.splitlines())) <= int(columns)


def test_effects_are_measured_on_the_runs_at_hand(harness: Any) -> None:
    shown = harness("why", "vqa_rad", "LLaVA-Med", "--results", RESULTS / "vqa_rad").stdout
    assert "measured: the same replies under another rule" in shown
    assert "accuracy/llava_med" in shown
    few = harness("why", "vqa_rad", "LLaVA-Med", "--results", RESULTS / "vqa_rad", "--most", "1").stdout.splitlines()
    assert few[-1].startswith("  and ")
    assert "more: --most " in few[-1]


def test_the_table_of_all_is_json_too(as_json: Any) -> None:
    content = as_json("why", "--all", "--metric", "accuracy", "--points", "10", "--json")
    assert content["contradictions"][0]["spread"] > 0.4
    assert all(one["spread"] > 0.1 for one in content["contradictions"])
    assert content["effects"] == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "name a task"),
        (("vqa_rad", "--all"), "name a task"),
        (("vqa_radd",), "Did you mean vqa_rad"),
        (("vqa_rad", "Lingsu-7B"), "Did you mean Lingshu-7B"),
        (("vqa_rad", "LLaVA-Med", "--metric", "acuracy"), "Did you mean accuracy"),
    ],
    ids=["nothing", "both", "no such task", "no such system", "no such metric"],
)
def test_what_there_is_not_is_refused(harness: Any, arguments: tuple[str, ...], message: str) -> None:
    done = harness("why", *arguments)
    assert done.returncode == 2
    assert message in " ".join(done.stderr.split())


def test_a_page_of_one_system_and_of_all_is_markdown(harness: Any, tmp_path: Path) -> None:
    page = harness("why", "slake_en", "Lingshu-7B", "--to", "markdown").stdout
    assert page.startswith("# Why published values differ\n\n## slake_en · Lingshu-7B · accuracy\n\n3 values, 49.90 apart.\n")
    assert "- known to differ: judge: gpt-5-mini-2025-08-07 (1) against gpt-4.1-2025-04-14, the default of the code (3), 2 silent" in page
    done = harness("why", "--all", "--metric", "accuracy", "--to", "markdown", "-o", tmp_path / "why.md")
    assert done.returncode == 0
    assert "\n| slake_en | Lingshu-7B |" in (tmp_path / "why.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--to", "markdown", "--json"), "two formats"),
        (("-o", "why.md"), "add --to markdown"),
        (("--results", "absent"), "absent does not exist"),
        (("--results", Path(__file__)), "no run.json under"),
    ],
    ids=["two formats", "no format", "no folder", "no run"],
)
def test_options_that_do_not_go_together_are_refused(harness: Any, arguments: tuple[str | Path, ...], message: str) -> None:
    done = harness("why", "vqa_rad", *arguments)
    assert done.returncode == 2
    assert message in " ".join(done.stderr.split())


def test_two_published_systems_stand_side_by_side(harness: Any, as_json: Any) -> None:
    shown = harness("compare", "reported:lingshu-7b", "reported:Hulu-Med-7B").stdout
    assert "3 of 3 pairs are of one source and protocol" in shown
    pairs = as_json("compare", "reported:lingshu-7b", "reported:Hulu-Med-7B", "--json")["pairs"]
    assert [pair["difference"] for pair in pairs] == pytest.approx([0.032, 0.039, 0.105])
    alone = harness("compare", "reported:Lingshu-7B")
    assert (alone.returncode, "two published systems stand beside each other" in " ".join(alone.stderr.split())) == (2, True)
    beside = as_json("compare", RESULTS / "vqa_rad", "reported:lingshu 7b", "--json")["comparisons"]
    assert {verdict["published"]["system"] for run in beside for verdict in run["verdicts"]} == {"Lingshu-7B"}
