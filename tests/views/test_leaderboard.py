"""The leaderboard is what the records and the published numbers give, and nothing else."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from harness import models
from harness.data import catalog
from harness.data.examples import SAMPLES
from harness.errors import VerificationError
from harness.metrics import registry
from harness.runs import evaluate
from harness.runs.plan import Options
from harness.runs.record import Record
from harness.stats import tournament
from harness.stats.paired import Difference
from harness.views import contests, leaderboard, leaderboard_file, standings

ROOT = Path(__file__).resolve().parent.parent.parent


@functools.cache
def committed() -> list[leaderboard.Row]:
    """What the committed records give."""
    return leaderboard.build(ROOT / "results")


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """One run on what the loader takes for a real release, and one on the invented sample."""
    task, backend = catalog.task("meqsum"), models.open_model("baseline:lead", {})
    evaluate.evaluate(task, backend, Options(results=tmp_path / "results"))
    task = catalog.task("vqa_rad")
    options = Options(results=tmp_path / "results", data_root=SAMPLES, accept_different=True)
    evaluate.evaluate(task, models.open_model("baseline:majority", {}), options)
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
    text = leaderboard_file.to_csv(rows)
    leaderboard_lines = text.splitlines(keepends=True)
    if change == "digit":
        leaderboard_lines[5] = leaderboard_lines[5].replace("0.", "1.", 1)
    elif change == "line gone":
        del leaderboard_lines[-1]
    if change != "no file":
        path.write_text("".join(leaderboard_lines))
    with pytest.raises(VerificationError, match=r"leaderboard\.csv"):
        leaderboard_file.check_file(path, rows)


def test_the_committed_table_is_what_the_committed_records_give() -> None:
    leaderboard_file.check_file(ROOT / "leaderboard.csv", committed())


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


def placed(results: Path, *models_: str, name: str = "") -> None:
    options = Options(results=results, data_root=SAMPLES, accept_different=True, name=name)
    for model in models_:
        evaluate.evaluate(catalog.task("pneumoniamnist"), models.open_model(f"baseline:{model}", {}), options)


def competing(results: Path) -> dict[str, Record]:
    """Runs on a sample that the loader takes for a release, as if it were the official one."""
    return {source: structs.replace(record, not_ranked=()) for source, record in leaderboard.read_runs(results).items()}


def test_a_rank_counts_systems_and_not_their_runs(tmp_path: Path) -> None:
    """Three runs of one name are better than the majority: one system, so it is second and not fourth."""
    placed(tmp_path, "majority")
    [worst] = competing(tmp_path).values()
    [(_, best)] = [(0, run) for run in _of("oracle", tmp_path / "best").values()]
    runs = {"a": best, "b": structs.replace(best, created="2026-01-02"), "c": structs.replace(best, created="2026-01-03"), "worst": worst}
    assert standings.ranks(runs) == {"a": 1, "b": 1, "c": 1, "worst": 2}


def test_two_models_of_one_name_are_two_systems(tmp_path: Path) -> None:
    """As two servers of one id are, of which only the digest knows; a run that knows none joins its name."""
    placed(tmp_path, "majority")
    [worst] = competing(tmp_path).values()
    [best] = _of("oracle", tmp_path / "best").values()

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


def _of(model: str, results: Path) -> dict[str, Record]:
    placed(results, model)
    return competing(results)


def test_ranks_are_decided_by_adjusted_p_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three systems make three pairs: a p of 0.03 is 0.09 after Holm's adjustment, and pushes nobody down."""
    [record] = _of("majority", tmp_path).values()
    runs = {name: structs.replace(record, model=replace(record.model, name=name)) for name in "abc"}
    difference = Difference(first=0.1, second=0.9, value=0.8, low=0.7, high=0.9, p=0.03, mcnemar_p=None, n=9, n_groups=9)
    monkeypatch.setattr(tournament, "compare", lambda metric, systems, pairs, **_: [difference] * len(pairs))
    assert standings.ranks(runs) == {"a": 1, "b": 1, "c": 1}
    assert standings.ranks({name: runs[name] for name in "ab"}) == {"a": 2, "b": 1}, "one pair is adjusted by nothing"


