"""The registry: metrics by name, and tasks with further ones."""

from __future__ import annotations

import dataclasses

import pytest

from harness.data import catalog
from harness.errors import UsageError
from harness.metrics import registry
from harness.metrics.base import Metric
from harness.views import usage


def names(metrics: tuple[Metric, ...]) -> list[str]:
    return [f"{metric.name}/{metric.variant}" for metric in metrics]


def test_a_name_stands_for_all_its_variants() -> None:
    assert names(registry.find("cider")) == ["cider/coco-ptb", "cider/coco-treebank", "cider/bioclean"]


def test_a_variant_stands_for_what_a_publication_computes() -> None:
    assert names(registry.find("multimedeval")) == [
        "token_f1/multimedeval",
        "token_recall/multimedeval",
        "bleu_1/multimedeval",
        "accuracy/multimedeval",
    ]


def test_name_and_variant_stand_for_one_metric_or_for_one_per_kind_of_release() -> None:
    [found] = registry.find("cider/coco-ptb")
    assert (found.name, found.variant) == ("cider", "coco-ptb")
    lowered, released = registry.find("exact_match/biomedgpt")
    assert lowered.signature != released.signature


@pytest.mark.parametrize("name", ["cidre", "cider/coco", "", "CIDER"])
def test_an_unknown_name_is_refused_with_close_ones(name: str) -> None:
    with pytest.raises(UsageError, match=f"unknown metric '{name}'.*harness metrics"):
        registry.find(name)


def test_close_names_are_named() -> None:
    with pytest.raises(UsageError, match="Did you mean cider"):
        registry.find("cidre")


def test_further_metrics_stand_behind_a_tasks_own_in_the_order_named() -> None:
    task = catalog.task("meqsum")
    more = registry.extended(task, ["cider/coco-ptb", "bleu_4/coco-ptb", "rouge_l/stem", "cider/coco-ptb"])
    assert names(more.metrics) == [*names(task.metrics), "cider/coco-ptb", "bleu_4/coco-ptb"]


def test_a_task_computes_its_own_form_of_a_published_rule() -> None:
    """SLAKE's answers keep their case in BiomedGPT's preprocessing, VQA-RAD's do not; naming the rule changes neither task."""
    for name in ("vqa_rad", "slake_en"):
        task = catalog.task(name)
        assert registry.extended(task, ["exact_match/biomedgpt"]) == task


def test_a_name_with_one_variant_is_enough() -> None:
    assert names(registry.extended(catalog.task("meqsum"), ["exact_match/canonical"]).metrics)[-1] == "exact_match/canonical"
    assert names(registry.extended(catalog.task("pneumoniamnist"), ["quadratic_kappa"]).metrics)[-1] == "quadratic_kappa/label"


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
        registry.extended(catalog.task(task), [name])


def test_a_recorded_run_gets_its_further_metrics_back() -> None:
    task = catalog.task("meqsum")
    more = registry.extended(task, ["bleu_4/coco-ptb", "cider/coco-ptb"])
    signatures = [metric.signature for metric in more.metrics]
    assert registry.recorded(task, signatures) == more
    assert registry.recorded(task, [*signatures[:2], "unheard|variant:of"]) == task


def test_a_metric_of_the_users_own_fits_everywhere() -> None:
    own = dataclasses.replace(registry.find("cider/coco-ptb")[0], variant="own")
    assert registry.family(own) is None
    assert registry.fits(own, catalog.task("pneumoniamnist"))


def test_usage_names_tasks_and_the_variants_that_alone_compute_a_metric() -> None:
    [bleu] = usage.of(registry.find("bleu_4/r2gen-iu"))
    assert bleu.tasks == ("iu_xray@r2gen",)
    [stem] = usage.of(registry.find("rouge_l/stem"))
    assert {"meqsum", "mimic_cxr_summary", "mimic3_summary"} <= set(stem.tasks)
    [bare] = usage.of(registry.find("bleu_2/bioclean"))
    assert bare.tasks == ()


def test_an_entry_as_json_holds_what_is_known() -> None:
    [entry] = usage.of(registry.find("accuracy/llava_med"))
    found = entry.as_json()
    assert found["protocol"].startswith("LLaVA-Med")
    assert [defect["predictions"] for defect in found["known_defects"]] == ["unknown", "yes no", "Yes, this is abnormal."]
    assert found["slices"] == ["all", "closed", "open"]
    assert (found["unit"], found["higher_is_better"], found["family"]) == ("fraction", True, "answers")
