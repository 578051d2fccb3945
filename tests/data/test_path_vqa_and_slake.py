"""PathVQA as its authors distribute it, in both pickled forms, of which nothing is run; and SLAKE, two languages in one file."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.data import catalog
from harness.data.examples import Dataset
from harness.errors import CorruptData
from harness.metrics.answers.reading import normalise
from tests.data.support import SAMPLES, copied, load, rewrite, sample


def repickled(root: Path, change: Callable[[list[Any]], Any]) -> Dataset:
    """PathVQA with other questions than the sample's."""
    path = copied("path_vqa", root) / "qas" / "test_vqa.pkl"
    path.write_bytes(pickle.dumps(change(pickle.loads(path.read_bytes()))))
    return load("path_vqa@official", root)


def test_questions_keep_their_ids_and_share_their_pictures() -> None:
    found = sample("path_vqa@official")
    assert [e.id for e in found.examples[:3]] == ["9000", "9001", "9002"]
    assert found.examples[0].group == found.examples[3].group == "test_0009"
    assert found.examples[0].input.images[0].read() == (SAMPLES / "path_vqa" / "images" / "test" / "test_0009.jpg").read_bytes()


def test_both_forms_of_the_questions_are_the_same_questions(tmp_path: Path) -> None:
    qas = copied("path_vqa", tmp_path) / "qas"
    before = load("path_vqa@official", tmp_path)
    rows = [{"image": e.group, "question": e.input.text, "answer": e.target} for e in before.examples]
    (qas / "test").mkdir()
    (qas / "test" / "test_qa.pkl").write_bytes(pickle.dumps(rows))
    (qas / "test_vqa.pkl").unlink()
    after = load("path_vqa@official", tmp_path)
    assert (before.layout, after.layout) == ("qas/test_vqa.pkl", "qas/test/test_qa.pkl")
    assert [(e.input.text, e.target, e.group) for e in after.examples] == [(e.input.text, e.target, e.group) for e in before.examples]
    assert [e.id for e in after.examples] == [str(number + 1) for number in range(25)]


def test_capitals_and_detached_punctuation_stay_and_are_equal_to_the_hubs_copy_once_normalised() -> None:
    official, copy = (sample(name).examples for name in ("path_vqa@official", "path_vqa"))
    assert "Yes" in {e.target for e in official}
    assert {e.target for e in official} & {"a Spotted sheet , tea - stained"}
    assert {(normalise(e.input.text), normalise(e.target)) for e in official} == {
        (normalise(e.input.text), normalise(e.target)) for e in copy
    }


def test_blanks_around_an_answer_stay_and_do_not_open_a_closed_question(tmp_path: Path) -> None:
    [example, *_] = repickled(tmp_path, lambda rows: [{**row, "label": {" yes ": 1}} for row in rows]).examples
    assert (example.target, example.tags["answer_type"]) == (" yes ", "closed")


def test_a_question_that_repeats_an_id_gets_one_of_its_own(tmp_path: Path) -> None:
    found = repickled(tmp_path, lambda rows: [{**row, "question_id": 7} for row in rows])
    assert [e.id for e in found.examples[:3]] == ["7", "7#2", "7#3"]
    rewrite(copied("slake", tmp_path) / "Slake1.0" / "test.json", lambda rows: [{**row, "qid": 3} for row in rows])
    assert [e.id for e in load("slake_en", tmp_path).examples[:3]] == ["3", "3#2", "3#3"]  # counted for each language


class Harm:
    """What a pickle runs when it is loaded as pickles are."""

    def __reduce__(self) -> Any:
        return (print, ("harm",))


def test_a_pickle_that_asks_for_a_function_is_refused_and_nothing_is_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(CorruptData, match=r"test_vqa\.pkl: not a pickled list of questions \(it asks for builtins\.print"):
        repickled(tmp_path, lambda rows: [*rows, {**rows[0], "sent": Harm()}])
    assert capsys.readouterr().out == ""


def test_each_language_has_its_own_questions_and_pictures() -> None:
    english, chinese = sample("slake_en"), sample("slake_zh")
    assert [len(found.examples) for found in (english, chinese)] == [24, 20]
    assert not {e.id for e in english.examples} & {e.id for e in chinese.examples}
    assert {e.group for e in english.examples} != {e.group for e in chinese.examples}
    assert english.examples[0].input.text.isascii()
    assert "吗" in chinese.examples[0].input.text


def test_no_picture_crosses_the_split_within_a_language() -> None:
    for name in ("slake_en", "slake_zh"):
        test, train = ({e.group for e in sample(name, split).examples} for split in ("test", "train"))
        assert not test & train


def test_the_answer_type_is_the_releases_and_yes_or_no_is_another_slice() -> None:
    example = next(e for e in sample("slake_en").examples if e.target == "Left")
    assert example.tags == {"answer_type": "closed", "content_type": "size", "modality": "x-ray", "yes_no": "free_form"}
    assert set(sample("slake_zh").examples[0].tags) == {"answer_type", "content_type", "modality"}


def test_a_model_is_told_the_location_and_never_the_modality() -> None:
    """What a picture was taken with is one of the questions."""
    for example in sample("slake_en").examples:
        assert set(example.input.context) == {"location"}


def test_a_question_without_an_answer_is_left_out_and_counted() -> None:
    found = sample("slake_en", "train")
    assert [(skipped.reason, skipped.where.split(", ")[-1]) for skipped in found.skipped] == [("the release gives no answer", "row 5")]
    assert len(found.examples) == 23


def test_answers_that_are_lists_stay_as_they_are() -> None:
    assert "Body, Fields, Ribs" in {e.target for e in sample("slake_en").examples}


def test_an_answer_keeps_its_blanks(tmp_path: Path) -> None:
    path = copied("slake", tmp_path) / "Slake1.0" / "test.json"
    rewrite(path, lambda rows: [{**row, "answer": " Transverse  Plane "} for row in rows])
    assert {e.target for e in load("slake_en", tmp_path).examples} == {" Transverse  Plane "}
    rewrite(path, lambda rows: [{**row, "answer": " Yes "} for row in rows])
    assert {e.tags["yes_no"] for e in load("slake_en", tmp_path).examples} == {"yes_no"}


def test_questions_are_asked_in_their_language() -> None:
    task = catalog.task("slake_zh")
    assert task.prompt(sample("slake_zh").examples[0].input) == "这张画里包含斑点吗？\n请只用一个词或一个短语回答。"


def test_the_english_test_has_the_counts_of_the_release() -> None:
    """1,061 questions over 96 pictures, 416 closed, of which 355 are answered yes or no."""
    split = catalog.card("slake_en").splits["test"]
    assert (split.n, split.groups) == (1061, 96)
    assert split.counts["answer_type"] == {"closed": 416, "open": 645}
    assert split.counts["yes_no"]["yes_no"] == 355
    assert catalog.card("slake_zh").splits["test"].n == 1033
