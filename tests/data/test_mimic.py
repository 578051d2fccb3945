"""MIMIC-CXR and MIMIC-III: headings as they are written, trees of any size, damaged tables, both layouts of each."""

from __future__ import annotations

import csv
import gzip
import shutil
import subprocess
import sys
import tracemalloc
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from harness.cards import Split
from harness.data import catalog, readers
from harness.data import examples as loading
from harness.data.readers import delimited
from harness.data.readers.mimic3 import admission_text, without_death
from harness.data.readers.sections import section, sections
from harness.errors import AdapterError, CorruptData, MissingData

SAMPLES = loading.SAMPLES


def titled(text: str) -> dict[str, str]:
    return dict(sections(text))


@pytest.mark.parametrize(
    "heading",
    ["FINDINGS:", "FINDINGS :", "Findings:", "  findings  :", "FINDING:", "FINDINGS;", "FINIDNGS:", "FINDNGS:", "FINDINGS AND IMPRESSION:"],
)
def test_findings_are_found_under_every_spelling(heading: str) -> None:
    assert (
        titled(f" FINAL REPORT\n INDICATION: Cough.\n\n {heading}  Clear lungs.\n Normal heart.\n")["findings"]
        == "Clear lungs. Normal heart."
    )


@pytest.mark.parametrize(
    "heading", ["IMPRESSION:", "IMPRESSIONS:", "Impression :", "CONCLUSION:", "IMPRSSION:", "IMPRESSION AND RECOMMENDATION:", "OPINION:"]
)
def test_an_impression_is_found_under_every_spelling(heading: str) -> None:
    text = f" FINDINGS: Clear lungs.\n\n {heading} \n \n 1.  No pneumonia.\n 2.  Stable.\n\n RECOMMENDATION(S):  None.\n"
    assert titled(text)["impression"] == "1. No pneumonia. 2. Stable."


def test_a_heading_in_capitals_may_stand_alone_or_follow_a_full_stop_or_a_gap() -> None:
    assert titled("FINDINGS\n Clear lungs.\nIMPRESSION\n Normal.\n") == {"findings": "Clear lungs.", "impression": "Normal."}
    assert titled("FINDINGS: Clear lungs. IMPRESSION: Normal.") == {"findings": "Clear lungs.", "impression": "Normal."}
    assert titled("FINDINGS: Clear lungs   CONCLUSION: Normal.") == {"findings": "Clear lungs", "impression": "Normal."}


def test_words_of_a_sentence_are_no_heading() -> None:
    text = "FINDINGS: These findings are new.\n Impression\n of the clip on the skin: none.\n There is no impression: normal.\n"
    assert titled(text) == {"findings": "These findings are new. Impression of the clip on the skin: none. There is no impression: normal."}


def test_parts_of_the_findings_stay_in_the_findings() -> None:
    text = " FINDINGS:\n LUNGS:  Clear.\n HEART AND MEDIASTINUM:  Normal.\n\n IMPRESSION:  Normal.\n"
    assert titled(text) == {"findings": "LUNGS: Clear. HEART AND MEDIASTINUM: Normal.", "impression": "Normal."}


def test_what_precedes_the_final_report_is_not_read() -> None:
    before = " WET READ: ___ ___ 10:05 PM\n IMPRESSION: Perhaps pneumonia.\n ______________________________\n"
    text = f"{before}   FINAL REPORT\n IMPRESSION: No pneumonia.\n"
    assert sections(text) == [("impression", "No pneumonia.")]


def test_a_break_between_pages_is_left_out_with_the_headings_that_it_repeats() -> None:
    between = "      (Over)\n\n CT ABDOMEN\n Reason: pain\n FINAL REPORT\n (Cont)\n"
    text = f" FINAL REPORT\n FINDINGS: The liver is\n{between} normal.\n IMPRESSION: Normal.\n"
    assert titled(text) == {"findings": "The liver is normal.", "impression": "Normal."}


