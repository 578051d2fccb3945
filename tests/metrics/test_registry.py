"""The registry: metrics by name."""

from __future__ import annotations

import pytest

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


@pytest.mark.parametrize("name", ["cidre", "cider/coco", ""])
def test_an_unknown_name_is_refused_with_close_ones(name: str) -> None:
    with pytest.raises(UsageError, match=f"unknown metric '{name}'.*harness metrics"):
        registry.find(name)


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
