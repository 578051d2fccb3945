"""Reading replies: what they clearly say, or nothing."""

from __future__ import annotations

import pytest

from harness import parsing, prompts

PNEUMONIA = ("normal", "pneumonia")
BREAST = ("malignant", "normal, benign")
BLOOD = ("basophil", "immature granulocytes(myelocytes, metamyelocytes and promyelocytes)", "neutrophil")
TRIALS = ("not relevant", "excluded", "eligible")


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("Yes, abnormal.", "yes"),
        ("No, there is no fracture.", "no"),
        ("Yes, there is no doubt.", "yes"),
        ("The answer is yes", "yes"),
        ("yes or no", None),
        ("yes no", None),
        ("there is no way to tell", None),
        ("No way to tell", None),
        ("know", None),
        ("**No**, the lungs are clear", "no"),
        ("Yes, no effusion is seen.", "yes"),
        ("no\nThe heart is of normal size, so yes is wrong.", "no"),
        ("yes - no", None),
        ("No. Yes.", None),
        ("No, I would say yes", None),
        ("Yes.\nNo.", None),
        ("I can’t say yes", None),
        ("The answer is no fracture", None),
    ],
)
def test_yes_and_no_are_read_as_words_or_refused(reply: str, expected: str | None) -> None:
    assert parsing.yes_no(reply) == expected


@pytest.mark.parametrize(
    ("reply", "choices", "expected"),
    [
        ("(a)", PNEUMONIA, "normal"),
        ("b. pneumonia", PNEUMONIA, "pneumonia"),
        ("The answer is (A).", PNEUMONIA, "normal"),
        ("The image shows pneumonia in the left lung.", PNEUMONIA, "pneumonia"),
        ("There is no pneumonia.", PNEUMONIA, None),
        ("normal or pneumonia", PNEUMONIA, None),
        ("A normal chest", PNEUMONIA, "normal"),
        ("", PNEUMONIA, None),
        ("Normal benign tissue", BREAST, "normal, benign"),
        ("immature granulocytes (myelocytes, metamyelocytes and promyelocytes)", BLOOD, BLOOD[1]),
        ("The patient is excluded.", TRIALS, "excluded"),
        ("The patient is not eligible.", TRIALS, None),
        ("This trial is not relevant to the patient", TRIALS, "not relevant"),
        ("pneumonia\n\nExplanation: it is not normal.", PNEUMONIA, "pneumonia"),
        ("**Answer: B**", PNEUMONIA, "pneumonia"),
        ("The correct option is B.", PNEUMONIA, "pneumonia"),
        ("B. pneumonia, not normal", PNEUMONIA, "pneumonia"),
        ("The lungs are normal with no effusion.", PNEUMONIA, "normal"),
        ("There is no effusion, and the lungs are normal.", PNEUMONIA, "normal"),
        ("The patient does not have asthma and is excluded.", TRIALS, "excluded"),
        ("She does not meet the age criterion, therefore excluded", TRIALS, "excluded"),
        ("grade 2", ("0", "1", "2"), "2"),
    ],
)
def test_a_choice_is_named_clearly_or_not_at_all(reply: str, choices: tuple[str, ...], expected: str | None) -> None:
    assert parsing.choice(reply, choices) == expected


@pytest.mark.parametrize(
    "reply",
    [
        "There is no radiographic evidence of acute pneumonia",
        "Pneumonia is not present.",
        "Pneumonia has been ruled out.",
        "pneumonia absent",
        "This isn’t pneumonia.",
        "This isnt pneumonia",
        "I can't see pneumonia.",
        "absence of pneumonia",
        "negative for pneumonia",
        "non-pneumonia",
        "Answer: B, normal",
        "(A) or (B)",
        "(a) or (b)",
        "A) or B)",
        "A. B",
        "A: normal, B: pneumonia",
        "A. normal\nB. pneumonia",
        "normal\npneumonia",
    ],
)
def test_a_choice_that_is_denied_or_that_another_contradicts_is_not_named(reply: str) -> None:
    assert parsing.choice(reply, PNEUMONIA) is None


def test_options_beyond_the_alphabet_have_no_letters() -> None:
    many = tuple(f"code{number}" for number in range(30))
    assert prompts.choose("Which?", many).startswith("Which?\ncode0\ncode1\n")
    assert (parsing.choice("B", many), parsing.choice("code1", many)) == (None, "code1")


