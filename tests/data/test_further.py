"""Tasks with further metrics: which fit, in which order, and what is refused."""

from __future__ import annotations

import dataclasses

import pytest

from harness.data import catalog, further
from harness.errors import UsageError
from harness.metrics import registry
from harness.metrics.base import Metric


def names(metrics: tuple[Metric, ...]) -> list[str]:
    return [f"{metric.name}/{metric.variant}" for metric in metrics]


def test_further_metrics_stand_behind_a_tasks_own_in_the_order_named() -> None:
    task = catalog.task("meqsum")
    more = further.extended(task, ["cider/coco-ptb", "bleu_4/coco-ptb", "rouge_l/stem", "cider/coco-ptb"])
    assert names(more.metrics) == [*names(task.metrics), "cider/coco-ptb", "bleu_4/coco-ptb"]


def test_a_task_computes_its_own_form_of_a_published_rule() -> None:
    """SLAKE's answers keep their case in BiomedGPT's preprocessing, VQA-RAD's do not; naming the rule changes neither task."""
    for name in ("vqa_rad", "slake_en"):
        task = catalog.task(name)
        assert further.extended(task, ["exact_match/biomedgpt"]) == task


def test_a_name_with_one_variant_is_enough() -> None:
    assert names(further.extended(catalog.task("meqsum"), ["exact_match/canonical"]).metrics)[-1] == "exact_match/canonical"
    assert names(further.extended(catalog.task("pneumoniamnist"), ["quadratic_kappa"]).metrics)[-1] == "quadratic_kappa/label"


@pytest.mark.parametrize(
    ("task", "name", "message"),
    [
        ("meqsum", "cider", "'cider' has several variants: cider/coco-ptb, cider/coco-treebank, cider/bioclean"),
        ("meqsum", "llava_med", "'llava_med' is a variant; write NAME/llava_med"),
        ("meqsum", "quadratic_kappa/label", "meqsum: quadratic_kappa/label compares a class, which this task does not ask for"),
        ("pneumoniamnist", "rouge_l/stem", "pneumoniamnist: rouge_l/stem compares a text"),
        ("pneumoniamnist", "ndcg_at_10/linear", "pneumoniamnist: ndcg_at_10/linear compares a topic"),
        ("mednli", "ndcg_at_10/linear", "mednli: ndcg_at_10/linear compares a topic"),
        ("chestmnist", "accuracy/label", "chestmnist: accuracy/label compares a class"),
        ("meqsum", "rouge_x/stem", "unknown metric 'rouge_x/stem'"),
    ],
)
def test_what_a_task_cannot_compute_is_refused(task: str, name: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        further.extended(catalog.task(task), [name])


def test_a_recorded_run_gets_its_further_metrics_back() -> None:
    task = catalog.task("meqsum")
    more = further.extended(task, ["bleu_4/coco-ptb", "cider/coco-ptb"])
    signatures = [metric.signature for metric in more.metrics]
    assert further.recorded(task, signatures) == more
    assert further.recorded(task, [*signatures[:2], "unheard|variant:of"]) == task


def test_a_metric_of_the_users_own_fits_everywhere() -> None:
    own = dataclasses.replace(registry.find("cider/coco-ptb")[0], variant="own")
    assert registry.family(own) is None
    assert further.fits(own, catalog.task("pneumoniamnist"))
