"""A run beside published numbers: which compare, which differ, and why the others say nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from msgspec import structs

from harness.cards import Card
from harness.data import catalog
from harness.runs.record import Record
from harness.stats.bootstrap import Bootstrap
from harness.types import Estimate, ModelFacts
from harness.views.beside_published import compare, published_interval, reasons
from harness.views.published import Reported

NUMBER = Reported(
    task="vqa_rad",
    task_variant="",
    split="test",
    split_known=True,
    n=451,
    metric="exact_match",
    metric_variant="canonical",
    slice="all",
    system="A",
    parameters=None,
    setting="fine-tuned",
    value=0.70,
    unit="fraction",
    spread=None,
    original_metric="accuracy",
    original_value="70.0",
    original_unit="%",
    original_split="test",
    judge="",
    open_metric="",
    answer_list="",
    resolution="",
    input_resolution=None,
    source_title="A paper",
    source_id="",
    source_table="",
    read_from="",
    confidence="certain",
    retrieved=date(2026, 1, 1),
    note="",
)
OURS = Estimate(
    metric="exact_match",
    variant="canonical",
    slice="all",
    value=0.72,
    low=0.67,
    high=0.77,
    level=0.95,
    n=451,
    n_groups=203,
    unit="fraction",
    higher_is_better=True,
    signature="s",
    scoring_id="i",
)


def run(*estimates: Estimate, **changes: Any) -> Record:
    """A finished run of VQA-RAD with these scores."""
    facts: dict[str, Any] = {
        "task": "vqa_rad",
        "task_variant": "",
        "card_version": 1,
        "split": "test",
        "status": "complete",
        "not_ranked": (),
        "model": ModelFacts(name="ours", kind="test"),
        "data": None,
        "counts": None,
        "prompting": None,
        "environment": {},
        "created": "",
        "bootstrap": Bootstrap(),
        "measures": {},
        "estimates": estimates,
        "samples": (),
    }
    return Record(**(facts | changes))


@pytest.fixture
def card() -> Card:
    return catalog.card("vqa_rad")


@pytest.fixture
def medmnist() -> Card:
    return catalog.card("pneumoniamnist")


def test_the_same_protocol_compares(card: Card) -> None:
    assert reasons(run(OURS), card, OURS, NUMBER) == ()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"split": "val"}, "other split: val, ours is test"),
        ({"split_known": False}, "unknown split"),
        ({"n": 450}, "other examples: 450 were scored, ours are 451"),
        ({"task_variant": "hub"}, "other form of the task: hub, ours is the default"),
        ({"judge": "language model"}, "judge-scored: a language model decided what is right"),
        ({"metric_variant": "unknown"}, "unknown metric variant"),
        ({"metric_variant": "llava_med"}, "other metric variant: exact_match/llava_med, ours is exact_match/canonical"),
        ({"metric": "accuracy"}, "other metric: accuracy/canonical, ours is exact_match/canonical"),
        ({"open_metric": "token_recall"}, "open answers were scored by token recall"),
        ({"unit": "CIDEr (0-10)"}, r"other unit: CIDEr \(0-10\)"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_protocol_that_differs_does_not_compare_and_says_why(card: Card, change: dict[str, Any], reason: str) -> None:
    [verdict] = compare(run(OURS), card, [replace(NUMBER, **change)])
    assert verdict.judgement == "not comparable"
    assert any(text.startswith(reason.replace("\\", "")) for text in verdict.reasons)


def test_biomedgpts_equality_does_not_compare_with_token_recall(card: Card) -> None:
    """BiomedGPT-B's 73.2 on VQA-RAD is raw equality with the answer."""
    recall = structs.replace(OURS, metric="token_recall")
    number = replace(NUMBER, system="BiomedGPT-B", metric_variant="biomedgpt", value=0.732, open_metric="exact_match")
    [verdict] = compare(run(recall), card, [number])
    assert verdict.judgement == "not comparable"
    assert verdict.reasons == (
        "other metric: exact_match/biomedgpt, ours is token_recall/canonical",
        "our open answers are scored by token recall, theirs by exact match",
    )
    assert verdict.difference is None


def test_a_protocol_that_is_only_described_does_not_compare(card: Card) -> None:
    ours = structs.replace(OURS, metric="token_f1", variant="med_palm_m")
    number = replace(NUMBER, metric="token_f1", metric_variant="med_palm_m", open_metric="token_f1")
    [verdict] = compare(run(ours), card, [number])
    assert verdict.judgement == "not comparable"
    assert verdict.reasons == ("described in words alone: the publication's code and normalisation are not public, ours stand in",)


def test_a_partial_run_compares_with_nothing(card: Card) -> None:
    record = run(OURS, status="partial", not_ranked=("limited to the first 5 of 451 examples",))
    [verdict] = compare(record, card, [NUMBER])
    assert verdict.reasons == ("this run: limited to the first 5 of 451 examples",)


