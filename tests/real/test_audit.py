"""What audits, the doctor and the self-test find in the real releases, against the data sheets."""

from __future__ import annotations

import functools
import operator
from pathlib import Path

import pytest

from harness.checks import readiness, scorers
from harness.checks.release import Audit, audit
from harness.data import catalog
from harness.errors import MissingData

pytestmark = pytest.mark.real


def counted(name: str, root: Path, split: str = "test") -> Audit:
    try:
        return audit(catalog.task(name), split=split, data_root=root)
    except MissingData as error:
        pytest.skip(str(error).splitlines()[0])


FIGURES: dict[str, tuple[str, str, dict[str, int]]] = {
    "VQA-RAD's test pictures occur in train but for one": (
        "vqa_rad", "test",
        {"overlap.pictures": 202, "pictures": 203, "overlap.unseen_targets": 115, "overlap.rows": 1, "duplicates": 0},
    ),
    "VQA-RAD's train split repeats three rows": ("vqa_rad", "train", {"examples": 1797, "pictures": 313, "duplicates": 3}),
    "PneumoniaMNIST repeats three pictures and shares none with train": (
        "pneumoniamnist", "test",
        {"examples": 624, "pictures": 621, "duplicates": 3, "overlap.train_examples": 4708, "overlap.pictures": 0},
    ),
    "MeQSum shares no summary with train": ("meqsum", "test", {"overlap.questions": 0, "overlap.targets": 0}),
}  # fmt: skip


@pytest.mark.parametrize("what", FIGURES)
def test_what_is_counted_is_what_the_data_sheet_says(data_root: Path, what: str) -> None:
    name, split, figures = FIGURES[what]
    found = counted(name, data_root, split)
    assert {figure: operator.attrgetter(figure)(found) for figure in figures} == figures


def test_four_of_five_judged_trials_are_not_relevant(data_root: Path) -> None:
    found = counted("trec_ct_2022", data_root)
    assert found.expected.majority is not None
    assert found.expected.majority.value == "not relevant"
    assert f"{found.expected.majority.share:.1%}" == "80.3%"
    assert found.expected.examples == 35394
    assert (found.examples, found.complete) == (126, False)
    assert [item.n for item in found.balance] == [97, 14, 15]


def test_what_is_at_hand_is_ready_when_every_row_is_counted(data_root: Path) -> None:
    counted("vqa_rad", data_root)
    [found] = readiness.diagnose(["vqa_rad"], data_root=data_root, deep=True)
    assert (found.ready, found.checked) == (True, "counted")
    assert found.notes == ("test: 451 examples", "train: 1,797 examples")


def test_vqa_rads_canonical_scores_reward_nonsense_only_where_token_recall_says_so(data_root: Path) -> None:
    """Token recall gives "yes no" every question whose answer is yes or no, 251 of 451."""
    verdicts = _vqa_rad(data_root)
    assert not scorers.broken(verdicts)
    assert not scorers.gone(verdicts)
    [known] = [v for v in scorers.known(verdicts) if v.variant == "canonical" and v.slice == "all"]
    assert (known.metric, known.predictions) == ("token_recall", "yes no")
    assert known.value == pytest.approx(251 / 451)
    closed = {v.predictions: v.value for v in verdicts if (v.metric, v.variant, v.slice) == ("exact_match", "canonical", "closed")}
    assert (closed["unknown"], closed["yes no"]) == (0.0, 0.0)
    assert closed["Yes, this is abnormal."] == pytest.approx(118 / 272)


@pytest.mark.parametrize(
    ("variant", "part", "predictions", "right", "n"),
    [
        ("llava_med", "closed", "unknown", 133, 272),  # 0.489, the batch script: "no" in "unknown"
        ("llava_med", "closed", "yes no", 251, 272),  # 0.923
        ("llava_med", "closed", "Yes, this is abnormal.", 254, 272),  # 0.934: yes, "no" in "abnormal", and abnormal
        ("llava_med-v1", "closed", "unknown", 1, 1),  # the first script leaves out what is wrong: all of these are 1
        ("llava_med-v1", "closed", "yes no", 1, 1),
        ("llava_med-v1", "closed", "Yes, this is abnormal.", 1, 1),
        ("multimedeval", "yes_no", "yes no", 251, 251),  # 1.000
        ("multimedeval", "yes_no", "unknown", 0, 251),
        ("medevalkit", "yes_no", "unknown", 133, 251),  # 0.530
        ("medevalkit", "yes_no", "yes no", 0, 251),
        ("medevalkit", "yes_no", "Yes, this is abnormal.", 0, 251),
    ],
)
def test_what_published_scorers_give_to_constants_on_vqa_rad(
    data_root: Path, variant: str, part: str, predictions: str, right: int, n: int
) -> None:
    """The figures of an independent measurement with the scripts themselves: 0.489, 0.923, 0.934; 1.000; 0.530."""
    verdicts = _vqa_rad(data_root)
    [value] = [v.value for v in verdicts if (v.metric, v.variant, v.slice, v.predictions) == ("accuracy", variant, part, predictions)]
    assert value == pytest.approx(right / n)


@functools.cache
def _vqa_rad(root: Path) -> list[scorers.Verdict]:
    counted("vqa_rad", root)
    return scorers.check(catalog.task("vqa_rad"), data_root=root)
