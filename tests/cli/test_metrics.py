"""``harness metrics`` and ``--metrics``."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from harness.data.examples import SAMPLES


def test_all_metrics_are_listed(harness: Any) -> None:
    done = harness("metrics")
    assert done.returncode == 0, done.stderr
    for name in ("exact_match/canonical", "accuracy/llava_med", "cider/coco-ptb", "rouge_l/stem", "auc/medmnist", "ndcg_at_10/linear"):
        assert name in done.stdout


def test_a_metric_is_explained_with_all_its_variants(harness: Any) -> None:
    done = harness("metrics", "cider")
    for part in ("cider/coco-ptb", "cider/bioclean", "formula", "Vedantam", "document frequencies", "iu_xray"):
        assert part in done.stdout


def test_a_metric_that_no_task_computes_says_how_to_ask_for_it(harness: Any) -> None:
    assert "on request with --metrics bleu_2/bioclean" in harness("metrics", "bleu_2/bioclean").stdout


def test_known_defects_are_explained(harness: Any) -> None:
    assert '"no" is a part of "unknown"' in harness("metrics", "accuracy/medevalkit").stdout


def test_metrics_as_json(as_json: Any) -> None:
    found = as_json("metrics")["metrics"]
    assert len({entry["signature"] for entry in found}) == len(found)
    assert all(entry["formula"] and entry["summary"] and entry["source"] for entry in found)
    assert [entry["variant"] for entry in as_json("metrics", "cider")["metrics"]] == ["coco-ptb", "coco-treebank", "bioclean"]


def test_an_unknown_metric_is_refused_with_close_names(harness: Any) -> None:
    done = harness("metrics", "cidre")
    assert done.returncode == 2
    assert "Did you mean cider" in done.stderr


def test_a_run_computes_further_metrics_and_is_verified_with_them(harness: Any, as_json: Any) -> None:
    [run] = as_json("run", "baseline:lead", "--tasks", "meqsum", "--metrics", "rouge_l/bioclean,token_f1/canonical", "--resamples", "20")[
        "runs"
    ]
    found = [(estimate["metric"], estimate["metric_variant"]) for estimate in run["estimates"]]
    assert found[-2:] == [("rouge_l", "bioclean"), ("token_f1", "canonical")]
    assert all(estimate["scoring_id"] for estimate in run["estimates"])
    done = harness("verify", "results")
    assert done.returncode == 0, done.stdout
    assert "every number follows from replies and targets" in done.stdout


def test_score_takes_further_metrics_too(as_json: Any, tmp_path: Path) -> None:
    replies = tmp_path / "replies.jsonl"
    replies.write_text('{"id": "71", "text": "How is gout treated?"}\n')
    [run] = as_json("score", replies, "--tasks", "meqsum", "--metrics", "bleu_1/bioclean", "--limit", "1", "-q")["runs"]
    assert run["estimates"][-1]["metric"] == "bleu_1"


def test_a_metric_that_does_not_fit_is_refused(harness: Any) -> None:
    done = harness("run", "baseline:majority", "--tasks", "pneumoniamnist", "--metrics", "rouge_l/stem")
    assert done.returncode == 2
    assert "rouge_l/stem compares a text" in done.stderr


def test_published_variants_stand_in_a_group_of_their_own(harness: Any) -> None:
    done = harness("run", "baseline:majority", "--tasks", "vqa_rad", "-q", "--all")
    ours, _, published = done.stdout.partition("for comparison with publications alone")
    assert "llava_med" not in ours
    assert "canonical" not in published
    rows = [line.split()[:3] for line in published.splitlines()]
    assert ["accuracy", "llava_med", "closed"] in rows
    assert ["accuracy", "multimedeval", "yes_no"] in rows
    assert ["accuracy", "llava_med", "abd"] not in rows


MODULE = """
import datasets
import evaluate


class Longer(evaluate.Metric):
    def _info(self):
        text = datasets.Value("string")
        features = datasets.Features({"predictions": text, "references": text})
        return evaluate.MetricInfo(description="Share of longer texts.", citation="none", features=features)

    def _compute(self, predictions, references):
        longer = [len(said) > len(expected) for said, expected in zip(predictions, references)]
        return {"longer": sum(longer) / len(longer)}
"""


def test_a_module_of_the_evaluate_library_stands_beside_ours_and_is_left_out_of_verification(harness: Any, tmp_path: Path) -> None:
    (tmp_path / "longer").mkdir()
    (tmp_path / "longer" / "longer.py").write_text(MODULE)
    done = harness("run", "baseline:majority", "--tasks", "vqa_rad", "--metrics", f"evaluate:{tmp_path / 'longer'}", "-q")
    assert done.returncode == 0, done.stderr
    assert "longer" in done.stdout
    done = harness("verify", "results")
    assert done.returncode == 0, done.stdout
    assert "not checked  modules" in done.stdout
    assert "every number follows from replies and targets" in done.stdout


def test_a_documented_defect_that_no_longer_shows_fails_the_check(harness: Any, tmp_path: Path) -> None:
    """A user's task whose metric says that it rewards "unknown", and does not."""
    folder = tmp_path / "own" / "summarization"
    folder.mkdir(parents=True)
    shutil.copytree(SAMPLES / "meqsum", tmp_path / "own" / "samples" / "mended")
    sample = tmp_path / "own" / "samples" / "mended" / "sample.toml"
    sample.write_text(sample.read_text().replace("meqsum", "mended"))
    tasks = SAMPLES.parent / "summarization"
    (folder / "mended.toml").write_text((tasks / "meqsum.toml").read_text().replace('"meqsum"', '"mended"'))
    defect = 'Defect(predictions="unknown", slice="all", reason="It liked it once.")'
    (folder / "mended.py").write_text(
        f"""{(tasks / "meqsum.py").read_text()}

import dataclasses

from harness.metrics.base import Defect

_ours = task


def task(card):
    made = _ours(card)
    return dataclasses.replace(made, metrics=(dataclasses.replace(made.metrics[0], known_defects=({defect},)),))
"""
    )
    done = harness("check", "--metrics", "mended", "--task-dir", tmp_path / "own")
    assert done.returncode == 6, done.stderr
    assert "the documented defect does not show any more (It liked it once.)" in done.stdout