def test_the_last_section_with_anything_in_it_is_the_one() -> None:
    found = sections("IMPRESSION: First.\nADDENDUM: none\nIMPRESSION: Second.\nIMPRESSION:\n")
    assert [text for name, text in found if name == "impression"] == ["First.", "Second.", ""]
    assert section(found, "impression") == "Second."
    assert section(found, "findings") == ""


def test_names_that_were_taken_out_stay_and_ruled_lines_do_not() -> None:
    assert titled("FINDINGS: As on ___. ______________________________\n")["findings"] == "As on ___."


def test_a_report_without_headings_has_no_sections() -> None:
    assert sections("Clear lungs. Normal heart.\n") == []
    assert sections("") == []


def write_gz(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    with gzip.open(path, "wt", encoding="utf-8", newline="", compresslevel=1) as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)


SPLIT = "mimic-cxr-2.0.0-split.csv.gz"
METADATA = "mimic-cxr-2.0.0-metadata.csv.gz"
HEADINGS = ("FINDINGS:", "Findings :", "FINDINGS", "FINIDNGS:", "FINDINGS AND IMPRESSION:")
CLOSINGS = ("IMPRESSION:", "Conclusion:", "IMPRESSION", "IMPRSSION:", "OPINION :")


def tree(root: Path, studies: int) -> int:
    """A tree of studies in the official layout, three to a patient; one in ten lacks findings. Returns the characters of all reports."""
    shown, views, total = [], [], 0
    for number in range(studies):
        subject, study = 90_000_000 + number // 3, 59_000_000 + number
        folder = root / "files" / f"p{subject // 1_000_000}" / f"p{subject}"
        folder.mkdir(parents=True, exist_ok=True)
        findings = "" if number % 10 == 9 else f" {HEADINGS[number % 5]}\n" + f" The sketch of sheet {number} is empty.\n" * 60 + "\n"
        wet = f" WET READ: ___\n IMPRESSION: Hurried.\n {'_' * 40}\n" if number % 7 == 0 else ""
        report = f"{wet}   FINAL REPORT\n EXAMINATION:  Sheet {number}\n\n{findings} {CLOSINGS[number % 5]}\n Sheet {number}: empty.\n"
        total += len(report)
        (folder / f"s{study}.txt").write_text(report, encoding="utf-8")
        for picture in range(1 + number % 2):
            name = f"{number:08x}-{picture:08x}"
            shown.append((name, study, subject, "test" if number >= 200 else "train"))
            views.append((name, subject, study, ("LATERAL", "PA")[picture]))
    write_gz(root / SPLIT, ("dicom_id", "study_id", "subject_id", "split"), shown)
    write_gz(root / METADATA, ("dicom_id", "subject_id", "study_id", "ViewPosition"), views)
    return total


MEASURED = """
import sys, tracemalloc
from pathlib import Path
from harness.cards import Split
from harness.data import catalog, readers
from harness.data.examples import SAMPLES

card = catalog.card("mimic_cxr_report")
list(readers.open_release(card, Split(select={"part": "test"}), SAMPLES / "mimic_cxr").rows)  # imports are no part of the reading
tracemalloc.start()
release = readers.open_release(card, Split(select={"part": "test", "studies": 4800}), Path(sys.argv[1]))
tables = tracemalloc.get_traced_memory()[0]
tracemalloc.reset_peak()
for row in release.rows:
    pass
print(tables, tracemalloc.get_traced_memory()[1])
"""
"""In a process of its own: the table of interned strings, which paths enter, grows by megabytes at once in one that has run for long."""


