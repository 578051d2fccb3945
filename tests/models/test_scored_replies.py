"""Labels and scores in files of replies: whose each is, what it means, and what cannot be told."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from harness import models
from harness.errors import CorruptData
from harness.models.replies.reply import response_of
from tests.models.asking import File, by_id, lines, scene

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


AB = {"id": "file", "probabilities": "a,b"}
SCORED: Mapping[str, File] = {
    "names of labels": File("runs", "a.csv", numbers(label=lambda ill: "pneumonia" if ill else "normal"), {"id": "file", "text": "label"}),
    "numbers of labels": File("runs", "a.csv", numbers(label=int), {"id": "file", "text": "label"}),
    "numbers of labels with a point": File("runs", "a.csv", numbers(label=float), {"id": "file", "text": "label"}),
    "numbers of labels counted from 1": File(
        "Are they counted from 1?", "a.csv", numbers(label=lambda ill: 1 + ill), {"id": "file", "text": "label"}
    ),
    "probabilities, a column each": File("runs", "a.csv", numbers(a=well, b=sick), AB),
    "probabilities, a column each in another order, named": File(
        "runs", "a.csv", numbers(p_pneumonia=sick, p_normal=well), {"id": "file", "probabilities": "p_pneumonia,p_normal"}
    ),
    "probabilities, one column of lists": File(
        "runs", "a.csv", numbers(p=lambda ill: f"[{well(ill)}, {sick(ill)}]"), {"id": "file", "probabilities": "p"}
    ),
    "probabilities by label": File("runs", "a.jsonl", by_label()),
    "probabilities by what is no label": File(
        "'ill' among the probabilities names no choice", "a.jsonl", lines([{"id": 0, "probabilities": {"ill": 0.75, "healthy": 0.25}}])
    ),
    "probabilities, one column that names its label": File(
        "runs", "a.csv", numbers(prob_pneumonia=sick), {"id": "file", "probabilities": "prob_pneumonia"}
    ),
    "probabilities, one column that names none": File(
        "does not say whose it is", "a.csv", numbers(p=sick), {"id": "file", "probabilities": "p"}
    ),
    "probability of a label, declared": File("runs", "a.csv", numbers(p=sick), {"id": "file", "probabilities": "p=pneumonia"}),
    "logits": File(
        "runs",
        "a.csv",
        numbers(a=lambda ill: 5 + math.log(well(ill)), b=lambda ill: 5 + math.log(sick(ill))),
        {"id": "file", "logits": "a,b"},
    ),
    "logit of a label, declared": File(
        "runs", "a.csv", numbers(x=lambda ill: SURE - RARE if ill else RARE - SURE), {"id": "file", "logits": "x=pneumonia"}
    ),
    "columns numbered from 1, declared": File(
        "runs", "a.csv", numbers(p_1=well, p_2=sick), {"id": "file", "probabilities": "p_1=normal,p_2=pneumonia"}
    ),
    "columns numbered from 1": File(
        "Say whose each is: -a probabilities=p_1=normal,p_2=pneumonia",
        "a.csv",
        b"file,p_1,p_2\n0,0.75,0.25\n",
        {"id": "file", "probabilities": "p_1,p_2"},
    ),
    "logarithms": File(
        "runs",
        "a.csv",
        numbers(a=lambda ill: math.log(well(ill)), b=lambda ill: math.log(sick(ill))),
        {"id": "file", "choice_log_probs": "a,b"},
    ),
    "a decimal comma": File("a number with a decimal comma; write 0.75", "a.csv", b"file;a;b\n0;0,75;0,25\n", AB),
    "probabilities that do not sum to one": File("sum to 1.4, not to 1", "a.csv", b"file,a,b\n0,0.7,0.7\n", AB),
    "percentages": File("Are these percentages?", "a.csv", b"file,a,b\n0,75,25\n", AB),
    "logits called probabilities": File("Are these logits?", "a.csv", b"file,a,b\n0,3.5,-2\n", AB),
    "probabilities called logits": File("probabilities already", "a.csv", b"file,a,b\n0,0.75,0.25\n", {"id": "file", "logits": "a,b"}),
    "probabilities called logarithms": File(
        "Were probabilities written?", "a.csv", b"file,a,b\n0,0.75,0.25\n", {"id": "file", "choice_log_probs": "a,b"}
    ),
    "one column too few": File(
        "3 probabilities, and '00000' of pneumoniamnist has 2 choices (normal, pneumonia)",
        "a.csv",
        b"file,a,b,c\n0,0.5,0.25,0.25\n",
        {"id": "file", "probabilities": "a,b,c"},
    ),
    "a column in the place of another label": File(
        "stands where 'normal' is expected",
        "a.csv",
        b"file,p_pneumonia,rest\n0,0.75,0.25\n",
        {"id": "file", "probabilities": "p_pneumonia,rest"},
    ),
    "one number of two absent": File("give all of them or none", "a.csv", b"file,a,b\n0,0.75,\n", AB),
    "numbers where the release numbers no labels": File(
        "does not number its labels", "mednli.jsonl", lines({"id": example.id, "text": 1} for example in scene("mednli").examples)
    ),
}
WHAT_RUNS = {"Replies": {"ids that a spreadsheet took the zeros from": "runs"}, "Replies: labels and scores": SCORED}


@pytest.mark.parametrize("kind", SCORED)
def test_a_file_of_labels_or_scores(tmp_path: Path, kind: str) -> None:
    """Of pictures whose ids are numbers of five digits, given without their zeros as a spreadsheet leaves them."""
    file = SCORED[kind]
    found = file.read(tmp_path, scene("pneumoniamnist" if file.name.startswith("a.") else "mednli"))
    if "text" in file.arguments and found is not None:
        assert {name: reply.text for name, reply in found.items()} == LABELS
        return
    for name, reply in (found or {}).items():
        ill = LABELS[name] == "pneumonia"
        assert tuple(map(math.exp, reply.choice_log_probs or ())) == pytest.approx((well(ill), sick(ill)))


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
