"""MIMIC-III: admission notes with their outcome, and radiology reports, from the notes or from the files that recipes make of them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from harness.base.withheld import quoted
from harness.cards import Card, Split
from harness.data.readers import Release, delimited
from harness.data.readers.files import absent, inside, read_text, required
from harness.data.readers.sections import section, sections
from harness.errors import CorruptData
from harness.rows import Row

_KEPT = (
    ("CHIEF COMPLAINT", "chief complaint:"),
    ("PRESENT ILLNESS", "present illness:"),
    ("MEDICAL HISTORY", "medical history:"),
    ("MEDICATION ON ADMISSION", "medications on admission:"),
    ("ALLERGIES", "allergies:"),
    ("PHYSICAL EXAM", "physical exam:"),
    ("FAMILY HISTORY", "family history:"),
    ("SOCIAL HISTORY", "social history:"),
)
_NEEDED = 3
"""One of the first three must be there, or the note says nothing of why the patient came."""
_HEADINGS = [(title, re.compile(re.escape(heading), re.IGNORECASE)) for title, heading in _KEPT]
_NEXT = re.compile(r"\n\n[^(\\|\d.)\n]+?:")
_TELLING = ("patient died", "patient deceased")
_DIED = r"\s+(?:had\s|has\s)?(?:expired|died|passed away|deceased)"
_IN_PASSING = re.compile(r"(?:PHYSICAL EXAM|MEDICATION ON ADMISSION):", re.IGNORECASE)
_MENTION = re.compile(rf"(?:patient|pt)?(?<!\s){_DIED}", re.IGNORECASE)
"""A mention in a section that says no more of it: it is taken out."""
_TOLD = re.compile(rf"(?:patient|pt){_DIED}|he expired|pronounced expired|time of death", re.IGNORECASE)
"""A mention anywhere else: the admission is left out."""
_NAME_TAKEN_OUT = re.compile(r"\[\*\*.*?\*\*\]", re.DOTALL)


def read_mortality(card: Card, split: Split, root: Path) -> Release:
    """One row per admission: ``id``, ``text`` of what was known on admission, ``hospital_expire_flag``, ``patient``.

    Either the file that the reference recipe writes, or the notes, the admissions and the recipe's list of patients.
    """
    filtered = bool(card.source.get("filtered"))
    made = inside(root, str(split.select["file"]), card.path.name)
    if made.exists():
        admissions = _first(root, "ADMISSIONS.csv.gz", "ADMISSIONS.csv")
        note = "no ADMISSIONS.csv.gz beside it: admissions, not patients, are resampled"
        rows = _checked(_made(made, admissions)) if filtered else _made(made, admissions)
        return Release(rows=rows, layout=made.name, notes=() if admissions else (note,))
    notes = _first(root, "NOTEEVENTS.csv.gz", "NOTEEVENTS.csv")
    if notes is None:
        required(card, root, str(split.select["file"]), "NOTEEVENTS.csv.gz", "NOTEEVENTS.csv")
    assert notes is not None
    admissions = required(card, root, "ADMISSIONS.csv.gz", "ADMISSIONS.csv")
    patients = _ids(required(card, root, str(split.select["patients"])), "SUBJECT_ID")
    rebuilt = _rebuilt(notes, admissions, patients)
    return Release(rows=_without_death(rebuilt) if filtered else rebuilt, layout="NOTEEVENTS")


def read_radiology(card: Card, split: Split, root: Path) -> Release:
    """One row per report: ``id``, ``patient``, ``description``, ``findings``, ``impression``.

    Either a pair of files with one report per line, or the notes and a list of their ROW_IDs. A report without findings, or with other
    than one impression, has an empty section.
    """
    pair = [inside(root, f"{split.select['lines']}.{kind}.tok", card.path.name) for kind in ("findings", "impression")]
    if any(path.exists() for path in pair):
        if not all(path.exists() for path in pair):
            raise absent(card, f"{pair[0]} and {pair[1]} belong together and one is not there.")
        return Release(rows=_lines(*pair), layout="findings.tok", notes=("this layout names no patients: reports are resampled",))
    notes = required(card, root, "NOTEEVENTS.csv.gz", "NOTEEVENTS.csv", pair[0].name)
    listed = required(card, root, str(split.select["ids"]))
    return Release(rows=_reports(notes, listed), layout="NOTEEVENTS")


def admission_text(text: str) -> str:
    """The eight sections of a discharge summary that are known on admission, in the recipe's form; empty where the note lacks them.

    A section ends at an empty line that a heading follows, as in the reference recipe, whose rules are kept to have its numbers.
    """
    by_title = {}
    for title, heading in _HEADINGS:
        begins = heading.search(text)
        ends = _NEXT.search(text, begins.end() + 1) if begins else None
        by_title[title] = text[begins.end() : ends.start()].replace("\n", " ").strip() if begins and ends else ""
    if not any(by_title[title] for title, _ in _KEPT[:_NEEDED]):
        return ""
    joined = "\n\n".join(f"{title}: {content}" for title, content in by_title.items())
    for telling in _TELLING:
        joined = joined.replace(telling, "")
    return joined


def _made(path: Path, admissions: Path | None) -> Iterator[Row]:
    patients: dict[str, str] = {}
    if admissions:
        patients = {row["HADM_ID"]: row["SUBJECT_ID"] for _, row in delimited.read(admissions, "HADM_ID", "SUBJECT_ID")}
    for where, row in delimited.read(path, "id", "text", "hospital_expire_flag"):
        name = row["id"]
        if patients and name not in patients:
            raise CorruptData(f"{where}: the admission {quoted(name)} is not in {admissions}; the two files are not of one release.")
        fields = {**row, "hospital_expire_flag": _flag(row["hospital_expire_flag"], where), "patient": patients.get(name, name)}
        yield Row(fields, where=where)


def _rebuilt(notes: Path, admissions: Path, wanted: frozenset[str]) -> Iterator[Row]:
    """The recipe: discharge summaries of the listed patients, later copies of a text kept, the notes of an admission joined."""
    columns = ("SUBJECT_ID", "HADM_ID", "ADMISSION_TYPE", "HOSPITAL_EXPIRE_FLAG")
    outcome = {
        row["HADM_ID"]: (row["SUBJECT_ID"], _flag(row["HOSPITAL_EXPIRE_FLAG"], where))
        for where, row in delimited.read(admissions, *columns)
        if row["ADMISSION_TYPE"] != "NEWBORN" and row["SUBJECT_ID"] in wanted
    }
    by_text: dict[bytes, tuple[str, str, str, str]] = {}
    for where, row in delimited.read(notes, "HADM_ID", "CATEGORY", "DESCRIPTION", "CHARTDATE", "TEXT"):
        name = row["HADM_ID"].removesuffix(".0")
        if name and not (name.isdecimal() and len(name) < 20):
            raise CorruptData(f"{where}: 'HADM_ID' is no number; get the official file again.")
        if row["CATEGORY"] != "Discharge summary" or name not in outcome or not row["TEXT"]:
            continue
        key, last = hashlib.sha256(row["TEXT"].encode()).digest(), (row["CHARTDATE"], name, row["DESCRIPTION"], row["TEXT"])
        if not row["CHARTDATE"]:
            raise CorruptData(f"{where}: a discharge summary without CHARTDATE; get the official file again.")
        if key not in by_text or by_text[key][0] <= last[0]:
            by_text[key] = last
    joined: dict[str, list[tuple[str, str, str]]] = {}
    for date, name, kind, text in sorted(by_text.values(), key=lambda note: note[0]):
        joined.setdefault(name, []).append((date, kind, text))
    for name in sorted(joined, key=int):
        if not any(kind == "Report" for _, kind, _ in joined[name]):
            continue  # an addendum without its report
        patient, flag = outcome[name]
        text = admission_text("\n\n".join(text for _, _, text in joined[name]).strip())
        if text:
            yield Row({"id": name, "text": text, "hospital_expire_flag": flag, "patient": patient}, where=f"{notes.name}, HADM_ID {name}")


def without_death(text: str) -> str | None:
    """The text as the recipe's later version leaves it, None where that drops the admission: its text tells that the patient died.

    One mention is taken out of each examination and list of medications; any other drops the admission.
    """
    left = _without_mentions(text)
    return None if _TOLD.search(left) else left


def _without_mentions(text: str) -> str:
    """Each line of the two sections without the first mention that begins on it; every stretch of the text is looked at once."""
    kept, at, position, mention = [], 0, 0, _MENTION.search(text)
    while mention and (heading := _IN_PASSING.search(text, position)):
        position = heading.end()
        if mention.start() < position:
            mention = _MENTION.search(text, position)
        if mention and "\n" not in text[position : mention.start()]:
            kept.append(text[at : mention.start()])
            at = position = mention.end()
    return "".join([*kept, text[at:]])


def _without_names(text: str) -> str:
    """The text with what stands for a name in one form; behind the last mark nothing ends one, and nothing is looked for."""
    last = text.rfind("**]") + 3
    return _NAME_TAKEN_OUT.sub("___", text[:last]) + text[last:]


def _without_death(rows: Iterator[Row]) -> Iterator[Row]:
    for row in rows:
        text = without_death(row["text"])
        if text is not None:
            yield Row({**row, "text": text}, where=row.where)


def _checked(rows: Iterator[Row]) -> Iterator[Row]:
    """The rows of a file that the recipe's later version has written."""
    for row in rows:
        if without_death(row["text"]) != row["text"]:
            raise CorruptData(
                f"{row.where}: this admission's text tells of the death, which the recipe of September 2021 takes out; the file was written"
                " by the earlier one. Run the later commit, which `harness show` names, or evaluate mimic3_mortality."
            )
        yield row


