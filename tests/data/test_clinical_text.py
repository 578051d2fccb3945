"""MedNLI, SEER, HealthCareMagic and iCliniq: what of their rows becomes an example, and what their cards state of them."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from harness.data import catalog
from harness.data.readers.seer import fold
from harness.types import Response
from tests.data.support import SAMPLES, copied, load, rewrite, sample


def test_the_card_states_the_official_counts() -> None:
    splits = catalog.card("mednli").splits
    assert {name: split.n for name, split in splits.items()} == {"test": 1422, "val": 1395, "train": 11232}
    assert splits["test"].counts == {"label": {"entailment": 474, "neutral": 474, "contradiction": 474}}
    assert catalog.card("mednli").labels == ("entailment", "neutral", "contradiction")


def test_the_hypotheses_of_one_premise_are_resampled_together() -> None:
    examples = sample("mednli").examples
    assert set(Counter(example.group for example in examples).values()) == {3}
    assert examples[0].input.text.splitlines()[0] == (
        "Premise: The clerk of office [**Number 0**] drank 2 cups of tea and has paper-cut fever since."
    )
    assert not any("\t" in example.input.text for example in examples)


def test_pairs_without_a_label_are_left_out_with_the_reason() -> None:
    found = sample("mednli", "train")
    assert [each.where for each in found.skipped] == ["mli_train_v1.jsonl, line 11", "mli_train_v1.jsonl, line 19"]
    assert {each.reason for each in found.skipped} == {"the label is '-': its annotators did not agree"}


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
    assert task.parse(Response(text=reply), sample(task.card.name).examples[0].input) == read


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
    groups = [{example.group for example in sample("seer_treatment", part).examples} for part in ("test", "val", "train")]
    assert not groups[0] & groups[1]
    assert not groups[0] & groups[2]
    assert not groups[1] & groups[2]


def test_the_parts_are_of_about_the_same_size() -> None:
    dealt = Counter(fold(f"{number:08d}") for number in range(10_000))
    assert set(dealt) == set(range(10))
    assert all(900 < n < 1100 for n in dealt.values())


def test_a_label_names_the_treatments_that_were_given() -> None:
    task = catalog.task("seer_treatment")
    found = {example.target for part in ("test", "val", "train") for example in sample(task.card.name, part).examples}
    assert found <= set(task.card.labels)
    assert {"no treatment", "surgery", "surgery and radiation", "chemotherapy"} <= found
    assert len(task.card.labels) == 8
    text = sample(task.card.name).examples[0].input.text
    assert [line.split(":")[0] for line in text.splitlines()[:4]] == ["Primary site", "Histology", "Age", "Stage"]


def test_records_with_an_unknown_treatment_are_left_out_with_the_reason() -> None:
    skipped = sample("seer_treatment", "val").skipped
    assert {each.reason for each in skipped} == {"unknown whether surgery was given"}
    assert len(skipped) == 3


def test_two_cases_of_one_patient_are_two_examples_of_one_group() -> None:
    examples = [example for part in ("test", "val", "train") for example in sample("seer_treatment", part).examples]
    twice = [group for group, n in Counter(example.group for example in examples).items() if n == 2]
    assert {example.id.split(":")[1] for example in examples if example.group in twice} == {"1", "2"}
    assert len(twice) > 5


def test_no_sentence_of_the_samples_is_of_a_release() -> None:
    """The samples say of themselves that they are invented, and their patients drink tea."""
    lines = [json.loads(line) for path in (SAMPLES / "mednli").glob("*.jsonl") for line in path.read_text().splitlines()]
    assert all("The clerk of office" in line["sentence1"] for line in lines)
    assert "invented" in (SAMPLES / "seer" / "columns.toml").read_text()


def test_line_breaks_in_a_dialogue_become_blanks() -> None:
    given = json.loads((SAMPLES / "healthcaremagic" / "test.json").read_text())["data"]
    assert any("\n" in item["src"] for item in given)
    assert [e.input.text for e in sample("healthcaremagic").examples] == [item["src"].replace("\n", " ") for item in given]


def test_ids_are_the_releases() -> None:
    given = json.loads((SAMPLES / "icliniq" / "test.json").read_text())["data"]
    assert [e.id for e in sample("icliniq").examples] == [str(item["id"]) for item in given]


def test_an_empty_reference_stays_in_the_set_and_is_counted(tmp_path: Path) -> None:
    rewrite(copied("icliniq", tmp_path) / "test.json", lambda own: [{**own["data"][0], "tgt": " "}, *own["data"][1:]])
    found = load("icliniq", tmp_path)
    assert (len(found.examples), found.examples[0].target) == (16, "")
    assert "empty references: 1 of 16; whatever is written for them scores 0" in found.notes


def test_the_card_of_healthcaremagic_states_the_counts_that_helm_froze() -> None:
    splits = catalog.card("healthcaremagic").splits
    assert [splits[name].n for name in ("train", "val", "test")] == [181122, 22641, 22642]
