"""MedNLI and SEER: pairs from files or the archive, an export as its user declares it."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.data import catalog
from harness.data import examples as loading
from harness.data.readers.seer import fold
from harness.errors import CorruptData, MissingData
from harness.types import Response

SAMPLES = loading.SAMPLES
ARCHIVE = "mednli-a-natural-language-inference-dataset-for-the-clinical-domain-1.0.0"


@pytest.fixture
def mednli(tmp_path: Path) -> Path:
    shutil.copytree(SAMPLES / "mednli", tmp_path / "mednli")
    return tmp_path / "mednli"


@pytest.fixture
def seer(tmp_path: Path) -> Path:
    shutil.copytree(SAMPLES / "seer", tmp_path / "seer")
    return tmp_path / "seer"


def load(name: str, folder: Path, **how: Any) -> loading.Dataset:
    return loading.load(catalog.task(name), data_root=folder.parent, **how)


def test_the_card_states_the_official_counts() -> None:
    splits = catalog.card("mednli").splits
    assert {name: split.n for name, split in splits.items()} == {"test": 1422, "val": 1395, "train": 11232}
    assert splits["test"].counts == {"label": {"entailment": 474, "neutral": 474, "contradiction": 474}}
    assert catalog.card("mednli").labels == ("entailment", "neutral", "contradiction")


def test_the_hypotheses_of_one_premise_are_resampled_together() -> None:
    examples = loading.load(catalog.task("mednli")).examples
    assert set(Counter(example.group for example in examples).values()) == {3}
    assert examples[0].input.text.splitlines()[0] == (
        "Premise: The clerk of office [**Number 0**] drank 2 cups of tea and has paper-cut fever since."
    )
    assert not any("\t" in example.input.text for example in examples)


def test_pairs_without_a_label_are_left_out_with_the_reason() -> None:
    found = loading.load(catalog.task("mednli"), split="train")
    assert [each.where for each in found.skipped] == ["mli_train_v1.jsonl, line 11", "mli_train_v1.jsonl, line 19"]
    assert {each.reason for each in found.skipped} == {"the label is '-': its annotators did not agree"}


def test_pairs_are_read_out_of_the_archive_as_it_is_distributed(mednli: Path) -> None:
    before = load("mednli", mednli, accept_different=True)
    with zipfile.ZipFile(mednli / f"{ARCHIVE}.zip", "w") as archive:
        for path in sorted(mednli.glob("*.jsonl")):
            archive.write(path, f"{ARCHIVE}/{path.name}")
            path.unlink()
    after = load("mednli", mednli, accept_different=True)
    assert (before.layout, after.layout) == ("jsonl", "zip")
    assert before.fingerprint == after.fingerprint


def test_an_archive_of_something_else_or_half_of_one_is_refused(mednli: Path) -> None:
    for path in mednli.glob("*.jsonl"):
        path.unlink()
    with pytest.raises(MissingData, match=r"mli_test_v1\.jsonl or .* is not there"):
        load("mednli", mednli)
    with zipfile.ZipFile(mednli / f"{ARCHIVE}.zip", "w") as archive:
        archive.writestr("readme.txt", "x")
    with pytest.raises(CorruptData, match=r"holds no usable mli_test_v1\.jsonl"):
        load("mednli", mednli)
    (mednli / f"{ARCHIVE}.zip").write_bytes(b"PK half of it")
    with pytest.raises(CorruptData, match=r"not a whole archive .*truncated download"):
        load("mednli", mednli)


@pytest.mark.parametrize(
    ("line", "message"),
    [('{"gold_label": ', r"line 37: not JSON"), ("[1]", r"line 37: a JSON list"), ("{}", r"line 37: no field 'gold_label'")],
)
def test_a_damaged_line_is_named(mednli: Path, line: str, message: str) -> None:
    path = mednli / "mli_test_v1.jsonl"
    path.write_text(path.read_text() + line + "\n")
    with pytest.raises(CorruptData, match=message):
        load("mednli", mednli, accept_different=True)


def test_a_random_split_is_refused_with_both_figures(mednli: Path) -> None:
    with pytest.raises(CorruptData, match=r"36 examples where 1,422 are expected; 12 with label entailment where 474"):
        load("mednli", mednli)


@pytest.mark.parametrize(
    ("reply", "read"),
    [
        ("Entailment", "entailment"),
        ("B", "neutral"),
        ("The answer is contradiction.", "contradiction"),
        ("not entailment", None),
        ("entailment or neutral", None),
        ("maybe", None),
    ],
)
def test_a_relation_is_read_where_it_is_named(reply: str, read: str | None) -> None:
    task = catalog.task("mednli")
    assert task.parse(Response(text=reply), loading.load(task).examples[0].input) == read


def test_what_ranks_is_what_the_tasks_are_ranked_by() -> None:
    first = {name: catalog.task(name).metrics[0].name for name in ("mednli", "mimic3_mortality", "seer_treatment", "mimic_cxr_report")}
    assert first == {"mednli": "accuracy", "mimic3_mortality": "auc", "seer_treatment": "accuracy", "mimic_cxr_report": "rouge_l"}


def test_credentialed_tasks_say_so_and_say_where_the_paper_s_split_is_unknown() -> None:
    names = ("mednli", "mimic3_mortality", "seer_treatment", "mimic_cxr_report", "mimic_cxr_summary", "mimic3_summary")
    cards = [catalog.card(name) for name in names]
    assert all(card.credentialed for card in cards)
    assert [card.name for card in cards if not card.paper_split_known] == [
        "mimic3_mortality",
        "seer_treatment",
        "mimic_cxr_summary",
        "mimic3_summary",
    ]


def test_a_patient_belongs_to_one_part_of_any_export() -> None:
    assert [fold(patient) for patient in ("00000001", "00000002", "99000000")] == [8, 7, 0]
    groups = [
        {example.group for example in loading.load(catalog.task("seer_treatment"), split=part).examples}
        for part in ("test", "val", "train")
    ]
    assert not groups[0] & groups[1]
    assert not groups[0] & groups[2]
    assert not groups[1] & groups[2]


def test_the_parts_are_of_about_the_same_size() -> None:
    dealt = Counter(fold(f"{number:08d}") for number in range(10_000))
    assert set(dealt) == set(range(10))
    assert all(900 < n < 1100 for n in dealt.values())


def test_a_label_names_the_treatments_that_were_given() -> None:
    task = catalog.task("seer_treatment")
    found = {example.target for part in ("test", "val", "train") for example in loading.load(task, split=part).examples}
    assert found <= set(task.card.labels)
    assert {"no treatment", "surgery", "surgery and radiation", "chemotherapy"} <= found
    assert len(task.card.labels) == 8
    text = loading.load(task).examples[0].input.text
    assert [line.split(":")[0] for line in text.splitlines()[:4]] == ["Primary site", "Histology", "Age", "Stage"]


def test_records_with_an_unknown_treatment_are_left_out_with_the_reason() -> None:
    skipped = loading.load(catalog.task("seer_treatment"), split="val").skipped
    assert {each.reason for each in skipped} == {"unknown whether surgery was given"}
    assert len(skipped) == 3


def declare(folder: Path, change: Callable[[str], str]) -> None:
    path = folder / "columns.toml"
    path.write_text(change(path.read_text()))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            '"Summary stage 2000 (1998+)"',
            '"Radiation recode"',
            r"the fact 'Stage' is the column 'Radiation recode', which tells the treatment",
        ),
        ('"Summary stage 2000 (1998+)"', '"Reason no cancer-directed surgery"', r"tells the treatment; leave it out of \[facts\]"),
        (
            'yes = ["20", "50"]',
            'yes = ["50"]',
            r"line \d+: \(a text of 2 .*\) of the column 'RX Summ.*' is in no list of columns\.toml",
        ),
        (
            'yes = ["20", "50"]',
            'yes = ["20", "50", "0"]',
            r"\(a text of 1 .*\) of the .* is in the lists yes and no of columns\.toml",
        ),
        ('"Primary Site - labeled"', '"Primary Site"', r"export\.csv: no column Primary Site \(there are: Patient ID"),
        ('patient = "Patient ID"', "patient = 3", r"patient: must be a text, not 3\. harness show seer_treatment"),
        ("[surgery]", "[operation]", r"columns\.toml: lacks 'surgery'"),
        ('column = "Radiation recode"', "", r"radiation: lacks 'column'"),
        ("[facts]", "[facts", r"columns\.toml: not a TOML file"),
        ('"export.csv"', '"../export.csv"', r"leads outside the release's folder"),
    ],
)
def test_a_declaration_that_does_not_fit_the_export_is_refused(seer: Path, old: str, new: str, message: str) -> None:
    declare(seer, lambda text: text.replace(old, new))
    with pytest.raises(CorruptData, match=message):
        load("seer_treatment", seer)


def test_a_missing_export_or_declaration_is_named_with_the_way_to_it(seer: Path) -> None:
    (seer / "export.csv").unlink()
    with pytest.raises(MissingData, match=r"(?s)export\.csv is not there.*Apply at https://seer\.cancer\.gov"):
        load("seer_treatment", seer)
    (seer / "columns.toml").unlink()
    with pytest.raises(MissingData, match=r"(?s)columns\.toml is not there.*columns\.toml declares the export"):
        load("seer_treatment", seer)


def test_a_record_without_its_patient_is_named(seer: Path) -> None:
    path = seer / "export.csv"
    path.write_text(path.read_text() + ",1,X0.0-Desk,9000,40-44 years,Regional,0,None/Unknown,Yes\n")
    with pytest.raises(CorruptData, match=r"export\.csv, line 177: no 'Patient ID'"):
        load("seer_treatment", seer)


def test_two_cases_of_one_patient_are_two_examples_of_one_group() -> None:
    examples = [
        example for part in ("test", "val", "train") for example in loading.load(catalog.task("seer_treatment"), split=part).examples
    ]
    twice = [group for group, n in Counter(example.group for example in examples).items() if n == 2]
    assert {example.id.split(":")[1] for example in examples if example.group in twice} == {"1", "2"}
    assert len(twice) > 5


def test_no_sentence_of_the_samples_is_of_a_release() -> None:
    """The samples say of themselves that they are invented, and their patients drink tea."""
    lines = [json.loads(line) for path in (SAMPLES / "mednli").glob("*.jsonl") for line in path.read_text().splitlines()]
    assert all("The clerk of office" in line["sentence1"] for line in lines)
    assert "invented" in (SAMPLES / "seer" / "columns.toml").read_text()