def test_five_thousand_studies_are_read_one_at_a_time(tmp_path: Path) -> None:
    total = tree(tmp_path, 5000)
    release = readers.open_release(catalog.card("mimic_cxr_report"), Split(select={"part": "test", "studies": 4800}), tmp_path)
    counts = {"rows": 0, "findings": 0, "impression": 0, "pictures": 0}
    patients = set()
    for row in release.rows:
        counts["rows"] += 1
        counts["findings"] += bool(row["findings"])
        counts["impression"] += row["impression"].endswith(": empty.")
        counts["pictures"] += len(row["images"])
        patients.add(row["subject_id"])
        assert row["views"][0] == ("PA" if len(row["images"]) == 2 else "LATERAL")
    assert counts == {"rows": 4800, "findings": 4320, "impression": 4800, "pictures": 7200}
    assert len(patients) == 1601
    assert release.complete
    done = subprocess.run([sys.executable, "-c", MEASURED, str(tmp_path)], capture_output=True, text=True, check=True)
    tables, peak = map(int, done.stdout.split())
    assert total > 9_000_000
    assert tables < total / 4  # numbers and names of pictures
    assert peak < total / 2
    assert peak - tables < total / 4  # no report is kept when the next one is read


def test_a_report_is_opened_when_its_row_is_asked_for(cxr: Path) -> None:
    (cxr / "files/p90/p90000112/s59000713.txt").unlink()  # the last of the test
    rows = iter(readers.open_release(catalog.card("mimic_cxr_report"), Split(select={"part": "test"}), cxr).rows)
    assert [next(rows)["study_id"] for _ in range(10)] == [str(59000003 + 71 * number) for number in range(10)]
    with pytest.raises(MissingData, match=r"s59000713\.txt"):
        next(rows)


@pytest.fixture
def cxr(tmp_path: Path) -> Path:
    shutil.copytree(SAMPLES / "mimic_cxr", tmp_path / "mimic_cxr")
    return tmp_path / "mimic_cxr"


def load(name: str, folder: Path, **how: Any) -> loading.Dataset:
    return loading.load(catalog.task(name), data_root=folder.parent, **how)


def test_a_study_is_one_example_with_its_pictures_frontal_ones_first() -> None:
    examples = loading.load(catalog.task("mimic_cxr_report")).examples
    assert [len(example.input.images) for example in examples] == [2, 1, 2, 2, 1, 2, 1, 2, 2, 1, 2]
    assert [example.tags["view"] for example in examples[:5]] == ["PA", "AP", "PA", "AP", "lateral"]
    assert all(image.read()[:2] == b"\xff\xd8" for image in examples[0].input.images)
    assert examples[0].id == "59000003"
    assert examples[0].group == "90000001"


def test_the_hurried_reading_is_nobody_s_impression() -> None:
    targets = [example.target for example in loading.load(catalog.task("mimic_cxr_summary")).examples]
    assert len(targets) == 11
    assert not any("hurry" in target for target in targets)
    assert targets[0] == "An empty sketch."


def test_studies_without_a_section_are_counted_with_the_reason() -> None:
    skipped = loading.load(catalog.task("mimic_cxr_summary"), split="train").skipped
    assert [each.reason for each in skipped] == ["the report has no impression section", "the report has no findings section"]


def test_a_split_table_with_fewer_studies_than_the_official_one_is_incomplete(cxr: Path) -> None:
    found = load("mimic_cxr_report", cxr)
    assert (found.complete, found.synthetic) == (False, False)
    assert found.notes == ("the split table lists 11 of 3,269 studies of test",)


