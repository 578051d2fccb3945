"""Published numbers under a board's columns: unmarked where the column measures what was published, and there alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.console.beside import footnotes, published
from harness.data import catalog
from harness.types import Estimate
from tests.views.test_compare import NUMBER, OURS, run

RECALL = replace(OURS, metric="token_recall")
COLUMNS = [OURS, RECALL]


def lines(*numbers: object, columns: list[Estimate] = COLUMNS) -> list[list[str]]:
    found = published(run(*columns), catalog.card("vqa_rad"), columns, numbers)  # type: ignore[arg-type]
    return [line.cells for line in found]


def notes(*numbers: object) -> list[str]:
    return footnotes(published(run(*COLUMNS), catalog.card("vqa_rad"), COLUMNS, numbers))  # type: ignore[arg-type]


def test_a_number_of_the_columns_own_variant_and_protocol_stands_unmarked() -> None:
    assert lines(NUMBER) == [["70.00", ""]]
    assert notes(NUMBER) == []


def test_a_number_of_another_variant_is_marked_and_the_variant_named() -> None:
    number = replace(NUMBER, metric_variant="biomedgpt")
    assert lines(number) == [["70.00*", ""]]
    assert notes(number) == ["* of another definition than the column's, or of an unknown one: exact_match/biomedgpt"]


@pytest.mark.parametrize("change", [{"n": 450}, {"split": "val"}, {"split_known": False}, {"judge": "language model"}])
def test_a_number_of_another_protocol_has_a_mark_of_its_own(change: dict[str, object]) -> None:
    number = replace(NUMBER, **change)  # type: ignore[arg-type]
    assert lines(number) == [["70.00†", ""]]
    assert notes(number) == ["† another or an unknown split, examples, pictures or judge"]


def test_the_columns_own_variant_goes_before_another_one() -> None:
    other = replace(NUMBER, metric_variant="biomedgpt", value=0.9)
    assert lines(other, NUMBER) == lines(NUMBER, other) == [["70.00", ""]]


def test_a_number_stands_under_its_variant_where_a_metric_has_two_columns() -> None:
    columns = [OURS, replace(OURS, variant="biomedgpt")]
    assert lines(replace(NUMBER, metric_variant="biomedgpt"), columns=columns) == [["", "70.00"]]


def test_numbers_of_slices_and_of_other_metrics_stand_nowhere() -> None:
    assert lines(replace(NUMBER, slice="closed"), replace(NUMBER, metric="cider")) == []
