"""Tasks of one's own tables and folders: what each is taken for, that its sample keeps the contract at once, and what is asked back."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from harness.checks import promises
from harness.checks.new_task import drawing, own
from harness.checks.new_task.own import Begun
from harness.checks.new_task.own.said import Said, Unclear
from harness.checks.promises.replies import METRICS
from harness.data import catalog, examples
from harness.errors import CorruptData, DataUseRefused, HarnessError, MissingData, UsageError
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


def question(number: int) -> dict[str, Any]:
    return {"question": f"Where, in {number}?", "answer": f"at {number}"}


def begin(path: Path, tmp_path: Path, **said: Any) -> Begun:
    return own.begin("own_task", path, tmp_path / "tasks", tmp_path / "data", Said(**said))


def loaded(tmp_path: Path, split: str = "test") -> tuple[Example[Any], ...]:
    return examples.load(catalog.task("own_task", [tmp_path / "tasks"]), split=split, data_root=tmp_path / "data").examples


def of_questions_with_pictures(folder: Path) -> Path:
    drawn(folder / "pics")
    return table(folder / "q.tsv", lambda n: {"img": NAMES[n], **question(n)}, delimiter="\t")


def of_text_in_quotes(folder: Path) -> Path:
    return table(folder / "q.csv", lambda n: {"Question text": f'Wo ist\ndas "Ödem" {n}; wo?', "Correct Answer": f"bei {n}"}, delimiter=";")


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


def of_letters(folder: Path) -> Path:
    return table(
        folder / "q.csv", lambda n: {"question": f"Where {n}?", **dict(zip("ABCD", turned(n), strict=True)), "answer": "ABCD"[right(n)]}
    )


def of_numbers_from_one(folder: Path) -> Path:
    names = ("opa", "opb", "opc", "opd")
    return table(folder / "q.csv", lambda n: {"question": f"Where {n}?", **dict(zip(names, turned(n), strict=True)), "cop": right(n) + 1})


def of_listed_options(folder: Path) -> Path:
    drawn(folder)
    return lines(
        folder / "q.jsonl", lambda n: {"question": "Where?", "image": NAMES[n], "options": turned(n), "answer": turned(n)[right(n)]}
    )


def of_options_by_letter(folder: Path) -> Path:
    return lines(
        folder / "q.jsonl",
        lambda n: {"question": f"Where {n}?", "options": dict(zip("ABCD", turned(n), strict=True)), "answer": turned(n)[right(n)]},
    )


def of_options_between_bars(folder: Path) -> Path:
    return table(folder / "q.csv", lambda n: {"question": f"Where {n}?", "choices": "|".join(turned(n)), "answer": f"({'abcd'[right(n)]})"})


def of_labelled_pictures(folder: Path) -> Path:
    drawn(folder / "imgs")
    return table(folder / "l.csv", lambda n: {"file": f"imgs/{NAMES[n]}", "diagnosis": SICK[n], "patient id": n // 2})


def of_labelled_texts(folder: Path) -> Path:
    return table(folder / "l.csv", lambda n: {"note": f"Patient {n} feels\nunwell.", "label": SICK[n]})


def of_three_words(folder: Path) -> Path:
    return table(folder / "l.csv", lambda n: {"text": f"Trial {n} ended.", "label": ("yes", "no", "maybe")[n * 5 % 7 % 3]})


def of_pairs(folder: Path) -> Path:
    kinds = ("entailment", "neutral", "contradiction")
    return table(
        folder / "l.csv",
        lambda n: {"pairID": f"x{n}", "premise": f"He has {n} teeth.", "hypothesis": "He has some.", "label": kinds[n * 5 % 7 % 3]},
    )


def of_reports(folder: Path) -> Path:
    drawn(folder)
    return table(folder / "r.csv", lambda n: {"image": NAMES[n], "report": f"Heart of {n} cm.\nElse well."})


def of_captions(folder: Path) -> Path:
    drawn(folder)
    return table(folder / "r.csv", lambda n: {"image": NAMES[n], "caption": f"A heart of {n} cm"})


def of_summaries(folder: Path) -> Path:
    return table(folder / "s.csv", lambda n: {"findings": f"The heart is {n} cm, as it was.", "impression": f"Heart {n} cm."})


def of_absolute_names(folder: Path) -> Path:
    drawn(folder / "far" / "scans")
    return table(folder / "near" / "q.csv", lambda n: {"image": str(folder / "far" / "scans" / NAMES[n]), **question(n)})


def of_names_of_another_machine(folder: Path) -> Path:
    drawn(folder / "scans")
    return table(folder / "q.csv", lambda n: {"image": f"/content/drive/{NAMES[n]}", **question(n)})


def of_names_that_climb(folder: Path) -> Path:
    drawn(folder / "far")
    return table(folder / "near" / "q.csv", lambda n: {"image": f"../far/{NAMES[n]}", **question(n)})


def of_names_without_an_ending(folder: Path) -> Path:
    drawn(folder / "images")
    return table(folder / "q.csv", lambda n: {"image": NAMES[n].removesuffix(".png"), **question(n)})


def of_names_of_windows(folder: Path) -> Path:
    drawn(folder / "images")
    return table(folder / "q.csv", lambda n: {"image": f"images\\{NAMES[n]}", **question(n)})


def of_two_pictures(folder: Path) -> Path:
    drawn(folder)
    return table(folder / "q.csv", lambda n: {"image1": NAMES[n], "image2": NAMES[n - 1] if n % 2 else "", **question(n)})


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


MEASURED = (
    "questions with pictures, tab-separated",
    "a folder per class and split",
    "options in columns, answers by letter",
    "labelled texts",
)


@pytest.mark.parametrize("case", CASES)
def test_a_task_is_made_whose_sample_keeps_the_contract_at_once(case: str, tmp_path: Path) -> None:
    make, family, n, said = CASES[case]
    (tmp_path / "mine").mkdir()
    begun = begin(make(tmp_path / "mine"), tmp_path, **said)
    assert (begun.family, dict(begun.n)) == (family, n)
    task = catalog.task("own_task", [tmp_path / "tasks"])
    # Measuring takes a second or more: once for each way of asking, and for texts where the invented tasks are tried.
    asked = [one for one in promises.PROPERTIES if one is not METRICS or case in MEASURED]
    assert [finding.detail for finding in promises.check(task, properties=asked) if not finding.holds] == []
    found = loaded(tmp_path)
    assert len(found) == n["test"]
    assert all(image.read().startswith(b"\x89PNG") for example in found for image in example.input.images)
    told = "".join(path.read_text() for path in begun.files if path.suffix in (".csv", ".jsonl", ".json", ".tsv"))
    assert not any(
        example.input.text in told for example in found if example.input.text != "Where?"
    )  # no row of the user's is in the sample


def test_what_is_asked_and_right_is_that_of_the_row(tmp_path: Path) -> None:
    for make, text, target, choices in (
        (of_letters, "Where 1?", "neither", ("right lung", "the heart", "neither", "left lung")),
        (of_numbers_from_one, "Where 1?", "neither", ("right lung", "the heart", "neither", "left lung")),
        (of_options_between_bars, "Where 1?", "neither", ("right lung", "the heart", "neither", "left lung")),
        (
            of_pairs,
            "Premise: He has 1 teeth.\nHypothesis: He has some.\nWhich of these is right?",
            "contradiction",
            ("contradiction", "entailment", "neutral"),
        ),
        (of_labelled_texts, "Patient 1 feels unwell.\nWhich of these is right?", "flu", ("cold", "flu")),
        (of_text_in_quotes, 'Wo ist das "Ödem" 1; wo?', "bei 1", ()),
    ):
        home = tmp_path / make.__name__
        home.mkdir()
        begin(make(home), home)
        example = loaded(home)[1]
        assert (example.input.text, example.target, example.input.choices) == (text, target, choices)


def test_rows_of_one_patient_or_one_picture_belong_together(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    begin(of_labelled_pictures(tmp_path / "a"), tmp_path)
    assert [example.group for example in loaded(tmp_path)[:4]] == ["0", "0", "1", "1"]
    drawn(tmp_path / "b")
    begin(table(tmp_path / "b" / "q.csv", lambda n: {"image": NAMES[n // 2], **question(n)}), tmp_path / "b")
    assert [example.group for example in loaded(tmp_path / "b")[:3]] == ["p00.png", "p00.png", "p01.png"]


def test_an_id_that_repeats_or_tells_the_class_gives_way_to_the_row_number(tmp_path: Path) -> None:
    begun = begin(table(tmp_path / "q.csv", lambda n: {"id": n // 2, **question(n)}), tmp_path)
    assert {one.role: one.why for one in begun.taken}["no id"] == "q.csv, line 2 and q.csv, line 3 hold the same"
    assert [example.id for example in loaded(tmp_path)[:2]] == ["1", "2"]
    telling = tmp_path / "telling"
    drawn(telling)
    begin(table(telling / "q.csv", lambda n: {"id": f"{SICK[n]}_{n}", "image": NAMES[n], "label": SICK[n]}), telling)
    assert loaded(telling)[0].id == "1"
    with pytest.raises(UsageError, match=r"--id id: q\.csv, line 2 and q\.csv, line 3 hold the same"):
        own.begin("other_task", tmp_path / "q.csv", tmp_path / "tasks", tmp_path / "data", Said(id="id"))


def test_rows_that_lack_something_are_left_out_and_counted(tmp_path: Path) -> None:
    path = table(tmp_path / "q.csv", lambda n: {"question": "" if n == 3 else f"Where {n}?", "answer": f"at {n}" if n % 5 else " "})
    begun = begin(path, tmp_path)
    assert dict(begun.n) == {"test": 18}
    assert begun.notes == (
        "5 rows cannot be used: nothing in answer (first: q.csv, line 2)",
        "1 row cannot be used: nothing in question (first: q.csv, line 5)",
    )


def test_pictures_that_are_not_there_are_counted_and_named(tmp_path: Path) -> None:
    drawn(tmp_path, NAMES[:-3])
    begun = begin(table(tmp_path / "q.csv", lambda n: {"image": NAMES[n], **question(n)}), tmp_path)
    assert begun.notes == ("3 pictures are not there (first: p21.png); until they are, a run is not ranked",)


def test_nothing_is_copied_but_what_is_given_away_on_purpose(tmp_path: Path) -> None:
    drawn(tmp_path / "imgs")
    path = table(tmp_path / "q.csv", lambda n: {"image": NAMES[n], **question(n), "remark": "not read"})
    begun = begin(path, tmp_path)
    assert {link.name: target for link, target in begun.links.items()} == {"q.csv": path, "images": tmp_path / "imgs"}
    assert (tmp_path / "data" / "own_task" / "q.csv").is_symlink()
    given = own.begin("given_task", path, tmp_path / "tasks", tmp_path / "data", Said(own_rows=True, access="open"))
    sample = next(file for file in given.files if file.name == "q.csv")
    assert sample.read_text().splitlines()[:2] == ["image,question,answer", 'p00.png,"Where, in 0?",at 0']
    assert (sample.parent / "images" / "p00.png").read_bytes() == drawing.picture(0)
    with pytest.raises(DataUseRefused, match="--own-rows with --access credentialed"):
        own.begin("kept_task", path, tmp_path / "tasks", tmp_path / "data", Said(own_rows=True))


def test_data_that_lies_in_the_data_root_already_stays_where_it_is(tmp_path: Path) -> None:
    home = tmp_path / "data" / "own_task"
    drawn(home / "scans")
    begun = begin(table(home / "q.csv", lambda n: {"image": NAMES[n], **question(n)}), tmp_path)
    assert begun.links == {}
    assert len(loaded(tmp_path)) == N
    with pytest.raises(UsageError, match=r"own_task/q\.csv is there already, and is not .*; nothing was written"):
        begin(table(tmp_path / "q.csv", question), tmp_path)


@pytest.mark.parametrize(
    ("row", "said", "option", "candidates"),
    [
        (lambda n: {"question": f"Where {n}?", "mine": "a", "theirs": "b"}, {}, "answer", ("mine", "theirs")),
        (lambda n: {"image": NAMES[n], "findings": f"Heart {n}", "impression": "x"}, {}, "answer", ("findings", "impression")),
        (lambda n: {"image": NAMES[n], "answer": f"Heart {n}"}, {}, "family", ("classification", "captioning")),
        (lambda n: {"first": NAMES[n], "second": NAMES[n], **question(n)}, {}, "image", ("first", "second")),
        (lambda n: {"split": "ab"[n % 2], **question(n)}, {}, "test", ("a", "b")),
        (lambda n: {"split": ("train", "val")[n % 2], **question(n)}, {}, "test", ("train", "val")),
        (lambda n: {"patient": n, "subject": n, **question(n)}, {}, "group", ("patient", "subject")),
        (lambda n: {"word": f"w{n}", "answer": f"a{n}"}, {}, "question", ("word",)),
    ],
)  # fmt: skip
def test_what_may_mean_two_things_is_asked(
    tmp_path: Path, row: Any, said: dict[str, Any], option: str, candidates: tuple[str, ...]
) -> None:
    drawn(tmp_path)
    with pytest.raises(Unclear) as asked:
        begin(table(tmp_path / "q.csv", row), tmp_path, **said)
    assert (asked.value.option, asked.value.candidates) == (option, candidates)
    assert f"Say it with --{option}" in str(asked.value)
    assert not (tmp_path / "tasks").exists()
    assert not (tmp_path / "data").exists()


def test_what_is_said_is_taken(tmp_path: Path) -> None:
    drawn(tmp_path)
    path = table(tmp_path / "q.csv", lambda n: {"a": NAMES[n], "b": f"Heart {n}", "c": f"s{n // 6}", "d": "xy"[n % 2], "e": "1"})
    begin(path, tmp_path, answer="b", family="captioning", group="c", split="d", test="y", tags=("e",), ask="the heart")
    found = loaded(tmp_path)
    assert [(found[0].id, found[0].target, found[0].group, dict(found[0].tags))] == [("2", "Heart 1", "s0", {"e": "1"})]
    assert found[0].input.text == "the heart"
    assert len(found) == 12


@pytest.mark.parametrize(
    ("name", "content", "error", "message"),
    [
        ("none.csv", None, MissingData, r"none\.csv: no such file or folder"),
        ("q.xls", b"\xd0\xcf\x11\xe0", UsageError, r"q\.xls: a table is called .*Excel's old format"),
        ("q.csv", b"PK\x03\x04" + bytes(99), CorruptData, r"q\.csv: a ZIP archive where a table of text is expected"),
        ("q.csv", b"", CorruptData, r"q\.csv: empty"),
        ("q.csv", b"question,answer\n", CorruptData, r"q\.csv: no row in it"),
        ("q.csv", b"question,answer\n" + b"Where?,here,there\n", CorruptData, r"q\.csv, line 2: 3 fields where the header has 2"),
        ("q.jsonl", b'{"question": "How much?", "answer": 0.5}\n', UsageError, "'answer' holds fractions"),
        ("q.json", b'{"data": [{"question": "Where?", "answer": "here"}]}', CorruptData, "a JSON dict where a list of rows is expected"),
        ("q.csv", b"text,label\na,Yes\nb,yes\nc,no\nd,no\n", UsageError, "the classes 'Yes' and 'yes' differ in capitals"),
        ("q.csv", b"image,question,answer\nhttp://x/a.png,Where?,here\n", UsageError, "'image' holds addresses; download the pictures"),
        ("q.csv", b"image,question,answer\na.png,Where?,here\n", MissingData, r"names 1 pictures, and none is below .* --pictures DIR"),
        ("q.csv", b"question,options,answer\nWhere?,here or there,here\n", UsageError, "'options' is taken for the options"),
        ("q.csv", b"question,a,b,answer\nWhere?,here,there,nowhere\n", UsageError, r"line 2: 'answer' names none of the options"),
    ],
)  # fmt: skip
def test_what_no_task_can_be_made_of_is_named(
    tmp_path: Path, name: str, content: bytes | None, error: type[HarnessError], message: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(error, match=message):
        begin(tmp_path / name, tmp_path)
    assert not (tmp_path / "tasks").exists()


def test_a_column_that_is_no_text_is_not_asked(tmp_path: Path) -> None:
    path = lines(
        tmp_path / "q.jsonl", lambda n: {"question": f"Does {n}?", "context": {"texts": ["a"]}, "answer": "yes" if n % 2 else "no"}
    )
    assert [one.what for one in begin(path, tmp_path).taken if one.role in ("question", "not used")] == ["question", "context"]


def test_a_group_that_some_rows_lack_is_refused(tmp_path: Path) -> None:
    path = table(tmp_path / "q.csv", lambda n: {"patient": "" if n == 2 else "p1", **question(n)})
    with pytest.raises(UsageError, match="--group patient: 1 row holds none"):
        begin(path, tmp_path, group="patient")
    assert [one.what for one in begin(path, tmp_path).taken if one.role == "group"] == ["each row"]


def test_a_text_that_is_said_to_be_asked_may_have_a_summary_or_an_answer(tmp_path: Path) -> None:
    path = table(
        tmp_path / "q.csv", lambda n: {"letter": f"Dear doctor, it hurts, {n}.", "Summary": f"Pain {n}", "gold": f"g{n}", "file no": n}
    )
    begun = begin(path, tmp_path, question=("letter",), answer="Summary")
    assert begun.family == "summarization"
    assert [one.what for one in begun.taken if one.role == "not used"] == ["gold, file no"]
    found = own.begin("other_task", path, tmp_path / "tasks", tmp_path / "data", Said(question=("letter",), answer="gold"))
    assert found.family == "understanding"


def test_a_folder_that_may_be_several_things_is_asked_back(tmp_path: Path) -> None:
    folder = of_files_per_split(tmp_path)
    (folder / "test.csv").unlink()
    with pytest.raises(Unclear, match="none of dev, train is called test") as asked:
        begin(folder, tmp_path)
    assert asked.value.option == "test"
    assert dict(begin(folder, tmp_path, test="dev").n) == {"test": 6, "train": 8}
    table(tmp_path / "two" / "a.csv", question)
    table(tmp_path / "two" / "b.csv", question)
    with pytest.raises(Unclear, match="two holds 2 tables"):
        own.begin("other_task", tmp_path / "two", tmp_path / "tasks", tmp_path / "data", Said())
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match=r"neither a table .* nor a folder of pictures for each of two or more classes"):
        own.begin("other_task", tmp_path / "empty", tmp_path / "tasks", tmp_path / "data", Said())