@pytest.mark.parametrize(
    "junk", ["lorem ipsum ", "\n", "(", "or ", "no pneumonia ", "* ", "\\boxed{", '{"a":', "1.", "+", "<", "'", "answer is "]
)
def test_junk_of_ten_thousand_characters_names_nothing(junk: str) -> None:
    long = junk * (10_000 // len(junk) + 1)
    assert parsing.choice(long, PNEUMONIA) is None
    assert parsing.yes_no(long) is None


@pytest.mark.parametrize(
    ("reply", "expected"),
    [("A: no", "no"), ("A: yes", "yes"), ("a: No.", "no"), ("A: yes or no", None), ("A) no", None), ("B: yes", None), ("A: clear", "yes")],
)
def test_a_with_a_colon_before_yes_or_no_is_short_for_answer(reply: str, expected: str | None) -> None:
    """Else it is the letter of the first option, and what it contradicts is unread."""
    assert parsing.choice(reply, ("yes", "no")) == expected


FINDINGS = ("effusion", "mass", "nodule")


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("Mass, nodule", {"mass", "nodule"}),
        ("mass，nodule、effusion", {"effusion", "mass", "nodule"}),
        ("• Mass\n• Nodule", {"mass", "nodule"}),
        ("1. Mass\n2. Nodule", {"mass", "nodule"}),
        ("**Mass** and **nodule**.", {"mass", "nodule"}),
        ("Mass, nodule, and effusion", {"effusion", "mass", "nodule"}),
        ("\u200bmass; nodule。", {"mass", "nodule"}),
        ("mass—nodule", {"mass", "nodule"}),
        ("Findings: mass & nodule", {"mass", "nodule"}),
        ('["mass", "nodule"]', {"mass", "nodule"}),
        ('{"findings": ["mass"]}', {"mass"}),
        (r"\boxed{mass, nodule}", {"mass", "nodule"}),
        ("mass [1]", {"mass"}),
        ("None.", set()),
        ("none of the above", set()),
        ('{"answer": []}', set()),
        ("mass, none", None),
        ("no mass", None),
        ("possible mass", None),
        ("masses", None),
        ("mass (left)", None),
        ("???", None),
        ("", None),
    ],
    ids=lambda value: ascii(sorted(value) if isinstance(value, set) else value),
)
def test_a_list_names_labels_and_nothing_else(reply: str, expected: set[str] | None) -> None:
    assert parsing.labels(reply, FINDINGS, "none") == expected


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("Answer: left lung", "left lung"),
        ("**Left lung**", "Left lung"),
        ("\ufeffleft lung", "left lung"),
        ("- left lung", "left lung"),
        ("left lung [1].", "left lung."),
        (r"\boxed{left lung}", "left lung"),
        ('```json\n{\n "answer": "left lung"\n}\n```', "left lung"),
        ("The heart lies there.\nFinal answer: left lung", "left lung"),
        ("<think>right?</think>\nleft lung", "left lung"),
        ("<answer>left</answer><answer>right</answer>", ""),
        ("<think>left", ""),
        ("Yes.\nNo.", "Yes. No."),
        ("Transverse  Plane", "Transverse  Plane"),
        ("-5", "-5"),
        ("> 5 cm", "> 5 cm"),
        ("$5", "$5"),
        ("2*3 = 6", "2*3 = 6"),
        ("C_5", "C_5"),
        ("\n\n a b \nc", "a b"),
        ("\n \n", ""),
        ("A: left lung", "left lung"),
        ("A:left", "A:left"),
        ("A:no", "no"),
        ("a : b", "b"),
        ("vitamin A: no", "vitamin A: no"),
    ],
    ids=ascii,
)
def test_the_first_line_is_the_answer_without_its_wrapping(reply: str, expected: str) -> None:
    assert parsing.first_line(reply) == expected


def test_labels_that_are_the_same_words_are_read_only_as_they_are_spelled() -> None:
    sizes = ("<5 mm", ">5 mm")
    assert [parsing.choice(said, sizes) for said in ("<5 mm", ">5 mm", "B", "5 mm", "it is >5 mm")] == [
        "<5 mm",
        ">5 mm",
        ">5 mm",
        None,
        None,
    ]


def test_a_side_may_stand_before_its_organ() -> None:
    organs = ("kidney-left", "kidney-right", "liver")
    said = ("left kidney", "the right kidney", "Kidney – left", "left or right kidney", "left")
    assert [parsing.choice(text, organs) for text in said] == ["kidney-left", "kidney-right", "kidney-left", None, None]


TREATMENTS = ("no treatment", "surgery", "radiation", "chemotherapy", "surgery and radiation", "surgery and radiation and chemotherapy")


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("radiation and surgery", "surgery and radiation"),
        ("Radiation, surgery.", "surgery and radiation"),
        ("surgery + radiation", "surgery and radiation"),
        ("Chemotherapy, radiation, and surgery", "surgery and radiation and chemotherapy"),
        ("She had radiation plus surgery.", "surgery and radiation"),
        ("surgery and chemotherapy", None),
        ("surgery or radiation", None),
        ("surgery", "surgery"),
        ("no treatment", "no treatment"),
    ],
)
def test_a_choice_that_joins_others_is_read_in_any_order(reply: str, expected: str | None) -> None:
    assert parsing.choice(reply, TREATMENTS) == expected


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("no", "no"),
        ("No, it does not.", "no"),
        ("The answer is no.", "no"),
        ("maybe", "maybe"),
        ("It is maybe so.", "maybe"),
        ("there is no way to tell", None),
        ("I see no mass", None),
        ("no fracture, no effusion", None),
    ],
)
def test_no_among_more_than_two_options_is_named_by_an_answer_and_not_by_a_determiner(reply: str, expected: str | None) -> None:
    assert parsing.choice(reply, ("maybe", "no", "yes")) == expected
