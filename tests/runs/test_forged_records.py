"""Records that were edited by somebody who knows about the hashes: what is claimed beside the numbers is derived once more."""

from __future__ import annotations

import csv
import hashlib
import shutil
from pathlib import Path
from typing import Any

import pytest

from harness.data.examples import SAMPLES
from harness.runs import evidence
from harness.runs.verify import verify
from tests.runs.support import Change, checks, made, sealed


def whole(body: dict[str, Any]) -> None:
    body["status"], body["not_ranked"] = "complete", []


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data root with a release of 20 questions, which is not the official one."""
    root = tmp_path_factory.mktemp("release")
    shutil.copytree(SAMPLES / "vqa_rad", root / "vqa_rad")
    return root


@pytest.fixture(scope="module")
def whole_run(tmp_path_factory: pytest.TempPathFactory, release: Path) -> Path:
    return made(tmp_path_factory.mktemp("run"), "vqa_rad", "baseline:nearest", data_root=release, accept_different=True, limit=10)


@pytest.fixture
def first(tmp_path: Path, whole_run: Path) -> Path:
    """The first ten of its questions, to be edited."""
    return Path(shutil.copytree(whole_run, tmp_path / "run"))


def test_an_honest_record_holds_and_its_conclusions_are_said(first: Path, release: Path) -> None:
    found = checks(first, release)
    assert {name: check.status for name, check in found.items()} == dict.fromkeys(
        ["files", "definitions", "claims", "numbers", "replies", "targets", "model", "statistics"], "holds"
    )
    assert "partial, not ranked (limited to the first 10 of 20 examples; the release differs from the card)" in found["claims"].detail


def edited(*changes: Change) -> Change:
    return lambda body: [change(body) for change in changes]


OFFICIAL: Change = lambda body: body["data"].update(comparable=True)  # noqa: E731
OTHER_TEXTS: Change = lambda body: body["data"].update(fingerprint="0" * 64)  # noqa: E731
NO_LIMIT: Change = lambda body: body["data"].update(limit=None)  # noqa: E731


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda body: body.update(status="complete"),
            "status is complete in the record, and partial by its facts (limited to",
        ),
        (lambda body: body.update(not_ranked=[]), "status is partial in the record, and complete by its facts (nothing is missing)"),
        (edited(whole, OFFICIAL, NO_LIMIT), "kind is real in the record, and its fingerprint is that of the invented sample"),
        (edited(whole, OFFICIAL, NO_LIMIT, OTHER_TEXTS), "the record is of 10 examples, the test split has 451, and no limit is said"),
        (edited(OFFICIAL, OTHER_TEXTS), "its facts that it is not ranked (limited to the first 10 of 451 examples)"),
        (lambda body: body["failures"].append({"reason": "x", "n": 3, "first": "1"}), "failures are 3 by reason and 0 in the counts"),
        (
            lambda body: body["data"].update(complete=False),
            "its facts that it is not ranked (limited to the first 10 of 20 examples; part",
        ),
        (lambda body: body["model"].update(reads_targets=True), "the model sees the targets"),
    ],
)
def test_without_data_the_conclusions_follow_from_the_records_own_facts_and_the_card(first: Path, change: Change, said: str) -> None:
    sealed(first, change)
    found = checks(first)["claims"]
    assert found.status == "fails"
    assert said in found.detail


@pytest.mark.parametrize(
    ("change", "check", "said"),
    [
        (edited(whole, NO_LIMIT), "targets", "the examples or targets of the release are not those the run was scored against"),
        (lambda body: body.update(split="train"), "targets", "are not those the run was scored against"),
        (OFFICIAL, "targets", "the record calls the release the one on the card; it differs: "),
        (lambda body: body["counts"].update(skipped=4), "targets", "the record counts 4 rows that are no examples, the release has 0"),
        (lambda body: body["estimates"][0].update(unit="percent"), "numbers", "unit is percent in the record, fraction when recomputed"),
        (lambda body: body["estimates"][0].update(higher_is_better=False), "numbers", "higher_is_better is False in the record"),
    ],
)
def test_with_the_data_the_facts_are_those_of_the_release(first: Path, release: Path, change: Change, check: str, said: str) -> None:
    sealed(first, change)
    found = checks(first, release)[check]
    assert found.status == "fails"
    assert said in found.detail


@pytest.mark.parametrize("column", ["group", "tag.answer_type"])
def test_groups_and_tags_are_those_of_the_release(first: Path, release: Path, column: str) -> None:
    """An interval is over groups: one group per sample makes it as narrow as it gets."""
    path = first / "samples.csv"
    rows = list(csv.reader(path.read_text().splitlines()))
    at = rows[0].index(column)
    rows[2][at] = "another"
    with path.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)
    sealed(first, lambda body: body["samples"].update(sha256=hashlib.sha256(path.read_bytes()).hexdigest()))
    assert "its group or tags are not those of the release" in checks(first, release)["targets"].detail


def renamed(body: dict[str, Any]) -> None:
    """The oracle as a model of somebody's."""
    body["model"].update(name="our-model-70b", kind="hf", reads_targets=False, note="")
    body["not_ranked"] = [reason for reason in body["not_ranked"] if reason != "the model sees the targets"]


