"""Files of replies as people have them: what is read, what is refused, and in which words."""

from __future__ import annotations

import gzip
import io
import json
import math
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from harness import models
from harness.data import catalog, examples
from harness.errors import CorruptData, HarnessError, UsageError
from harness.models.replies.reply import response_of
from harness.types import Request, Response, Scene

WHAT_RUNS = {
    "Replies": {
        "JSON lines": "runs",
        "JSON lines of one reply": "runs",
        "a JSON list": "runs",
        "a JSON object of texts by id": "runs",
        "a JSON table as pandas writes it by default": "runs",
        "a JSON table as pandas splits it": "runs",
        "a JSON object of lists": "runs",
        "JSON lines called .json": "runs",
        "CSV": "runs",
        "CSV with pandas's row numbers before it": "runs",
        "TSV": "runs",
        "Parquet": "runs",
        "Excel": "runs",
        "JSON lines, gzipped": "runs",
        "a JSON list, gzipped": "runs",
        "CSV, gzipped": "runs",
        "CSV without an extension": "runs",
        "CSV of a European spreadsheet: semicolons, byte-order mark, carriage returns, a line break in a cell, an empty last row": "runs",
        "other columns than id and text, named": "runs",
        "nested columns, named with dots": "runs",
        "ids that pandas made 10.0": "runs",
        "ids that a spreadsheet took the zeros from": "runs",
        "a column idx beside id": "runs",
        "a column of any name beside": "runs",
        "end tokens behind the text": "runs",
        "replies to other requests, with --ignore-extra": "runs",
        "replies to other requests": "ids are none of vqa_rad's test split",
        "no column id": "no 'id' (there are: qid, text)",
        "a column that is not there": "unknown column",
        "columns called ID and Text": "if 'id' is meant, call it so or name the column: -a id=ID",
        "no column that holds an answer": "name its column: --text",
        "a misspelt field of scores": "if 'choice_log_probs' is meant, call it so",
        "two replies to one request": "a second reply for id",
        "two ids that are one number": "a second reply for id",
        "one key twice in an object": "stands twice in one object",
        "a truncated Parquet file": "not a whole Parquet file",
        "a CSV called .parquet": "not a Parquet file",
        "truncated gzip": "cannot be unpacked",
        "an unclosed quote": "begins with a quote that is never closed",
        "UTF-16": "UTF-16 text where a file of replies is expected",
        "an empty file": "no reply in it",
    },
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


@cache
def loaded(name: str) -> examples.Dataset:
    return examples.load(catalog.task(name))


def scene(name: str, **changes: Any) -> Scene:
    dataset = loaded(name)
    ids = frozenset(example.id for example in dataset.examples)
    return Scene(**{"task": dataset.task, "split": "test", "examples": dataset.examples, "ids": ids, "synthetic": False, **changes})


VQA = {example.id: str(example.target) for example in scene("vqa_rad").examples}
FIRST = next(iter(VQA))
LABELS = {example.id: str(example.target) for example in scene("pneumoniamnist").examples}


def asked(path: Path, arguments: Mapping[str, str], of: Scene) -> dict[str, Response]:
    model = models.open_model(f"predictions:{path}", arguments).for_task(of)
    requests = [Request(id=e.id, prompt="", item=e.input, decoding=of.task.decoding) for e in of.examples]
    return dict(zip([request.id for request in requests], model.generate(requests), strict=True))


Made = tuple[str, bytes, Mapping[str, str]]
"""A file's name and content, and the arguments that it is read with."""


def jsonl(rows: Any) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def table(rows: Any, write: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    getattr(pd.DataFrame(rows), write)(buffer, index=False, **options)
    return buffer.getvalue()


def rows(**more: Any) -> list[dict[str, Any]]:
    return [{"id": name, "text": text, **more} for name, text in VQA.items()]


def spreadsheet() -> bytes:
    lines = ["id;text;note", *(f'{name};"{text}";"seen\r\ntwice"' for name, text in VQA.items()), ";;"]
    return "\ufeff".encode() + "\r\n".join(lines).encode() + b"\r\n"


def float_ids() -> bytes:
    frame = pd.DataFrame({"id": [float(name) for name in VQA], "text": list(VQA.values())})
    return frame.to_csv(index=False).encode()


TEXTS: Mapping[str, Callable[[], Made]] = {
    "JSON lines": lambda: ("a.jsonl", jsonl(rows()), {}),
    "JSON lines of one reply": lambda: ("a.json", jsonl(rows()[:1]), {}),
    "a JSON list": lambda: ("a.json", json.dumps(rows(), indent=1).encode(), {}),
    "a JSON object of texts by id": lambda: ("a.json", json.dumps(VQA).encode(), {}),
    "a JSON table as pandas writes it by default": lambda: ("a.json", pd.DataFrame(rows()).to_json().encode(), {}),
    "a JSON table as pandas splits it": lambda: ("a.json", pd.DataFrame(rows()).to_json(orient="split").encode(), {}),
    "a JSON object of lists": lambda: ("a.json", json.dumps({"qid": list(VQA), "text": list(VQA.values())}).encode(), {"id": "qid"}),
    "JSON lines called .json": lambda: ("a.json", jsonl(rows()), {}),
    "CSV": lambda: ("a.csv", table(rows(), "to_csv"), {}),
    "CSV with pandas's row numbers before it": lambda: ("a.csv", pd.DataFrame(rows()).to_csv().encode(), {}),
    "TSV": lambda: ("a.tsv", table(rows(), "to_csv", sep="\t"), {}),
    "Parquet": lambda: ("a.parquet", table(rows(), "to_parquet"), {}),
    "Excel": lambda: ("a.xlsx", table(rows(), "to_excel"), {}),
    "JSON lines, gzipped": lambda: ("a.jsonl.gz", gzip.compress(jsonl(rows())), {}),
    "a JSON list, gzipped": lambda: ("a.json.gz", gzip.compress(json.dumps(rows()).encode()), {}),
    "CSV, gzipped": lambda: ("a.csv.gz", gzip.compress(table(rows(), "to_csv")), {}),
    "CSV of a European spreadsheet: semicolons, byte-order mark, carriage returns, a line break in a cell, an empty last row": lambda: (
        "a.csv",
        spreadsheet(),
        {},
    ),
    "CSV without an extension": lambda: ("replies", table(rows(), "to_csv"), {}),
    "columns called ID and Text": lambda: ("a.csv", b"ID,Text\n1,yes\n", {}),
    "no column that holds an answer": lambda: ("a.csv", b"id,answer\n1,yes\n", {}),
    "a CSV called .parquet": lambda: ("a.parquet", table(rows(), "to_csv"), {}),
    "other columns than id and text, named": lambda: (
        "a.csv",
        table([{"qid": name, "answer": text, "text": "the question"} for name, text in VQA.items()], "to_csv"),
        {"id": "qid", "text": "answer"},
    ),
    "nested columns, named with dots": lambda: (
        "a.jsonl",
        jsonl([{"custom_id": name, "response": {"choices": [{"text": text}]}} for name, text in VQA.items()]),
        {"id": "custom_id", "text": "response.choices.0.text"},
    ),
    "ids that pandas made 10.0": lambda: ("a.csv", float_ids(), {}),
    "a column idx beside id": lambda: ("a.jsonl", jsonl(rows(idx=3)), {}),
    "a column of any name beside": lambda: (
        "a.jsonl",
        jsonl(rows(Model="m", Error=1, texts="x", ids=1, finished=True)),
        {},
    ),
    "end tokens behind the text": lambda: ("a.jsonl", jsonl([{"id": n, "text": f"<s> {t}</s><pad>\n<pad>"} for n, t in VQA.items()]), {}),
    "replies to other requests, with --ignore-extra": lambda: (
        "a.jsonl",
        jsonl([*rows(), {"id": "zebra", "text": "stripes"}]),
        {"ignore_extra": "yes"},
    ),
    "replies to other requests": lambda: ("a.jsonl", jsonl([*rows(), {"id": "zebra", "text": "stripes"}]), {}),
    "no column id": lambda: ("a.csv", b"qid,text\n1,yes\n", {}),
    "a column that is not there": lambda: ("a.csv", b"qid,text\n1,yes\n", {"id": "qd"}),
    "a misspelt field of scores": lambda: ("a.jsonl", jsonl([{"id": FIRST, "text": "a", "choiceLogProbs": [0]}]), {}),
    "two replies to one request": lambda: ("a.jsonl", jsonl([*rows(), *rows()]), {}),
    "two ids that are one number": lambda: ("a.csv", f"id,text\n{FIRST},yes\n{FIRST}.0,no\n".encode(), {}),
    "one key twice in an object": lambda: ("a.json", b'[{"id": "1", "text": "a", "text": "b"}]', {}),
    "a truncated Parquet file": lambda: ("a.parquet", table(rows(), "to_parquet")[:-20], {}),
    "truncated gzip": lambda: ("a.jsonl.gz", gzip.compress(jsonl(rows()))[:-9], {}),
    "an unclosed quote": lambda: ("a.csv", b'id,text\n1,"yes\n2,no\n', {}),
    "UTF-16": lambda: ("a.csv", "id,text\n1,yes\n".encode("utf-16"), {}),
    "an empty file": lambda: ("a.csv", b"", {}),
}
_ZEROS = "ids that a spreadsheet took the zeros from"


@pytest.mark.parametrize("kind", TEXTS)
def test_a_file_of_replies(tmp_path: Path, kind: str) -> None:
    name, content, arguments = TEXTS[kind]()
    path, outcome = tmp_path / name, WHAT_RUNS["Replies"][kind]
    path.write_bytes(content)
    if outcome == "runs":
        found = {name: reply.text for name, reply in asked(path, arguments, scene("vqa_rad")).items() if reply.error is None}
        assert found == ({FIRST: VQA[FIRST]} if "one reply" in kind else VQA)
        return
    with pytest.raises(HarnessError) as refused:
        asked(path, arguments, scene("vqa_rad"))
    assert outcome in str(refused.value)


def numbers(**columns: Callable[[bool], Any]) -> bytes:
    """Columns by whether the picture shows pneumonia, beside its number without zeros."""
    frame = pd.DataFrame(
        [{"file": int(name), **{key: of(label == "pneumonia") for key, of in columns.items()}} for name, label in LABELS.items()]
    )
    return frame.to_csv(index=False).encode()


SURE, RARE = math.log(0.75), math.log(0.25)
AB: Mapping[str, str] = {"id": "file", "probabilities": "a,b"}
SCORED: Mapping[str, Callable[[], Made]] = {
    "names of labels": lambda: ("a.csv", numbers(label=lambda ill: "pneumonia" if ill else "normal"), {"id": "file", "text": "label"}),
    "numbers of labels": lambda: ("a.csv", numbers(label=lambda ill: int(ill)), {"id": "file", "text": "label"}),
    "numbers of labels with a point": lambda: ("a.csv", numbers(label=lambda ill: float(ill)), {"id": "file", "text": "label"}),
    "numbers of labels counted from 1": lambda: ("a.csv", numbers(label=lambda ill: 1 + ill), {"id": "file", "text": "label"}),
    "numbers where the release numbers no labels": lambda: ("mednli", b"", {}),
    "probabilities, a column each": lambda: (
        "a.csv",
        numbers(a=lambda ill: 0.25 if ill else 0.75, b=lambda ill: 0.75 if ill else 0.25),
        AB,
    ),
    "probabilities, a column each in another order, named": lambda: (
        "a.csv",
        numbers(p_pneumonia=lambda ill: 0.75 if ill else 0.25, p_normal=lambda ill: 0.25 if ill else 0.75),
        {"id": "file", "probabilities": "p_pneumonia,p_normal"},
    ),
    "probabilities, one column of lists": lambda: (
        "a.csv",
        numbers(p=lambda ill: "[0.25, 0.75]" if ill else "[0.75, 0.25]"),
        {"id": "file", "probabilities": "p"},
    ),
    "probabilities by label": lambda: (
        "a.jsonl",
        jsonl(
            {
                "id": name,
                "probabilities": {"pneumonia": 0.75, "normal": 0.25} if label == "pneumonia" else {"pneumonia": 0.25, "normal": 0.75},
            }
            for name, label in LABELS.items()
        ),
        {},
    ),
    "probabilities by what is no label": lambda: ("a.jsonl", jsonl([{"id": 0, "probabilities": {"ill": 0.75, "healthy": 0.25}}]), {}),
    "logit of a label, declared": lambda: (
        "a.csv",
        numbers(x=lambda ill: SURE - RARE if ill else RARE - SURE),
        {"id": "file", "logits": "x=pneumonia"},
    ),
    "columns numbered from 1, declared": lambda: (
        "a.csv",
        numbers(p_1=lambda ill: 0.25 if ill else 0.75, p_2=lambda ill: 0.75 if ill else 0.25),
        {"id": "file", "probabilities": "p_1=normal,p_2=pneumonia"},
    ),
    "columns numbered from 1": lambda: ("a.csv", b"file,p_1,p_2\n0,0.75,0.25\n", {"id": "file", "probabilities": "p_1,p_2"}),
    "probabilities, one column that names its label": lambda: (
        "a.csv",
        numbers(prob_pneumonia=lambda ill: 0.75 if ill else 0.25),
        {"id": "file", "probabilities": "prob_pneumonia"},
    ),
    "probabilities, one column that names none": lambda: (
        "a.csv",
        numbers(p=lambda ill: 0.75 if ill else 0.25),
        {"id": "file", "probabilities": "p"},
    ),
    "probability of a label, declared": lambda: (
        "a.csv",
        numbers(p=lambda ill: 0.75 if ill else 0.25),
        {"id": "file", "probabilities": "p=pneumonia"},
    ),
    "logits": lambda: (
        "a.csv",
        numbers(a=lambda ill: 5 + (RARE if ill else SURE), b=lambda ill: 5 + (SURE if ill else RARE)),
        {"id": "file", "logits": "a,b"},
    ),
    "logarithms": lambda: (
        "a.csv",
        numbers(a=lambda ill: RARE if ill else SURE, b=lambda ill: SURE if ill else RARE),
        {"id": "file", "choice_log_probs": "a,b"},
    ),
    "a decimal comma": lambda: ("a.csv", b"file;a;b\n0;0,75;0,25\n", AB),
    "probabilities that do not sum to one": lambda: ("a.csv", b"file,a,b\n0,0.7,0.7\n", AB),
    "percentages": lambda: ("a.csv", b"file,a,b\n0,75,25\n", AB),
    "logits called probabilities": lambda: ("a.csv", b"file,a,b\n0,3.5,-2\n", AB),
    "probabilities called logits": lambda: ("a.csv", b"file,a,b\n0,0.75,0.25\n", {"id": "file", "logits": "a,b"}),
    "probabilities called logarithms": lambda: ("a.csv", b"file,a,b\n0,0.75,0.25\n", {"id": "file", "choice_log_probs": "a,b"}),
    "one column too few": lambda: ("a.csv", b"file,a,b,c\n0,0.5,0.25,0.25\n", {"id": "file", "probabilities": "a,b,c"}),
    "a column in the place of another label": lambda: (
        "a.csv",
        b"file,p_pneumonia,rest\n0,0.75,0.25\n",
        {"id": "file", "probabilities": "p_pneumonia,rest"},
    ),
    "one number of two absent": lambda: ("a.csv", b"file,a,b\n0,0.75,\n", AB),
}


def test_every_row_of_the_tables_is_tried() -> None:
    assert set(WHAT_RUNS["Replies"]) == {*TEXTS, _ZEROS}
    assert set(WHAT_RUNS["Replies: labels and scores"]) == set(SCORED)


@pytest.mark.parametrize("kind", SCORED)
def test_a_file_of_labels_or_scores(tmp_path: Path, kind: str) -> None:
    """Of pictures whose ids are numbers of five digits, given without their zeros as a spreadsheet leaves them."""
    name, content, arguments = SCORED[kind]()
    outcome, of = WHAT_RUNS["Replies: labels and scores"][kind], scene("pneumoniamnist")
    if name == "mednli":
        of, name = scene("mednli"), "a.jsonl"
        content = jsonl({"id": example.id, "text": 1} for example in of.examples)
    path = tmp_path / name
    path.write_bytes(content)
    if outcome != "runs":
        with pytest.raises(HarnessError) as refused:
            asked(path, arguments, of)
        assert outcome in str(refused.value)
        return
    found = asked(path, arguments, of)
    if "text" in arguments:
        assert {name: reply.text for name, reply in found.items()} == LABELS
        return
    for name, reply in found.items():
        expected = (0.25, 0.75) if LABELS[name] == "pneumonia" else (0.75, 0.25)
        assert tuple(map(math.exp, reply.choice_log_probs or ())) == pytest.approx(expected)


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
    found = asked(path, {"scores": "independent"}, scene("pneumoniamnist"))["00000"]
    assert tuple(map(math.exp, found.choice_log_probs or ())) == pytest.approx((0.5, 1 / (1 + math.exp(-2))))


def test_rounded_probabilities_sum_to_one_well_enough(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"id,a,b\n00000,0.33,0.66\n")
    assert asked(path, {"probabilities": "a,b"}, scene("pneumoniamnist"))["00000"].choice_log_probs == (math.log(0.33), math.log(0.66))


@pytest.mark.parametrize(
    ("models_of", "revision", "note"),
    [
        (("gpt-x", "gpt-x"), "gpt-x", ""),
        (("gpt-x", "gpt-y"), "", "the replies are of several models: gpt-x (1), gpt-y (1)"),
        (("gpt-x", None), "", "the replies are of several models: gpt-x (1), none named (1)"),
    ],
)
def test_the_model_that_replies_name_is_kept(tmp_path: Path, models_of: tuple[Any, Any], revision: str, note: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(jsonl({"id": name, "text": "a", "model": of} for name, of in zip(list(VQA)[:2], models_of, strict=True)))
    info = models.open_model(str(path), {}).for_task(scene("vqa_rad")).info
    assert (info.name, info.revision, info.note) == ("a", revision, note)


def test_of_data_under_an_agreement_no_id_stands_in_the_note(tmp_path: Path) -> None:
    place = scene("mednli")
    path = tmp_path / "a.jsonl"
    path.write_bytes(jsonl([{"id": place.examples[0].id, "text": "neutral"}, {"id": "zebra", "text": "neutral"}]))
    assert models.open_model(str(path), {"ignore_extra": "yes"}).for_task(place).info.note == "replies to other ids, left out: 1"


def test_an_unknown_id_says_what_an_id_is_and_that_the_sample_is_invented(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(jsonl([{"id": "zebra", "text": "a"}]))
    backend = models.open_model(str(path), {})
    with pytest.raises(UsageError, match=r"An id is the question's row in the sheet.*This is the invented sample: pass --data-root DIR"):
        backend.for_task(scene("meqsum", synthetic=True))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Yes</s>", "Yes"),
        ("<s> no <|im_end|>\n", "no"),
        ("</s>", ""),
        ("a <pad> b", "a <pad> b"),
        ("p < 0.05", "p < 0.05"),
        ("<|begin_of_text|>left lung<|eot_id|><|eot_id|>", "left lung"),
    ],
)
def test_tokens_around_a_text_are_no_part_of_it(text: str, said: str) -> None:
    assert response_of({"text": text}, "line 1").text.strip() == said


def test_two_kinds_of_scores_are_refused() -> None:
    with pytest.raises(CorruptData, match="'choice_log_probs' and 'logits' are given; which of them counts cannot be told"):
        response_of({"choice_log_probs": [0, -9], "logits": [1, 2]}, "line 1")


def test_a_column_with_a_comma_in_its_name_stands_in_quotes(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b'id,"normal, sure",pneumonia\n00000,0.5,0.5\n')
    given = models.open_model(str(path), {"probabilities": '"normal, sure",pneumonia'})
    assert given.for_task(scene("pneumoniamnist")).info.arguments == {"probabilities": '"normal, sure",pneumonia'}
