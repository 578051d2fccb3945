"""The Python API: what the command line does, asked with objects."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from msgspec import structs

import harness
from harness.data import catalog, examples
from harness.errors import DataUseRefused, MissingData, ModelError, UsageError
from harness.models import objects
from harness.types import ModelInfo, Request, Response

TARGETS = {example.id: example.target for example in examples.load(catalog.task("vqa_rad")).examples}
"""The invented sample's answers by id: twenty of them."""

RESULTS = Path(__file__).resolve().parents[2] / "results"


def yes(requests: Sequence[Request]) -> list[str]:
    return ["yes" for _ in requests]


def evaluated(model: Any, tasks: Any = "vqa_rad", **options: Any) -> Any:
    return harness.evaluate(model, tasks, **{"keep": False, "resamples": 0, "progress": False, **options})


def test_a_loop_over_systems_is_told_once_that_the_sample_is_invented(capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    monkeypatch.setattr("harness.api.shown._REMINDED", set())
    for name in ("A", "B"):
        harness.score(TARGETS, task="vqa_rad", name=name, keep=False, resamples=0)
    assert capsys.readouterr().err.count("note: no data root is given") == 1


def test_importing_loads_nothing_that_takes_time() -> None:
    code = "import harness, sys; print([n for n in ('numpy', 'pandas', 'torch', 'rich', 'typer', 'msgspec') if n in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_what_is_offered_is_listed_and_anything_else_is_not_there() -> None:
    assert {"evaluate", "score", "compare", "tasks", "open_model", "load_results"} <= set(dir(harness))
    assert all(callable(getattr(harness, name)) for name in harness.__all__)
    with pytest.raises(AttributeError, match="module 'harness' has no attribute 'evaluat'"):
        harness.evaluat  # noqa: B018


class Named:
    """A model of a user's own, with facts for the record."""

    info = ModelInfo(name="mine", kind="mine", digest="1")
    closed = asked = 0

    def generate(self, requests: Sequence[Request]) -> list[Response]:
        self.asked += len(requests)
        return [Response(text=TARGETS[request.id]) for request in requests]

    def close(self) -> None:
        self.closed += 1


def right(requests: Sequence[Request]) -> list[str]:
    return [TARGETS[request.id] for request in requests]


def as_mappings(requests: Sequence[Request]) -> list[dict[str, str]]:
    return [{"text": f"<think>hm</think>{TARGETS[request.id]}"} for request in requests]


@pytest.mark.parametrize("model", [right, as_mappings, Named(), "baseline:oracle"], ids=["texts", "mappings", "object", "spec"])
def test_a_model_is_a_spec_an_object_or_a_function(model: Any) -> None:
    runs = evaluated(model)
    assert list(runs) == ["vqa_rad"]
    assert (runs["vqa_rad"].value().value, runs["vqa_rad"].value("exact_match").n) == (1.0, 20)


def test_nothing_is_written_where_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    model = Named()
    for times in (1, 2):
        run = evaluated(model)["vqa_rad"]
        assert model.asked == times * 20  # and nothing is used again
    assert run.folder is None
    assert list(tmp_path.iterdir()) == []
    assert model.closed == 0  # the caller's model is theirs to end


def test_a_kept_run_is_that_of_the_command_line_and_asked_once(tmp_path: Path) -> None:
    model = Named()
    for _ in range(2):
        run = evaluated(model, keep=True, results=tmp_path)["vqa_rad"]
    assert model.asked == 20
    assert {path.name for path in run.folder.iterdir()} == {".gitignore", "replies.jsonl", "run.json", "run.lock", "samples.csv"}
    assert harness.load_results(tmp_path).query("slice == 'all'")["value"].iloc[0] == 1.0


def test_tasks_are_a_list_or_a_text_with_commas_and_a_failure_is_visible() -> None:
    def fails(requests: Sequence[Request]) -> list[str]:
        if len(requests[0].item.choices) == 3:  # MedNLI's
            raise ValueError("down")
        return yes(requests)

    with pytest.warns(UserWarning, match="mednli: the model failed on every one of the"):
        runs = evaluated(fails, "vqa_rad, mednli", give_up_after=0)
    assert list(runs) == ["vqa_rad"]
    assert isinstance(runs.failures["mednli"], ModelError)
    with pytest.raises(ModelError, match="ValueError: down"):
        runs["mednli"]


@pytest.mark.parametrize(
    ("model", "tasks", "options", "error", "message"),
    [
        (yes, "vqa_rat", {}, UsageError, "Did you mean vqa_rad"),
        ("nothing.pt2", "vqa_rad", {}, MissingData, "no such file"),
        (7, "vqa_rad", {}, UsageError, r"int is no model: give a spec"),
        (yes, "vqa_rad", {"model_args": {"score": "x"}}, UsageError, "scores"),
        (Named, "vqa_rad", {}, UsageError, "Named is a class; pass an instance"),
        (yes, "vqa_rad", {"images": "second"}, UsageError, "the only choice is 'first'"),
        (yes, "vqa_rad", {"prompting": {"shot": 2}}, UsageError, "setting of how a model is asked 'shot'.*shots"),
        (yes, "vqa_rad", {"repeats": 2}, UsageError, "greedy answers are the same for every seed"),
        (yes, "vqa_rad", {"shard": "1/2"}, UsageError, "a run that is not kept has no shards"),
        (lambda _: "yes", "vqa_rad", {}, ModelError, r"must return a list of harness.types.Response, one to each request"),
        (lambda _: ["yes"], "vqa_rad", {}, ModelError, "gave 1 responses to 16 requests"),
        (lambda requests: [7 for _ in requests], "vqa_rad", {}, ModelError, r"text: expected str \| null, got int"),
    ],
)
def test_what_cannot_be_is_the_command_line_s_error(model: Any, tasks: str, options: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        evaluated(model, tasks, **options)


def test_a_message_promises_nothing_of_a_run_that_is_not_kept() -> None:
    def down(requests: Sequence[Request]) -> list[str]:
        raise ConnectionError(f"no answer to {len(requests)}")

    with pytest.raises(ModelError, match="given up after 3 failures in a row") as told:
        evaluated(down, give_up_after=3)
    assert "kept" not in str(told.value)


def test_repeats_are_runs_with_seeds_and_a_spread() -> None:
    seen: list[int] = []

    def drawn(requests: Sequence[Request]) -> list[str]:
        seen.append(requests[0].decoding.seed)
        return [TARGETS[request.id] if request.decoding.seed else "?" for request in requests]

    runs = evaluated(drawn, repeats=2, decoding={"temperature": 0.5}, batch_size=100)
    assert seen == [0, 1]
    assert [run.value().value for run in runs.of["vqa_rad"]] == [0.0, 1.0]
    assert runs.spreads()[0].sd == pytest.approx(0.70711, abs=1e-5)  # of 0 and 1, with n - 1


def test_how_a_model_is_asked_is_said_by_field() -> None:
    seen: list[Request] = []

    def noted(requests: Sequence[Request]) -> list[str]:
        seen.extend(requests)
        return yes(requests)

    asking = {"system": "Be brief.", "template": "Q: {question}"}
    evaluated(noted, prompting=asking, decoding={"max_new_tokens": 3}, limit=1)
    assert (seen[0].system, seen[0].prompt[:3], seen[0].decoding.max_new_tokens) == ("Be brief.", "Q: ", 3)


def test_credentialed_data_goes_to_a_function_that_says_where_it_computes() -> None:
    task = catalog.task("mimic3_mortality")
    scene: Any = type("Scene", (), {"task": task})()
    with pytest.raises(DataUseRefused, match="say where yes computes: remote=False"):
        objects.backend_of(yes, {}, unsaid=True).for_task(scene)
    assert objects.backend_of(yes, {}, remote=True).for_task(scene).info.remote


def test_a_suite_is_evaluated_as_one_system_and_opens_each_model_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    code = (
        "from pathlib import Path\nfrom harness.models.baselines import open_model\n"
        "def make(name):\n    with Path('opened').open('a') as file:\n        file.write(f'{name} ')\n    return open_model(name, {})\n"
    )
    (tmp_path / "mine.py").write_text(code)
    tables = [
        f'[tasks.{task}]\nmodel = "mine.py:make"\nargs = {{ name = "{name}" }}\n'
        for task, name in (("vqa_rad", "oracle"), ("mednli", "majority"), ("pneumoniamnist", "oracle"))
    ]
    (tmp_path / "suite.toml").write_text("\n".join(['name = "Two"', *tables]))
    runs = evaluated(Path("suite.toml"), ())
    assert list(runs) == ["vqa_rad", "pneumoniamnist", "mednli"]
    assert {run.record.model.name for run in runs.values()} == {"Two"}
    assert (tmp_path / "opened").read_text() == "oracle majority "


def test_an_open_model_serves_several_calls() -> None:
    model = harness.open_model("baseline:constant", text="yes")
    assert {evaluated(model, task)[task].record.counts.answered for task in ("vqa_rad", "vqa_rad@hub")} == {20}


def test_scores_of_a_function_make_the_areas() -> None:
    def sure(requests: Sequence[Request]) -> list[dict[str, Any]]:
        return [{"choice_log_probs": np.log([0.75, 0.25])} for _ in requests]

    run = evaluated(sure, "pneumoniamnist")["pneumoniamnist"]
    assert run.value("auc/medmnist").value == 0.5  # all alike
    assert run.made.plan.info.scores == "softmax"


@pytest.fixture(scope="module")
def run() -> Any:
    return evaluated(yes)["vqa_rad"]


class TestRun:
    """What a finished run says."""

    def test_a_value_is_an_estimate(self, run: Any) -> None:
        answers = [target.lower() for target in TARGETS.values()]
        assert run.value("exact_match").value == answers.count("yes") / 20
        assert run.value("exact_match", slice="yes_no").n == answers.count("yes") + answers.count("no")
        assert run.value("exact_match/biomedgpt").variant == run.value("exact_match", variant="biomedgpt").variant == "biomedgpt"

    @pytest.mark.parametrize(
        ("asked", "message"),
        [
            ({"metric": "exact_mach"}, "exact_match"),
            ({"slice": "close"}, "closed"),
            ({"metric": "accuracy"}, "accuracy has several variants: "),
        ],
    )
    def test_an_unknown_one_is_named_with_those_there_are(self, run: Any, asked: dict[str, str], message: str) -> None:
        with pytest.raises(UsageError, match=message):
            run.value(**asked)

    def test_samples_are_a_frame(self, run: Any) -> None:
        frame = run.samples()
        assert frame.columns[:3].tolist() == ["id", "group", "outcome"]
        assert dict(zip(frame["id"], frame["target"], strict=True)) == TARGETS
        assert frame["exact_match/canonical"].mean() == run.value("exact_match").value
        assert "auc/medmnist" not in frame.columns

    def test_text_of_credentialed_data_is_shown_where_asked_alone(self, run: Any) -> None:
        plan = run.made.plan
        card = structs.replace(plan.task.card, access="credentialed")
        real = replace(plan, task=replace(plan.task, card=card), dataset=replace(plan.dataset, synthetic=False))
        kept = type(run)(made=replace(run.made, plan=real))
        assert kept.samples()[["reply", "prediction", "target"]].isna().all(axis=None)
        assert kept.samples(allow_credentialed=True)["reply"].tolist() == ["yes"] * 20

    def test_further_metrics_are_scored_of_the_same_replies(self, run: Any) -> None:
        again = run.rescored(["exact_match/any-order"])
        assert again.value("exact_match/any-order").n == 20
        assert again.value("exact_match/canonical") == run.value("exact_match")
        with pytest.raises(UsageError, match="unknown metric of vqa_rad, slice 'all' 'exact_match/any-order'"):
            run.value("exact_match/any-order")

    def test_it_shows_itself(self, run: Any) -> None:
        assert repr(run).startswith("<Run vqa_rad · yes · n 20 · exact_match/canonical 0.")
        assert "<table" in run._repr_html_()


def test_why_published_values_differ_is_a_frame() -> None:
    frame = harness.why("slake_en", "lingshu 7b", metric="accuracy")
    whole = frame[frame["slice"] == "all"]
    assert list(whole["printed"]) == ["33.2", "81.9", "83.1"]
    assert list(whole["says.judge"].fillna("")) == ["gpt-5-mini-2025-08-07", "", "gpt-4.1-2025-04-14, the default of the code"]
    assert set(whole["apart"].round(3)) == {0.499}
    assert frame.attrs["effects"] == []
    measured = harness.why("vqa_rad", results=RESULTS / "vqa_rad").attrs["effects"]
    assert {one["second"] for one in measured} >= {"accuracy/llava_med", "exact_match/biomedgpt"}
    [run] = sorted((RESULTS / "vqa_rad").glob("nearest-*/test-*"))
    assert set(harness.compare(run, "reported:lingshu 7b")["published.system"]) == {"Lingshu-7B"}
    pairs = harness.compare("reported:Lingshu-7B", "reported:Hulu-Med-7B")
    assert list(pairs["difference"].round(3)) == [0.032, 0.039, 0.105]


def test_runs_are_compared_with_each_other_and_with_published_numbers(tmp_path: Path) -> None:
    first, second = evaluated(yes)["vqa_rad"], evaluated(right, keep=True, results=tmp_path)["vqa_rad"]
    frame = harness.compare(first, second.folder)
    assert frame.iloc[0][["metric", "slice", "difference.value"]].tolist() == ["exact_match", "all", 1 - first.value().value]
    beside = harness.compare(first, "reported", metric="exact_match")
    assert set(beside["judgement"]) == {"not comparable"}  # invented data
    with pytest.raises(UsageError, match="nothing to compare"):
        harness.compare(first, evaluated(yes, "mednli")["mednli"])


def test_tasks_are_listed_whatever_was_imported_before() -> None:
    frame = harness.tasks("medmnist")
    assert {"pneumoniamnist", "organcmnist"} <= set(frame["name"])
    import harness.tasks.vqa.vqa_rad as adapter

    assert adapter.__name__ == "harness.tasks.vqa.vqa_rad"
    assert len(harness.tasks()) == len(catalog.names())


ROWS = [{"qid": name, "said": target} for name, target in TARGETS.items()]
NAMED = {"id": "qid", "text": "said"}


@pytest.mark.parametrize(
    ("replies", "columns"),
    [
        (TARGETS, None),
        ({name: Response(text=target) for name, target in TARGETS.items()}, None),
        ({name: {"text": target} for name, target in TARGETS.items()}, None),
        ({np.int64(name): target for name, target in TARGETS.items()}, None),
        (pd.DataFrame(ROWS), NAMED),
        (pd.DataFrame(ROWS).rename(columns={"qid": "id", "said": "text"}), None),
        (pd.DataFrame(ROWS).set_index("qid")["said"], None),
        (ROWS, NAMED),
        (pd.DataFrame(ROWS).set_index("qid"), NAMED),
        (pd.DataFrame([list(row.values()) for row in ROWS]), {"id": 0, "text": 1}),
        ({"qid": [row["qid"] for row in ROWS], "said": [row["said"] for row in ROWS]}, NAMED),
    ],
    ids="texts, responses, mappings, numbers, frame with columns, frame, series, records, index, numbered columns, lists".split(", "),
)
def test_replies_are_scored_in_whatever_holds_them(replies: Any, columns: Any) -> None:
    run = harness.score(replies, "vqa_rad", columns=columns, keep=False, resamples=0)
    assert (run.value().value, run.record.counts.failed) == (1.0, 0)


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl", "parquet"])
def test_replies_are_scored_from_a_file_of_rows(tmp_path: Path, suffix: str) -> None:
    path, frame = tmp_path / f"replies.{suffix}", pd.DataFrame(ROWS)
    if suffix == "jsonl":
        frame.to_json(path, orient="records", lines=True)
    elif suffix == "parquet":
        frame.to_parquet(path)
    else:
        frame.to_csv(path, index=False, sep="," if suffix == "csv" else "\t")
    run = harness.score(path, "vqa_rad", columns=NAMED, keep=False, resamples=0)
    assert (run.value().value, run.record.model.name) == (1.0, "replies")


@pytest.mark.parametrize(
    ("replies", "columns", "message"),
    [
        ([{"id": "64", "text": word} for word in ("yes", "no")], None, r"row 2: a second reply for id '64' \(the first: row 1\)"),
        (pd.DataFrame(ROWS), {"id": "qid", "text": "sad"}, "the replies, row 1: unknown column 'sad'.*said"),
        (pd.DataFrame(ROWS), {"id": "qid", "txt": "said"}, "field of a reply 'txt'.*text"),
        (pd.DataFrame({"id": ["64"], "text": [1.0]}), None, "row 1: 'text' is the number 1.0; read the column as text"),
        ({"no id of it": "yes"}, None, "the replies: 1 of 1 ids are none of vqa_rad's test split"),
        (pd.DataFrame([["64", "yes", "no"]], columns=["id", "text", "text"]), None, "two columns are called 'text'"),
        (pd.DataFrame({"text": ["yes"]}, index=["64"]), None, r"row 1: no 'id' \(there are: text\)"),
        (3.5, None, "float holds no replies"),
        ({}, None, "no reply in it"),
    ],
)
def test_what_is_no_reply_is_named_with_its_place(replies: Any, columns: Any, message: str) -> None:
    with pytest.raises((UsageError, harness.errors.CorruptData), match=message):
        harness.score(replies, "vqa_rad", columns=columns, keep=False)


def test_a_file_of_replies_is_the_run_of_the_command_line(tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl"
    pd.DataFrame(ROWS).rename(columns={"qid": "id", "said": "text"}).to_json(path, orient="records", lines=True)
    run = harness.score(path, "vqa_rad", results=tmp_path / "results")
    assert evaluated(f"predictions:{path}", keep=True, resamples=1000, results=tmp_path / "results")["vqa_rad"].folder == run.folder
    renamed = tmp_path / "theirs.csv"
    pd.DataFrame(ROWS).to_csv(renamed, index=False)
    named = harness.score(renamed, "vqa_rad", columns=NAMED, results=tmp_path / "results")
    columns = {"text": "said", "id": "qid"}
    asked = evaluated(f"predictions:{renamed}", keep=True, resamples=1000, results=tmp_path / "results", model_args=columns)
    assert asked["vqa_rad"].folder == named.folder
    with pytest.raises(UsageError, match=r"'vqa' is \d tasks"):
        harness.score(path, "vqa")


def test_scores_of_a_table_stand_in_one_column_or_in_several(tmp_path: Path) -> None:
    targets = {example.id: example for example in examples.load(catalog.task("pneumoniamnist")).examples}
    sure = {name: [-9.0 if choice != example.target else -0.0001 for choice in example.input.choices] for name, example in targets.items()}
    path = tmp_path / "scores.csv"
    pd.DataFrame([{"file": name, "a": a, "b": b} for name, (a, b) in sure.items()]).to_csv(path, index=False)
    several = harness.score(path, "pneumoniamnist", columns={"id": "file", "choice_log_probs": ["a", "b"]}, keep=False, resamples=0)
    one = harness.score({name: {"choice_log_probs": logs} for name, logs in sure.items()}, "pneumoniamnist", keep=False, resamples=0)
    assert several.value("auc/medmnist").value == one.value("auc/medmnist").value == 1.0