@pytest.mark.parametrize(
    ("task", "model", "change", "status", "said"),
    [
        ("pneumoniamnist", "oracle", renamed, "fails",
         "every reply gives the target a probability of 1, as only a model that sees the targets does"),
        ("vqa_rad", "oracle", renamed, "not checked",  # a model may have learnt the answers by heart: nobody can tell from its replies
         "every reply is its target word for word, as of the baseline that sees the targets; nothing on disk proves that our-model-"),
        ("vqa_rad", "oracle", edited(renamed, lambda body: body["model"].update(name="oracle", kind="baseline")), "fails",
         "the model sees the targets, and the record does not say so"),
        ("vqa_rad", "nearest", lambda body: body["model"].update(name="our-model-70b", kind="hf"), "not checked",
         "nothing on disk proves that our-model-70b gave these replies, or to which prompts"),
    ],
    ids=["an oracle by its certainty", "an oracle that writes", "an oracle that denies it", "any other model"],
)  # fmt: skip
def test_who_answered_is_said_as_far_as_it_can_be_told(
    tmp_path: Path, task: str, model: str, change: Change, status: str, said: str
) -> None:
    folder = made(tmp_path / "results", task, f"baseline:{model}")
    sealed(folder, change)
    found = checks(folder)
    assert (found["claims"].status, found["model"].status) == ("holds", status)
    assert found["model"].detail.startswith(said)


def test_a_baseline_is_asked_again_so_that_its_numbers_need_no_replies(first: Path, release: Path) -> None:
    (first / "replies.jsonl").unlink()
    found = checks(first, release)
    assert found["replies"].status == "not checked"
    assert found["model"].detail == "the baseline says the same when it is asked again"
    assert found["statistics"].status == "holds"


def test_a_verified_run_is_marked_until_another_record_stands_there(first: Path, release: Path) -> None:
    evidence.keep(first, verify(first))
    assert not evidence.is_verified(first), "without the release nothing was followed from it"
    evidence.keep(first, verify(first, data_root=release))
    assert evidence.is_verified(first)
    sealed(first, lambda body: body.update(created="2001-01-01"))
    assert not evidence.is_verified(first)


def test_the_mark_goes_where_a_claim_fails(first: Path, release: Path) -> None:
    evidence.keep(first, verify(first, data_root=release))
    sealed(first, lambda body: body.update(status="complete"))
    evidence.keep(first, verify(first, data_root=release))
    assert not (first / evidence.NAME).exists()


@pytest.mark.parametrize("content", ["", "[]", '{"record_sha256": ""}', '{"record_sha256": 1, "harness": "", "checks": {}}'])
def test_a_mark_that_is_none_marks_nothing(first: Path, content: str) -> None:
    (first / evidence.NAME).write_text(content)
    assert not evidence.is_verified(first)
