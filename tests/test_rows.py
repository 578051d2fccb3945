"""Fields of a row read by what they must hold: the right value, or an error that says what stands there instead."""

from __future__ import annotations

from typing import Any

import pytest

from harness.errors import CorruptData
from harness.rows import Row

LABELS = ("normal", "benign", "malignant")


def row(value: Any) -> Row:
    return Row({"label": value}, where="t.npz, test 7")


@pytest.mark.parametrize(("value", "label"), [(0, "normal"), (2, "malignant"), ([1], "benign")])
def test_a_label_is_counted_from_0(value: Any, label: str) -> None:
    assert row(value).label("label", LABELS) == label


@pytest.mark.parametrize(
    ("value", "looks"),
    [
        (3, "counted from 1"),
        ([3], "counted from 1"),
        (1.0, "a floating-point number"),
        ([0, 1, 0], "one-hot: a place for each label"),
        ([1, 1, 0], "a list of 3"),
        ("benign", "a text"),
        (-1, "of the type int, or out of range"),
        (True, "of the type bool"),
        (None, "of the type NoneType"),
    ],
)
def test_a_label_in_another_form_is_named_as_such(value: Any, looks: str) -> None:
    with pytest.raises(CorruptData, match=rf"t\.npz, test 7: 'label' is .*, {looks}.*numbered from 0 \(normal\) to 2 \(malignant\)"):
        row(value).label("label", LABELS)


def test_labels_that_may_all_hold_have_a_place_each() -> None:
    assert row([1, 0, 1]).present("label", LABELS) == ["normal", "malignant"]


@pytest.mark.parametrize("value", [[1, 0], [2, 0, 1], 1, [0.5, 0, 0], None])
def test_places_that_are_none_are_named(value: Any) -> None:
    with pytest.raises(CorruptData, match="a list with a 0 or a 1 for each of the 3 labels"):
        row(value).present("label", LABELS)


def test_a_field_of_nearly_that_name_is_pointed_out() -> None:
    with pytest.raises(CorruptData, match=r"no field 'question' \(there are: Question, id\)\. Is it 'Question'\?"):
        Row({"Question": "Side?", "id": 1}, where="t.csv, line 2")["question"]
