"""What audits, the doctor and the self-test find in the real releases, against the data sheets."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import catalog, doctor, selftest
from harness.audit import Audit, audit
from harness.errors import MissingData

pytestmark = pytest.mark.real


def counted(name: str, root: Path, split: str = "test") -> Audit:
    try:
        return audit(catalog.task(name), split=split, data_root=root)
    except MissingData as error:
        pytest.skip(str(error).splitlines()[0])


def test_vqa_rads_test_pictures_occur_in_train_but_for_one(data_root: Path) -> None:
    found = counted("vqa_rad", data_root)
    assert found.overlap is not None
    assert (found.overlap.pictures, found.pictures) == (202, 203)
    assert found.overlap.unseen_targets == 115
    assert found.overlap.rows == 1
    assert found.duplicates == 0


def test_vqa_rads_train_split_repeats_three_rows(data_root: Path) -> None:
    found = counted("vqa_rad", data_root, "train")
    assert (found.examples, found.pictures, found.duplicates) == (1797, 313, 3)


def test_four_of_five_judged_trials_are_not_relevant(data_root: Path) -> None:
    found = counted("trec_ct_2022", data_root)
    assert found.expected.majority is not None
    assert found.expected.majority.value == "not relevant"
    assert f"{found.expected.majority.share:.1%}" == "80.3%"
    assert found.expected.examples == 35394
    assert (found.examples, found.complete) == (126, False)
    assert [item.n for item in found.balance] == [97, 14, 15]


def test_pneumoniamnist_repeats_three_pictures_and_shares_none_with_train(data_root: Path) -> None:
    found = counted("pneumoniamnist", data_root)
    assert (found.examples, found.pictures, found.duplicates) == (624, 621, 3)
    assert found.overlap is not None
    assert (found.overlap.train_examples, found.overlap.pictures) == (4708, 0)


def test_meqsum_shares_no_summary_with_train(data_root: Path) -> None:
    found = counted("meqsum", data_root)
    assert found.overlap is not None
    assert (found.overlap.questions, found.overlap.targets) == (0, 0)


def test_what_is_at_hand_is_ready_when_every_row_is_counted(data_root: Path) -> None:
    counted("vqa_rad", data_root)
    [found] = doctor.diagnose(["vqa_rad"], data_root=data_root, deep=True)
    assert (found.ready, found.checked) == (True, "counted")
    assert found.notes == ("test: 451 examples", "train: 1,797 examples")


def test_the_one_metric_of_vqa_rad_that_rewards_nonsense_is_found(data_root: Path) -> None:
    """Token recall gives "yes no" every question whose answer is yes or no, 251 of 451: the pitfall that its own text names."""
    counted("vqa_rad", data_root)
    verdicts = selftest.check(catalog.task("vqa_rad"), data_root=data_root)
    [broken] = [verdict for verdict in verdicts if not verdict.holds]
    assert (broken.metric, broken.predictions) == ("token_recall", "yes no")
    assert broken.value == pytest.approx(251 / 451)
    closed = {v.predictions: v.value for v in verdicts if (v.metric, v.slice) == ("exact_match", "closed")}
    assert (closed["unknown"], closed["yes no"]) == (0.0, 0.0)
    assert closed["Yes, this is abnormal."] == pytest.approx(118 / 272)
