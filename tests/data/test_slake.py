"""SLAKE: two languages in one file, three places for its pictures, and its known flaws."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.data import catalog
from harness.data import examples as loading
from harness.data.examples import SAMPLES, Dataset
from harness.errors import CorruptData, MissingData

TEST = "slake/Slake1.0/test.json"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The invented sample, to be spoilt."""
    shutil.copytree(SAMPLES / "slake", tmp_path / "slake")
    return tmp_path


def load(root: Path, name: str = "slake_en", split: str = "test") -> Dataset:
    return loading.load(catalog.task(name), split=split, data_root=root, accept_different=True)


def rewrite(path: Path, change: Callable[[list[Any]], Any]) -> None:
    path.write_text(json.dumps(change(json.loads(path.read_text(encoding="utf-8")))), encoding="utf-8")


def test_each_language_has_its_own_questions_and_pictures(root: Path) -> None:
    english, chinese = load(root), load(root, "slake_zh")
    assert [len(found.examples) for found in (english, chinese)] == [24, 20]
    assert not {e.id for e in english.examples} & {e.id for e in chinese.examples}
    assert {e.group for e in english.examples} != {e.group for e in chinese.examples}
    assert english.examples[0].input.text.isascii()
    assert "吗" in chinese.examples[0].input.text


def test_no_picture_crosses_the_split_within_a_language(root: Path) -> None:
    for name in ("slake_en", "slake_zh"):
        test, train = ({e.group for e in load(root, name, split).examples} for split in ("test", "train"))
        assert not test & train


def test_the_answer_type_is_the_releases_and_yes_or_no_is_another_slice(root: Path) -> None:
    example = next(e for e in load(root).examples if e.target == "Left")
    assert example.tags == {"answer_type": "closed", "content_type": "size", "modality": "x-ray", "yes_no": "free_form"}
    assert set(load(root, "slake_zh").examples[0].tags) == {"answer_type", "content_type", "modality"}


def test_a_model_is_told_the_location_and_never_the_modality(root: Path) -> None:
    """What a picture was taken with is one of the questions."""
    for example in load(root).examples:
        assert set(example.input.context) == {"location"}


def test_a_question_without_an_answer_is_left_out_and_counted(root: Path) -> None:
    found = load(root, split="train")
    assert [(skipped.reason, skipped.where.split(", ")[-1]) for skipped in found.skipped] == [("the release gives no answer", "row 5")]
    assert len(found.examples) == 23


def test_answers_that_are_lists_stay_as_they_are(root: Path) -> None:
    assert "Body, Fields, Ribs" in {e.target for e in load(root).examples}


def test_an_answer_keeps_its_blanks(root: Path) -> None:
    rewrite(root / TEST, lambda rows: [{**row, "answer": " Transverse  Plane "} for row in rows])
    examples = load(root).examples
    assert {e.target for e in examples} == {" Transverse  Plane "}
    rewrite(root / TEST, lambda rows: [{**row, "answer": " Yes "} for row in rows])
    assert {e.tags["yes_no"] for e in load(root).examples} == {"yes_no"}


def test_the_archive_is_read_as_the_folder(root: Path) -> None:
    before = load(root)
    digests = [e.input.images[0].digest() for e in before.examples]
    shutil.make_archive(str(root / "slake" / "Slake1.0"), "zip", root / "slake", "Slake1.0")
    shutil.rmtree(root / "slake" / "Slake1.0")
    after = load(root)
    assert (before.layout, after.layout) == ("Slake1.0", "Slake1.0.zip")
    assert after.fingerprint == before.fingerprint
    assert [e.input.images[0].digest() for e in after.examples] == digests


