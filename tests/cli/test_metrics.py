"""``harness metrics`` and ``--metrics``."""

from __future__ import annotations

from pathlib import Path
from typing import Any


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
    done = harness("run", "baseline:majority", "--tasks", "vqa_rad", "-q")
    ours, _, published = done.stdout.partition("for comparison with publications alone")
    assert "llava_med" not in ours
    assert "canonical" not in published
    rows = [line.split()[:3] for line in published.splitlines()]
    assert ["accuracy", "llava_med", "closed"] in rows
    assert ["accuracy", "multimedeval", "yes_no"] in rows
    assert ["accuracy", "llava_med", "abd"] not in rows
