"""The canonical scorer of questions about images."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from harness.metrics.answers import canonical
from harness.metrics.answers.lists import ANY_ORDER, ANY_ORDER_CHINESE, items
from harness.metrics.answers.reading import closed_label, comparable, normalise
from harness.metrics.base import Metric
from tests.metrics import samples as made

LABELS = ["1", "abnormal", "female", "left", "mri", "no", "right", "right side", "yes"]


def value(metric: Metric, rows: Sequence[tuple[str | None, str, str]]) -> float:
    return made.value(metric, made.answered(rows))


def named(name: str) -> Metric:
    return next(metric for metric in canonical.VQA if metric.name == name)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Left Lung.", "left lung"),
        ("right-sided", "right sided"),
        ("1,000 mL", "1000 ml"),
        ("3.2 cm", "3.2 cm"),
        ("two", "2"),
        ("don't", "dont"),
        ("  a  mass\t\n", "mass"),
        ("None", "none"),
        ("", ""),
    ],
)
def test_answers_are_compared_without_case_punctuation_and_articles(text: str, expected: str) -> None:
    assert normalise(text) == expected


@pytest.mark.parametrize(
    "different",
    [
        ("5", "-5", "<5", ">5", "<=5", ">=5", "5 %", "±5", ".5", "15", "1.5", "1,5", "1 5", "1/5", "1-5", "1:5", "5+"),
        ("2 1/2", "21/2", "2.12"),
        ("10²", "102"),
        ("1.2.3", "1.2 3"),
        ("5'3", "53"),
        ("HER2+", "HER2-", "HER2"),
        ("ER+", "ER-", "ER"),
        ("+", "++", "-", "???", "a"),
        ("hepatitis A", "hepatitis", "hepatitis B"),
        ("कि", "की"),  # two words that differ in a vowel sign alone
        ("<five", ">five"),
    ],
    ids=ascii,
)
def test_numbers_signs_and_symbols_are_kept_apart(different: tuple[str, ...]) -> None:
    assert len({comparable(text) for text in different}) == len(different)


@pytest.mark.parametrize(
    "same",
    [
        (".5 cm", "0.5 cm", "0.50 cm", "0.5cm", "０．５ cm"),
        ("1,000 mL", "1000 ml"),
        ("5%", "5 %", "5 percent", "5 per cent"),
        ("3-5 cm", "3–5 cm", "3 - 5 cm"),
        ("−5", "-5", "–5"),
        ("≤5", "<= 5", "=<5"),
        ("½", "1/2"),
        ("5×4 cm", "5x4 cm", "5 x 4 cm"),
        ("Sj\u00f6gren", "Sjo\u0308gren"),
        ("left\u200b lung\ufeff", "the left lung.", "“Left” lung", "**left lung**", "left—lung", "left‐lung"),
        ("L4-5", "L4/5", "l4–5"),
        ("+", "＋"),
    ],
    ids=ascii,
)
def test_typography_makes_no_other_answer(same: tuple[str, ...]) -> None:
    assert len({comparable(text) for text in same}) == 1


@pytest.mark.parametrize("target", ["A", "+", "the", "++", "?"])
@pytest.mark.parametrize("kind", ["open", "closed"])
def test_an_answer_of_which_nothing_is_left_is_compared_as_it_stands(target: str, kind: str) -> None:
    rows = [("???", target, kind), ("🙂", target, kind), (target, target, kind), (target.lower(), target, kind), ("lung", "lung", kind)]
    assert value(named("exact_match"), rows) == 3 / 5
    assert value(named("token_f1"), rows) == pytest.approx(3 / 5)
    assert value(named("weighted_f1"), rows) == pytest.approx((4 * (2 * 2 / (2 + 4)) + 1) / 5)


def test_a_reply_of_which_nothing_is_left_is_unparsed_unless_it_is_an_answer() -> None:
    assert value(named("unparsed_rate"), [("???", "lung", "open"), ("+", "+", "open"), ("lung", "lung", "open")]) == 1 / 3


LISTS = [
    ("liver, kidney", "kidney, liver", "open"),
    ("Liver and kidney.", "Kidney, Liver", "open"),
    ("kidney", "kidney, liver", "open"),
    ("kidney, liver, liver", "kidney, liver", "open"),
    ("lung and heart", "heart and lung", "open"),  # no comma in the answer: no list
    ("1,000", "1000", "open"),
]


def test_the_items_of_a_list_are_right_in_any_order_under_a_name_of_its_own() -> None:
    assert value(named("exact_match"), LISTS) == 1 / 6
    assert value(ANY_ORDER, LISTS) == 3 / 6
    assert value(ANY_ORDER_CHINESE, [("肝，肾", "肾、肝", "open"), ("肾和肝", "肾、肝", "open"), ("肾", "肾、肝", "open")]) == 2 / 3
    assert items("Ribs, 1,000 cells; the Body", comparable) == ["1000 cells", "body", "ribs"]


@pytest.mark.parametrize(
    ("reply", "label"),
    [
        ("No/normal", "no"),
        ("Yes.\nNo.", None),
        ("B", None),
        ("No, it is on the right.", "no"),
        ("It is on the left side.", "left"),
        ("right side", "right side"),
        ("the right side of the image", "right side"),
        ("MRI scan", "mri"),
        ("one", "1"),
        ("left or right", None),
        ("left and right", None),
        ("yes no", None),
        ("unknown", None),
        ("there is no way to tell", None),
        ("not left", None),
        ("x" * 10_000, None),
        ("🙂", None),
    ],
)
def test_a_closed_reply_is_one_label_or_unparsed(reply: str, label: str | None) -> None:
    assert closed_label(reply, LABELS) == label


def test_closed_questions_are_read_as_labels_and_open_ones_compared_whole() -> None:
    rows = [
        ("Yes, clearly.", "Yes", "closed"),
        ("It is on the left side.", "Left", "closed"),
        ("yes no", "no", "closed"),
        ("the right lung", "Right lung", "open"),
        ("in the right lung", "right lung", "open"),
        (None, "aorta", "open"),
    ]
    assert value(named("exact_match"), rows) == 3 / 6
    assert value(named("unparsed_rate"), rows) == 2 / 6


def test_word_scores_count_repetitions() -> None:
    """SQuAD by hand: "left lower lobe" against "left lobe": overlap 2, precision 2/3, recall 2/2, F1 4/5."""
    rows = [("left lower lobe", "left lobe", "open")]
    assert value(named("token_precision"), rows) == pytest.approx(2 / 3)
    assert value(named("token_recall"), rows) == 1.0
    assert value(named("token_f1"), rows) == pytest.approx(0.8)
    assert value(named("token_recall"), [("lung lung lung", "lung lobe", "open")]) == 0.5


def test_bleu_1_is_pycocoevalcaps() -> None:
    from pycocoevalcap.bleu.bleu import Bleu

    rows = [
        ("left lower lobe", "left lobe", "open"),
        ("the heart", "aorta", "open"),
        ("yes", "yes", "closed"),
        (None, "both lungs", "open"),
    ]
    truth = {i: [normalise(row[1])] for i, row in enumerate(rows)}
    said = {i: [normalise(row[0] or "")] for i, row in enumerate(rows)}
    reference, _ = Bleu(1).compute_score(truth, said, verbose=0)
    assert value(named("bleu_1"), rows) == pytest.approx(reference[0], abs=1e-15)


def test_weighted_f1_is_scikit_learns() -> None:
    from sklearn.metrics import f1_score

    rng = np.random.default_rng(2)
    pool = ["left", "right", "aorta", "mass", "2"]
    rows = [(pool[rng.integers(5)] if rng.random() > 0.1 else None, pool[rng.integers(4)], "open") for _ in range(200)]
    said = [row[0] or "(unparsed)" for row in rows]
    expected = f1_score([row[1] for row in rows], said, average="weighted", zero_division=0)
    assert value(named("weighted_f1"), rows) == pytest.approx(expected, abs=1e-15)
