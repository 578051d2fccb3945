"""Answers in Chinese: what is equal, what is read as a label, what a token is. Expected values were worked out by hand."""

from __future__ import annotations

import pytest

from harness.metrics.answers import chinese
from harness.metrics.answers.chinese import closed_label, normalise_chinese, tokens
from tests.metrics import samples as made

LABELS = ("包含", "不包含", "是", "不是", "左侧", "ct")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("左侧。", "左侧"),
        ("Ｃ Ｔ", "ct"),
        ("肺 ，肝", "肺肝"),
        ("X-光片", "x光片"),
        ("２．５厘米", "2.5厘米"),
        ("1 5", "1 5"),
        ("1 个", "1个"),
        ("", ""),
    ],
    ids=["full stop", "full width", "comma", "hyphen", "number", "two numbers", "number and word", "empty"],
)
def test_width_case_punctuation_and_blanks_do_not_matter(text: str, expected: str) -> None:
    assert normalise_chinese(text) == expected


def test_a_token_is_a_character_or_a_run_of_latin() -> None:
    assert tokens("胸部CT，2.5厘米") == ["胸", "部", "ct", "2.5", "厘", "米"]


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("包含", "包含"),
        ("不包含。", "不包含"),
        ("是，图中有肺。", "是"),
        ("不是；图中没有", "不是"),
        ("左侧\n左侧更深", "左侧"),
        ("CT", "ct"),
        ("不包含（没有）", "不包含"),
        ("答案：包含", "包含"),
        ("最终答案是“不包含”。", "不包含"),
        ("图中包含肺", None),
        ("是，不是", None),
        ("我认为，是", None),
        ("左侧或右侧", None),
        ("yes", None),
        ("", None),
    ],
)
def test_a_closed_reply_is_a_label_or_opens_with_one_and_never_holds_one_as_a_part(reply: str, expected: str | None) -> None:
    assert closed_label(reply, LABELS) == expected


def values(replies: list[str | None], targets: list[str], kinds: list[str]) -> dict[str, float]:
    given = made.of(replies, targets, tags={"answer_type": kinds})
    return {metric.name: made.value(metric, given) for metric in chinese.VQA}


def test_characters_are_counted_where_words_would_be() -> None:
    """不包含 against 包含: two of the reply's three characters, all of the answer's two."""
    found = values(["不包含"], ["包含"], ["open"])
    assert (found["exact_match"], found["token_recall"]) == (0.0, 1.0)
    assert found["token_precision"] == pytest.approx(2 / 3)
    assert found["token_f1"] == pytest.approx(0.8)


def test_a_closed_question_is_wrong_and_counted_where_no_label_is_read() -> None:
    found = values(["包含", "图中包含肺", None, "轮廓"], ["包含", "包含", "不包含", "轮廓"], ["closed", "closed", "closed", "open"])
    assert (found["exact_match"], found["unparsed_rate"]) == (0.5, 0.5)


def test_the_order_of_a_list_matters_to_equality_and_not_to_its_characters() -> None:
    found = values(["肋骨，轮廓"], ["轮廓，肋骨"], ["open"])
    assert (found["exact_match"], found["token_f1"]) == (0.0, 1.0)
