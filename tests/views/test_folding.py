"""Long lists of published numbers: of one source's many the best stands for all, and what is short stays as it is."""

from __future__ import annotations

from dataclasses import replace

from harness.views.folding import folded
from harness.views.published import for_task

ENCODERS = [number for number in for_task("pathmnist") if number.source_title.startswith("Rethinking")]


def test_thirty_encoders_of_one_study_are_one_line_per_metric() -> None:
    """DINO ViT-B/16's accuracy under a linear probe is not the best of the study's 30 at 28 pixels; VGG16 trained end to end is."""
    rows = folded(ENCODERS, lambda number: number)
    assert [(row.item.metric, row.item.system, row.item.value, row.of, row.more) for row in rows] == [
        ("accuracy", "VGG16 (end to end)", 0.8893, 30, "best of 30"),
        ("auc", "VGG16 (end to end)", 0.9857, 20, "best of 20"),
    ]


def test_few_values_stand_singly_in_their_order() -> None:
    rows = folded(ENCODERS[:6], lambda number: number)
    assert [row.item for row in rows] == ENCODERS[:6]
    assert {row.more for row in rows} == {""}


def test_what_must_stand_apart_is_not_folded_together() -> None:
    rows = folded(ENCODERS[:30], lambda number: number, apart=lambda number: number.value > 0.8)
    assert [row.of for row in rows if row.of > 1] == [sum(n.value > 0.8 for n in ENCODERS[:30]), sum(n.value <= 0.8 for n in ENCODERS[:30])]


def test_the_best_of_a_metric_in_which_less_is_better_is_the_lowest() -> None:
    lower = [replace(number, metric="brier") for number in ENCODERS[:30]]
    (row,) = folded(lower, lambda number: number)
    assert row.item.value == min(number.value for number in ENCODERS[:30])
