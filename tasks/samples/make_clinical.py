"""Write the invented samples of the tasks whose releases need an agreement, each in the official layout of its release.

    python tasks/samples/make_clinical.py tasks/samples

Nobody in them exists and no sentence was taken from a note: patients are sheets of drawing paper and office workers with invented
complaints. Their numbers lie outside those that the releases use. The flaws are the releases' own, because the code that reads them is
what the samples test: headings in every spelling, a preliminary reading before the final one, page breaks within a report, names taken
out as ``___`` or ``[** **]``, addenda, copies of a note, pairs without a label, unknown treatments.
"""

from __future__ import annotations

import gzip
import json
import random
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from make_phantoms import COMPLAINTS, csv_text, picture, write_all

from harness.data.readers.seer import fold

SEED = 23


def _gz_csv(path: Path, *rows: Sequence[Any]) -> None:
    path.write_bytes(gzip.compress(csv_text(*rows).encode(), mtime=0))


_LOOKS = (
    "The drawn heart fits well inside the frame.",
    "Both lung fields were left empty by the pencil.",
    "A faint smudge lies near the {side} edge, as on ___'s sheet.",
    "No line crosses the {side} corner of the sketch.",
    "The waves that stand for ribs are even.",
    "The paper clip at the {side} margin is unchanged.",
)
_SUMS = ("An empty sketch.", "Smudge near the {side} edge.", "Heavier shading on the {side}, otherwise as on ___.")