def test_reports_are_read_out_of_the_archive_as_it_is_distributed(cxr: Path) -> None:
    before = load("mimic_cxr_report", cxr)
    with zipfile.ZipFile(cxr / "mimic-cxr-reports.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(cxr.rglob("*.txt")):
            archive.write(path, path.relative_to(cxr))
            path.unlink()
    after = load("mimic_cxr_report", cxr)
    assert (before.layout, after.layout) == ("files", "reports.zip")
    assert before.fingerprint == after.fingerprint


def test_unpacked_tables_and_reports_in_a_folder_of_their_own_are_read(cxr: Path) -> None:
    before = load("mimic_cxr_summary", cxr)
    (cxr / SPLIT.removesuffix(".gz")).write_bytes(gzip.decompress((cxr / SPLIT).read_bytes()))
    (cxr / SPLIT).unlink()
    (cxr / "mimic-cxr-reports").mkdir()
    shutil.move(cxr / "files", cxr / "mimic-cxr-reports" / "files")
    assert load("mimic_cxr_summary", cxr).fingerprint == before.fingerprint


def test_the_summary_needs_neither_pictures_nor_their_table(cxr: Path) -> None:
    (cxr / METADATA).unlink()
    for path in cxr.rglob("*.jpg"):
        path.unlink()
    assert len(load("mimic_cxr_summary", cxr).examples) == 11
    with pytest.raises(MissingData, match=r"mimic-cxr-2\.0\.0-metadata\.csv\.gz or .* is not there"):
        load("mimic_cxr_report", cxr)


def test_a_report_that_is_not_there_is_named(cxr: Path) -> None:
    (cxr / "files/p90/p90000001/s59000003.txt").unlink()
    with pytest.raises(MissingData, match=r"s59000003\.txt: the split lists this study and its report is not there"):
        load("mimic_cxr_report", cxr)
    with zipfile.ZipFile(cxr / "mimic-cxr-reports.zip", "w") as archive:
        archive.writestr("files/readme.txt", "")
    with pytest.raises(MissingData, match=r"no files/p90/p90000001/s59000003\.txt"):
        load("mimic_cxr_report", cxr)


def test_a_damaged_archive_or_report_is_named(cxr: Path) -> None:
    (cxr / "files/p90/p90000001/s59000003.txt").write_bytes(b"FINDINGS: \xff")
    with pytest.raises(CorruptData, match=r"s59000003\.txt: not UTF-8 at byte 10"):
        load("mimic_cxr_report", cxr)
    (cxr / "mimic-cxr-reports.zip").write_bytes(b"PK\x03\x04 truncated")
    with pytest.raises(CorruptData, match=r"mimic-cxr-reports\.zip: not a whole archive .*truncated download"):
        load("mimic_cxr_report", cxr)


def test_a_truncated_table_is_named(cxr: Path) -> None:
    content = (cxr / SPLIT).read_bytes()
    (cxr / SPLIT).write_bytes(content[: len(content) // 2])
    with pytest.raises(CorruptData, match=r"split\.csv\.gz, after line \d+: cannot be read on .*truncated download"):
        load("mimic_cxr_report", cxr)


COLUMNS = ("dicom_id", "study_id", "subject_id", "split")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("a", "1", "10000000", "dev")], r"line 2: the split is 'dev'"),
        ([("a", "../1", "10000000", "test")], r"line 2: '10000000' and '\.\./1' are no numbers"),
        ([("a", "1", "10000000", "test"), ("b", "1", "10000001", "test")], r"line 3: study 1 belongs to patient 10000000 above"),
        ([("a", "1", "10000000")], r"line 2: 3 fields where the header has 4"),
    ],
)
def test_a_table_that_is_not_the_official_one_is_refused(cxr: Path, rows: Sequence[Sequence[str]], message: str) -> None:
    write_gz(cxr / SPLIT, COLUMNS, rows)
    with pytest.raises(CorruptData, match=message):
        load("mimic_cxr_report", cxr)


def test_a_table_of_other_columns_lists_them(cxr: Path) -> None:
    write_gz(cxr / SPLIT, ("study", "part"), [])
    with pytest.raises(CorruptData, match=r"no column dicom_id, study_id, subject_id, split \(there are: study, part\)"):
        load("mimic_cxr_report", cxr)


def test_a_picture_outside_the_release_is_never_opened(cxr: Path) -> None:
    write_gz(cxr / SPLIT, COLUMNS, [("../../../../../secret", "59000003", "90000001", "test")])
    with pytest.raises(CorruptData, match="leads outside the release's folder"):
        load("mimic_cxr_report", cxr)


