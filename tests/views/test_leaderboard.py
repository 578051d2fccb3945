"""The leaderboard is what the records and the published numbers give, and nothing else."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from harness.errors import VerificationError
from harness.metrics import registry
from harness.runs.record import Record
from harness.stats import tournament
from harness.stats.paired import Difference
from harness.views import contests, leaderboard, leaderboard_file, standings
from harness.views.beside_board import beside
from tests.views.support import AS_REAL, RESULTS, ROOT, competing, evaluated, real_runs


@functools.cache
def committed() -> list[leaderboard.Row]:
    """What the committed records give."""
    return leaderboard.rows_of(real_runs(RESULTS))


def test_measured_and_published_numbers_stand_in_one_table_without_runs_on_invented_samples(tmp_path: Path) -> None:
    evaluated(tmp_path, "nearest")
    evaluated(tmp_path, "majority", **AS_REAL)
    rows = leaderboard.rows_of(real_runs(tmp_path))
    assert {row.origin for row in rows} == {"measured", "reported"}
    assert {row.system for row in rows if row.origin == "measured"} == {"majority"}
    wanted = ("measured", "exact_match", "canonical", "all")
    [first] = [row for row in rows if (row.origin, row.metric, row.metric_variant, row.slice) == wanted]
    assert (first.task, first.system, first.n) == ("vqa_rad", "majority", "20")
    assert first.comparable == "the release differs from the card"
    assert len(first.value.split(".")[1]) == 6
    assert float(first.low) <= float(first.value) <= float(first.high)


def test_the_table_is_the_same_whatever_the_order_of_the_runs() -> None:
    runs = real_runs(RESULTS)
    assert leaderboard.rows_of(dict(reversed(runs.items()))) == committed() == sorted(committed(), key=leaderboard._order)


@pytest.mark.parametrize("change", ["digit", "line gone", "no file"])
def test_an_edited_table_is_found(tmp_path: Path, change: str) -> None:
    path = tmp_path / "leaderboard.csv"
    lines = leaderboard_file.to_csv(committed()).splitlines(keepends=True)
    if change == "digit":
        lines[5] = lines[5].replace("0.", "1.", 1)
    elif change == "line gone":
        del lines[-1]
    if change != "no file":
        path.write_text("".join(lines))
    with pytest.raises(VerificationError, match=r"leaderboard\.csv"):
        leaderboard_file.check_file(path, committed())


def test_the_committed_table_is_what_the_committed_records_give() -> None:
    leaderboard_file.check_file(ROOT / "leaderboard.csv", committed())


def row(system: str, metric: str, origin: str = "measured") -> leaderboard.Row:
    """Of the committed runs of PneumoniaMNIST."""
    wanted = ("pneumoniamnist", system, metric, "all", origin)
    return next(row for row in committed() if (row.task, row.system, row.metric, row.slice, row.origin) == wanted)


def test_only_systems_that_are_significantly_better_push_a_rank_down() -> None:
    """88.8 against 83.0 and 62.5 of 624 are differences no chance makes; a system and its twin are both beaten by one."""
    assert [row(system, "accuracy").rank for system in ("harness CNN (28)", "nearest", "majority")] == ["1", "2", "3"]
    runs = real_runs(RESULTS)
    [first] = [name for name in runs if name.startswith("pneumoniamnist/harness-CNN")]
    [second] = [name for name in runs if name.startswith("pneumoniamnist/nearest")]
    assert standings.ranks({"best": runs[first], "one": runs[second], "twin": runs[second]}) == {"best": 1, "one": 2, "twin": 2}


def test_a_rank_counts_systems_and_not_their_runs() -> None:
    """Three runs of one name are better than the majority: one system, so it is second and not fourth."""
    best = competing("oracle")
    runs = {"a": best, "b": structs.replace(best, created="2026-01-02"), "c": structs.replace(best, created="2026-01-03")}
    assert standings.ranks({**runs, "worst": competing("majority")}) == {"a": 1, "b": 1, "c": 1, "worst": 2}


def test_two_models_of_one_name_are_two_systems() -> None:
    """As two servers of one id are, of which only the digest knows; a run that knows none joins its name."""
    best, worst = competing("oracle"), competing("majority")

    def of(digest: str) -> Record:
        return structs.replace(best, prompting=structs.replace(best.prompting, model_digest=digest))

    runs = {"a": of("1" * 16), "b": of("2" * 16), "again": of("2" * 16), "worst": worst}
    ranked = standings.ranks(runs)
    assert ranked == {"a": 1, "b": 1, "again": 1, "worst": 3}
    places = standings.standings(runs, ranked)
    assert [place.system for place in places] == ["oracle (model 11111111)", "oracle (model 22222222)", "majority"]
    assert standings.ranks({"a": of("1" * 16), "unknown": of(""), "worst": worst})["worst"] == 2
    other = structs.replace(of("2" * 16), model=replace(best.model, digest="another file of replies under the same --name"))
    assert standings.ranks({"a": of("1" * 16), "other": other, "worst": worst})["worst"] == 2


def named(*names: str) -> dict[str, Record]:
    """One record as that of several systems."""
    record = competing("majority")
    return {str(place): structs.replace(record, model=replace(record.model, name=name)) for place, name in enumerate(names)}


def test_ranks_are_decided_by_adjusted_p_values(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three systems make three pairs: a p of 0.03 is 0.09 after Holm's adjustment, and pushes nobody down."""
    difference = Difference(first=0.1, second=0.9, value=0.8, low=0.7, high=0.9, p=0.03, mcnemar_p=None, n=9, n_groups=9)
    monkeypatch.setattr(tournament, "compare", lambda metric, systems, pairs, **_: [difference] * len(pairs))
    assert standings.ranks(named("a", "b", "c")) == {"0": 1, "1": 1, "2": 1}
    assert standings.ranks(named("a", "b")) == {"0": 2, "1": 1}, "one pair is adjusted by nothing"


