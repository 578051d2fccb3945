"""From files to examples: what is counted, what is refused, what an error says."""

from __future__ import annotations

import json
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.data import catalog, examples, fingerprints
from harness.data.readers import trials
from harness.errors import AdapterError, CorruptData, MissingData, UsageError
from harness.types import Task
from tests.data.support import copied, load, refused, rewrite, sample


def test_without_a_data_root_the_invented_sample_is_read_and_marked() -> None:
    found = sample("vqa_rad")
    assert (len(found.examples), found.synthetic, found.comparable) == (20, True, True)


def test_another_release_can_be_accepted_and_is_not_comparable(tmp_path: Path) -> None:
    copied("vqa_rad", tmp_path)
    found = load("vqa_rad", tmp_path)
    assert (found.comparable, found.synthetic, len(found.examples)) == (False, False, 20)
    assert found.notes[0] == "differs from the card: 20 examples where 451 are expected"


def test_a_missing_data_root_is_not_mistaken_for_a_missing_release(tmp_path: Path) -> None:
    refused("vqa_rad", tmp_path / "nowhere", r"the data root .*nowhere is not there", MissingData)


def test_an_unknown_split_lists_those_of_the_card() -> None:
    with pytest.raises(UsageError, match=r"unknown split of meqsum 'dev'.*test, train, val"):
        sample("meqsum", "dev")


def test_flaws_of_the_release_are_read_as_what_they_mean() -> None:
    found = sample("vqa_rad").examples
    assert all("\t" not in example.input.text for example in found)  # an answer is kept as released, for scripts that compare it raw
    assert {example.tags["answer_type"] for example in found} == {"closed", "open"}
    assert any(example.target in ("1", "2", "3", "4") for example in found)  # integers in the file
    assert {example.id for example in sample("vqa_rad", "train").examples} >= {"0", "1"}


def test_two_rows_of_one_id_are_an_error(tmp_path: Path) -> None:
    rewrite(copied("vqa_rad", tmp_path) / "VQA_RAD Dataset Public.json", lambda rows: [*rows, rows[-1]])
    refused("vqa_rad", tmp_path, "1 ids occur more than once", AdapterError)


def test_rows_of_a_sheet_are_counted_from_its_first_row_of_data() -> None:
    found = sample("meqsum").examples
    assert [found[0].id, found[-1].id] == ["71", "90"]
    assert all(example.target == example.target.strip() for example in found)


