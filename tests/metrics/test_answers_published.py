"""Published scorers of answers, verdict by verdict: each table was worked out from the public source of the scorer it is about."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import pytest

from harness.metrics.answers import published_rules as rules
from harness.metrics.answers.published import PATH_VQA, SLAKE, VQA_RAD
from harness.metrics.base import Context, Metric, NotComputed
from tests.metrics import samples as made

ABNORMAL = "Yes, this is abnormal."


def named(name: str, variant: str, metrics: Sequence[Metric] = VQA_RAD) -> Metric:
    return made.named(name, variant, metrics)


def value(metric: Metric, rows: Sequence[tuple[str | None, str, str]]) -> float:
    return made.value(metric, made.answered(rows))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Left-sided mass.", "left sided mass"),
        ("left-sided , mass", "left sided mass"),
        ("left - sided", "left sided"),
        ("1,000 left-sided", "1000 leftsided"),  # digits around a comma: every mark is deleted, not replaced
        ("x-ray -left", "xray left"),  # a hyphen after a blank anywhere deletes all hyphens
        ("x-ray\n-left", "x ray left"),  # a line break is no blank
        ("none of the ten", "0 of 10"),
        ("3.2 cm. long", "3.2 cm long"),
        ("dont isnt hed've", "don't isn't he'd've"),
        ("somebody'd", "somebodyd"),
        ("A the an", ""),
        ("colon: kept, 50% too", "colon: kept 50% too"),
        (" ".join(["x."] * 34), " ".join(["x"] * 32 + ["x."] * 2)),  # 32 full stops, then no more
    ],
)
def test_the_vqa_evaluations_normaliser_with_its_quirks(text: str, expected: str) -> None:
    assert rules.vqa_words(text) == expected


@pytest.mark.parametrize(
    ("reply", "answer", "lower", "right"),
    [
        ("  yes \n", "Yes", True, True),
        ("Yes", "Yes", True, False),  # VQA-RAD's answers are lower-cased by the preprocessing, replies are not
        ("Yes", "Yes", False, True),
        ("yes", "Yes", False, False),
        ("yes.", "yes", False, False),
        ("", "yes", False, False),
    ],
)
def test_biomedgpt_wants_the_answer_letter_for_letter(reply: str, answer: str, lower: bool, right: bool) -> None:
    assert rules.biomedgpt(reply, answer, lower=lower) is right


PLANES = ["Transverse  Plane"] * 11 + ["Coronal Plane"] * 1050
"""As SLAKE's English test has it: 11 of 1,061 answers with two blanks in a row."""


@pytest.mark.parametrize(("collapsed", "expected"), [(False, 1.0), (True, 1050 / 1061)], ids=["verbatim", "single blanks"])
@pytest.mark.parametrize(("name", "variant"), [("exact_match", "biomedgpt"), ("accuracy", "medevalkit")])
def test_published_scorers_compare_the_releases_blanks(name: str, variant: str, collapsed: bool, expected: float) -> None:
    rows = [(" ".join(plane.split()) if collapsed else plane, plane, "open") for plane in PLANES]
    assert value(named(name, variant, SLAKE), rows) == pytest.approx(expected, abs=1e-15)
    assert value(named("exact_match", "canonical", SLAKE), rows) == 1.0


@pytest.mark.parametrize(
    ("metrics", "reply", "answer", "biomedgpt", "medevalkit"),
    [
        (PATH_VQA, " yes ", " yes ", False, True),  # the one strips replies alone, the other both
        (PATH_VQA, "yes", "yes", True, True),
        (VQA_RAD, "skull cartilage", "Skull \tcartilage", True, False),  # the one deletes tabs, the other compares them
    ],
)
def test_outer_blanks_and_tabs_are_compared_as_each_script_does(
    metrics: Sequence[Metric], reply: str, answer: str, biomedgpt: bool, medevalkit: bool
) -> None:
    rows = [(reply, answer, "closed")]
    assert value(named("exact_match", "biomedgpt", metrics), rows) == biomedgpt
    assert value(named("accuracy", "medevalkit", metrics), rows) == medevalkit
    assert value(named("exact_match", "canonical", metrics), rows) == 1.0


