"""A run beside published numbers: which compare, which differ, and why the others say nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from msgspec import structs

from harness.data import catalog
from harness.views.beside_published import compare, published_interval, reasons
from harness.views.published import for_task, row_of
from tests.views.support import GOOD, OURS, by_hand

NUMBER = replace(row_of(GOOD, "a row"), n=451, metric_variant="canonical", system="A", value=0.70, original_value="70.0", original_unit="%")
CARD = catalog.card("vqa_rad")
EQUAL = {"metric_variant": "biomedgpt", "open_metric": "exact_match"}
WORDS_ALONE = "described in words alone: the publication's code and normalisation are not public, ours stand in"


@pytest.mark.parametrize(
    ("ours", "theirs", "reasons"),
    [
        ({}, {}, []),
        ({}, {"split": "val"}, ["other split: val, ours is test"]),
        ({}, {"split_known": False}, ["unknown split: the publication does not settle which examples were scored"]),
        ({}, {"n": 450}, ["other examples: 450 were scored, ours are 451"]),
        ({}, {"task_variant": "hub"}, ["other form of the task: hub, ours is the default"]),
        ({}, {"judge": "language model"}, ["judge-scored: a language model decided what is right"]),
        ({}, {"metric_variant": "unknown"}, ["unknown metric variant: the publication does not define it"]),
        ({}, {"metric_variant": "llava_med"}, ["other metric variant: exact_match/llava_med, ours is exact_match/canonical"]),
        ({}, {"metric": "accuracy"}, ["other metric: accuracy/canonical, ours is exact_match/canonical"]),
        ({}, {"open_metric": "token_recall"}, ["open answers were scored by token recall"]),
        ({}, {"unit": "CIDEr (0-10)"}, ["other unit: CIDEr (0-10)"]),
        # BiomedGPT-B's 73.2 on VQA-RAD is raw equality with the answer.
        (
            {"metric": "token_recall"},
            EQUAL,
            [
                "other metric: exact_match/biomedgpt, ours is token_recall/canonical",
                "our open answers are scored by token recall, theirs by exact match",
            ],
        ),
        (
            {"metric": "token_f1", "variant": "med_palm_m"},
            {"metric": "token_f1", "metric_variant": "med_palm_m", "open_metric": "token_f1"},
            [WORDS_ALONE],
        ),
        ({"low": None, "high": None}, {}, ["no interval: the run has fewer than two groups, or was scored without resamples"]),
    ],
)
def test_a_protocol_that_differs_does_not_compare_and_says_why(ours: dict[str, Any], theirs: dict[str, Any], reasons: list[str]) -> None:
    [verdict] = compare(by_hand(structs.replace(OURS, **ours)), CARD, [replace(NUMBER, **theirs)])
    assert verdict.reasons == tuple(reasons)
    assert (verdict.judgement == "not comparable") == bool(reasons)
    assert (verdict.difference is None) == any(reason.startswith(("other metric:", "other unit:")) for reason in reasons)


def test_a_partial_run_compares_with_nothing() -> None:
    record = by_hand(OURS, status="partial", not_ranked=("limited to the first 5 of 451 examples",))
    assert reasons(record, CARD, OURS, NUMBER) == ("this run: limited to the first 5 of 451 examples",)


@pytest.mark.parametrize(
    ("variant", "resolution", "reason"),
    [
        ("", "28", ()),
        ("", "224", ("other resolution: 224, ours is 28",)),
        ("224", "28", ("other resolution: 28, ours is 224",)),
        ("", "", ("unknown resolution: which of the released sizes was read is not said",)),
    ],
)
def test_pictures_of_another_size_do_not_compare(variant: str, resolution: str, reason: tuple[str, ...]) -> None:
    ours = structs.replace(OURS, metric="accuracy", variant="label")
    number = replace(NUMBER, metric="accuracy", metric_variant="label", resolution=resolution, task_variant=variant)
    assert reasons(by_hand(ours, task_variant=variant), catalog.card("pneumoniamnist"), ours, number) == reason


@pytest.mark.parametrize(
    ("value", "judgement"),
    [
        (0.72, "consistent"),
        (0.66, "consistent"),  # 0.06 away: our 0.05 below and their 0.043 above (Wilson, 451) reach hypot(0.05, 0.043) = 0.066
        (0.64, "higher"),
        (0.80, "lower"),
    ],
)
def test_both_sampling_errors_decide_whether_two_values_differ(value: float, judgement: str) -> None:
    [verdict] = compare(by_hand(OURS), CARD, [replace(NUMBER, value=value, original_value=f"{100 * value:.1f}")])
    assert verdict.judgement == judgement
    assert verdict.difference == pytest.approx(0.72 - value)
    assert verdict.half_width == pytest.approx(0.05)


def test_reproduced_is_said_of_the_same_system_alone() -> None:
    found = compare(by_hand(OURS), CARD, [NUMBER, replace(NUMBER, system="B"), replace(NUMBER, value=0.3)], checkpoint_of="A")
    assert sorted((v.published.system, v.published.value, v.judgement) for v in found) == [
        ("A", 0.3, "not reproduced"),
        ("A", 0.7, "reproduced"),
        ("B", 0.7, "consistent"),
    ]


def test_each_number_stands_beside_the_nearest_of_our_scores() -> None:
    closed, published = structs.replace(OURS, slice="closed"), structs.replace(OURS, variant="biomedgpt")
    found = compare(by_hand(OURS, closed, published), CARD, [replace(NUMBER, metric_variant="biomedgpt"), replace(NUMBER, slice="closed")])
    assert {(v.metric_variant, v.slice) for v in found} == {("biomedgpt", "all"), ("canonical", "closed")}


def test_numbers_of_a_metric_that_the_run_lacks_are_left_out() -> None:
    assert compare(by_hand(OURS), CARD, [replace(NUMBER, metric="cider"), replace(NUMBER, slice="open")]) == []


def test_a_metric_that_is_named_is_never_set_against_another() -> None:
    numbers = [NUMBER, replace(NUMBER, metric="bleu_1"), replace(NUMBER, metric="accuracy")]
    [verdict] = compare(by_hand(OURS), CARD, numbers, metric="exact_match")
    assert (verdict.metric, verdict.published.metric) == ("exact_match", "exact_match")
    assert compare(by_hand(OURS), CARD, numbers[1:2]) == [], "an overlap of words is no rate of right answers"


def test_what_a_published_value_can_be() -> None:
    rounded = replace(NUMBER, n=None)
    assert published_interval(rounded) == pytest.approx((0.6995, 0.7005))
    assert published_interval(replace(rounded, spread=0.01)) == pytest.approx((0.7 - 0.0196, 0.7 + 0.0196), abs=1e-4)
    assert published_interval(NUMBER) == pytest.approx((0.6562, 0.7405), abs=1e-4)
    assert published_interval(replace(NUMBER, metric="auc")) == pytest.approx((0.6995, 0.7005))


def test_every_published_number_is_judged_against_every_kind_of_run() -> None:
    for name in catalog.names():
        numbers = for_task(name, None)
        for metric, variant in {(number.metric, number.metric_variant) for number in numbers}:
            ours = structs.replace(OURS, metric=metric, variant=variant, n=1)
            verdicts = compare(by_hand(ours, task=name), catalog.card(name), numbers)
            assert all(verdict.reasons for verdict in verdicts if verdict.judgement == "not comparable")
