"""Tasks of one's own tables and folders: what each is taken for, and that its sample keeps the contract at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checks import promises
from harness.checks.new_task import drawing
from harness.checks.promises.replies import METRICS
from harness.data import catalog
from harness.errors import DataUseRefused, UsageError
from tests.checks.own_releases import (
    CASES,
    NAMES,
    SICK,
    N,
    begin,
    drawn,
    loaded,
    of_labelled_pictures,
    of_labelled_texts,
    of_letters,
    of_numbers_from_one,
    of_options_between_bars,
    of_pairs,
    of_text_in_quotes,
    question,
    table,
)

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
    rows = (
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
    )
    for number, (make, text, target, choices) in enumerate(rows):
        home = tmp_path / str(number)
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
        begin(tmp_path / "q.csv", tmp_path, "other_task", id="id")


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
    given = begin(path, tmp_path, "given_task", own_rows=True, access="open")
    sample = next(file for file in given.files if file.name == "q.csv")
    assert sample.read_text().splitlines()[:2] == ["image,question,answer", 'p00.png,"Where, in 0?",at 0']
    assert (sample.parent / "images" / "p00.png").read_bytes() == drawing.picture(0)
    with pytest.raises(DataUseRefused, match="--own-rows with --access credentialed"):
        begin(path, tmp_path, "kept_task", own_rows=True)


def test_data_that_lies_in_the_data_root_already_stays_where_it_is(tmp_path: Path) -> None:
    home = tmp_path / "data" / "own_task"
    drawn(home / "scans")
    begun = begin(table(home / "q.csv", lambda n: {"image": NAMES[n], **question(n)}), tmp_path)
    assert begun.links == {}
    assert len(loaded(tmp_path)) == N
    with pytest.raises(UsageError, match=r"own_task/q\.csv is there already, and is not .*; nothing was written"):
        begin(table(tmp_path / "q.csv", question), tmp_path)