def _reports(notes: Path, listed: Path) -> Iterator[Row]:
    wanted = _ids(listed, "ROW_ID", "ids")
    for where, row in delimited.read(notes, "ROW_ID", "SUBJECT_ID", "CATEGORY", "DESCRIPTION", "TEXT"):
        if row["ROW_ID"] not in wanted:
            continue
        if row["CATEGORY"] != "Radiology":
            raise CorruptData(
                f"{where}: the note {quoted(row['ROW_ID'])} of {listed.name} is of the category"
                f" {quoted(row['CATEGORY'])}; another list is needed."
            )
        named_texts = sections(row["TEXT"])
        sole = sum(name == "impression" for name, _ in named_texts) == 1  # several: several studies in one report
        fields = {
            "id": row["ROW_ID"],
            "patient": row["SUBJECT_ID"],
            "description": row["DESCRIPTION"],
            "findings": _without_names(section(named_texts, "findings")),
            "impression": _without_names(section(named_texts, "impression")) if sole else "",
        }
        yield Row(fields, where=where)


def _lines(findings: Path, impression: Path) -> Iterator[Row]:
    texts = [read_text(path).removesuffix("\n").split("\n") for path in (findings, impression)]
    if len(texts[0]) != len(texts[1]):
        raise CorruptData(f"{findings}: {len(texts[0]):,} lines, and {impression.name} has {len(texts[1]):,}; get both files again.")
    for number, (long, short) in enumerate(zip(*texts, strict=True), start=1):
        fields = {"id": str(number), "patient": str(number), "description": "", "findings": long, "impression": short}
        yield Row(fields, where=f"{findings.name}, line {number}")


def _ids(path: Path, *columns: str) -> frozenset[str]:
    """The numbers in the first of the columns that the list has."""
    there = delimited.header(path)
    column = next((name for name in columns if name in there), columns[0])
    numbers = frozenset(row[column].strip() for _, row in delimited.read(path, column))
    if not numbers:
        raise CorruptData(f"{path}: lists nothing; get the list again.")
    return numbers


def _first(root: Path, *names: str) -> Path | None:
    return next((path for name in names if (path := inside(root, name, name)).exists()), None)


def _flag(text: str, where: str) -> int:
    if text not in ("0", "1", "0.0", "1.0"):
        raise CorruptData(f"{where}: the outcome is {quoted(text)}; 0 is survived, 1 is died in hospital. Get the official file again.")
    return int(float(text))
