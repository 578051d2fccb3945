"""PathVQA as its authors distribute it: both pickled forms, and nothing in them is run."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.data import catalog, examples
from harness.data.examples import SAMPLES, Dataset
from harness.errors import CorruptData, MissingData
from harness.metrics.answers.reading import normalise


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The invented sample, to be spoilt."""
    shutil.copytree(SAMPLES / "path_vqa", tmp_path / "path_vqa")
    return tmp_path


def load(root: Path) -> Dataset:
    return examples.load(catalog.task("path_vqa@official"), data_root=root, accept_different=True)


def rewrite(root: Path, change: Callable[[list[Any]], Any]) -> None:
    path = root / "path_vqa" / "qas" / "test_vqa.pkl"
    path.write_bytes(pickle.dumps(change(pickle.loads(path.read_bytes()))))


def test_questions_keep_their_ids_and_share_their_pictures(root: Path) -> None:
    found = load(root)
    assert [e.id for e in found.examples[:3]] == ["9000", "9001", "9002"]
    assert found.examples[0].group == found.examples[3].group == "test_0009"
    assert found.examples[0].input.images[0].read() == (root / "path_vqa" / "images" / "test" / "test_0009.jpg").read_bytes()


def test_both_forms_of_the_questions_are_the_same_questions(root: Path) -> None:
    before = load(root)
    qas = root / "path_vqa" / "qas"
    rows = [{"image": e.group, "question": e.input.text, "answer": e.target} for e in before.examples]
    (qas / "test").mkdir()
    (qas / "test" / "test_qa.pkl").write_bytes(pickle.dumps(rows))
    (qas / "test_vqa.pkl").unlink()
    after = load(root)
    assert (before.layout, after.layout) == ("qas/test_vqa.pkl", "qas/test/test_qa.pkl")
    assert [(e.input.text, e.target, e.group) for e in after.examples] == [(e.input.text, e.target, e.group) for e in before.examples]
    assert [e.id for e in after.examples] == [str(number + 1) for number in range(25)]


def test_the_folder_that_the_archive_extracts_to_may_stay(root: Path) -> None:
    before = load(root)
    (root / "path_vqa" / "pvqa").mkdir()
    for name in ("qas", "images"):
        (root / "path_vqa" / name).rename(root / "path_vqa" / "pvqa" / name)
    assert load(root).fingerprint == before.fingerprint


def test_capitals_and_detached_punctuation_stay_and_are_equal_to_the_hubs_copy_once_normalised(root: Path) -> None:
    official = load(root).examples
    copy = examples.load(catalog.task("path_vqa")).examples
    assert "Yes" in {e.target for e in official}
    assert {e.target for e in official} & {"a Spotted sheet , tea - stained"}
    assert {(normalise(e.input.text), normalise(e.target)) for e in official} == {
        (normalise(e.input.text), normalise(e.target)) for e in copy
    }


def test_blanks_around_an_answer_stay_and_do_not_open_a_closed_question(root: Path) -> None:
    rewrite(root, lambda rows: [{**row, "label": {" yes ": 1}} for row in rows])
    [example, *_] = load(root).examples
    assert (example.target, example.tags["answer_type"]) == (" yes ", "closed")


def test_a_question_that_repeats_an_id_gets_one_of_its_own(root: Path) -> None:
    rewrite(root, lambda rows: [{**row, "question_id": 7} for row in rows])
    assert [e.id for e in load(root).examples[:3]] == ["7", "7#2", "7#3"]


class Harm:
    """What a pickle runs when it is loaded as pickles are."""

    def __reduce__(self) -> Any:
        return (print, ("harm",))


def test_a_pickle_that_asks_for_a_function_is_refused_and_nothing_is_run(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rewrite(root, lambda rows: [*rows, {**rows[0], "sent": Harm()}])
    with pytest.raises(CorruptData, match=r"test_vqa\.pkl: not a pickled list of questions \(it asks for builtins\.print"):
        load(root)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: {"rows": rows}, r"test_vqa\.pkl: a pickled dict where a list of questions is expected"),
        (lambda rows: [*rows[:2], "text"], r"test_vqa\.pkl, row 2: a str where a mapping is expected"),
        (lambda rows: [{**rows[0], "label": {}}], r"test_vqa\.pkl, row 0: 'label' is \{\}; the release gives each question one answer"),
        (lambda rows: [{"img_id": "a"}], r"test_vqa\.pkl, row 0: no field 'label' \(there are: img_id\)"),
    ],
    ids=["no list", "no mapping", "no answer", "no field"],
)
def test_another_content_is_named_with_its_row(root: Path, change: Callable[[list[Any]], Any], message: str) -> None:
    rewrite(root, change)
    with pytest.raises(CorruptData, match=message):
        load(root)


def test_a_truncated_pickle_is_named(root: Path) -> None:
    path = root / "path_vqa" / "qas" / "test_vqa.pkl"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(CorruptData, match=r"test_vqa\.pkl: not a pickled list of questions"):
        load(root)


def test_a_picture_outside_the_release_is_never_opened(root: Path) -> None:
    rewrite(root, lambda rows: [{**rows[0], "img_id": "../../../secret"}])
    with pytest.raises(CorruptData, match="leads outside the release's folder"):
        load(root)


def test_where_nothing_of_it_is_the_message_says_how_to_get_it(root: Path) -> None:
    shutil.rmtree(root / "path_vqa" / "qas")
    with pytest.raises(MissingData, match=r"qas/test_vqa\.pkl or .*qas/test/test_qa\.pkl is not there\.\nDownload the authors' archive"):
        load(root)
