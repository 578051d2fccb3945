"""The demonstration's board: published numbers unmarked where the column measures the same, and values never cut."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from msgspec import structs
from rich.console import Console

from examples.board import _board, footnotes, published_lines
from harness.data import catalog
from harness.types import Estimate
from tests.views.support import OURS, by_hand
from tests.views.test_compare import NUMBER

RECALL = structs.replace(OURS, metric="token_recall")
COLUMNS = [OURS, RECALL]


def lines(*numbers: object, columns: list[Estimate] = COLUMNS) -> list[list[str]]:
    found = published_lines(by_hand(*columns), catalog.card("vqa_rad"), columns, numbers)  # type: ignore[arg-type]
    return [line.cells for line in found]


def notes(*numbers: object) -> list[str]:
    return footnotes(published_lines(by_hand(*COLUMNS), catalog.card("vqa_rad"), COLUMNS, numbers))  # type: ignore[arg-type]


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
    columns = [OURS, structs.replace(OURS, variant="biomedgpt")]
    assert lines(replace(NUMBER, metric_variant="biomedgpt"), columns=columns) == [["", "70.00"]]


def test_numbers_of_slices_and_of_other_metrics_stand_nowhere() -> None:
    assert lines(replace(NUMBER, slice="closed"), replace(NUMBER, metric="cider")) == []


VALUE = "100.00 [99.39, 100.00]"
METRICS = [("accuracy", "label"), ("auc", "medmnist"), ("macro_f1", "present"), ("balanced_accuracy", "present")]


def board(width: int) -> tuple[str, int]:
    """An oracle and a published system, both with more to say than a line holds."""
    ours = [("oracle", [VALUE] * 4, "the model sees the targets")]
    theirs = [
        (
            "A published system (released weights, second revision)",
            ["85.50", "", "", ""],
            "published: A long title of a paper",
        )
    ]
    table, more = _board(METRICS, ours, theirs, width)
    file = io.StringIO()
    Console(width=width, file=file, highlight=False).print(table)
    return "\n".join(line.rstrip() for line in file.getvalue().rstrip("\n").split("\n")), more


def test_names_and_remarks_are_folded_and_values_never_cut() -> None:
    assert board(140) == (
        """\
                                    accuracy                     auc                macro_f1       balanced_accuracy
system                                 label                medmnist                 present                 present
oracle                100.00 [99.39, 100.00]  100.00 [99.39, 100.00]  100.00 [99.39, 100.00]  100.00 [99.39, 100.00]  the model sees the
                                                                                                                      targets
A published system                     85.50                                                                          published: A long
(released weights,                                                                                                    title of a paper
second revision)""",
        0,
    )


def test_a_narrow_terminal_gets_fewer_metrics_and_is_told_how_many_are_left_out() -> None:
    assert board(80) == (
        """\
                                          accuracy
system                                       label
oracle                      100.00 [99.39, 100.00]  the model sees the targets
A published system                           85.50  published: A long title of a
(released weights, second                           paper
revision)""",
        3,
    )