def test_a_part_that_does_not_exist_is_the_card_s_mistake(cxr: Path) -> None:
    with pytest.raises(AdapterError, match="selects part = train, validate, test, not 'dev'"):
        readers.open_release(catalog.card("mimic_cxr_report"), Split(select={"part": "dev"}), cxr)


NOTE = (
    "Allergies:\nDust\n\nAttending:[**Name**]\nChief Complaint:\nfever\n\n"
    "History of Present Illness:\nA worker.\nThe patient died inside.\n\n"
    "Past Medical History:\nnone\n\nBrief Hospital Course:\nGot well.\n\n"
    "Medications on Admission:\nTea.\n\nDischarge Medications:\nTea.\n"
)


def test_an_admission_note_holds_what_was_known_on_admission_and_no_word_of_the_outcome() -> None:
    text = admission_text(NOTE)
    assert text.split("\n\n") == [
        "CHIEF COMPLAINT: fever",
        "PRESENT ILLNESS: A worker. The  inside.",
        "MEDICAL HISTORY: none",
        "MEDICATION ON ADMISSION: Tea.",
        "ALLERGIES: Dust",
        "PHYSICAL EXAM: ",
        "FAMILY HISTORY: ",
        "SOCIAL HISTORY: ",
    ]
    assert "Got well" not in text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("CHIEF COMPLAINT: cough\n\nPHYSICAL EXAM: warm, pt expired at noon", "CHIEF COMPLAINT: cough\n\nPHYSICAL EXAM: warm,  at noon"),
        ("MEDICATION ON ADMISSION: none, patient has died", "MEDICATION ON ADMISSION: none, "),
        ("PHYSICAL EXAM: pt expired, the patient had expired", None),  # the second mention is told
        ("PRESENT ILLNESS: the patient passed away", None),
        ("PRESENT ILLNESS: she expired soon after", None),
        ("PRESENT ILLNESS: Time of death 10:05", None),
        ("FAMILY HISTORY: father died at 60", "FAMILY HISTORY: father died at 60"),
    ],
)
def test_the_later_recipe_takes_out_mentions_of_death_or_drops_the_admission(text: str, left: str | None) -> None:
    """The rules of the recipe's commit e8af1fc of September 2021."""
    assert without_death(text) == left


def test_a_file_of_the_earlier_recipe_is_no_filtered_one(mimic3: Path) -> None:
    (mimic3 / "filtered").mkdir()
    (mimic3 / "ADMISSIONS.csv.gz").unlink()
    path = mimic3 / "filtered" / "MP_IN_adm_test.csv"
    path.write_text("id,text,hospital_expire_flag\n1,PRESENT ILLNESS: cough. Time of death 10:05,1\n")
    with pytest.raises(CorruptData, match=r"line 2: this admission's text tells of the death, .* written by the earlier one"):
        load("mimic3_mortality@filtered", mimic3)


def test_sections_by_mit_lcp_s_rules_are_those_of_its_table(cxr: Path) -> None:
    """Its rules read CHEST, TWO VIEWS: as findings; whatever the table says is taken."""
    path = cxr / "mimic_cxr_sectioned.csv"
    study = f"s{load('mimic_cxr_report', cxr).examples[0].id}"
    path.write_text(f'study,impression,findings,last_paragraph,comparison\n{study},Theirs.,"What stands\nunder CHEST, TWO VIEWS:",,\n')
    found = load("mimic_cxr_report@mit_lcp", cxr, accept_different=True)
    assert [(f"s{each.id}", each.target) for each in found.examples] == [(study, "What stands under CHEST, TWO VIEWS:")]
    assert len(found.skipped) == 10


def test_a_note_without_complaint_illness_and_history_is_left_out() -> None:
    assert admission_text("Allergies:\nDust\n\nDischarge Condition:\nGood\n") == ""


