"""Write the invented samples of the text and report tasks, each in the official layout of its release.

    python tasks/samples/make_samples.py tasks/samples

Every sentence was made up for this file and every picture is a drawn phantom. The flaws are the releases' own, because the code that
reads them is what the samples test: tabs inside fields, a trailing blank, numbers among texts, empty sections, XXXX.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
from make_phantoms import COMPLAINTS, picture, write_all

SEED = 11


def drawing(number: int, finding: bool) -> Any:
    """A phantom, 84 x 84."""
    return picture(np.random.Generator(np.random.PCG64((SEED, number))), finding, (84, 84))


def vqa_rad(root: Path) -> None:
    """Twelve pictures, eight questions each: the last three pictures' and some others' are the test."""
    folder = root / "VQA_RAD Image Folder"
    folder.mkdir(parents=True, exist_ok=True)
    organs = ["CHEST", "ABD", "HEAD"]
    rows: list[dict[str, Any]] = []
    for number in range(12):
        finding, side, spots = number % 2 == 0, ("left", "right")[number // 2 % 2], number % 4 + 1
        name = f"synpic{900 + number}.jpg"
        drawing(number, finding).save(folder / name, quality=80)
        asked: list[tuple[str, Any, str, str]] = [
            ("Can you see a soft opacity in this drawing?", "Yes" if finding else "No", "CLOSED", "PRES"),
            ("Is the drawn body tilted out of its frame?", "no", "CLOSED", "ABN"),
            (f"Does the {side} lung field look darker than the frame?", "yes", "CLOSED", "PRES, ATTRIB"),
            ("On which half is the larger spot, left or right?", side, "CLOSED", "POS"),
            ("How many spots were drawn?", spots, "OPEN", "COUNT"),
            ("What was used to make this picture?", "a drawing program", "OPEN", "MODALITY"),
            ("What is the most striking thing here?", "soft opacity" if finding else "nothing striking", "OPEN", "ABN"),
            ("Where are the ribs drawn?", f"across both lung fields, more on the {side}", "OPEN", "POS"),
        ]
        for place, (question, answer, kind, topic) in enumerate(asked):
            test = (number >= 8 and place % 2 == number % 2) or number == 11
            rows.append(
                {
                    "qid": len(rows),
                    "phrase_type": ("test_para" if place > 5 else "test_freeform") if test else ("para" if place > 5 else "freeform"),
                    "qid_linked_id": f"invented-{number}-{place}",
                    "image_case_url": "NULL",
                    "image_name": name,
                    "image_organ": organs[number % 3],
                    "evaluation": "not evaluated",
                    "question": question,
                    "question_rephrase": "NULL",
                    "question_relation": "NULL",
                    "question_frame": "NULL",
                    "question_type": topic,
                    "answer": answer,
                    "answer_type": kind,
                }
            )
    rows[0]["qid"] = "0"  # the release's first id is a text, the others are numbers
    rows[-3]["question"] = rows[-3]["question"].replace("used to", "used\tto")
    rows[-8]["answer_type"] = "CLOSED "
    rows[-1]["answer"] = str(rows[-1]["answer"]).replace("both lung", "both\tlung")
    del rows[9]["question_rephrase"]
    (root / "VQA_RAD Dataset Public.json").write_text(json.dumps(rows, indent=1), encoding="utf-8")


_FINDINGS = (
    "The drawn heart fits well inside the frame.",
    "Both lung fields were left empty by the pencil.",
    "A faint smudge was added near the {side} edge.",
    "No line crosses the {side} corner of the sketch.",
    "Ribs are suggested by even waves.",
    "Compared with sheet XXXX the shading is a little heavier.",
)
_IMPRESSIONS = (
    "Plain sketch without a smudge.",
    "Sketch with one smudge on the {side}.",
    "Heavier shading, otherwise a plain sketch.",
)


def iu_xray(root: Path) -> None:
    """Thirty reports for the bioCaption split, and an annotation of sixteen studies for R2Gen's."""
    reports, pngs = root / "ecgen-radiology", root / "NLMCXR_png"
    reports.mkdir(parents=True, exist_ok=True)
    pngs.mkdir(exist_ok=True)
    for number in range(1, 31):
        side = ("left", "right")[number % 2]
        smudge = number % 3 == 0
        chosen = [_FINDINGS[(number + step) % len(_FINDINGS)] for step in range(2 + number % 3)]
        findings = " ".join(chosen).format(side=side)
        impression = _IMPRESSIONS[1 if smudge else 2 * (number % 2)].format(side=side)
        if number == 7:
            findings = ""  # an impression only
        if number == 13:
            impression = ""  # findings only
        views = 0 if number == 20 else 1 + (number % 4 == 1)
        names = [f"CXR{number}_1_IM-{number:04d}-{1001 * (view + 1)}" for view in range(views)]
        for view, name in enumerate(names):
            drawing(1000 + 10 * number + view, smudge).save(pngs / f"{name}.png", optimize=True)
        images = "\n".join(f'  <parentImage id="{name}"><caption>drawn phantom</caption></parentImage>' for name in names)
        (reports / f"{number}.xml").write_text(
            f'<?xml version="1.0" encoding="utf-8"?>\n<eCitation>\n  <uId id="CXR{number}"/>\n  <MedlineCitation><Article><Abstract>\n'
            f'    <AbstractText Label="COMPARISON">None.</AbstractText>\n'
            f'    <AbstractText Label="INDICATION">XXXX-year-old sheet</AbstractText>\n'
            f'    <AbstractText Label="FINDINGS">{escape(findings)}</AbstractText>\n'
            f'    <AbstractText Label="IMPRESSION">{escape(impression)}</AbstractText>\n'
            f"  </Abstract></Article></MedlineCitation>\n{images}\n</eCitation>\n",
            encoding="utf-8",
        )
    annotation: dict[str, list[dict[str, Any]]] = {"train": [], "val": [], "test": []}
    for number in range(1, 17):
        split = "train" if number <= 8 else "val" if number <= 11 else "test"
        folder = root / "images" / f"CXR{number}_IM-{number:04d}"
        folder.mkdir(parents=True, exist_ok=True)
        for view in range(2):
            drawing(2000 + 10 * number + view, number % 3 == 0).resize((28, 28)).save(folder / f"{view}.png", optimize=True)
        chosen = [_FINDINGS[(number + step) % len(_FINDINGS)] for step in range(2 + number % 2)]
        annotation[split].append(
            {
                "id": folder.name,
                "report": " ".join(chosen).format(side=("left", "right")[number % 2]),
                "image_path": [f"{folder.name}/0.png", f"{folder.name}/1.png"],
                "split": split,
            }
        )
    (root / "annotation.json").write_text(json.dumps(annotation, indent=1), encoding="utf-8")
    impression = _IMPRESSIONS[0].format(side="left")
    rexrank = {
        item["id"]: {
            "key_image_path": item["image_path"][number % 2],
            "image_path": item["image_path"],
            "report": f"Findings: {item['report']} Impression: {impression}",
            "section_findings": f"{item['report']} Drawn on one XXXX.",
            "section_impression": impression,
            "split": "test",
            "frontal_lateral": ["Frontal", "Lateral"] if number % 3 else ["Lateral"],  # of all pictures, or of some
            "context": "Indication: XXXX-year-old sheet. Comparison: None.",
        }
        for number, item in enumerate(annotation["test"])
    }
    (root / "ReXRank_IUXray_test.json").write_text(json.dumps(rexrank, indent=1), encoding="utf-8")


