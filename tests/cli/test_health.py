"""``harness doctor``, ``audit`` and ``check --metrics``."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from harness.data.examples import SAMPLES


@pytest.fixture
def root(tmp_path: Path) -> Path:
    shutil.copytree(SAMPLES / "vqa_rad", tmp_path / "data" / "vqa_rad")
    return tmp_path / "data"


def test_doctor_lists_every_task_with_its_step_and_the_machine(harness: Any, root: Path) -> None:
    done = harness("doctor", "--data-root", root)
    assert done.returncode == 0, done.stderr
    assert "harness fetch bloodmnist --data-root" in done.stdout
    assert "1 of " in done.stdout
    for part in ("vqa_rad", "agreement", "Java", "torch", "cache"):
        assert part in done.stdout


def test_doctor_as_json(harness: Any, root: Path) -> None:
    found = json.loads(harness("doctor", "vqa_rad", "mednli", "--data-root", root, "--json").stdout)
    assert {item["task"]: (item["ready"], item["checked"], item["missing"]) for item in found["tasks"]} == {
        "vqa_rad": (True, "opened", ""),
        "mednli": (False, "not at all", "agreement"),
    }
    assert {"harness", "data root", "Java", "torch", "cache"} <= {tool["name"] for tool in found["machine"]}


def test_doctor_without_a_data_root_says_so_and_that_what_is_named_is_not_ready(harness: Any) -> None:
    done = harness("doctor", "vqa_rad")
    assert done.returncode == 3
    assert done.stdout.startswith("data root: none is given; pass --data-root DIR or set HARNESS_DATA")
    assert "harness fetch vqa_rad --data-root DATA_ROOT" in done.stdout


def test_doctor_fails_where_a_release_that_is_here_is_damaged(harness: Any, root: Path) -> None:
    shutil.copytree(SAMPLES / "medmnist", root / "medmnist")
    done = harness("doctor", "pneumoniamnist", "vqa_rad", "--data-root", root)
    assert done.returncode == 3
    assert "its MD5 is" in " ".join(done.stdout.split())
    assert harness("doctor", "--data-root", root).returncode == 3
    assert harness("doctor", "mednli", "--data-root", root).returncode == 3


def test_doctor_ends_well_where_all_that_is_named_is_ready(harness: Any, root: Path) -> None:
    assert harness("doctor", "VQA-RAD", "--data-root", root).returncode == 0


def test_audit_prints_what_it_counted(harness: Any) -> None:
    done = harness("audit", "vqa_rad")
    assert done.returncode == 0, done.stderr
    for part in ("SYNTHETIC SAMPLE", "pictures that also occur in train", "answers never seen in train", "answer_type: closed"):
        assert part in done.stdout


def test_audit_shows_the_majority_class_of_the_whole_release(harness: Any) -> None:
    done = harness("audit", "trec_ct_2022")
    assert "not relevant 80.3%" in done.stdout


def test_audit_as_json(as_json: Any) -> None:
    found = as_json("audit", "pneumoniamnist", "--split", "val")
    assert (found["task"], found["split"], found["synthetic"]) == ("pneumoniamnist", "val", True)
    assert found["overlap"]["unseen_targets"] == 0


def test_check_prints_what_every_metric_gives_to_nonsense(harness: Any) -> None:
    done = harness("check", "--metrics", "vqa_rad,pneumoniamnist")
    assert done.returncode == 0, done.stderr
    for part in ("oracle", "Yes, this is abnormal.", "exact_match/canonical on closed", "0 broken rules"):
        assert part in done.stdout


def test_check_fails_where_a_metric_rewards_nonsense(harness: Any, tmp_path: Path) -> None:
    """A user's task whose metric likes every reply."""
    folder = tmp_path / "own" / "summarization"
    folder.mkdir(parents=True)
    shutil.copytree(SAMPLES / "meqsum", tmp_path / "own" / "samples" / "kind_words")
    sample = tmp_path / "own" / "samples" / "kind_words" / "sample.toml"
    sample.write_text(sample.read_text().replace("meqsum", "kind_words"))
    tasks = SAMPLES.parent / "summarization"
    card = (tasks / "meqsum.toml").read_text().replace('"meqsum"', '"kind_words"')
    (folder / "kind_words.toml").write_text(card)
    (folder / "kind_words.py").write_text(
        (tasks / "meqsum.py").read_text()
        + """

import dataclasses

import numpy as np

from harness.metrics.base import Measure, Metric, Statistics

_ours = task


def _liked(samples, context):
    return Statistics(names=("liked",), table=np.ones((len(samples), 1)))


KIND = Metric(name="kind", variant="own", measure=Measure(name="kind", run=_liked), value=lambda s, w: (w @ s.table[:, 0]) / w.sum(axis=1))


def task(card):
    return dataclasses.replace(_ours(card), metrics=(KIND,))
"""
    )
    done = harness("check", "--metrics", "kind_words", "--task-dir", tmp_path / "own", "--json")
    assert done.returncode == 6, done.stderr
    found = json.loads(done.stdout)
    assert not found["holds"]
    assert {verdict["predictions"] for verdict in found["verdicts"] if not verdict["holds"]} == {
        "empty", "unknown", "yes no", "Yes, this is abnormal.",
    }  # fmt: skip
    assert "1 metrics reward nonsense: kind_words: kind/own" in done.stderr


def test_check_asks_what_to_check(harness: Any) -> None:
    done = harness("check")
    assert done.returncode == 2
    assert "harness check --metrics" in done.stderr