def test_each_pair_is_tested_once_and_runs_of_one_system_never(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [record] = _of("majority", tmp_path).values()
    runs = {str(place): structs.replace(record, model=replace(record.model, name=name)) for place, name in enumerate("aabc")}
    tested: list[str] = []
    real = contests._made

    def counted(sides: Any, pairs: Sequence[tuple[str, str]], *given: Any) -> Any:
        tested.extend(runs[one].model.name + runs[other].model.name for one, other in pairs)
        return real(sides, pairs, *given)

    monkeypatch.setattr(contests, "_made", counted)
    standings.ranks(runs)
    assert sorted(tested) == ["ab", "ab", "ac", "ac", "bc"]


def test_a_rank_that_could_not_be_tested_is_none(tmp_path: Path) -> None:
    runs = _of("majority", tmp_path) | {"best": next(iter(_of("oracle", tmp_path / "best").values()))}
    without = {name: structs.replace(record, bootstrap=replace(record.bootstrap, resamples=0)) for name, record in runs.items()}
    assert standings.ranks(without) == {}


def test_runs_under_a_metric_that_is_defined_otherwise_by_now_have_no_rank(tmp_path: Path) -> None:
    """They compare with each other, but nothing here can turn their statistics into the value that was ranked."""
    runs = _of("majority", tmp_path) | {"best": next(iter(_of("oracle", tmp_path / "best").values()))}
    old = {
        name: structs.replace(record, estimates=tuple(structs.replace(one, signature=f"{one.signature}|old") for one in record.estimates))
        for name, record in runs.items()
    }
    assert standings.ranks(old) == {}
    assert standings.unranked(old, {}) == ["pneumoniamnist"]


def test_runs_that_were_shown_other_pictures_are_ranked_apart(tmp_path: Path) -> None:
    runs = {"worst": next(iter(_of("majority", tmp_path).values())), "best": next(iter(_of("oracle", tmp_path / "best").values()))}
    assert standings.ranks(runs) == {"best": 1, "worst": 2}
    shown = {name: structs.replace(record, data=structs.replace(record.data, pictures=name)) for name, record in runs.items()}
    assert standings.ranks(shown) == {"best": 1, "worst": 1}
    assert standings.apart(shown) == ["pneumoniamnist"]


def test_the_best_stands_first_whichever_way_a_metric_points() -> None:
    """The network's Brier score is 0.083771 and the majority's 0.248097; less is better."""
    rows = [row for row in committed() if (row.task, row.metric) == ("pneumoniamnist", "brier")]
    assert [(row.system, row.direction) for row in rows] == [("harness CNN (28)", "lower"), ("majority", "lower")]
    for found in {(row.metric, row.direction) for row in committed() if row.metric in ("accuracy", "unparsed_rate", "calibration_error")}:
        assert found in {("accuracy", "higher"), ("unparsed_rate", "lower"), ("calibration_error", "lower")}


def test_every_place_in_the_table_is_in_its_direction() -> None:
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


def test_two_runs_of_one_name_are_told_apart(tmp_path: Path) -> None:
    for seed in (0, 1):
        options = Options(results=tmp_path, data_root=SAMPLES, accept_different=True, decoding={"seed": seed})
        evaluate.evaluate(catalog.task("vqa_rad"), models.open_model("baseline:random", {}), options)
    rows = [row for row in leaderboard.build(tmp_path) if row.origin == "measured"]
    assert {(row.system, row.label) for row in rows} == {("random", "random (seed 0)"), ("random", "random (seed 1)")}


def test_partial_runs_are_left_out_unless_they_are_asked_for(tmp_path: Path) -> None:
    options = Options(results=tmp_path, data_root=SAMPLES, accept_different=True, limit=5)
    evaluate.evaluate(catalog.task("vqa_rad"), models.open_model("baseline:majority", {}), options)
    assert not [row for row in leaderboard.build(tmp_path) if row.origin == "measured"]
    rows = leaderboard.rows_of(leaderboard.read_runs(tmp_path, partial=True))
    assert {row.n for row in rows if row.origin == "measured" and row.slice == "all"} == {"5"}


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