def _report(number: int, findings: str, impression: str) -> str:
    """One report; the headings go through the spellings that occur."""
    titled = ("FINDINGS:", "Findings :", "FINDINGS: ", "FINIDNGS:")[number % 4]
    closing = ("IMPRESSION:", "Impression:", "CONCLUSION:", "IMPRESSION :")[number // 2 % 4]
    top = "                                 FINAL REPORT\n"
    if number % 5 == 2:
        top = f" WET READ: ___ ___ 10:0{number % 10} PM\n  IMPRESSION: Looked at in a hurry.\n {'_' * 30}\n{top}"
    parts = [f" EXAMINATION:  Sheet of drawing paper, {1 + number % 2} sides\n\n INDICATION:  Sheet from drawer ___, found on the desk\n"]
    parts.append(" COMPARISON:  None.\n" if number % 3 else " COMPARISON:  ___.\n")
    if findings:
        sub = "\n PAPER CLIPS:  None seen." if number % 4 == 3 else ""
        parts.append(f" {titled}  {findings}{sub}\n")
    if impression:
        parts.append(f" {closing}  {impression}\n" if number % 3 else f" {closing} \n \n {impression}\n")
    if number % 4 == 1:
        parts.append(" NOTIFICATION:  The drawer was told by telephone at ___.\n")
    return top + "\n".join(parts)


_NAMED = {"PA": "postero-anterior", "AP": "antero-posterior", "LATERAL": "lateral", "LL": "left lateral"}


def _rexrank(
    number: int,
    subject: str,
    study: str,
    findings: str,
    impression: str,
    pictures: Sequence[tuple[str, str, str, str]],
    views: Sequence[tuple[str, str, str, str]],
) -> dict[str, Any]:
    """A study in ReXrank's file, with its NaN where a view or a section is absent."""
    shown = [f"/p{subject[:2]}/p{subject}/s{study}/{name}.jpg" for name, of, _, _ in pictures if of == study]
    seen = [view for _, _, of, view in views if of == study]
    frontal = next((name for name, view in zip(shown, seen, strict=True) if view in ("PA", "AP")), shown[0])
    return {
        "image_path": shown,
        "section_findings": findings,
        "section_impression": impression if number % 3 else float("nan"),
        "frontal_lateral": [_NAMED.get(view, float("nan")) for view in seen],
        "split": "test",
        "subject_id": int(subject),
        "context": f"Age:{20 + number}-{30 + number}.Gender:F.Indication: ___-year-old sheet.",
        "key_image_path": frontal,
        "report": f"Findings: {findings} Impression: {impression}",
    }


def mimic_cxr(root: Path) -> None:
    """Nine patients, twenty-four studies; two train studies lack a section."""
    chance = random.Random(SEED)  # noqa: S311  invented sentences, no secret
    pictures: list[tuple[str, str, str, str]] = []
    views: list[tuple[str, str, str, str]] = []
    sections: list[tuple[str, str, str, str, str]] = []
    rexrank: dict[str, dict[str, Any]] = {}
    number = 0
    for patient in range(9):
        part = "test" if patient < 4 else "validate" if patient < 6 else "train"
        subject = str(90000001 + 37 * patient)
        for _ in range(3 if patient % 3 != 2 else 2):
            study = str(59000003 + 71 * number)
            folder = root / "files" / f"p{subject[:2]}" / f"p{subject}"
            (folder / f"s{study}").mkdir(parents=True, exist_ok=True)
            side = ("left", "right")[number % 2]
            findings = " ".join(chance.sample(_LOOKS, 2 + number % 3)).format(side=side).replace(". ", ".\n ", 1)
            impression = _SUMS[number % 3].format(side=side)
            if part == "train":
                findings = "" if number % 7 == 6 else findings
                impression = "" if number % 7 == 5 else impression
            (folder / f"s{study}.txt").write_text(_report(number, findings, impression), encoding="utf-8")
            sections.append((f"s{study}", impression, findings, "", ""))
            for view in (("PA", "LATERAL"), ("AP",), ("LATERAL", "PA"), ("", "AP"), ("LL",))[number % 5]:
                name = "-".join(f"{chance.getrandbits(32):08x}" for _ in range(5))
                drawn = picture(np.random.Generator(np.random.PCG64((SEED, len(pictures)))), number % 3 == 1, (56, 56))
                drawn.save(folder / f"s{study}" / f"{name}.jpg", quality=70)
                pictures.append((name, study, subject, part))
                views.append((name, subject, study, view))
            if part == "test":
                rexrank[study] = _rexrank(number, subject, study, findings, impression, pictures, views)
            number += 1
    _gz_csv(root / "mimic-cxr-2.0.0-split.csv.gz", ("dicom_id", "study_id", "subject_id", "split"), *pictures)
    _gz_csv(root / "mimic-cxr-2.0.0-metadata.csv.gz", ("dicom_id", "subject_id", "study_id", "ViewPosition"), *views)
    (root / "ReXRank_MIMICCXR_test.json").write_text(json.dumps(rexrank, indent=1), encoding="utf-8")
    sectioned = csv_text(("study", "impression", "findings", "last_paragraph", "comparison"), *sections)
    (root / "mimic_cxr_sectioned.csv").write_text(sectioned, encoding="utf-8", newline="")


def _discharge(number: int, died: bool) -> str:
    complaint, other = COMPLAINTS[number % 6], COMPLAINTS[(number + 2) % 6]
    pulse = 120 + number % 9 if died else 70 + number % 9
    return (
        f"Admission Date:  [**9001-1-{1 + number % 28}**]     Discharge Date:  [**9001-2-{1 + number % 28}**]\n\n"
        f"Service: STATIONERY\n\nAllergies:\nCarbon paper\n\nAttending:[**First Name (un) {number}**]\nChief Complaint:\n{complaint}\n\n"
        f"Major Surgical or Invasive Procedure:\nRemoval of a staple\n\nHistory of Present Illness:\n"
        f"An office worker of [**Age over 90 **] years who had {complaint}\nfor {number % 5 + 1} days before coming here.\n\n"
        f"Past Medical History:\n{other}, long ago\n\nSocial History:\nDrinks tea at the desk.\n\nFamily History:\nAll typists.\n\n"
        f"Physical Exam:\nPulse {pulse}, typing {'not possible' if died else 'slow'}.\n\nPertinent Results:\n[**9001-1-2**] no tea\n\n"
        f"Brief Hospital Course:\n{'The patient died.' if died else 'Got well with warm tea.'}\n\n"
        f"Medications on Admission:\nPeppermint.\n\nDischarge Medications:\nTea.\n\nDischarge Condition:\n{'Expired' if died else 'Good'}\n"
    )


def _scan(number: int, findings: str, impression: str) -> str:
    broken = "\n                                                             (Over)\n\n CT DESK W/O CONTRAST\n FINAL REPORT\n (Cont)\n "
    return (
        f" [**9001-3-{1 + number % 28}**] 9:1{number % 10} AM\n CT DESK W/O CONTRAST            Clip # [**Clip Number {number}**]\n"
        f" Reason: look for a lost {COMPLAINTS[number % 6].split()[0]}\n {'_' * 78}\n                                 FINAL REPORT\n"
        f" INDICATION:  [**Known lastname {number}**]'s desk.\n\n TECHNIQUE:  Axial drawings of the desk.\n\n"
        f" {('FINDINGS:', 'Findings:')[number % 2]}  {findings.replace('. ', '.' + broken if number % 4 == 0 else '. ', 1)}\n\n"
        + (f" {('IMPRESSION:', 'CONCLUSION:', 'IMPRESSIONS:')[number % 3]}\n {impression}\n" if impression else "")
    )


def mimic3(root: Path) -> None:
    """Forty-five patients with discharge summaries, and forty radiology reports of them."""
    root.mkdir(parents=True, exist_ok=True)
    stays: list[tuple[Any, ...]] = []
    notes: list[tuple[Any, ...]] = []
    parts: dict[str, list[int]] = {"test": [], "val": [], "train": []}
    listed: dict[str, list[int]] = {"test": [], "val": [], "train": []}

    def note(subject: int, stay: int | str, date: str, category: str, description: str, text: str) -> int:
        row = 9_000_001 + len(notes)
        notes.append((row, subject, stay, date, "", "", category, description, "", "", text))
        return row

    for number in range(45):
        subject, stay, died = 990_001 + 13 * number, 900_001 + 17 * number, number * 7 % 5 == 0
        part = "test" if number < 20 else "val" if number < 28 else "train"
        parts[part].append(subject)
        newborn = number == 30
        stays.append((number + 1, subject, stay, "NEWBORN" if newborn else "EMERGENCY", int(died)))
        date = f"9001-02-{1 + number % 28:02d}"
        text = _discharge(number, died)
        if number == 31:  # neither complaint, illness nor history: the recipe leaves it out
            text = "Admission Date:  [**9001-1-1**]\n\nService: STATIONERY\n\nDischarge Condition:\nGood\n"
        note(subject, stay, date, "Discharge summary", "Report", text)
        if number % 6 == 1:
            note(
                subject,
                stay,
                date[:-2] + "28",
                "Discharge summary",
                "Addendum",
                f"Name: [**Known lastname {number}**]\n\nAddendum:\nMore tea.\n",
            )
        if number % 9 == 4:
            note(subject, stay, "9001-03-01", "Discharge summary", "Report", text)  # a copy of the same note
        if number in (3, 24):  # a second stay of the same patient
            stays.append((100 + number, subject, stay + 5, "ELECTIVE", 0))
            parts[part].append(subject)  # the recipe's list has one line per stay
            note(subject, stay + 5, "9001-08-01", "Discharge summary", "Report", _discharge(number + 50, died=False))
        note(subject, stay, date, "Nursing", "Report", "Watered the plants.")
    for number in range(40):
        subject = 990_001 + 13 * (number // 2)
        side = ("left", "right")[number % 2]
        findings = (
            f"The {side} drawer holds {number % 4 + 1} pencils. There is tea in [**Name {number}**]'s cup. The"
            f" {COMPLAINTS[number % 6]} leaflet lies on the {side}."
        )
        impression = f"{number % 4 + 1} pencils in the {side} drawer; tea of [**Name {number}**]."
        part = "test" if number < 20 else "val" if number < 28 else "train"
        if number == 33:
            impression = ""
        order = ("CT DESK W/O CONTRAST", "MR DESK W & W/O CONTRAST", "CTA DRAWER W&W/OC & RECONS", "MR-ANGIO LAMP W/O CONTRAST")[number % 4]
        text = _scan(number, findings, impression)
        if number == 35:
            text += "\n IMPRESSION:  A second desk, in the same report.\n"
        listed[part].append(note(subject, "", "9001-03-01", "Radiology", order, text))
    columns = "ROW_ID SUBJECT_ID HADM_ID CHARTDATE CHARTTIME STORETIME CATEGORY DESCRIPTION CGID ISERROR TEXT".split()
    _gz_csv(root / "NOTEEVENTS.csv.gz", columns, *notes)
    _gz_csv(root / "ADMISSIONS.csv.gz", "ROW_ID SUBJECT_ID HADM_ID ADMISSION_TYPE HOSPITAL_EXPIRE_FLAG".split(), *stays)
    for part, subjects in parts.items():
        (root / f"mimic_{part}.csv").write_text("SUBJECT_ID\n" + "".join(f"{subject}\n" for subject in subjects), encoding="utf-8")
        (root / f"radiology_{part}_ids.csv").write_text("ROW_ID\n" + "".join(f"{row}\n" for row in listed[part]), encoding="utf-8")


def mednli(root: Path) -> None:
    """Premises with three hypotheses each: twelve for the test, five for dev, ten for train, where two pairs have no label."""
    root.mkdir(parents=True, exist_ok=True)
    chance = random.Random(SEED)  # noqa: S311  invented sentences, no secret
    for split, start, end in (("test", 0, 12), ("dev", 12, 17), ("train", 17, 27)):
        lines = []
        for number in range(start, end):
            complaint, cups = COMPLAINTS[number % 6], number % 4 + 2
            premise = f"The clerk of office [**Number {number}**] drank {cups} cups of tea and has {complaint} since. "
            pairs = [
                ("entailment", f" The clerk of office {number} drank tea"),
                ("contradiction", f"The clerk of office {number} has never had {complaint}"),
                ("neutral", f"The clerk\tof office {number} typed all night"),
            ]
            chance.shuffle(pairs)
            for label, hypothesis in pairs:
                given = "-" if split == "train" and number in (20, 23) and label == "neutral" else label
                item = {
                    "sentence1": premise,
                    "pairID": str(uuid.UUID(int=chance.getrandbits(128))),
                    "sentence1_parse": "(ROOT (S invented))",
                    "sentence1_binary_parse": "( invented )",
                    "sentence2": hypothesis,
                    "sentence2_parse": "(ROOT (S invented))",
                    "sentence2_binary_parse": "( invented )",
                    "gold_label": given,
                }
                lines.append(json.dumps(item) + "\n")
        (root / f"mli_{split}_v1.jsonl").write_text("".join(lines), encoding="utf-8")


_COLUMNS_TOML = """\
# What a user of SEER writes beside an export; this one declares the invented export of the sample.
file = "export.csv"
patient = "Patient ID"
record = "Sequence number"

[facts]
"Primary site" = "Primary Site - labeled"
"Histology" = "Histologic Type ICD-O-3"
"Age" = "Age recode with <1 year olds"
"Stage" = "Summary stage 2000 (1998+)"

[surgery]
column = "RX Summ--Surg Prim Site (1998+)"
no = ["0"]
yes = ["20", "50"]
unknown = ["99"]

[radiation]
column = "Radiation recode"
no = ["None/Unknown", "Refused (1988+)"]
yes = ["Beam radiation"]

[chemotherapy]
column = "Chemotherapy recode (yes, no/unk)"
no = ["No/Unknown"]
yes = ["Yes"]
"""


def seer(root: Path) -> None:
    """An export of 160 invented desks; records of the test's patients have no unknown treatment."""
    root.mkdir(parents=True, exist_ok=True)
    chance = random.Random(SEED)  # noqa: S311  invented rows, no secret
    facts = ("Primary Site - labeled", "Histologic Type ICD-O-3", "Age recode with <1 year olds", "Summary stage 2000 (1998+)")
    given = ("RX Summ--Surg Prim Site (1998+)", "Radiation recode", "Chemotherapy recode (yes, no/unk)")
    rows: list[tuple[Any, ...]] = []
    for number in range(160):
        patient = f"{99_000_000 + number * 7:08d}"
        stage = ("Localized", "Regional", "Distant")[number % 3]
        for sequence in range(1 + (number % 11 == 0)):
            cut = ("20", "50", "0")[min(2, number % 3 + (chance.random() < 0.2))]
            cut = "99" if fold(patient) != 0 and number % 13 == 5 else cut
            beam = (
                "Beam radiation"
                if stage == "Regional" or chance.random() < 0.2
                else chance.choices(("None/Unknown", "Refused (1988+)"), (9, 1))[0]
            )
            drug = "Yes" if stage == "Distant" and chance.random() < 0.7 else "No/Unknown"
            site = f"X{number % 4}.0-{('Desk', 'Drawer', 'Lamp', 'Chair')[number % 4]}, NOS"
            age = f"{40 + 5 * (number % 8)}-{44 + 5 * (number % 8)} years"
            rows.append((patient, sequence + 1, site, 9000 + number % 5, age, stage, cut, beam, drug))
    (root / "export.csv").write_text(csv_text(("Patient ID", "Sequence number", *facts, *given), *rows), encoding="utf-8")
    (root / "columns.toml").write_text(_COLUMNS_TOML, encoding="utf-8")


if __name__ == "__main__":
    write_all(mednli, mimic3, mimic_cxr, seer)