def test_what_the_archive_holds_may_lie_in_the_releases_folder_itself(root: Path) -> None:
    before = [load(root, split=split).fingerprint for split in ("test", "val", "train")]
    for path in (root / "slake" / "Slake1.0").iterdir():
        path.rename(root / "slake" / path.name)
    (root / "slake" / "Slake1.0").rmdir()
    assert [load(root, split=split).fingerprint for split in ("test", "val", "train")] == before
    assert load(root).layout == "test.json, imgs"


def test_a_qid_that_a_language_repeats_is_made_distinct(root: Path) -> None:
    rewrite(root / TEST, lambda rows: [{**row, "qid": 3} for row in rows])
    assert [e.id for e in load(root).examples[:3]] == ["3", "3#2", "3#3"]


@pytest.mark.parametrize("name", ["../../../secret.jpg", "/etc/passwd"])
def test_a_picture_outside_the_release_is_never_opened(root: Path, name: str) -> None:
    rewrite(root / TEST, lambda rows: [{**row, "img_name": name} for row in rows])
    with pytest.raises(CorruptData, match="leads outside the release's folder"):
        load(root)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: {"data": rows}, r"Slake1\.0/test\.json: a JSON dict where a list of questions is expected"),
        (lambda rows: [*rows[:3], 4], r"Slake1\.0/test\.json, row 3: a JSON int where an object is expected"),
        (lambda rows: [{"question": "?"}], r"Slake1\.0/test\.json, row 0: no field 'q_lang' \(there are: question\)"),
        (
            lambda rows: [{key: value for key, value in row.items() if key != "answer_type"} for row in rows],
            r"Slake1\.0/test\.json, row \d+: no field 'answer_type' \(there are: answer, base_type, ",
        ),
    ],
    ids=["no list", "no object", "no language", "no answer type"],
)
def test_another_content_is_named_with_its_row(root: Path, change: Callable[[list[Any]], Any], message: str) -> None:
    rewrite(root / TEST, change)
    with pytest.raises(CorruptData, match=message):
        load(root)


def test_a_truncated_file_is_named_with_the_place(root: Path) -> None:
    (root / TEST).write_text((root / TEST).read_text(encoding="utf-8")[:500], encoding="utf-8")
    with pytest.raises(CorruptData, match=r"test\.json: not JSON at line \d+, column \d+ .*truncated download"):
        load(root)


def test_a_file_in_another_encoding_is_named_with_the_byte(root: Path) -> None:
    (root / TEST).write_bytes('[{"question": "肺"}]'.encode("gb18030"))
    with pytest.raises(CorruptData, match=r"test\.json: not UTF-8 at byte 15"):
        load(root)


def test_pictures_that_are_not_extracted_are_missed_when_they_are_read(root: Path) -> None:
    shutil.rmtree(root / "slake" / "Slake1.0" / "imgs")
    with pytest.raises(MissingData, match=r"imgs/xmlab\d+/source\.jpg: .*is the archive fully extracted"):
        load(root).examples[0].input.images[0].read()


def test_where_nothing_of_it_is_the_message_says_how_to_get_it(root: Path) -> None:
    shutil.rmtree(root / "slake" / "Slake1.0")
    with pytest.raises(MissingData, match=r"Slake1\.0 or .*Slake1\.0\.zip or .*test\.json is not there\.\nharness fetch slake_en"):
        load(root)


def test_questions_are_asked_in_their_language(root: Path) -> None:
    task = catalog.task("slake_zh")
    assert task.prompt(load(root, "slake_zh").examples[0].input) == "这张画里包含斑点吗？\n请只用一个词或一个短语回答。"


def test_the_english_test_has_the_counts_of_the_release() -> None:
    """1,061 questions over 96 pictures, 416 closed, of which 355 are answered yes or no."""
    split = catalog.card("slake_en").splits["test"]
    assert (split.n, split.groups) == (1061, 96)
    assert split.counts["answer_type"] == {"closed": 416, "open": 645}
    assert split.counts["yes_no"]["yes_no"] == 355
    assert catalog.card("slake_zh").splits["test"].n == 1033
