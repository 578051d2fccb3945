"""MIMIC-III: admission notes and radiology reports, from the notes or from what recipes make of them."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from harness.data.readers.mimic3 import admission_text, without_death
from harness.errors import MissingData
from tests.data.support import copied, load, refused, sample

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
    message = r"line 2: this admission's text tells of the death, .* written by the earlier one"
    refused("mimic3_mortality@filtered", mimic3.parent, message)


def test_a_note_without_complaint_illness_and_history_is_left_out() -> None:
    assert admission_text("Allergies:\nDust\n\nDischarge Condition:\nGood\n") == ""


@pytest.fixture
def mimic3(tmp_path: Path) -> Path:
    return copied("mimic3", tmp_path)


def test_copies_and_addenda_of_a_note_are_one_admission_and_newborns_are_none() -> None:
    found = sample("mimic3_mortality")
    assert (found.layout, len(found.examples), len({example.group for example in found.examples})) == ("NOTEEVENTS", 21, 20)
    assert [example.target for example in found.examples][:6] == ["died", "survived", "survived", "survived", "survived", "survived"]
    assert len(sample("mimic3_mortality", "train").examples) == 15  # of 17: a newborn and an empty note are out


def test_what_the_recipe_writes_gives_the_same_examples_as_the_notes(mimic3: Path) -> None:
    before = load("mimic3_mortality", mimic3.parent)
    texts = [example.input.text.removeprefix("Admission note:\n").rsplit("\n\n", 1)[0] for example in before.examples]
    with (mimic3 / "MP_IN_adm_test.csv").open("w", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow(("id", "text", "hospital_expire_flag"))
        writer.writerows((example.id, text, int(example.target == "died")) for example, text in zip(before.examples, texts, strict=True))
    after = load("mimic3_mortality", mimic3.parent)
    assert after.layout == "MP_IN_adm_test.csv"
    assert after.fingerprint == before.fingerprint
    (mimic3 / "ADMISSIONS.csv.gz").unlink()
    alone = load("mimic3_mortality", mimic3.parent)
    assert len({example.group for example in alone.examples}) == 21
    assert "admissions, not patients, are resampled" in alone.notes[0]


def test_a_radiology_report_has_its_names_masked_and_exactly_one_impression() -> None:
    found = sample("mimic3_summary")
    assert found.examples[0].input.text.startswith("The left drawer holds 1 pencils. There is tea in ___'s cup.")
    assert found.examples[0].target == "1 pencils in the left drawer; tea of ___."
    assert found.examples[0].group == found.examples[1].group
    assert [example.tags["modality"] for example in found.examples[:4]] == ["CT", "MR", "CT", "MR"]
    assert not any("**" in example.input.text + example.target or "Over" in example.input.text for example in found.examples)
    reasons = {each.reason for each in sample("mimic3_summary", "train").skipped}
    assert reasons == {"the report has no findings, or not exactly one impression"}


def test_files_of_one_report_per_line_are_read_in_pairs(mimic3: Path) -> None:
    (mimic3 / "test.findings.tok").write_text("the desk is empty .\nthe drawer is full .\n")
    refused("mimic3_summary", mimic3.parent, "belong together", MissingData)
    (mimic3 / "test.impression.tok").write_text("empty desk .\nfull drawer .\n")
    found = load("mimic3_summary", mimic3.parent)
    assert [(example.id, example.target) for example in found.examples] == [("1", "empty desk ."), ("2", "full drawer .")]
    assert found.notes == ("this layout names no patients: reports are resampled",)
    (mimic3 / "test.impression.tok").write_text("empty desk .\n")
    refused("mimic3_summary", mimic3.parent, r"test\.findings\.tok: 2 lines, and test\.impression\.tok has 1")


def test_the_sample_s_patients_are_outside_the_releases_numbers() -> None:
    """MIMIC-CXR numbers patients from 10,000,000 to 19,999,999, MIMIC-III from 1 to 99,999."""
    cxr = [example.group for part in ("test", "val", "train") for example in sample("mimic_cxr_report", part).examples]
    assert min(map(int, cxr)) > 20_000_000
    third = [example.group for name in ("mimic3_mortality", "mimic3_summary") for example in sample(name).examples]
    assert min(map(int, third)) > 100_000
