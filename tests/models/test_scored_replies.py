"""Labels and scores in files of replies: whose each is, what it means, and what cannot be told."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from harness import models
from harness.errors import CorruptData, HarnessError
from harness.models.replies.reply import response_of
from tests.models.asking import by_id, lines, scene

WHAT_RUNS = {
    "Replies: labels and scores": {
        "names of labels": "runs",
        "numbers of labels": "runs",
        "numbers of labels with a point": "runs",
        "numbers of labels counted from 1": "Are they counted from 1?",
        "numbers where the release numbers no labels": "does not number its labels",
        "probabilities, a column each": "runs",
        "probabilities, a column each in another order, named": "runs",
        "probabilities, one column of lists": "runs",
        "probabilities by label": "runs",
        "probabilities by what is no label": "'ill' among the probabilities names no choice",
        "probabilities, one column that names its label": "runs",
        "probabilities, one column that names none": "does not say whose it is",
        "probability of a label, declared": "runs",
        "logits": "runs",
        "logit of a label, declared": "runs",
        "columns numbered from 1, declared": "runs",
        "columns numbered from 1": "Say whose each is: -a probabilities=p_1=normal,p_2=pneumonia",
        "logarithms": "runs",
        "a decimal comma": "a number with a decimal comma; write 0.75",
        "probabilities that do not sum to one": "sum to 1.4, not to 1",
        "percentages": "Are these percentages?",
        "logits called probabilities": "Are these logits?",
        "probabilities called logits": "probabilities already",
        "probabilities called logarithms": "Were probabilities written?",
        "one column too few": "has 2 choices (normal, pneumonia)",
        "a column in the place of another label": "stands where 'normal' is expected",
        "one number of two absent": "give all of them or none",
    },
}


LABELS = {example.id: str(example.target) for example in scene("pneumoniamnist").examples}
SURE, RARE = math.log(0.75), math.log(0.25)


def well(ill: bool) -> float:
    """The probability of *normal* by whether the picture shows pneumonia."""
    return 0.25 if ill else 0.75


def sick(ill: bool) -> float:
    """That of *pneumonia*."""
    return 0.75 if ill else 0.25


def numbers(**columns: Callable[[bool], Any]) -> bytes:
    """Columns by whether the picture shows pneumonia, beside its number without zeros."""
    frame = [{"file": int(name), **{key: of(label == "pneumonia") for key, of in columns.items()}} for name, label in LABELS.items()]
    return pd.DataFrame(frame).to_csv(index=False).encode()


def by_label() -> bytes:
    """JSON lines whose probabilities are an object each, the second label first."""
    ill = ((name, label == "pneumonia") for name, label in LABELS.items())
    return lines({"id": name, "probabilities": {"pneumonia": sick(is_ill), "normal": well(is_ill)}} for name, is_ill in ill)


AB = {"probabilities": "a,b"}
OTHERS = {"probabilities by label", "probabilities by what is no label"}
"""Of JSON lines, whose ids are called so; the other files call them *file*."""
SCORED: Mapping[str, tuple[Callable[[], bytes] | bytes, Mapping[str, str]]] = {
    "names of labels": (lambda: numbers(label=lambda ill: "pneumonia" if ill else "normal"), {"text": "label"}),
    "numbers of labels": (lambda: numbers(label=int), {"text": "label"}),
    "numbers of labels with a point": (lambda: numbers(label=float), {"text": "label"}),
    "numbers of labels counted from 1": (lambda: numbers(label=lambda ill: 1 + ill), {"text": "label"}),
    "probabilities, a column each": (lambda: numbers(a=well, b=sick), AB),
    "probabilities, a column each in another order, named": (
        lambda: numbers(p_pneumonia=sick, p_normal=well), {"probabilities": "p_pneumonia,p_normal"},
    ),
    "probabilities, one column of lists": (lambda: numbers(p=lambda ill: f"[{well(ill)}, {sick(ill)}]"), {"probabilities": "p"}),
    "probabilities by label": (by_label, {}),
    "probabilities by what is no label": (lines([{"id": 0, "probabilities": {"ill": 0.75, "healthy": 0.25}}]), {}),
    "logit of a label, declared": (lambda: numbers(x=lambda ill: SURE - RARE if ill else RARE - SURE), {"logits": "x=pneumonia"}),
    "columns numbered from 1, declared": (lambda: numbers(p_1=well, p_2=sick), {"probabilities": "p_1=normal,p_2=pneumonia"}),
    "columns numbered from 1": (b"file,p_1,p_2\n0,0.75,0.25\n", {"probabilities": "p_1,p_2"}),
    "probabilities, one column that names its label": (lambda: numbers(prob_pneumonia=sick), {"probabilities": "prob_pneumonia"}),
    "probabilities, one column that names none": (lambda: numbers(p=sick), {"probabilities": "p"}),
    "probability of a label, declared": (lambda: numbers(p=sick), {"probabilities": "p=pneumonia"}),
    "logits": (lambda: numbers(a=lambda ill: 5 + math.log(well(ill)), b=lambda ill: 5 + math.log(sick(ill))), {"logits": "a,b"}),
    "logarithms": (lambda: numbers(a=lambda ill: math.log(well(ill)), b=lambda ill: math.log(sick(ill))), {"choice_log_probs": "a,b"}),
    "a decimal comma": (b"file;a;b\n0;0,75;0,25\n", AB),
    "probabilities that do not sum to one": (b"file,a,b\n0,0.7,0.7\n", AB),
    "percentages": (b"file,a,b\n0,75,25\n", AB),
    "logits called probabilities": (b"file,a,b\n0,3.5,-2\n", AB),
    "probabilities called logits": (b"file,a,b\n0,0.75,0.25\n", {"logits": "a,b"}),
    "probabilities called logarithms": (b"file,a,b\n0,0.75,0.25\n", {"choice_log_probs": "a,b"}),
    "one column too few": (b"file,a,b,c\n0,0.5,0.25,0.25\n", {"probabilities": "a,b,c"}),
    "a column in the place of another label": (b"file,p_pneumonia,rest\n0,0.75,0.25\n", {"probabilities": "p_pneumonia,rest"}),
    "one number of two absent": (b"file,a,b\n0,0.75,\n", AB),
}  # fmt: skip
_NO_NUMBERS = "numbers where the release numbers no labels"


def test_every_row_of_the_table_is_tried() -> None:
    assert set(WHAT_RUNS["Replies: labels and scores"]) == {*SCORED, _NO_NUMBERS}


@pytest.mark.parametrize("kind", SCORED)
def test_a_file_of_labels_or_scores(tmp_path: Path, kind: str) -> None:
    """Of pictures whose ids are numbers of five digits, given without their zeros as a spreadsheet leaves them."""
    content, given = SCORED[kind]
    path = tmp_path / ("a.jsonl" if kind in OTHERS else "a.csv")
    path.write_bytes(content if isinstance(content, bytes) else content())
    arguments = given if kind in OTHERS else {"id": "file", **given}
    outcome, of = WHAT_RUNS["Replies: labels and scores"][kind], scene("pneumoniamnist")
    if outcome != "runs":
        with pytest.raises(HarnessError) as refused:
            by_id(path, arguments, of)
        assert outcome in str(refused.value)
        return
    found = by_id(path, arguments, of)
    if "text" in arguments:
        assert {name: reply.text for name, reply in found.items()} == LABELS
        return
    for name, reply in found.items():
        ill = LABELS[name] == "pneumonia"
        assert tuple(map(math.exp, reply.choice_log_probs or ())) == pytest.approx((well(ill), sick(ill)))


def test_numbers_name_no_label_where_the_release_numbers_none(tmp_path: Path) -> None:
    of = scene("mednli")
    (tmp_path / "a.jsonl").write_bytes(lines({"id": example.id, "text": 1} for example in of.examples))
    with pytest.raises(HarnessError, match=WHAT_RUNS["Replies: labels and scores"][_NO_NUMBERS]):
        by_id(tmp_path / "a.jsonl", {}, of)


def test_what_was_read_otherwise_than_it_stands_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(numbers(text=lambda ill: int(ill)) + b"77777,1\n")
    model = models.open_model(f"predictions:{path}", {"id": "file", "ignore_extra": "yes"}).for_task(scene("pneumoniamnist"))
    assert model.info.note == (
        "replies to other ids, left out: 1 (first: '77777'); ids matched as whole numbers: 200 (first: '0' is '00000');"
        " numbers are read as the labels' own: 0 normal, 1 pneumonia"
    )
    assert model.info.arguments == {"id": "file"}


def test_each_label_may_have_a_probability_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b'id,logits\n00000,"[0, 2]"\n')
    found = by_id(path, {"scores": "independent"}, scene("pneumoniamnist"))["00000"]
    assert tuple(map(math.exp, found.choice_log_probs or ())) == pytest.approx((0.5, 1 / (1 + math.exp(-2))))


def test_rounded_probabilities_sum_to_one_well_enough(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"id,a,b\n00000,0.33,0.66\n")
    assert by_id(path, {"probabilities": "a,b"}, scene("pneumoniamnist"))["00000"].choice_log_probs == (math.log(0.33), math.log(0.66))


def test_two_kinds_of_scores_are_refused() -> None:
    with pytest.raises(CorruptData, match="'choice_log_probs' and 'logits' are given; which of them counts cannot be told"):
        response_of({"choice_log_probs": [0, -9], "logits": [1, 2]}, "line 1")


def test_a_column_with_a_comma_in_its_name_stands_in_quotes(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b'id,"normal, sure",pneumonia\n00000,0.5,0.5\n')
    given = models.open_model(str(path), {"probabilities": '"normal, sure",pneumonia'})
    assert given.for_task(scene("pneumoniamnist")).info.arguments == {"probabilities": '"normal, sure",pneumonia'}
