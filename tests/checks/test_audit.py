"""Audits: every figure counted by hand on a release of a few rows."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.checks.release import Audit, Share, audit
from harness.data import catalog
from harness.data.examples import SAMPLES
from harness.errors import UsageError

Counted = Callable[..., Audit]


@pytest.fixture
def counted(tmp_path: Path) -> Counted:
    """The audit of a release of (phrase type, picture, question, answer) rows; a picture's content is its name's first letter."""

    def make(*rows: tuple[str, str, str, str], split: str = "test", absent: tuple[str, ...] = ()) -> Audit:
        folder = tmp_path / "vqa_rad"
        (folder / "VQA_RAD Image Folder").mkdir(parents=True)
        content = []
        for number, (kind, picture, question, answer) in enumerate(rows):
            if picture not in absent:
                (folder / "VQA_RAD Image Folder" / picture).write_bytes(picture[0].encode())
            fields = {"qid": number, "phrase_type": kind, "image_name": picture, "question": question, "answer": answer}
            content.append({**fields, "image_organ": "CHEST", "answer_type": "OPEN", "question_type": "PRES"})
        (folder / "VQA_RAD Dataset Public.json").write_text(json.dumps(content))
        return audit(catalog.task("vqa_rad"), split=split, data_root=tmp_path)

    return make


ROW = ("test_freeform", "a.jpg", "Is it large?", "Yes")


def test_test_is_compared_with_train_by_content_whatever_case_and_names(counted: Counted) -> None:
    found = counted(
        ("freeform", "a.jpg", "Is it large?", "Yes"),
        ("freeform", "b.jpg", "Where is it?", "left  lung"),
        ("test_freeform", "a2.jpg", "is it LARGE?", "yes"),  # train's first row under another name
        ("test_freeform", "c.jpg", "Is it large?", "YES"),  # the same text and answer, another picture
        ("test_freeform", "c.jpg", "Where is it?", "Yes"),  # a text and an answer of train, not together
        ("test_para", "d.jpg", "What is it?", "a lobe"),  # nothing of it in train
    ).overlap
    assert found is not None
    assert (found.train_examples, found.pictures, found.questions, found.questions_with_answers, found.rows) == (2, 1, 3, 2, 1)
    assert (found.targets, found.unseen_targets) == (3, 1)
    assert found.groups is None  # a group is a picture, and pictures are compared by what they hold


def test_repeated_rows_balance_and_lengths_are_counted(counted: Counted) -> None:
    found = counted(
        ROW,
        ("test_freeform", "a.jpg", "Is it  large?", "yes"),
        ("test_freeform", "a.jpg", "Is it large?", "no"),
        ("test_para", "b.jpg", "Where?", "in the left lung"),
    )
    assert (found.examples, found.groups, found.pictures, found.duplicates, found.distinct_targets) == (4, 2, 2, 1, 3)
    assert found.majority == Share(value="yes", n=2, share=0.5)
    assert found.balance == (Share(value="yes", n=2, share=0.5),)
    assert dataclasses.astuple(found.input_words) == (1, 3.0, 3)
    assert dataclasses.astuple(found.target_words) == (1, 1.0, 4)
    assert found.counts["answer_type"] == {"open": 4}


def test_chinese_is_counted_by_characters(counted: Counted) -> None:
    """It writes no blanks; what is of another script within it does: 图 中 是 什 么 器 官, and 左 肺 CT."""
    found = counted(("test_freeform", "a.jpg", "图中是什么器官", "左肺 CT"))
    assert (found.input_words.longest, found.target_words.longest) == (7, 3)


def test_a_release_of_one_row_is_counted_alone_and_said_to_differ_from_its_card(counted: Counted) -> None:
    found = counted(ROW)
    assert (found.examples, found.expected.examples) == (1, 451)
    assert "differs from the card: 1 examples where 451 are expected" in found.notes
    assert found.overlap is None
    assert found.no_overlap.startswith("train cannot be read: vqa_rad, split train")


def test_train_is_compared_with_nothing(counted: Counted) -> None:
    found = counted(("freeform", *ROW[1:]), ROW, split="train")
    assert (found.overlap, found.no_overlap) == (None, "this is train itself")


def test_a_picture_that_is_absent_is_counted_and_compared_by_name(counted: Counted) -> None:
    found = counted(ROW, ("test_freeform", "b.jpg", "Is it large?", "Yes"), absent=("b.jpg",))
    assert (found.pictures, found.pictures_absent, found.duplicates) == (1, 1, 0)


def test_labels_are_listed_in_the_cards_order_beside_what_the_whole_release_has() -> None:
    found = audit(catalog.task("trec_ct_2022"))
    assert found.synthetic
    assert [item.value for item in found.balance] == ["not relevant", "excluded", "eligible"]
    assert found.expected.majority is not None
    assert (found.expected.majority.value, round(found.expected.majority.share, 3)) == ("not relevant", 0.803)
    assert found.no_overlap == "the release has no train split at hand"


def test_where_every_example_is_asked_the_same_only_pictures_and_answers_are_compared() -> None:
    found = audit(catalog.task("pneumoniamnist")).overlap
    assert found is not None
    assert (found.questions, found.questions_with_answers) == (None, None)
    assert found.unseen_targets == 0


def test_every_label_that_holds_is_counted_where_several_may() -> None:
    found = audit(catalog.task("chestmnist"))
    assert [item.value for item in found.balance] == list(catalog.card("chestmnist").labels)
    assert sum(item.n for item in found.balance) > found.counts["findings"]["some"]


def test_no_text_of_a_credentialed_dataset_is_listed(tmp_path: Path) -> None:
    shutil.copytree(SAMPLES / "mimic_cxr", tmp_path / "mimic_cxr")
    real = audit(catalog.task("mimic_cxr_report"), data_root=tmp_path)
    assert real.balance == ()
    assert real.majority is None or real.majority.value == "(not shown: credentialed)"


def test_the_json_is_plain_and_says_what_counts_as_the_same() -> None:
    found: dict[str, Any] = json.loads(json.dumps(audit(catalog.task("vqa_rad")).as_json(), allow_nan=False))
    assert found["comparison"] == "texts: white space and case folded; pictures: SHA-256 of the content"
    assert found["examples"] == 20


def test_an_unknown_split_is_refused() -> None:
    with pytest.raises(UsageError, match="unknown split of vqa_rad 'tests'"):
        audit(catalog.task("vqa_rad"), split="tests")
