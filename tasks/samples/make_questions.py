"""Write the invented samples of SLAKE, PathVQA, the Hub's VQA-RAD and MedDialog, each in the official layout of its release.

    python tasks/samples/make_questions.py tasks/samples

Every sentence was made up for this file and every picture is a drawn phantom. The flaws are the releases' own, because the code that
reads them is what the samples test: two languages in one file, an empty answer, answers that are lists, detached punctuation, capitals
in one form of a release and none in the other, the same question twice, line breaks in a dialogue. VQA-RAD's copy is made from the
sample that `make_samples.py` writes, which therefore comes first.
"""

from __future__ import annotations

import io
import json
import pickle
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from make_phantoms import COMPLAINTS, picture, write_all

SEED = 31
_HUB = {
    "info": {
        "features": {
            "image": {"_type": "Image"},
            "question": {"dtype": "string", "_type": "Value"},
            "answer": {"dtype": "string", "_type": "Value"},
        }
    }
}


def jpeg(number: int, finding: bool) -> bytes:
    """A phantom of 40 x 40 as a JPEG file."""
    out = io.BytesIO()
    picture(np.random.Generator(np.random.PCG64((SEED, number))), finding, (40, 40)).save(out, "JPEG", quality=50)
    return out.getvalue()


def parquet(path: Path, rows: Sequence[Mapping[str, Any]], *, rows_per_group: int) -> None:
    """A shard as the Hub writes it: pictures as bytes and a path that is not given."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    cell = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    schema = pa.schema([("image", cell), ("question", pa.string()), ("answer", pa.string())])
    cells = [{**row, "image": {"bytes": row["image"], "path": None}} for row in rows]
    table = pa.Table.from_pylist(cells, schema=schema.with_metadata({"huggingface": json.dumps(_HUB)}))
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, row_group_size=rows_per_group)


def slake(root: Path) -> None:
    """Ten pictures; each language has its own split over them."""
    base = root / "Slake1.0"
    files: dict[str, list[dict[str, Any]]] = {"train": [], "validate": [], "test": []}
    qid = 0
    for number in range(10):
        folder = base / "imgs" / f"xmlab{900 + number}"
        folder.mkdir(parents=True, exist_ok=True)
        spot, side = number % 2 == 0, ("left", "right")[number // 2 % 2]
        (folder / "source.jpg").write_bytes(jpeg(number, spot))
        modality, location = ("CT", "MRI", "X-Ray")[number % 3], ("Lung", "Abdomen", "Brain_Tissue")[number % 3]
        zh_side = {"left": "左侧", "right": "右侧"}[side]
        english = [
            ("Does the sketch contain a soft spot?", "Yes" if spot else "No", "CLOSED", "Abnormality", "vqa"),
            (f"Is the {side} field darker than the frame?", "Yes", "CLOSED", "Color", "vqa"),
            ("Which half of the sheet is shaded more, left or right?", side.capitalize(), "CLOSED", "Size", "vqa"),
            ("Which parts were drawn?", "Body, Fields, Ribs" if spot else "Body, Fields", "OPEN", "Organ", "vqa"),
            ("What was the sheet drawn to look like?", modality, "OPEN", "Modality", "vqa"),
            ("What keeps drawn spots away?", "A clean rubber", "OPEN", "KG", "kvqa"),
        ]
        chinese = [
            ("这张画里包含斑点吗？", "包含" if spot else "不包含", "CLOSED", "Abnormality", "vqa"),
            ("这张画像照片吗？", "不是", "CLOSED", "Modality", "vqa"),
            ("哪一侧画得更深？", zh_side, "OPEN", "Position", "vqa"),
            ("画了哪些部分？", "轮廓，肋骨，斑点" if spot else "轮廓，肋骨", "OPEN", "Organ", "vqa"),
            ("这张画模仿什么图像？", {"CT": "CT", "MRI": "核磁共振", "X-Ray": "X光"}[modality], "OPEN", "Modality", "vqa"),
        ]
        for language, asked, place in (("en", english, number), ("zh", chinese, (number + 4) % 10)):
            part = "train" if place < 4 else "validate" if place < 6 else "test"
            for question, answer, kind, topic, base_type in asked:
                files[part].append(
                    {
                        "img_id": 900 + number,
                        "img_name": f"xmlab{900 + number}/source.jpg",
                        "question": question,
                        "answer": answer,
                        "q_lang": language,
                        "location": location,
                        "modality": modality,
                        "answer_type": kind,
                        "base_type": base_type,
                        "content_type": topic,
                        "triple": ["vhead", "_", "_"],
                        "qid": qid,
                    }
                )
                qid += 1
    next(row for row in files["train"] if row["content_type"] == "KG")["answer"] = ""
    for name, rows in files.items():
        (base / f"{name}.json").write_text(json.dumps(rows, ensure_ascii=False, indent=0), encoding="utf-8")


_STAINS = ("ink", "tea", "crayon", "chalk")


def path_vqa(root: Path) -> None:
    """Thirteen pictures; the authors' pickles, and the Hub's shards without capitals and without repeated questions."""
    parts = {"train": range(5), "val": range(7, 9), "test": range(9, 15)}
    for part, numbers in parts.items():
        questions: list[dict[str, Any]] = []
        pictures: dict[str, bytes] = {}
        for number in numbers:
            name, spot, stain = f"{part}_{number:04d}", number % 2 == 1, _STAINS[number % 4]
            pictures[name] = jpeg(100 + number, spot)
            asked = [
                ("Is spot present ?", "Yes" if number % 3 == 0 else "yes") if spot else ("Is spot present ?", "no"),
                (f"Does the sheet show {stain} with sharp margin ?", "no" if spot else "yes"),
                ("What is drawn along the ribs ?", f"faint {stain} lines"),
                ("What does this sketch show ?", f"a {'Spotted' if spot else 'plain'} sheet , {stain} - stained"),
            ]
            if number % 5 == 0:
                asked.append(asked[2])  # the program that wrote the questions repeats itself
            questions += [{"image": name, "question": question, "answer": answer} for question, answer in asked]
        _official(root, part, questions, pictures)
        _shards(root, part, questions, pictures)


def _official(root: Path, part: str, questions: Sequence[Mapping[str, Any]], pictures: Mapping[str, bytes]) -> None:
    (root / "images" / part).mkdir(parents=True, exist_ok=True)
    (root / "qas").mkdir(exist_ok=True)
    for name, content in pictures.items():
        (root / "images" / part / f"{name}.jpg").write_bytes(content)
    rows = [
        {"img_id": row["image"], "label": {row["answer"]: 1}, "question_id": 9000 + number, "sent": row["question"]}
        for number, row in enumerate(questions)
    ]
    (root / "qas" / f"{part}_vqa.pkl").write_bytes(pickle.dumps(rows, protocol=4))


def _shards(root: Path, part: str, questions: Sequence[Mapping[str, Any]], pictures: Mapping[str, bytes]) -> None:
    distinct = {(row["image"], row["question"], row["answer"]): row for row in questions}.values()
    rows = [
        {
            "image": pictures[row["image"]],
            "question": row["question"].lower().replace(" ?", "?"),
            "answer": row["answer"].lower().replace(" ,", ",").replace(" - ", "-"),
        }
        for row in distinct
    ]
    name, cut = {"val": "validation"}.get(part, part), len(rows) // 2 if part == "test" else len(rows)
    shards = [shard for shard in (rows[:cut], rows[cut:]) if shard]
    for number, shard in enumerate(shards):
        parquet(
            root / "data" / f"{name}-{number:05d}-of-{len(shards):05d}-{0x5EED00000000 + number:016x}.parquet", shard, rows_per_group=10
        )


def vqa_rad(root: Path) -> None:
    """The Hub's copy of the sample that lies there in the official layout: its last six pictures."""
    rows = json.loads((root / "VQA_RAD Dataset Public.json").read_text(encoding="utf-8"))
    for part in ("train", "test"):
        last = [row for row in rows if row["image_name"] >= "synpic906"]
        kept = [row for row in last if row["phrase_type"].startswith("test") == (part == "test")]
        copied = [
            {
                "image": (root / "VQA_RAD Image Folder" / row["image_name"]).read_bytes(),
                "question": row["question"],
                "answer": str(row["answer"]).lower(),
            }
            for row in kept
        ]
        parquet(root / "data" / f"{part}-00000-of-00001-{0x5EED00000000:016x}.parquet", copied, rows_per_group=100)