@pytest.fixture
def mimic3(tmp_path: Path) -> Path:
    shutil.copytree(SAMPLES / "mimic3", tmp_path / "mimic3")
    return tmp_path / "mimic3"


def test_copies_and_addenda_of_a_note_are_one_admission_and_newborns_are_none() -> None:
    found = loading.load(catalog.task("mimic3_mortality"))
    assert (found.layout, len(found.examples), len({example.group for example in found.examples})) == ("NOTEEVENTS", 21, 20)
    assert [example.target for example in found.examples][:6] == ["died", "survived", "survived", "survived", "survived", "survived"]
    assert len(loading.load(catalog.task("mimic3_mortality"), split="train").examples) == 15  # of 17: a newborn and an empty note are out


def test_notes_with_either_line_ending_are_the_same_admissions(mimic3: Path) -> None:
    """An empty line ends a section: read as other characters, carriage returns would leave most notes without any."""
    before = load("mimic3_mortality", mimic3, accept_different=True)
    notes = mimic3 / "NOTEEVENTS.csv.gz"
    content = gzip.decompress(notes.read_bytes())
    assert b"\r" not in content
    notes.write_bytes(gzip.compress(content.replace(b"\n", b"\r\n")))
    after = load("mimic3_mortality", mimic3, accept_different=True)
    assert (len(after.examples), after.fingerprint) == (21, before.fingerprint)


