"""Invented releases of one's own in the layouts that a task is made of: tables, folders, and how each begins."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from harness.checks.new_task import drawing, own
from harness.checks.new_task.own import Begun
from harness.checks.new_task.own.declared import Declared
from harness.data import catalog, examples
from harness.types import Example

N = 24
PLACES = ("left lung", "right lung", "the heart", "neither")
SICK = ("cold", "flu", "cold", "flu", "cold", "cold", "flu", "flu", "cold", "flu", "flu", "cold") * 2
NAMES = [f"p{number:02}.png" for number in range(N)]


def turned(number: int) -> list[str]:
    """The places in an order of the row's own."""
    return [PLACES[(number + place) % 4] for place in range(4)]


def right(number: int) -> int:
    """The place of the right one."""
    return number * 7 // 3 % 4


def drawn(folder: Path, names: Sequence[str] = NAMES) -> Path:
    for number, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(drawing.picture(number))
    return folder


def table(path: Path, row: Any, n: int = N, delimiter: str = ",") -> Path:
    rows = [row(number) for number in range(n)]
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
    return path


def lines(path: Path, row: Any) -> Path:
    path.write_text("".join(json.dumps(row(number)) + "\n" for number in range(N)))
    return path


def a_table(name: str, row: Any, *, pictures: str = "", delimiter: str = ",") -> Callable[[Path], Path]:
    """What writes a table, or lines of JSON where it is called so, into a folder, and the pictures that it names below that."""

    def make(folder: Path) -> Path:
        if pictures:
            drawn(folder / pictures)
        return lines(folder / name, row) if name.endswith(".jsonl") else table(folder / name, row, delimiter=delimiter)

    return make


def question(number: int) -> dict[str, Any]:
    return {"question": f"Where, in {number}?", "answer": f"at {number}"}


def begin(path: Path, tmp_path: Path, name: str = "own_task", **said: Any) -> Begun:
    return own.begin(name, path, tmp_path / "tasks", tmp_path / "data", Declared(**said))


def loaded(tmp_path: Path, split: str = "test") -> tuple[Example[Any], ...]:
    return examples.load(catalog.task("own_task", [tmp_path / "tasks"]), split=split, data_root=tmp_path / "data").examples


of_questions_with_pictures = a_table("q.tsv", lambda n: {"img": NAMES[n], **question(n)}, pictures="pics", delimiter="\t")
of_text_in_quotes = a_table(
    "q.csv", lambda n: {"Question text": f'Wo ist\ndas "Ödem" {n}; wo?', "Correct Answer": f"bei {n}"}, delimiter=";"
)


def of_a_list(folder: Path) -> Path:
    path = folder / "q.json"
    path.write_text(json.dumps([{"question": f"How many, in {n}?", "answer": n} for n in range(N)]))
    return path


def of_a_sheet(folder: Path) -> Path:
    from openpyxl import Workbook

    book = Workbook()
    book.active.append(["ID", "Question", "Answer", "split"])
    for n in range(N):
        book.active.append([n + 1, f"Where {n}?", f"at {n}", "Test" if n < 12 else "training"])
    book.save(folder / "q.xlsx")
    return folder / "q.xlsx"


def of_shards_with_pictures_inside(folder: Path) -> Path:
    pa = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    (folder / "d" / "data").mkdir(parents=True)
    for split, n in (("test", 12), ("train", 8)):
        rows = [{"image": {"bytes": drawing.picture(number), "path": None}, **question(number)} for number in range(n)]
        parquet.write_table(pa.Table.from_pylist(rows), folder / "d" / "data" / f"{split}-00000-of-00001.parquet")
    return folder / "d"


def of_folders(folder: Path) -> Path:
    for split in ("Train", "Test"):
        for label in ("normal", "viral_pneumonia", "other"):
            drawn(folder / "x" / split / label, [f"{label}{n}.png" for n in range(5)])
    return folder / "x"


def of_files_per_split(folder: Path) -> Path:
    for split, n in (("train", 8), ("dev", 6), ("test", 12)):
        table(folder / "d" / f"{split}.csv", lambda number: {"id": number, **question(number)}, n)
    return folder / "d"


of_letters = a_table(
    "q.csv", lambda n: {"question": f"Where {n}?", **dict(zip("ABCD", turned(n), strict=True)), "answer": "ABCD"[right(n)]}
)