_ADVICE = (
    "warm tea and an open window help most people",
    "put the stapler away for a week and write by hand",
    "it passes by itself, and a walk at noon does no harm",
)


def _dialogues(root: Path, site: str, *, breaks: bool) -> None:
    chance = random.Random(f"{SEED} {site}")  # noqa: S311  invented sentences, no secret
    samples = []
    for number in range(42):
        complaint, other = chance.sample(COMPLAINTS, 2)
        days, line = chance.randrange(2, 20), "\n" if breaks and number % 3 == 0 else " "
        samples.append(
            {
                "id": number + 1,
                "tgt": f"Could {complaint} come from {other}" if number % 2 else f"Suggest remedy for {complaint} at work",
                "src": f"Patient: Hello doctor,{line}I have had {complaint} for {days} days, and before that {other}. I drink tea."
                f"{line}Is there anything I can do at my desk? Doctor: Hi,{line}thank you for writing to the office. With {complaint},"
                f" {chance.choice(_ADVICE)}.{line}Write again if it lasts longer than {days + 7} days. Regards.",
            }
        )
    chance.shuffle(samples)
    samples[3]["tgt"] = ""  # what is left of "Q."
    root.mkdir(parents=True, exist_ok=True)
    for name, part in (("train", samples[:20]), ("valid", samples[20:26]), ("test", samples[26:])):
        (root / f"{name}.json").write_text(json.dumps({"data": part}, indent=2), encoding="utf-8")


def healthcaremagic(root: Path) -> None:
    """Forty-two dialogues of office workers, some with line breaks."""
    _dialogues(root, "healthcaremagic", breaks=True)


def icliniq(root: Path) -> None:
    """Forty-two more, each on one line."""
    _dialogues(root, "icliniq", breaks=False)


if __name__ == "__main__":
    write_all(slake, path_vqa, vqa_rad, healthcaremagic, icliniq)
