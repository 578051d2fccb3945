"""Tables and folders that may mean several things, or that no task can be made of: what is asked back, taken as it is said, and refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.checks.new_task.own.declared import Unclear
from harness.errors import CorruptData, DataUseRefused, HarnessError, MissingData, UsageError
from tests.checks.own_releases import NAMES, begin, drawn, lines, loaded, of_files_per_split, of_folders, question, table


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
        ("q.json", b'{"data": [{"question": "Where?", "answer": "here"}]}', CorruptData, "the list under 'data' alone into"),
        ("q.csv", b"text,label\na,Yes\nb,yes\nc,no\nd,no\n", UsageError, "the classes 'Yes' and 'yes' differ in capitals"),
        ("q.csv", b"image,question,answer\nhttp://x/a.png,Where?,here\n", UsageError, r"q\.csv, line 2: 'image' holds addresses; down"),
        ("q.csv", b"image,question,answer\na.png,Where?,here\n", MissingData, r"names 1 picture, and none is below .* --pictures DIR"),
        ("q.csv", b"Where is it?,left lung\nWhere?,right lung\n", Unclear, "is the header missing.*--answer: Where is it"),
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


@pytest.mark.parametrize(("name", "why"), [("../q.csv", "leads outside the release's folder"), ("out.png", "leads through a link to")])
def test_a_picture_that_lies_elsewhere_is_named_with_its_line(tmp_path: Path, name: str, why: str) -> None:
    drawn(tmp_path / "own")
    (tmp_path / "q.csv").write_text("")
    (tmp_path / "own" / "out.png").symlink_to(tmp_path / "q.csv")
    path = table(tmp_path / "own" / "q.csv", lambda n: {"image": NAMES[n] if n != 7 else name, **question(n)})
    with pytest.raises(CorruptData, match=rf"^q\.csv, line 9: .*{why}"):
        begin(path, tmp_path)


def test_tags_are_refused_where_a_run_would_refuse_them(tmp_path: Path) -> None:
    path = table(tmp_path / "q.csv", lambda n: {"ward": f"ward {n}", **question(n)})
    with pytest.raises(DataUseRefused, match=r"tag 'ward' has 24 values, of which 24 are of one group each.*\nLeave 'ward' out of --tags"):
        begin(path, tmp_path, tags=("ward",))
    assert begin(path, tmp_path, tags=("ward",), access="open").family == "understanding"


def test_class_folders_have_no_columns(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"--tags: .* holds a folder of pictures for each class, and no table with columns"):
        begin(of_folders(tmp_path), tmp_path, tags=("ward",))


@pytest.mark.parametrize("said", [{"labels": ("a", "b")}, {"choices": ("a", "b")}, {"pictures": Path()}, {"test": "held out"}])
def test_what_is_said_is_never_dropped(tmp_path: Path, said: dict[str, Any]) -> None:
    path = table(tmp_path / "q.csv", lambda n: {"id": n, "a": 1, "b": 2, "report": f"It hurts, {n}.", "impression": f"Pain {n}"})
    with pytest.raises(UsageError, match=rf"--{next(iter(said))}: nothing in .*q\.csv is read by it, which is taken for summarization"):
        begin(path, tmp_path, answer="impression", question=("report",), family="summarization", **said)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"answer": "a", "question": ("a",)}, "--question and --answer name one column, 'a'; it is one of them"),
        ({"choices": ("c", "d")}, "--choices: 'd' holds nothing where options are expected"),
        ({"answer": "b", "id": "b"}, "--id b: that column is the answer, which an id must not give away"),
    ],
)
def test_a_column_is_what_it_can_be_and_one_thing(tmp_path: Path, said: dict[str, Any], message: str) -> None:
    path = table(tmp_path / "q.csv", lambda n: {"a": f"Where {n}?", "b": f"at {n}", "c": "x", "d": ""})
    with pytest.raises(UsageError, match=message):
        begin(path, tmp_path, **{"question": ("a",), **said})


def test_what_is_said_to_be_the_answer_is_not_taken_for_what_it_is_called(tmp_path: Path) -> None:
    path = table(tmp_path / "q.csv", lambda n: {"question": f"Where {n}?", "A": f"at {n}", "B": "x", "C": "y"})
    taken = {one.role: one.what for one in begin(path, tmp_path, answer="A").taken}
    assert (taken["question"], taken["answer"], taken["not used"]) == ("question", "A", "B, C")


def test_rows_of_no_split_are_told_and_those_that_do_not_say_are_refused(tmp_path: Path) -> None:
    path = table(tmp_path / "q.csv", lambda n: {"split": ("test", "train", "extra", "")[n % 4], **question(n)})
    taken = {one.role: (one.what, one.why) for one in begin(path, tmp_path, split="split").taken}
    assert taken["left out"] == ("12 rows", "'split' holds extra, nothing")
    path = lines(tmp_path / "q.jsonl", lambda n: question(n) | ({"split": "test"} if n else {}))
    with pytest.raises(UsageError, match="'split' says the split, and some rows do not have it"):
        begin(path, tmp_path)


def test_a_field_that_some_rows_lack_is_nothing_in_them(tmp_path: Path) -> None:
    drawn(tmp_path)
    path = lines(tmp_path / "q.jsonl", lambda n: question(n) | ({"image": NAMES[n], "ward": "x"} if n % 2 else {}))
    begin(path, tmp_path, tags=("ward",))
    assert [(len(one.input.images), one.tags["ward"]) for one in loaded(tmp_path)[:2]] == [(0, ""), (1, "x")]


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
    found = begin(path, tmp_path, "other_task", question=("letter",), answer="gold")
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
        begin(tmp_path / "two", tmp_path, "other_task")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match=r"neither a table .* nor a folder of pictures for each of two or more classes"):
        begin(tmp_path / "empty", tmp_path, "other_task")
