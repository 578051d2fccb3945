"""Names in any spelling: of tasks, metrics, variants and systems, on the command line and in Python."""

from __future__ import annotations

import pytest

import harness
from harness.base.names import meant, named
from harness.data import at_hand, catalog
from harness.errors import UsageError
from harness.metrics import registry


@pytest.mark.parametrize("typed", ["vqa_rad", "VQA-RAD", "vqa-rad", "VQA_RAD", "VqaRad", "vqa rad"])
def test_capitals_and_separators_make_no_other_name(typed: str) -> None:
    assert meant(typed, ("vqa_rad", "slake_en")) == "vqa_rad"
    assert catalog.card(typed).full_name == "vqa_rad"
    assert catalog.task(typed).card.name == "vqa_rad"
    assert catalog.select([typed]) == ("vqa_rad",)


def test_a_name_that_may_mean_two_means_neither() -> None:
    assert meant("A-B", ("a_b", "ab")) == "A-B"
    assert meant("ab", ("a_b", "ab")) == "ab"
    with pytest.raises(UsageError, match=r"unknown system 'A-B'\. Did you mean"):
        named("system", "A-B", ("a_b", "ab"))


def test_variants_groups_and_globs_are_found_as_well() -> None:
    assert catalog.card("PneumoniaMNIST@224").full_name == "pneumoniamnist@224"
    assert catalog.select(["VQA-RAD@HUB"]) == ("vqa_rad@hub",)
    assert catalog.select(["VQA"]) == catalog.select(["vqa"])
    assert catalog.select(["Organ*"]) == catalog.select(["organ*"])
    assert at_hand.is_asked(["Ready"])


def test_metrics_are_found_by_name_by_variant_and_by_both() -> None:
    for typed, written in (("Exact-Match", "exact_match"), ("LLaVA-Med", "llava_med"), ("CIDEr/COCO-PTB", "cider/coco-ptb")):
        assert registry.find(typed) == registry.find(written)


def test_results_of_an_evaluation_are_found_in_any_spelling() -> None:
    runs = harness.evaluate("baseline:Majority", "VQA-RAD", sample=True, keep=False, resamples=0, progress=False)
    run = runs["VQA-RAD"]
    assert run.value("Exact-Match", slice="Closed") == run.value("exact_match", slice="closed")
    assert "VQA-RAD" not in list(runs)
    with pytest.raises(KeyError):
        runs["slake"]