def test_each_pair_is_tested_once_and_runs_of_one_system_never(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = named("a", "a", "b", "c")
    tested: list[str] = []
    real = contests._made

    def counted(sides: Any, pairs: Sequence[tuple[str, str]], *given: Any) -> Any:
        tested.extend(runs[one].model.name + runs[other].model.name for one, other in pairs)
        return real(sides, pairs, *given)

    monkeypatch.setattr(contests, "_made", counted)
    standings.ranks(runs)
    assert sorted(tested) == ["ab", "ab", "ac", "ac", "bc"]


def test_what_cannot_be_tested_has_no_rank_and_what_saw_other_pictures_is_ranked_apart() -> None:
    """Without resamples, or under a metric that is defined otherwise by now, nothing here tells two runs apart."""
    runs = {name: competing(name) for name in ("majority", "oracle")}
    assert standings.ranks(runs) == {"oracle": 1, "majority": 2}
    without = {name: structs.replace(run, bootstrap=replace(run.bootstrap, resamples=0)) for name, run in runs.items()}
    assert standings.ranks(without) == {}
    old = {
        name: structs.replace(run, estimates=tuple(structs.replace(one, signature=f"{one.signature}|old") for one in run.estimates))
        for name, run in runs.items()
    }
    assert standings.ranks(old) == {}
    assert standings.unranked(old, {}) == ["pneumoniamnist"]
    shown = {name: structs.replace(run, data=structs.replace(run.data, pictures=name)) for name, run in runs.items()}
    assert standings.ranks(shown) == {"oracle": 1, "majority": 1}
    assert standings.apart(shown) == ["pneumoniamnist"]


def test_the_best_stands_first_whichever_way_a_metric_points() -> None:
    """The network's Brier score is 0.083771 and the majority's 0.248097; less is better."""
    brier = [(row.system, row.direction) for row in committed() if (row.task, row.metric) == ("pneumoniamnist", "brier")]
    assert brier == [("harness CNN (28)", "lower"), ("majority", "lower")]
    places: dict[tuple[str, ...], list[leaderboard.Row]] = {}
    for found in committed():
        key = (found.task, found.task_variant, found.split, found.metric, found.metric_variant, found.slice)
        places.setdefault(key, []).append(found)
    for rows in places.values():
        values = [float(row.value) for row in rows]
        [direction] = {row.direction for row in rows}
        assert not direction or values == sorted(values, reverse=direction == "higher")


def test_published_numbers_get_their_direction_from_the_metrics_name() -> None:
    """CheXbert's scores over 5 and 14 findings are published under names that no metric of ours has: nothing is said of them."""
    names = ("brier", "accuracy", "calibration_error", "chexbert_macro_f1_14")
    assert [registry.higher_is_better(name) for name in names] == [False, True, False, None]
    for found in committed():
        if found.origin == "reported":
            assert found.direction == ("" if found.metric.startswith("chexbert_") else "higher")


def test_two_runs_of_one_name_are_told_apart() -> None:
    record = competing("majority")
    runs = {"a": record, "b": structs.replace(record, prompting=structs.replace(record.prompting, few_shot=3))}
    rows = [row for row in leaderboard.rows_of(runs) if row.origin == "measured"]
    assert {(row.system, row.label) for row in rows} == {("majority", "majority (0-shot)"), ("majority", "majority (3-shot)")}


def test_partial_runs_are_left_out_unless_they_are_asked_for(tmp_path: Path) -> None:
    evaluated(tmp_path, "majority", limit=5, **AS_REAL)
    assert not [row for row in leaderboard.rows_of(real_runs(tmp_path)) if row.origin == "measured"]
    rows = leaderboard.rows_of(real_runs(tmp_path, partial=True))
    assert {row.n for row in rows if row.origin == "measured" and row.slice == "all"} == {"5"}


def test_a_measured_value_is_set_against_the_best_published_one_that_compares() -> None:
    """0.887821 against Google AutoML Vision's 0.946 (MedMNIST v2) and MedViT-S's 0.961 (MedViT), the best at 28 x 28."""
    assert row("harness CNN (28)", "accuracy").delta == "-0.073179"
    assert row("MedViT-S", "accuracy", "reported").comparable == "yes"
    assert row("BiomedGPT-B (arXiv v1)", "accuracy", "reported").comparable.startswith("unknown resolution")


def test_a_rank_is_for_the_metric_that_ranks_alone() -> None:
    assert {(row.slice, row.origin, row.comparable) for row in committed() if row.rank} == {("all", "measured", "yes")}


def test_standings_say_over_how_many_tasks_they_are() -> None:
    runs = real_runs(RESULTS)
    places = {place.system: place for place in standings.standings(runs, standings.ranks(runs))}
    assert places["harness CNN (28)"].tasks == ("pneumoniamnist",)
    assert (places["harness CNN (28)"].of_paper, places["harness CNN (28)"].wins, places["harness CNN (28)"].mean_rank) == (1, 1, 1.0)
    assert set(places["nearest"].tasks) == {"meqsum", "pneumoniamnist", "vqa_rad"}


def test_the_committed_runs_beside_what_was_published() -> None:
    """PneumoniaMNIST at 28 pixels: MedViT-S, 0.961. No published exact match on VQA-RAD is by our rule; LLaVA-Med's lie 29.2 apart."""
    found = {one.task: one for one in beside(committed())}
    assert set(found) == {"meqsum", "pneumoniamnist", "vqa_rad"}
    lungs = found["pneumoniamnist"]
    assert (lungs.metric, lungs.best, lungs.best_system, lungs.best_source) == ("accuracy/label", 0.961, "MedViT-S", "MedViT")
    questions = found["vqa_rad"]
    assert (questions.best, questions.spread_system) == (None, "LLaVA-Med")
    assert round(questions.spread or 0, 6) == 0.292