def trec_ct_2022(root: Path) -> None:
    """Six invented patients, twelve judged trials each, in BEIR's form."""
    (root / "qrels").mkdir(parents=True, exist_ok=True)
    queries, corpus, judged = [], [], ["query-id\tcorpus-id\tscore"]
    for topic, condition in enumerate(COMPLAINTS, start=1):
        age = 20 + 7 * topic
        text = f"An office worker of {age} years has had {condition} for {topic} weeks. Takes no medicine. Drinks tea.\n"
        queries.append({"_id": f"trec-2022{topic}", "text": text, "metadata": {}})
        for number in range(12):
            name = f"NCT9{topic:02d}{number:05d}"
            label = 2 if number % 6 == 0 else 1 if number % 6 == 3 else 0
            about = condition if label else COMPLAINTS[(topic + number) % len(COMPLAINTS)]
            limit = age - 5 if label == 1 else age + 10
            facts = {
                "brief_title": f"A cup of tea against {about}, study {number}",
                "phase": "Phase 2",
                "drugs": "['tea']",
                "drugs_list": ["tea"],
                "diseases": f"['{about}']",
                "diseases_list": [about],
                "enrollment": "12.0",
                "inclusion_criteria": f"inclusion criteria: \n\n has {about} \n\n is at most {limit} years of age",
                "exclusion_criteria": ": \n\n prefers coffee",
                "brief_summary": f"Whether warm tea shortens {about} in people who work at desks.",
            }
            corpus.append({"_id": name, "title": facts["brief_title"], "text": f"Summary: {facts['brief_summary']}", "metadata": facts})
            judged.append(f"trec-2022{topic}\t{name}\t{label}")
    for file, items in (("queries.jsonl", queries), ("corpus.jsonl", corpus)):
        (root / file).write_text("".join(json.dumps(item) + "\n" for item in items), encoding="utf-8")
    (root / "qrels" / "test.tsv").write_text("\n".join(judged) + "\n", encoding="utf-8")


def meqsum(root: Path) -> None:
    """Ninety invented questions and their short forms in a sheet."""
    from openpyxl import Workbook

    root.mkdir(parents=True, exist_ok=True)
    book = Workbook()
    book.properties.created = book.properties.modified = datetime(2024, 1, 1, tzinfo=UTC).replace(tzinfo=None)
    sheet = book.active
    assert sheet is not None
    sheet.title = "QS"
    sheet.append(["File", "CHQ", "Summary"])
    ways = ("treated", "prevented", "recognised", "told apart from a cold")
    for number in range(1, 91):
        condition, way = COMPLAINTS[number % len(COMPLAINTS)], ways[number // 6 % len(ways)]
        asked = ("by people who type all day", "at home", "before a long weekend", "without missing a meeting", "in winter")[number * 7 % 5]
        question = (
            f"SUBJECT: asking about {condition}\nMESSAGE: Hello, my neighbour [NAME] got {condition} {number % 9 + 2} days ago."
            f"\nWe wonder how it can be {way}, {asked}. The pharmacy at [LOCATION] was closed. Thank you!"
            if number % 3
            else f"My cousin says {condition} runs in offices.\n\nHow can it be {way} {asked}? She asked me to write to you."
        )
        summary = f"How can {condition} be {way} {asked}?"
        sheet.append([f"invented-{number}.txt", question, f" {summary} " if number % 20 == 0 else summary])
    book.save(root / "MeQSum_ACL2019_BenAbacha_Demner-Fushman.xlsx")


if __name__ == "__main__":
    write_all(vqa_rad, iu_xray, trec_ct_2022, meqsum)