def test_what_the_recipe_writes_gives_the_same_examples_as_the_notes(mimic3: Path) -> None:
    before = load("mimic3_mortality", mimic3, accept_different=True)
    rows = [
        {
            "id": example.id,
            "text": example.input.text.removeprefix("Admission note:\n").rsplit("\n\n", 1)[0],
            "flag": example.target == "died",
        }
        for example in before.examples
    ]
    with (mimic3 / "MP_IN_adm_test.csv").open("w", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(("id", "text", "hospital_expire_flag"))
        writer.writerows((row["id"], row["text"], int(bool(row["flag"]))) for row in rows)
    after = load("mimic3_mortality", mimic3, accept_different=True)
    assert after.layout == "MP_IN_adm_test.csv"
    assert after.fingerprint == before.fingerprint
    (mimic3 / "ADMISSIONS.csv.gz").unlink()
    alone = load("mimic3_mortality", mimic3, accept_different=True)
    assert len({example.group for example in alone.examples}) == 21
    assert "admissions, not patients, are resampled" in alone.notes[0]


def test_another_number_of_admissions_is_refused(mimic3: Path) -> None:
    with pytest.raises(CorruptData, match=r"21 examples where 9,829 are expected"):
        load("mimic3_mortality", mimic3)


def test_an_outcome_that_is_none_is_named(mimic3: Path) -> None:
    (mimic3 / "MP_IN_adm_test.csv").write_text("id,text,hospital_expire_flag\n900001,note,yes\n")
    with pytest.raises(CorruptData, match=r"MP_IN_adm_test\.csv, line 2: the outcome is 'yes'"):
        load("mimic3_mortality", mimic3)


def test_an_admission_of_another_release_is_named(mimic3: Path) -> None:
    (mimic3 / "MP_IN_adm_test.csv").write_text("id,text,hospital_expire_flag\n5,note,1\n")
    with pytest.raises(CorruptData, match=r"line 2: admission 5 is not in .*ADMISSIONS\.csv\.gz"):
        load("mimic3_mortality", mimic3)


@pytest.mark.parametrize("gone", ["NOTEEVENTS.csv.gz", "ADMISSIONS.csv.gz", "mimic_test.csv"])
def test_a_missing_file_of_the_notes_is_named_with_the_recipe(mimic3: Path, gone: str) -> None:
    (mimic3 / gone).unlink()
    with pytest.raises(MissingData, match=rf"(?s){gone}.* is not there.*mp\.py"):
        load("mimic3_mortality", mimic3)


def test_a_radiology_report_has_its_names_masked_and_exactly_one_impression() -> None:
    found = loading.load(catalog.task("mimic3_summary"))
    assert found.examples[0].input.text.startswith("The left drawer holds 1 pencils. There is tea in ___'s cup.")
    assert found.examples[0].target == "1 pencils in the left drawer; tea of ___."
    assert found.examples[0].group == found.examples[1].group
    assert [example.tags["modality"] for example in found.examples[:4]] == ["CT", "MR", "CT", "MR"]
    assert not any("**" in example.input.text + example.target or "Over" in example.input.text for example in found.examples)
    reasons = {each.reason for each in loading.load(catalog.task("mimic3_summary"), split="train").skipped}
    assert reasons == {"the report has no findings, or not exactly one impression"}


def test_files_of_one_report_per_line_are_read_in_pairs(mimic3: Path) -> None:
    (mimic3 / "test.findings.tok").write_text("the desk is empty .\nthe drawer is full .\n")
    with pytest.raises(MissingData, match="belong together"):
        load("mimic3_summary", mimic3)
    (mimic3 / "test.impression.tok").write_text("empty desk .\nfull drawer .\n")
    found = load("mimic3_summary", mimic3)
    assert [(example.id, example.target) for example in found.examples] == [("1", "empty desk ."), ("2", "full drawer .")]
    assert found.notes == ("this layout names no patients: reports are resampled",)
    (mimic3 / "test.impression.tok").write_text("empty desk .\n")
    with pytest.raises(CorruptData, match=r"test\.findings\.tok: 2 lines, and test\.impression\.tok has 1"):
        load("mimic3_summary", mimic3)


def test_a_list_that_names_other_notes_is_refused(mimic3: Path) -> None:
    listed = mimic3 / "radiology_test_ids.csv"
    listed.write_text("ids\n9000001\n")  # the published list's own heading; a discharge summary
    with pytest.raises(CorruptData, match=r"note 9000001 of radiology_test_ids\.csv is of the category 'Discharge summary'"):
        load("mimic3_summary", mimic3)
    listed.write_text("ROW_ID\n")
    with pytest.raises(CorruptData, match="lists nothing"):
        load("mimic3_summary", mimic3)
    listed.write_text("note\n5\n")
    with pytest.raises(CorruptData, match=r"no column ROW_ID \(there are: note\)"):
        load("mimic3_summary", mimic3)


def test_a_table_is_streamed(tmp_path: Path) -> None:
    path = tmp_path / "big.csv.gz"
    write_gz(path, ("a", "b"), ((number, "x" * 1000) for number in range(20_000)))
    tracemalloc.start()
    try:
        assert sum(1 for _ in delimited.read(path, "a")) == 20_000
        assert tracemalloc.get_traced_memory()[1] < 2_000_000  # of 20 MB
    finally:
        tracemalloc.stop()


def test_tables_that_are_none_are_named_with_the_line(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    for content, message in (
        (b"", r"empty, where column names are expected"),
        (b"a,b\n1,2\n1,\xff\n", r"not UTF-8"),
        (b'a,b\n1,2\n1,"2', r"line 3, column 3: the field 'b' begins with a quote that is never closed"),
    ):
        path.write_bytes(content)
        with pytest.raises(CorruptData, match=message):
            list(delimited.read(path, "a"))


def test_the_sample_s_patients_are_outside_the_releases_numbers() -> None:
    """MIMIC-CXR numbers patients from 10,000,000 to 19,999,999, MIMIC-III from 1 to 99,999."""
    cxr = [
        example.group
        for part in ("test", "val", "train")
        for example in loading.load(catalog.task("mimic_cxr_report"), split=part).examples
    ]
    assert min(map(int, cxr)) > 20_000_000
    third = [example.group for name in ("mimic3_mortality", "mimic3_summary") for example in loading.load(catalog.task(name)).examples]
    assert min(map(int, third)) > 100_000