@pytest.mark.parametrize(
    ("reply", "answer", "recall"),
    [
        ("right lung", "right upper lobe", 1 / 3),
        ("right right right lobe", "right upper lobe", 4 / 5),  # said four times, one word missed
        ("the heart", "heart", 1.0),
        ("two", "2", 1.0),
        ("nothing", "heart", 0.0),
        ("", "heart", 0.0),
        ("heart", "the", 0.0),  # nothing is left of the answer
    ],
)
def test_llava_meds_recall_counts_words_as_often_as_they_are_said(reply: str, answer: str, recall: float) -> None:
    assert rules.llava_med_recall(reply, answer) == pytest.approx(recall, abs=1e-15)


@pytest.mark.parametrize(
    ("reply", "answer", "batch", "first"),
    [
        ("No.", "no", True, True),
        ("Yes, it is", "no", False, None),  # wrong, and forgotten by the first script
        ("unknown", "no", True, True),
        ("unknown", "yes", False, None),
        ("yes no", "yes", True, True),
        (ABNORMAL, "no", True, True),
        ("MRI", "MRI", True, False),  # right, and refused by the first script: neither yes nor no in it
        ("it is an MRI", "CT", False, False),
        ("one kidney", "1", True, False),
        ("on the left", "left side", False, False),
    ],
)
def test_llava_meds_two_scripts_on_closed_questions(reply: str, answer: str, batch: bool, first: bool | None) -> None:
    assert rules.llava_med(reply, answer) is batch
    assert rules.llava_med_v1(reply, answer) is first


@pytest.mark.parametrize(
    ("reply", "answer", "right", "recall", "f1", "bleu"),
    [
        ("Yes.", "yes", True, 1.0, 1.0, 1.0),
        ("it does not", "no", True, 0.0, 0.0, 0.0),  # "not" is one of {no, not}: 50 %, and 40 % is enough
        ("yes no", "no", True, 1.0, 2 / 3, 0.5),
        ("unknown", "no", False, 0.0, 0.0, 0.0),
        (ABNORMAL, "yes", True, 1.0, 0.4, 0.25),
        ("right upper lobe", "right upper lobe mass", True, 0.75, 6 / 7, math.exp(1 - 4 / 3)),
        ("right lobe", "right upper lobe", False, 2 / 3, 0.8, math.exp(1 - 3 / 2)),
        ("lung lung", "lung", True, 1.0, 1.0, 0.5),  # sets for recall and F1, counts for BLEU
        ("", "yes", False, 0.0, 0.0, 0.0),
        ("heart", "the", False, 0.0, 0.0, 0.0),
    ],
)
def test_multimedevals_figures(reply: str, answer: str, right: bool, recall: float, f1: float, bleu: float) -> None:
    found = rules.multimedeval(reply, answer)
    assert found.right is right
    assert (found.recall, found.bleu_1) == pytest.approx((recall, bleu), abs=1e-15)
    assert found.f1 == pytest.approx(f1, abs=1e-8)


