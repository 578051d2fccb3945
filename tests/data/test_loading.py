"""From files to examples: what is counted, what is refused, what an error says."""

from __future__ import annotations

import gzip
import io
import json
import shutil
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.data import catalog, fingerprints
from harness.data import examples as loading
from harness.errors import AdapterError, CorruptData, MissingData, UsageError
from harness.types import Task

SAMPLES = loading.SAMPLES


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A data root that holds the invented releases: real to the loader, whose cards then find other counts."""
    shutil.copytree(SAMPLES, tmp_path / "data", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return tmp_path / "data"


def load(name: str, root: Path, **how: Any) -> loading.Dataset:
    return loading.load(catalog.task(name), data_root=root, **how)


def test_without_a_data_root_the_invented_sample_is_read_and_marked() -> None:
    found = loading.load(catalog.task("vqa_rad"))
    assert (len(found.examples), found.synthetic, found.comparable) == (20, True, True)


def test_another_release_is_refused_with_both_figures(root: Path) -> None:
    with pytest.raises(
        CorruptData, match=r"20 examples where 451 are expected; 4 groups where 203.*10 with answer_type closed where 272"
    ) as caught:
        load("vqa_rad", root)
    assert "--accept-different" in str(caught.value)


def test_another_release_can_be_accepted_and_is_not_comparable(root: Path) -> None:
    found = load("vqa_rad", root, accept_different=True)
    assert (found.comparable, found.synthetic, len(found.examples)) == (False, False, 20)
    assert found.notes[0] == "differs from the card: 20 examples where 451 are expected"


def test_a_missing_release_says_where_it_was_looked_for_and_how_to_obtain_it(tmp_path: Path) -> None:
    with pytest.raises(
        MissingData, match=r"vqa_rad: .*vqa_rad is not there\.\nharness fetch vqa_rad .*\nor download from https://osf\.io/89kps/"
    ):
        load("vqa_rad", tmp_path)


def test_a_missing_data_root_is_not_mistaken_for_a_missing_release(tmp_path: Path) -> None:
    with pytest.raises(MissingData, match=r"the data root .*nowhere is not there"):
        load("vqa_rad", tmp_path / "nowhere")


def test_an_unknown_split_lists_those_of_the_card() -> None:
    with pytest.raises(UsageError, match=r"unknown split of meqsum 'dev'.*test, train, val"):
        loading.load(catalog.task("meqsum"), split="dev")


def test_flaws_of_the_release_are_read_as_what_they_mean() -> None:
    examples = loading.load(catalog.task("vqa_rad")).examples
    assert all("\t" not in example.input.text for example in examples)  # an answer is kept as released, for scripts that compare it raw
    assert {example.tags["answer_type"] for example in examples} == {"closed", "open"}
    assert any(example.target in ("1", "2", "3", "4") for example in examples)  # integers in the file
    assert {example.id for example in loading.load(catalog.task("vqa_rad"), split="train").examples} >= {"0", "1"}


def rewrite(path: Path, change: Any) -> None:
    content = json.loads(path.read_text())
    path.write_text(json.dumps(change(content)))


JSON = "vqa_rad/VQA_RAD Dataset Public.json"


def test_a_truncated_json_is_named_with_line_and_column(root: Path) -> None:
    path = root / JSON
    path.write_text(path.read_text()[:5000])
    with pytest.raises(CorruptData, match=r"VQA_RAD Dataset Public\.json: not JSON at line \d+, column \d+ .*truncated download"):
        load("vqa_rad", root)


def test_a_row_that_lacks_a_field_is_named_with_what_is_there(root: Path) -> None:
    rewrite(root / JSON, lambda rows: [{key: value for key, value in row.items() if key != "answer_type"} for row in rows])
    with pytest.raises(CorruptData, match=r"VQA_RAD Dataset Public\.json, row \d+: no field 'answer_type' \(there are: answer, "):
        load("vqa_rad", root)


def test_a_file_in_another_encoding_is_named_with_the_byte(root: Path) -> None:
    (root / JSON).write_bytes('[{"question": "é"}]'.encode("latin-1"))
    with pytest.raises(CorruptData, match=r"not UTF-8 at byte 15"):
        load("vqa_rad", root)


def test_a_byte_order_mark_is_no_obstacle(root: Path) -> None:
    path = root / JSON
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert len(load("vqa_rad", root, accept_different=True).examples) == 20


def test_two_rows_of_one_id_are_an_error(root: Path) -> None:
    rewrite(root / JSON, lambda rows: [*rows, rows[-1]])
    with pytest.raises(AdapterError, match="1 ids occur more than once"):
        load("vqa_rad", root, accept_different=True)


@pytest.mark.parametrize("name", ["../secret.jpg", "/etc/passwd", "a/../../secret.jpg"])
def test_a_picture_outside_the_release_is_never_opened(root: Path, name: str) -> None:
    rewrite(root / JSON, lambda rows: [{**row, "image_name": name} for row in rows])
    with pytest.raises(CorruptData, match="leads outside the release's folder"):
        load("vqa_rad", root, accept_different=True)


def test_a_link_out_of_the_release_is_not_followed(root: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    folder = root / "vqa_rad" / "VQA_RAD Image Folder"
    (folder / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    rewrite(root / JSON, lambda rows: [{**row, "image_name": "link.jpg"} for row in rows])
    with pytest.raises(CorruptData, match=r"leads through a link to .*secret\.jpg, outside the data root"):
        load("vqa_rad", root, accept_different=True)


def test_a_folder_that_the_user_has_linked_is_followed(root: Path, tmp_path: Path) -> None:
    folder = root / "vqa_rad" / "VQA_RAD Image Folder"
    folder.rename(tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")
    found = load("vqa_rad", root, accept_different=True)
    assert found.examples[0].input.images[0].read()


def test_pictures_are_opened_when_they_are_read_and_named_when_they_are_not_there(root: Path) -> None:
    shutil.rmtree(root / "vqa_rad" / "VQA_RAD Image Folder")
    (root / "vqa_rad" / "VQA_RAD Image Folder").mkdir()
    found = load("vqa_rad", root, accept_different=True)
    with pytest.raises(MissingData, match=r"synpic9\d\d\.jpg: a row refers to this picture"):
        found.examples[0].input.images[0].read()


NPZ = "medmnist/pneumoniamnist.npz"


def test_a_truncated_archive_is_named(root: Path) -> None:
    path = root / NPZ
    path.write_bytes(path.read_bytes()[:-3000])
    with pytest.raises(CorruptData, match=r"pneumoniamnist\.npz: not a whole \.npz archive .*truncated download"):
        load("pneumoniamnist", root)


def test_an_archive_of_other_arrays_lists_them(root: Path) -> None:
    np.savez(root / NPZ, pictures=np.zeros((2, 28, 28), dtype=np.uint8))
    with pytest.raises(CorruptData, match=r"no array 'test_images' \(there are: pictures\)"):
        load("pneumoniamnist", root)


def test_a_pickle_inside_an_archive_is_not_loaded(root: Path) -> None:
    np.savez(root / NPZ, test_images=np.array([object()]), test_labels=np.zeros((1, 1)))
    with pytest.raises(CorruptData, match="test_images holds Python objects, which could run anything; they are not read"):
        load("pneumoniamnist", root)


def test_pictures_and_labels_of_different_number_are_refused(root: Path) -> None:
    np.savez(root / NPZ, test_images=np.zeros((3, 28, 28), dtype=np.uint8), test_labels=np.zeros((2, 1), dtype=np.uint8))
    with pytest.raises(CorruptData, match="3 test images and 2 labels"):
        load("pneumoniamnist", root)


def test_a_sheet_that_is_no_sheet_is_named(root: Path) -> None:
    [path] = (root / "meqsum").glob("*.xlsx")
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(CorruptData, match=r"\.xlsx: not an Excel file, or a truncated one"):
        load("meqsum", root)


def test_rows_of_a_sheet_are_counted_from_its_first_row_of_data() -> None:
    examples = loading.load(catalog.task("meqsum")).examples
    assert [examples[0].id, examples[-1].id] == ["71", "90"]
    assert all(example.target == example.target.strip() for example in examples)


def test_reports_are_read_from_the_archive_as_from_the_folder(root: Path) -> None:
    folder = root / "iu_xray" / "ecgen-radiology"
    before = load("iu_xray", root, accept_different=True)
    with tarfile.open(root / "iu_xray" / "NLMCXR_reports.tgz", "w:gz") as archive:
        archive.add(folder, "ecgen-radiology")
    shutil.rmtree(folder)
    after = load("iu_xray", root, accept_different=True)
    assert (after.layout, before.layout) == ("NLMCXR_reports.tgz", "ecgen-radiology")
    assert after.fingerprint == before.fingerprint


def test_a_truncated_archive_of_reports_is_named(root: Path) -> None:
    folder = root / "iu_xray" / "ecgen-radiology"
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        archive.add(folder, "ecgen-radiology")
    shutil.rmtree(folder)
    content = gzip.compress(out.getvalue())
    (root / "iu_xray" / "NLMCXR_reports.tgz").write_bytes(content[: len(content) // 2])
    with pytest.raises(CorruptData, match=r"NLMCXR_reports\.tgz: not a whole archive"):
        load("iu_xray", root)


def test_an_entity_bomb_in_a_report_is_refused(root: Path) -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><eCitation><uId id="&b;"/></eCitation>'
    (root / "iu_xray" / "ecgen-radiology" / "1.xml").write_text(bomb)
    with pytest.raises(CorruptData, match=r"1\.xml: not XML \(EntitiesForbidden"):
        load("iu_xray", root)


def test_only_reports_with_pictures_and_both_sections_are_split() -> None:
    """30 invented reports, of which 7, 13 and 20 lack a section or a picture: 27 usable, int(27·0.8) = 21 for training."""
    groups = [{example.group for example in loading.load(catalog.task("iu_xray"), split=split).examples} for split in ("train", "test")]
    assert [len(group) for group in groups] == [21, 6]
    assert not groups[0] & groups[1]
    assert not {"CXR7", "CXR13", "CXR20"} & (groups[0] | groups[1])


def nist(root: Path, zips: str = "corpus") -> None:
    """The invented trials in NIST's own layout instead of BEIR's."""
    folder = root / "trec_ct_2022"
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
def test_trials_are_read_in_both_layouts(root: Path, zips: str) -> None:
    before = load("trec_ct_2022", root, accept_different=True)
    nist(root, zips)
    after = load("trec_ct_2022", root, accept_different=True)
    assert (before.layout, after.layout) == ("BEIR", "NIST")
    assert [(e.id, e.target, e.group) for e in after.examples] == [(e.id, e.target, e.group) for e in before.examples]
    assert "prefers coffee" in after.examples[0].input.text


def test_a_part_of_the_corpus_makes_the_run_incomplete_and_says_how_much_there_is(root: Path) -> None:
    path = root / "trec_ct_2022" / "corpus.jsonl"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:30]))
    found = load("trec_ct_2022", root)
    assert (len(found.examples), found.complete) == (30, False)
    assert found.notes == ("the corpus at hand holds 30 of 72 judged trials: 30 of 72 pairs are evaluated",)


def test_a_judgement_out_of_range_is_named(root: Path) -> None:
    path = root / "trec_ct_2022" / "qrels" / "test.tsv"
    path.write_text(path.read_text().replace("\t2\n", "\t3\n", 1))
    with pytest.raises(CorruptData, match=r"test\.tsv, line 2: the judgement is '3'"):
        load("trec_ct_2022", root)


def test_the_fingerprint_is_that_of_the_content() -> None:
    first, again = (loading.load(catalog.task("meqsum")) for _ in range(2))
    other = loading.load(catalog.task("meqsum"), split="val")
    assert first.fingerprint == again.fingerprint != other.fingerprint


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
    example = loading.load(catalog.task("vqa_rad")).examples[0]
    own = {name: value for name, value in change.items() if name in ("text", "context", "choices")}
    changed = replace(example, input=replace(example.input, **own), **{name: value for name, value in change.items() if name not in own})
    assert fingerprints.of_examples([changed]) != fingerprints.of_examples([example])


def test_train_is_read_when_asked_for_and_absent_where_the_release_has_none() -> None:
    def reader(task: Task[Any]) -> Any:
        return loading.train_reader(loading.load(task), data_root=None)

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
def test_a_file_that_is_no_trial_is_named(tmp_path: Path, content: str, message: str) -> None:
    from harness.data.readers import trials

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
    from harness.data.readers import trials

    assert trials._unheaded(text) == left