@pytest.mark.parametrize(
    ("variant", "resolution", "reason"),
    [
        ("", "28", ()),
        ("", "224", ("other resolution: 224, ours is 28",)),
        ("224", "28", ("other resolution: 28, ours is 224",)),
        ("", "", ("unknown resolution: which of the released sizes was read is not said",)),
    ],
)
def test_pictures_of_another_size_do_not_compare(medmnist: Card, variant: str, resolution: str, reason: tuple[str, ...]) -> None:
    ours = structs.replace(OURS, metric="accuracy", variant="label")
    number = replace(NUMBER, metric="accuracy", metric_variant="label", resolution=resolution, task_variant=variant)
    assert reasons(run(ours, task_variant=variant), medmnist, ours, number) == reason


@pytest.mark.parametrize(
    ("value", "judgement"),
    [
        (0.72, "consistent"),
        (0.66, "consistent"),  # 0.06 away: our 0.05 below and their 0.043 above (Wilson, 451) reach hypot(0.05, 0.043) = 0.066
        (0.64, "higher"),
        (0.80, "lower"),
    ],
)
def test_both_sampling_errors_decide_whether_two_values_differ(card: Card, value: float, judgement: str) -> None:
    [verdict] = compare(run(OURS), card, [replace(NUMBER, value=value, original_value=f"{100 * value:.1f}")])
    assert verdict.judgement == judgement
    assert verdict.difference == pytest.approx(0.72 - value)
    assert verdict.half_width == pytest.approx(0.05)


def test_reproduced_is_said_of_the_same_system_alone(card: Card) -> None:
    found = compare(run(OURS), card, [NUMBER, replace(NUMBER, system="B"), replace(NUMBER, value=0.3)], checkpoint_of="A")
    assert sorted((v.published.system, v.published.value, v.judgement) for v in found) == [
        ("A", 0.3, "not reproduced"),
        ("A", 0.7, "reproduced"),
        ("B", 0.7, "consistent"),
    ]


def test_each_number_stands_beside_the_nearest_of_our_scores(card: Card) -> None:
    closed, published = structs.replace(OURS, slice="closed"), structs.replace(OURS, variant="biomedgpt")
    found = compare(run(OURS, closed, published), card, [replace(NUMBER, metric_variant="biomedgpt"), replace(NUMBER, slice="closed")])
    assert {(v.metric_variant, v.slice) for v in found} == {("biomedgpt", "all"), ("canonical", "closed")}


def test_numbers_of_a_metric_that_the_run_lacks_are_left_out(card: Card) -> None:
    assert compare(run(OURS), card, [replace(NUMBER, metric="cider"), replace(NUMBER, slice="open")]) == []


def test_a_score_without_an_interval_compares_with_nothing(card: Card) -> None:
    [verdict] = compare(run(structs.replace(OURS, low=None, high=None)), card, [NUMBER])
    assert verdict.judgement == "not comparable"
    assert verdict.reasons == ("no interval: the run has fewer than two groups, or was scored without resamples",)


def test_a_metric_that_is_named_is_never_set_against_another(card: Card) -> None:
    numbers = [NUMBER, replace(NUMBER, metric="bleu_1"), replace(NUMBER, metric="accuracy")]
    [verdict] = compare(run(OURS), card, numbers, metric="exact_match")
    assert (verdict.metric, verdict.published.metric) == ("exact_match", "exact_match")
    assert compare(run(OURS), card, numbers[1:2]) == [], "an overlap of words is no rate of right answers"


def test_what_a_published_value_can_be() -> None:
    rounded = replace(NUMBER, n=None)
    assert published_interval(rounded) == pytest.approx((0.6995, 0.7005))
    assert published_interval(replace(rounded, spread=0.01)) == pytest.approx((0.7 - 0.0196, 0.7 + 0.0196), abs=1e-4)
    assert published_interval(NUMBER) == pytest.approx((0.6562, 0.7405), abs=1e-4)
    assert published_interval(replace(NUMBER, metric="auc")) == pytest.approx((0.6995, 0.7005))


def test_every_published_number_is_judged_against_every_kind_of_run(number_of: Callable[[str], list[Reported]]) -> None:
    for name in catalog.names():
        numbers = number_of(name)
        found_card = catalog.card(name)
        for metric, variant in {(number.metric, number.metric_variant) for number in numbers}:
            ours = structs.replace(OURS, metric=metric, variant=variant, n=1)
            verdicts = compare(run(ours, task=name), found_card, numbers)
            assert all(verdict.reasons for verdict in verdicts if verdict.judgement == "not comparable")


@pytest.fixture
def number_of() -> Callable[[str], list[Reported]]:
    from harness.views.published import for_task

    return lambda name: list(for_task(name, None))
