"""Runs in other formats, each read back by the reader of its own world."""

from __future__ import annotations

import pytest
from msgspec import structs

from harness.data import catalog
from harness.errors import UsageError
from harness.runs.record import Record
from harness.views import scoreboard
from harness.views.formats import every_eval_ever, frame, model_card, tables
from tests.views.support import committed, scored


def of(task: str, system: str = "") -> list[Record]:
    return [record for record in committed(task).values() if record.model.name.startswith(system)]


def test_markdown_has_a_row_per_system_and_a_column_per_metric() -> None:
    text = tables.to_markdown(scoreboard.boards(of("pneumoniamnist"), metrics=["accuracy", "auc/medmnist"]))
    assert text.splitlines()[:6] == [
        "**pneumoniamnist, test split, n = 624**",
        "",
        "| system | accuracy<br>label | auc<br>medmnist |",
        "| --- | ---: | ---: |",
        "| harness CNN (28) | 88.78 [86.22, 91.03] | 96.66 [94.91, 97.82] |",
        "| majority | 62.50 [58.65, 66.51] | 50.00 [50.00, 50.00] |",
    ]
    assert text.splitlines()[6].endswith("| – |"), "the nearest neighbour gives no scores"


def test_a_run_that_is_not_ranked_says_so() -> None:
    boards = scoreboard.boards(of("trec_ct_2022", "random"))
    assert "(part of the release is absent)" in tables.to_markdown(boards)


def test_every_format_says_how_intervals_were_made() -> None:
    """Of one class alone: specificity is perfect whatever is drawn (Wilson), accuracy varies (a widened percentile)."""
    record = scored("majority", "mc_cxr")
    methods = {estimate.metric: estimate.method for estimate in record.estimates if estimate.slice == "all"}
    widened, wilson = "percentile bootstrap, widened to Student's t", "Wilson score"
    assert (methods["accuracy"], methods["sensitivity"]) == (widened, wilson)
    boards = scoreboard.boards([record], metrics=["accuracy", "sensitivity"])
    said = f"In brackets the 95 % interval: {widened}; {wilson}."
    assert said in tables.to_markdown(boards)
    results = every_eval_ever.every_eval_ever(record, catalog.card("mc_cxr"))["evaluation_results"]
    whole = [result for result in results if result["evaluation_name"].endswith("/all")]
    found = {result["metric_config"]["metric_name"]: result["score_details"]["uncertainty"] for result in whole}
    groups = next(estimate.n_groups for estimate in record.estimates)
    assert found["accuracy"]["confidence_interval"]["method"] == f"{widened}; {groups} groups in the set (image)"
    assert found["accuracy"]["num_bootstrap_samples"] == 1000
    assert found["sensitivity"]["confidence_interval"]["method"] == f"{wilson}; {groups} groups in the set (image)"
    assert "num_bootstrap_samples" not in found["sensitivity"]
    table = frame.of_runs({"run": record})
    assert (table[table.low.notna()].method != "").all()
    assert (table[table.low.isna()].method == "").all()
    assert [entry["method"] for entry in record.as_json()["estimates"]] == [estimate.method for estimate in record.estimates]


def test_a_record_that_does_not_say_how_is_not_answered_for() -> None:
    [record] = of("pneumoniamnist", "harness CNN")
    older = structs.replace(record, estimates=tuple(structs.replace(estimate, method="") for estimate in record.estimates))
    assert "interval: method not stated in the record." in tables.to_markdown(scoreboard.boards([older]))
    results = every_eval_ever.every_eval_ever(older, catalog.card("pneumoniamnist"))["evaluation_results"]
    said = [result["score_details"]["uncertainty"].get("confidence_interval", {}).get("method", "") for result in results]
    assert "method not stated in the record; 624 groups in the set (image)" in said
    assert not any("bootstrap" in text for text in said)


def test_columns_in_which_less_is_better_are_marked() -> None:
    boards = scoreboard.boards(of("pneumoniamnist"), metrics=["accuracy", "brier"])
    markdown = tables.to_markdown(boards)
    assert "| system | accuracy<br>label | brier ↓<br>scikit-learn |" in markdown
    assert "↓: less is better." in markdown


def test_two_runs_of_one_name_are_told_apart_in_tables_and_cards() -> None:
    [record] = of("pneumoniamnist", "majority")
    other = structs.replace(record, prompting=structs.replace(record.prompting, few_shot=3))
    [board] = scoreboard.boards([record, other])
    assert [row.name for row in board.rows] == ["majority (0-shot)", "majority (3-shot)"]
    assert set(frame.of_runs({"a": record, "b": other})["label"]) == {"majority (0-shot)", "majority (3-shot)"}
    card = catalog.card("pneumoniamnist")
    with pytest.raises(UsageError, match=r"pneumoniamnist has 2 runs on the test split: majority \(0-shot\); majority \(3-shot\)"):
        model_card.model_index([(record, card), (other, card)])


def test_runs_on_other_examples_stand_in_tables_of_their_own() -> None:
    [record] = of("pneumoniamnist", "majority")
    fewer = structs.replace(
        record,
        counts=structs.replace(record.counts, examples=20),
        estimates=tuple(structs.replace(estimate, scoring_id="other") for estimate in record.estimates),
    )
    titles = [board.title for board in scoreboard.boards([record, fewer])]
    assert titles == ["pneumoniamnist, test split, n = 624", "pneumoniamnist, test split, n = 20"]
    same_size = structs.replace(fewer, counts=record.counts)
    titles = [board.title for board in scoreboard.boards([record, same_size])]
    assert titles[1].startswith("pneumoniamnist, test split, n = 624, scoring id other, release ")
    assert titles[0] != titles[1]


def test_a_task_without_the_named_metric_has_no_table() -> None:
    runs = [*of("pneumoniamnist"), *of("meqsum")]
    assert [board.title.split(",")[0] for board in scoreboard.boards(runs, metrics=["accuracy"])] == ["pneumoniamnist"]


def test_a_system_of_any_name_stays_one_cell() -> None:
    board = scoreboard.board([(of("pneumoniamnist")[0], "a|b")], most=0)
    assert r"| a\|b |" in tables.to_markdown([board])