of_numbers_from_one = a_table(
    "q.csv", lambda n: {"question": f"Where {n}?", **dict(zip(("opa", "opb", "opc", "opd"), turned(n), strict=True)), "cop": right(n) + 1}
)
of_listed_options = a_table(
    "q.jsonl", lambda n: {"question": "Where?", "image": NAMES[n], "options": turned(n), "answer": turned(n)[right(n)]}, pictures="."
)
of_options_by_letter = a_table(
    "q.jsonl", lambda n: {"question": f"Where {n}?", "options": dict(zip("ABCD", turned(n), strict=True)), "answer": turned(n)[right(n)]}
)
of_options_between_bars = a_table(
    "q.csv", lambda n: {"question": f"Where {n}?", "choices": "|".join(turned(n)), "answer": f"({'abcd'[right(n)]})"}
)
of_labelled_pictures = a_table("l.csv", lambda n: {"file": f"imgs/{NAMES[n]}", "diagnosis": SICK[n], "patient id": n // 2}, pictures="imgs")
of_labelled_texts = a_table("l.csv", lambda n: {"note": f"Patient {n} feels\nunwell.", "label": SICK[n]})
of_three_words = a_table("l.csv", lambda n: {"text": f"Trial {n} ended.", "label": ("yes", "no", "maybe")[n * 5 % 7 % 3]})
KINDS = ("entailment", "neutral", "contradiction")
of_pairs = a_table(
    "l.csv", lambda n: {"pairID": f"x{n}", "premise": f"He has {n} teeth.", "hypothesis": "He has some.", "label": KINDS[n * 5 % 7 % 3]}
)
of_reports = a_table("r.csv", lambda n: {"image": NAMES[n], "report": f"Heart of {n} cm.\nElse well."}, pictures=".")
of_captions = a_table("r.csv", lambda n: {"image": NAMES[n], "caption": f"A heart of {n} cm"}, pictures=".")
of_summaries = a_table("s.csv", lambda n: {"findings": f"The heart is {n} cm, as it was.", "impression": f"Heart {n} cm."})


def of_absolute_names(folder: Path) -> Path:
    drawn(folder / "far" / "scans")
    return table(folder / "near" / "q.csv", lambda n: {"image": str(folder / "far" / "scans" / NAMES[n]), **question(n)})


of_names_of_another_machine = a_table("q.csv", lambda n: {"image": f"/content/drive/{NAMES[n]}", **question(n)}, pictures="scans")
of_names_that_climb = a_table("near/q.csv", lambda n: {"image": f"../far/{NAMES[n]}", **question(n)}, pictures="far")
of_names_without_an_ending = a_table("q.csv", lambda n: {"image": NAMES[n].removesuffix(".png"), **question(n)}, pictures="images")
of_names_of_windows = a_table("q.csv", lambda n: {"image": f"images\\{NAMES[n]}", **question(n)}, pictures="images")
of_two_pictures = a_table("q.csv", lambda n: {"image1": NAMES[n], "image2": NAMES[n - 1] if n % 2 else "", **question(n)}, pictures=".")


def of_a_packed_table_with_odd_names(folder: Path) -> Path:
    made = table(folder / "q.csv", lambda n: {'the "question" $x {y}\\': f"Where {n}?", "answer": f"at {n}"})
    (folder / 'q "x" {y} $z.csv.gz').write_bytes(gzip.compress(made.read_bytes()))
    return folder / 'q "x" {y} $z.csv.gz'


CASES: Mapping[str, tuple[Any, str, dict[str, int], dict[str, Any]]] = {
    "questions with pictures, tab-separated": (of_questions_with_pictures, "vqa", {"test": N}, {}),
    "quotes, line breaks, umlauts, semicolons": (of_text_in_quotes, "understanding", {"test": N}, {}),
    "a JSON list with numbers": (of_a_list, "understanding", {"test": N}, {}),
    "a sheet with a column of splits": (of_a_sheet, "understanding", {"test": 12, "train": 12}, {}),
    "shards with pictures inside": (of_shards_with_pictures_inside, "vqa", {"test": 12, "train": 8}, {}),
    "a folder per class and split": (of_folders, "classification", {"test": 15, "train": 15}, {}),
    "a file per split": (of_files_per_split, "understanding", {"test": 12, "train": 8, "val": 6}, {}),
    "options in columns, answers by letter": (of_letters, "understanding", {"test": N}, {}),
    "options in columns, answers by number": (of_numbers_from_one, "understanding", {"test": N}, {}),
    "options in a list, with pictures": (of_listed_options, "vqa", {"test": N}, {}),
    "options by their letters": (of_options_by_letter, "understanding", {"test": N}, {}),
    "options between bars": (of_options_between_bars, "understanding", {"test": N}, {}),
    "labelled pictures": (of_labelled_pictures, "classification", {"test": N}, {}),
    "labelled texts": (of_labelled_texts, "understanding", {"test": N}, {}),
    "yes, no and maybe": (of_three_words, "understanding", {"test": N}, {}),
    "pairs of texts": (of_pairs, "understanding", {"test": N}, {}),
    "reports": (of_reports, "captioning", {"test": N}, {}),
    "captions": (of_captions, "captioning", {"test": N}, {}),
    "summaries": (of_summaries, "summarization", {"test": N}, {}),
    "absolute names": (of_absolute_names, "vqa", {"test": N}, {}),
    "absolute names of another machine": (of_names_of_another_machine, "vqa", {"test": N}, {}),
    "names that climb": (of_names_that_climb, "vqa", {"test": N}, {}),
    "names without an ending": (of_names_without_an_ending, "vqa", {"test": N}, {}),
    "names of Windows": (of_names_of_windows, "vqa", {"test": N}, {}),
    "two pictures": (of_two_pictures, "vqa", {"test": N}, {}),
    "odd names, gzipped": (of_a_packed_table_with_odd_names, "understanding", {"test": N}, {"question": ('the "question" $x {y}\\',)}),
}
