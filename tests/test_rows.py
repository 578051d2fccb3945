"""Fields of a row read by what they must hold: the right value, or an error that says what stands there instead."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from harness.errors import CorruptData
from harness.rows import Row
from harness.types import Image

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


WHERE = r"t\.npz, test 7: 'label' "


def test_what_a_field_must_hold_is_given_back_as_it_is() -> None:
    assert row(" Left \n").text("label") == " Left \n"
    assert row("").text("label") == ""
    assert row(4).text("label", numbers=True) == "4"
    assert row(4).identifier("label") == "4"
    assert row(4).integer("label") == 4
    assert row(4).number("label") == 4.0
    assert row(["a.png", ""]).texts("label") == ("a.png", "")
    assert row("zh").choice("label", ("en", "zh")) == "zh"


STRANGE: dict[str, Any] = {
    "null": None,
    "true": True,
    "NaN": math.nan,
    "infinite": -math.inf,
    "a number": 1.5,
    "an empty list": [],
    "a list of 2": ["CT", "MR"],
    "an object": {"answer": "CT"},
    "a bytes": b"CT",
}


@pytest.mark.parametrize(("looks", "value"), STRANGE.items(), ids=STRANGE.keys())
def test_anything_else_is_named_and_never_becomes_a_word(looks: str, value: Any) -> None:
    refused: list[tuple[str, Callable[[Row], object]]] = [
        ("a text is expected", lambda row: row.text("label")),
        ("a text or a whole number is expected", lambda row: row.text("label", numbers=True)),
        ("a text or a whole number", lambda row: row.identifier("label")),
        ("a text is expected", lambda row: row.choice("label", ("CT", "None"))),
        ("a whole number", lambda row: row.integer("label")),
        *([] if looks == "a number" else [("a number", lambda row: row.number("label"))]),
        *([] if looks == "a list of 2" else [("a list of texts", lambda row: row.texts("label"))]),
    ]
    for expected, read in refused:
        with pytest.raises(CorruptData, match=f"{WHERE}is {looks} where {expected}"):
            read(row(value))


def test_a_number_is_no_text_unless_the_release_writes_numbers_there() -> None:
    with pytest.raises(CorruptData, match=f"{WHERE}is a whole number where a text is expected"):
        row(4).text("label")
    with pytest.raises(CorruptData, match=f"{WHERE}is a text where a number"):
        row("1").number("label")
    with pytest.raises(CorruptData, match=f"{WHERE}is a list of 2 where a list of texts"):
        row(["a", None]).texts("label")


def test_a_choice_is_one_of_those_there_are() -> None:
    with pytest.raises(CorruptData, match=f"{WHERE}is 'fr'; it must be one of en, zh"):
        row("fr").choice("label", ("en", "zh"))


def test_an_id_is_never_blank() -> None:
    with pytest.raises(CorruptData, match=f"{WHERE}is empty; every row needs its own"):
        row(" ").identifier("label")


@pytest.mark.parametrize(("text", "damage"), [("le\0ft", r"a NUL \(U\+0000\) at character 3"), ("\ud83d", r"half a character \(U\+D83D\)")])
def test_a_text_with_a_nul_or_half_a_character_is_damaged(text: str, damage: str) -> None:
    for read in (row(text).text, row(text).identifier, row([text]).texts):
        with pytest.raises(CorruptData, match=f"{WHERE}holds {damage}"):
            read("label")


@pytest.mark.parametrize("name", [None, math.nan, 7, ["a.png"], {"bytes": ""}, "", " "])
def test_a_picture_has_a_name(name: Any) -> None:
    with pytest.raises(CorruptData, match=r"t\.npz, test 7: the name of a picture is"):
        row(name).image(name)


def test_a_picture_that_cannot_be_found_is_named_with_its_row_once() -> None:
    def nowhere(name: str) -> Image:
        raise CorruptData(f"no {name}")

    with pytest.raises(CorruptData, match=r"^t\.csv, line 2: no a\.png$"):
        Row({"id": 1}, where="t.csv, line 2", picture=nowhere).but({"id": 2}).image("a.png")


def test_a_field_of_nearly_that_name_is_pointed_out() -> None:
    with pytest.raises(CorruptData, match=r"no field 'question' \(there are: Question, id\)\. Is it 'Question'\?"):
        Row({"Question": "Side?", "id": 1}, where="t.csv, line 2")["question"]


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ({"image": "a.png"}, ["a.png"]),
        ({"image": ["a.png", "b.png"]}, ["a.png", "b.png"]),
        ({"image": "['a.png', 'b.png']"}, ["a.png", "b.png"]),
        ({"image_1": "a.png", "image_2": "b.png", "image_10": "c.png", "image_3": None, "image_x": "d.png"}, ["a.png", "b.png", "c.png"]),
        ({"image_1": "a.png", "image_2": ""}, ["a.png"]),
        ({"image": ""}, []),
    ],
)
def test_all_pictures_of_a_field_are_found_in_their_order(fields: dict[str, Any], names: list[str]) -> None:
    found = Row(fields, where="t.csv, line 2", picture=lambda name: Image(name=name, read=bytes)).images("image")
    assert [image.name for image in found] == names


def test_a_row_without_the_field_of_pictures_is_told() -> None:
    with pytest.raises(CorruptData, match="no field 'image'"):
        Row({"picture": "a.png"}, where="t.csv, line 2").images("image")


@pytest.mark.parametrize("value", [["a", "b, c"], ("a", "b, c"), "['a', 'b, c']", '["a", "b, c"]', " ['a', \"b, c\"] "])
def test_a_list_may_stand_as_a_text(value: Any) -> None:
    assert row(value).listed("label") == ("a", "b, c")


@pytest.mark.parametrize("value", ["a, b", "[", "[1, 2]", "[" * 10_000, "[__import__('os')]", None, [], ["a", 1]])
def test_what_is_no_list_of_texts_is_refused(value: Any) -> None:
    with pytest.raises(CorruptData, match="where a list of texts is expected"):
        row(value).listed("label")
