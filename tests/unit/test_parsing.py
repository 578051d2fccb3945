"""Reading replies: what they clearly say, or nothing."""

from __future__ import annotations

import pytest

from harness import parsing

PNEUMONIA = ("normal", "pneumonia")
BREAST = ("malignant", "normal, benign")
BLOOD = ("basophil", "immature granulocytes(myelocytes, metamyelocytes and promyelocytes)", "neutrophil")
TRIALS = ("not relevant", "excluded", "eligible")


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("Yes.", "yes"),
        ("no", "no"),
        ("Yes, abnormal.", "yes"),
        ("No, there is no fracture.", "no"),
        ("Yes, there is no doubt.", "yes"),
        ("NO!", "no"),
        ("- yes", "yes"),
        ("The answer is yes", "yes"),
        ("yes or no", None),
        ("yes no", None),
        ("yes/no", None),
        ("there is no way to tell", None),
        ("No way to tell", None),
        ("not yes", None),
        ("abnormal", None),
        ("unknown", None),
        ("know", None),
        ("", None),
        ("🙂", None),
        ("да", None),
    ],
)
def test_yes_and_no_are_read_as_words_or_refused(reply: str, expected: str | None) -> None:
    assert parsing.yes_no(reply) == expected


@pytest.mark.parametrize(
    ("reply", "choices", "expected"),
    [
        ("Pneumonia", PNEUMONIA, "pneumonia"),
        ("B", PNEUMONIA, "pneumonia"),
        ("(a)", PNEUMONIA, "normal"),
        ("b. pneumonia", PNEUMONIA, "pneumonia"),
        ("Answer: B", PNEUMONIA, "pneumonia"),
        ("The answer is (A).", PNEUMONIA, "normal"),
        ("C", PNEUMONIA, None),
        ("The image shows pneumonia in the left lung.", PNEUMONIA, "pneumonia"),
        ("There is no pneumonia.", PNEUMONIA, None),
        ("normal or pneumonia", PNEUMONIA, None),
        ("abnormal", PNEUMONIA, None),
        ("A normal chest", PNEUMONIA, "normal"),
        ("", PNEUMONIA, None),
        ("normal, benign", BREAST, "normal, benign"),
        ("Normal benign tissue", BREAST, "normal, benign"),
        ("benign", BREAST, None),
        ("immature granulocytes (myelocytes, metamyelocytes and promyelocytes)", BLOOD, BLOOD[1]),
        ("not relevant", TRIALS, "not relevant"),
        ("The patient is excluded.", TRIALS, "excluded"),
        ("The patient is not eligible.", TRIALS, None),
        ("This trial is not relevant to the patient", TRIALS, "not relevant"),
        ("pneumonia\n\nExplanation: it is not normal.", PNEUMONIA, "pneumonia"),
    ],
)
def test_a_choice_is_named_clearly_or_not_at_all(reply: str, choices: tuple[str, ...], expected: str | None) -> None:
    assert parsing.choice(reply, choices) == expected


@pytest.mark.parametrize("choices", [PNEUMONIA, BREAST, BLOOD, TRIALS], ids=["two", "comma", "parentheses", "negated label"])
def test_every_label_reads_as_itself_in_any_case(choices: tuple[str, ...]) -> None:
    for label in choices:
        for said in (label, label.upper(), f"{label}.", f" {label}\n"):
            assert parsing.choice(said, choices) == label


def test_a_reply_of_ten_thousand_characters_is_read_without_delay_and_names_nothing() -> None:
    assert parsing.choice("lorem ipsum " * 1000, PNEUMONIA) is None


@pytest.mark.parametrize(("text", "expected"), [("\n\n a b \nc", "a b"), ("", ""), ("\n \n", "")])
def test_the_first_line_with_anything_on_it(text: str, expected: str) -> None:
    assert parsing.first_line(text) == expected