@pytest.mark.parametrize(
    ("reply", "answer", "closed", "vqa_rad", "slake"),
    [
        ("Yes, it is.", "yes", True, True, True),
        ("unknown", "no", True, True, True),  # "no" is a part of it
        ("yes no", "yes", True, False, False),
        (ABNORMAL, "yes", True, False, False),  # both are parts of it
        ("Yes", "Yes", True, True, True),
        ("Yes, it is", "Yes", True, True, False),  # SLAKE's script knows "yes" in lower case only, and wants equality of "Yes"
        ("Left.", "left", True, False, True),  # only a label marked as closed loses its full stop
        ("Left.", "left", False, False, False),
        ("Left", "left", False, True, True),
        (" Left", "left", False, True, False),
        (r"I think \boxed{Left} fits", "left", False, True, True),
        (r"\boxed{a \boxed{heart}}", "heart", False, True, True),  # the last box
        (r"\boxed{left", "left", False, False, False),  # a box that does not close is read as "None"
        ("it is boxed: left", "left", False, False, False),
        ("<answer>Left</answer>", "left", False, True, True),
        ("<answer>left</answer> and <answer>right</answer>", "left right", False, True, True),
        ("The answer is left", "left", False, False, False),  # the blank before it stays
        ("Answer:left", "left", False, True, True),
        ("**Answer**:left", "left", False, True, True),
        ("", "left", False, False, False),
    ],
)
def test_medevalkit_without_its_judge(reply: str, answer: str, closed: bool, vqa_rad: bool, slake: bool) -> None:
    assert rules.medevalkit(reply, answer, closed=closed, by="yes_no") is vqa_rad
    assert rules.medevalkit(reply, answer, closed=closed, by="answer_type") is slake


ROWS = [
    ("Yes", "yes", "closed"),
    ("Yes", "no", "closed"),
    ("the left lung", "left lung", "open"),
    (None, "aorta", "open"),
]


@pytest.mark.parametrize(
    ("name", "variant", "expected"),
    [
        ("exact_match", "biomedgpt", 0.0),
        ("token_recall", "llava_med", 2 / 4),
        ("accuracy", "llava_med", 2 / 4),
        ("accuracy", "llava_med-v1", 1 / 1),  # of two closed questions one is counted
        ("token_f1", "med_palm_m", 2 / 4),
        ("token_recall", "multimedeval", 2 / 4),
        ("bleu_1", "multimedeval", 2 / 4),
        ("accuracy", "multimedeval", 2 / 4),
        ("accuracy", "medevalkit", 1 / 4),
    ],
)
def test_a_set_of_replies_under_every_name(name: str, variant: str, expected: float) -> None:
    assert value(named(name, variant), ROWS) == pytest.approx(expected, abs=1e-15)


def test_a_set_without_a_counted_question_has_no_value() -> None:
    assert math.isnan(value(named("accuracy", "llava_med-v1"), [("Yes", "no", "closed"), ("left", "left", "open")]))


def test_med_palm_ms_scores_are_ours_under_its_name() -> None:
    """Its normalisation is not public: the same table, evaluated on the whole set alone, and a signature that says so."""
    for name in ("token_f1", "bleu_1"):
        theirs, ours = named(name, "med_palm_m"), named(name, "canonical")
        assert theirs.measure is ours.measure
        assert value(theirs, ROWS) == value(ours, ROWS)
        assert "unpublished" in theirs.signature
        assert theirs.slices == ("all",)


def test_all_published_variants_come_from_one_pass_over_the_replies() -> None:
    measures = {metric.measure.name for metric in VQA_RAD if metric.variant not in ("canonical", "sklearn", "med_palm_m")}
    assert measures == {"published_vqa_rad"}


def test_releases_differ_where_the_scripts_treat_them_differently() -> None:
    assert named("exact_match", "biomedgpt", VQA_RAD).signature != named("exact_match", "biomedgpt", SLAKE).signature
    assert named("exact_match", "biomedgpt", PATH_VQA).signature == named("exact_match", "biomedgpt", SLAKE).signature
    assert named("accuracy", "medevalkit", SLAKE).slices == ("all", "closed", "open")
    assert named("accuracy", "medevalkit", PATH_VQA).slices == ("all", "yes_no", "free_form")


def test_a_task_that_marks_no_closed_questions_gets_no_published_score() -> None:
    with pytest.raises(NotComputed, match="does not say which questions are closed"):
        named("accuracy", "multimedeval").measure.run(replace(made.answered(ROWS), tags={}), Context())


def test_a_choice_without_text_is_what_was_said() -> None:
    chosen = replace(made.answered([("", "yes", "closed")]), predictions=["yes"])
    assert made.value(named("exact_match", "biomedgpt"), chosen) == 1.0