def test_a_truncated_archive_of_reports_is_named(tmp_path: Path) -> None:
    folder = copied("iu_xray", tmp_path)
    content = Path(shutil.make_archive(str(tmp_path / "reports"), "gztar", folder, "ecgen-radiology")).read_bytes()
    shutil.rmtree(folder / "ecgen-radiology")
    (folder / "NLMCXR_reports.tgz").write_bytes(content[: len(content) // 2])
    refused("iu_xray", tmp_path, r"NLMCXR_reports\.tgz: not a whole archive")


def test_only_reports_with_pictures_and_both_sections_are_split() -> None:
    """30 invented reports, of which 7, 13 and 20 lack a section or a picture: 27 usable, int(27·0.8) = 21 for training."""
    groups = [{example.group for example in sample("iu_xray", split).examples} for split in ("train", "test")]
    assert [len(group) for group in groups] == [21, 6]
    assert not groups[0] & groups[1]
    assert not {"CXR7", "CXR13", "CXR20"} & (groups[0] | groups[1])


def nist(folder: Path, zips: str) -> None:
    """The invented trials in NIST's own layout instead of BEIR's."""
    queries = [json.loads(line) for line in (folder / "queries.jsonl").read_text().splitlines()]
    topics = "".join(f'<topic number="{item["_id"].removeprefix("trec-2022")}">{item["text"]}</topic>' for item in queries)
    (folder / "topics2022.xml").write_text(f'<topics task="2022">{topics}</topics>')
    judged = [line.split("\t") for line in (folder / "qrels" / "test.tsv").read_text().splitlines()[1:]]
    (folder / "qrels2022.txt").write_text(
        "".join(f"{topic.removeprefix('trec-2022')} 0 {trial} {label}\n" for topic, trial, label in judged)
    )
    (folder / zips).mkdir(exist_ok=True)
    with zipfile.ZipFile(folder / zips / "part1.zip", "w") as archive:
        for line in (folder / "corpus.jsonl").read_text().splitlines():
            item = json.loads(line)
            facts = item["metadata"]
            archive.writestr(
                f"NCT9/{item['_id']}.xml",
                f"<clinical_study><brief_title>{facts['brief_title']}</brief_title><brief_summary><textblock>{facts['brief_summary']}"
                f"</textblock></brief_summary><eligibility><criteria><textblock>{facts['inclusion_criteria']}"
                f" Exclusion Criteria{facts['exclusion_criteria']}</textblock></criteria></eligibility></clinical_study>",
            )
    for name in ("queries.jsonl", "corpus.jsonl"):
        (folder / name).unlink()


@pytest.mark.parametrize("zips", ["corpus", "."], ids=["in their folder", "beside the topics"])
def test_trials_are_read_in_both_layouts(tmp_path: Path, zips: str) -> None:
    folder = copied("trec_ct_2022", tmp_path)
    before = load("trec_ct_2022", tmp_path)
    nist(folder, zips)
    after = load("trec_ct_2022", tmp_path)
    assert (before.layout, after.layout) == ("BEIR", "NIST")
    assert [(e.id, e.target, e.group) for e in after.examples] == [(e.id, e.target, e.group) for e in before.examples]
    assert "prefers coffee" in after.examples[0].input.text


def test_a_part_of_the_corpus_makes_the_run_incomplete_and_says_how_much_there_is(tmp_path: Path) -> None:
    path = copied("trec_ct_2022", tmp_path) / "corpus.jsonl"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:30]))
    found = load("trec_ct_2022", tmp_path, accept_different=False)
    assert (len(found.examples), found.complete) == (30, False)
    assert found.notes == ("the corpus at hand holds 30 of 72 judged trials: 30 of 72 pairs are evaluated",)


def test_the_fingerprint_is_that_of_the_content() -> None:
    assert sample("meqsum").fingerprint == sample("meqsum").fingerprint != sample("meqsum", "val").fingerprint


@pytest.mark.parametrize(
    "change",
    [
        {"id": "another"},
        {"group": "another"},
        {"target": "another"},
        {"references": ("one", "another")},
        {"tags": {"answer_type": "another"}},
        {"text": "another"},
        {"context": {"organ": "another"}},
        {"choices": ("one", "another")},
    ],
    ids=lambda change: next(iter(change)),
)
def test_the_fingerprint_is_of_everything_that_a_model_or_a_scorer_reads(change: dict[str, Any]) -> None:
    example = sample("vqa_rad").examples[0]
    own = {name: value for name, value in change.items() if name in ("text", "context", "choices")}
    changed = replace(example, input=replace(example.input, **own), **{name: value for name, value in change.items() if name not in own})
    assert fingerprints.of_examples([changed]) != fingerprints.of_examples([example])


def test_train_is_read_when_asked_for_and_absent_where_the_release_has_none() -> None:
    def reader(task: Task[Any]) -> Any:
        return examples.train_reader(examples.load(task), data_root=None)

    assert len(reader(catalog.task("meqsum"))()) == 60
    assert reader(catalog.task("trec_ct_2022")) is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("<trial><brief_title>x</brief_title></trial>", "its root is <trial>, where <clinical_study> is expected"),
        ("<html/>", "a web page where an XML file is expected"),
        ('<?xml version="1.0" encoding="nonsense"?><clinical_study/>', "not XML"),
    ],
)
def test_a_file_that_is_no_trial_is_named(content: str, message: str) -> None:
    with pytest.raises(CorruptData, match=rf"NCT1\.xml: {message}"):
        trials._trial(content.encode(), "NCT1.xml")


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("inclusion criteria: \n\n has fever", "has fever"),
        (": \n\n prefers coffee", "prefers coffee"),
        ("Key Exclusion Criteria:\n none", "none"),
        ("Aged 18 or more", "Aged 18 or more"),
        ("", ""),
    ],
)
def test_criteria_lose_the_heading_that_the_prompt_writes(text: str, left: str) -> None:
    assert trials._unheaded(text) == left
