"""Single samples: which are wanted, and what was read in a reply and why."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from harness.data import catalog
from harness.data import examples as loading
from harness.data.examples import SAMPLES
from harness.errors import UsageError
from harness.stats.bootstrap import Bootstrap
from harness.types import Response
from harness.views import at_hand, browse_runs, deciding, selection
from harness.views.browse_runs import Table
from harness.views.wanted import Wanted
from tests.views.support import AS_REAL, RESULTS, evaluated, replied


def run(folder: Path, model: str, task: str = "vqa_rad", **changes: Any) -> Path:
    return evaluated(folder / "results", model, task, plan=Bootstrap(resamples=0), **changes).folder


def tables(*folders: Path, differs: Path | None = None, which: Wanted | None = None, **changes: Any) -> list[Table]:
    found = selection.select(folders, partial=True).runs
    other = () if differs is None else selection.select([differs], partial=True).runs
    options: dict[str, Any] = {"most": None, "data_root": None, "task_dirs": (), "allow_credentialed": False, **changes}
    return list(browse_runs.tables(found, other, which or Wanted(differs=differs is not None), **options).tables)


@pytest.fixture(scope="module")
def majority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """It says "a drawing program" to all of the 20 invented questions, which is right of two."""
    return run(tmp_path_factory.mktemp("majority"), "majority")


@pytest.fixture(scope="module")
def oracle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run(tmp_path_factory.mktemp("oracle"), "oracle")


@pytest.mark.parametrize(
    ("task", "reply", "read", "why"),
    [
        ("vqa_rad", "Yes", "Yes", deciding.WHOLE),
        ("vqa_rad", r"I see it. \boxed{yes}", "yes", deciding.SET_APART),
        ("vqa_rad", "<answer>yes</answer> as asked", "yes", deciding.SET_APART),
        ("vqa_rad", "<think>no?</think>yes", "yes", deciding.ANSWER),
        ("vqa_rad", "The liver is large.\nThe answer is: yes", "The liver is large.", deciding.FIRST_LINE),
        ("vqa_rad", "Let me see.\nFinal answer: yes", "yes", deciding.ANNOUNCED),
        ("vqa_rad", "yes\nThe border is clear.", "yes", deciding.FIRST_LINE),
        ("pneumoniamnist", "B", "pneumonia", deciding.WHOLE),
        ("pneumoniamnist", "It is clear to see.\nThe correct option is (A).", "normal", deciding.ANNOUNCED),
        ("pneumoniamnist", "normal or pneumonia", None, deciding.NOT_READ["unparsed"]),
        ("meqsum", "What is it?\nAnd why?", "What is it? And why?", deciding.WHOLE),
    ],
)
def test_the_part_of_a_reply_that_decided_is_named(task: str, reply: str, read: str | None, why: str) -> None:
    known = catalog.task(task)
    example = loading.load(known).examples[0]
    found = deciding.read(known, example, Response(text=reply), "unparsed" if read is None else "answered")
    assert (found.prediction, found.why) == (read, why)


@pytest.mark.parametrize(
    ("response", "why"),
    [
        (Response(), deciding.NOT_READ["empty"]),
        (Response(error="timed out"), deciding.NOT_READ["failed"]),
        (Response(refusal="not medical advice"), deciding.NOT_READ["refused"]),
        (Response(finish="length"), deciding.CUT),
        (Response(choice_log_probs=(-2.0, -0.1)), deciding.SCORES),
    ],
)
def test_what_says_nothing_says_why(response: Response, why: str) -> None:
    task = catalog.task("pneumoniamnist")
    assert deciding.read(task, loading.load(task).examples[0], response, "").why == why


def test_a_sample_has_all_that_is_at_hand(majority: Path, oracle: Path) -> None:
    [table] = tables(majority, oracle, which=Wanted(ids=("64",)))
    [sample] = table.samples
    assert (table.task, table.systems, table.n, table.total, table.missing) == ("vqa_rad", ("majority", "oracle"), 20, 1, ())
    assert sample.question is not None
    assert sample.question.endswith("Answer with a single word or a short phrase.")
    assert sample.references == ("Yes",)
    assert sample.pictures is not None
    assert Path(sample.pictures[0]).name == "synpic908.jpg"
    assert sample.tags["answer_type"] == "closed"
    assert [(reply.system, reply.text, reply.values["exact_match/canonical"]) for reply in sample.replies] == [
        ("majority", "a drawing program", 0.0),
        ("oracle", "Yes", 1.0),
    ]
    assert json.loads(json.dumps(sample.as_json()))["replies"][1]["read"] == "Yes"


def test_filters_narrow_and_outcomes_add_up(majority: Path, oracle: Path) -> None:
    """18 of 20 are wrong; the oracle differs on these and on no other."""
    [wrong] = tables(majority, which=Wanted(wrong=True))
    [differing] = tables(majority, differs=oracle)
    assert wrong.total == differing.total == 18
    assert differing.systems == ("majority", "oracle")
    [closed] = tables(majority, which=Wanted(wrong=True, slices=("closed",)))
    [by_dimension] = tables(majority, which=Wanted(wrong=True, slices=("answer_type=closed",)))
    assert 0 < closed.total < 18
    assert by_dimension.total == closed.total
    [few] = tables(majority, which=Wanted(wrong=True), most=3)
    assert (few.total, len(few.samples)) == (18, 3)
    assert tables(oracle, which=Wanted(wrong=True, failed=True))[0].total == 0


def test_replies_that_failed_or_say_nothing_are_found(tmp_path: Path) -> None:
    examples = loading.load(catalog.task("vqa_rad")).examples
    lines = [{"id": e.id, "text": str(e.target)} for e in examples]
    lines[0] |= {"text": ""}
    lines[1] = {"id": examples[1].id, "text": "", "error": "timed out"}
    lines[2] |= {"text": "", "refusal": "I cannot say"}
    made = replied(tmp_path, lines)
    for which, place in ((Wanted(unread=True), 0), (Wanted(failed=True), 1), (Wanted(refused=True), 2)):
        [table] = tables(made.folder, which=which)
        assert [sample.id for sample in table.samples] == [examples[place].id]
    [both] = tables(made.folder, which=Wanted(unread=True, failed=True))
    assert both.total == 2
    assert [reply.error for sample in both.samples for reply in sample.replies] == ["", "timed out"]


def test_graded_samples_stand_worst_first() -> None:
    """Of the committed run on 100 questions, whose text is not here."""
    [table] = tables(next((RESULTS / "meqsum").glob("lead-*")), which=Wanted(wrong=True))
    assert table.total == 100
    values = [sample.replies[0].values["rouge_l/stem"] or 0.0 for sample in table.samples]
    assert values == sorted(values)
    assert values[0] < values[-1] < 1


def test_a_limited_run_stands_beside_a_whole_one(tmp_path: Path, oracle: Path) -> None:
    [table] = tables(run(tmp_path, "majority", limit=5), differs=oracle)
    assert (table.n, table.total) == (5, 5)


def test_without_the_data_the_record_is_told_and_what_is_missing(tmp_path: Path) -> None:
    folder = run(tmp_path, "majority", **AS_REAL)
    [table] = tables(folder, which=Wanted(ids=("64",)))
    [sample] = table.samples
    assert table.missing == (at_hand.NO_ROOT,)
    assert (sample.question, sample.pictures, sample.references, sample.replies[0].read) == (None, None, None, None)
    assert sample.replies[0].text == "a drawing program"
    assert sample.replies[0].values["exact_match/canonical"] == 0.0
    (folder / "replies.jsonl").unlink()
    [table] = tables(folder, data_root=SAMPLES)
    assert table.missing == (f"majority: {at_hand.NO_REPLIES}",)
    assert table.samples[0].question is not None
    assert table.samples[0].replies[0].text is None


def test_a_credentialed_dataset_shows_its_record_alone(tmp_path: Path) -> None:
    data = tmp_path / "data"  # where a secret may be kept
    shutil.copytree(SAMPLES / "mednli", data / "mednli")
    folder = run(tmp_path, "majority", "mednli", data_root=data, accept_different=True)
    [table] = tables(folder, data_root=data)
    assert table.missing == (at_hand.WITHHELD,)
    assert {(sample.question, sample.references, sample.replies[0].text) for sample in table.samples} == {(None, None, None)}
    [shown] = tables(folder, data_root=data, allow_credentialed=True)
    assert all(sample.question and sample.replies[0].read for sample in shown.samples)
    example = loading.load(catalog.task("mednli"), data_root=data, accept_different=True).examples[3]
    assert example.id not in {sample.id for sample in shown.samples}
    [asked] = tables(folder, data_root=data, allow_credentialed=True, which=Wanted(ids=(example.id,)))
    assert [sample.id for sample in asked.samples] == [shown.samples[3].id], "a sample is found by the release's own id too"


def test_what_does_not_exist_is_refused_by_name(majority: Path, oracle: Path, tmp_path: Path) -> None:
    other = run(tmp_path, "majority", "pneumoniamnist")
    for which, differs, words in (
        (Wanted(ids=("no such",)), None, "unknown sample of these runs 'no such'"),
        (Wanted(slices=("closd",)), None, "Did you mean closed"),
        (Wanted(differs=True), other, "different tasks: vqa_rad .majority. and pneumoniamnist .majority."),
        (Wanted(differs=True), oracle.parents[1], "--differs names the only run"),
    ):
        runs = (oracle,) if "only" in words else (majority,)
        with pytest.raises(UsageError, match=words):
            tables(*runs, differs=differs, which=which)
