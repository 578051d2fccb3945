"""Files of replies as people have them: what is read, what is refused, and in which words."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from harness import models
from harness.errors import HarnessError, UsageError
from harness.models.replies.reply import response_of
from tests.models.asking import by_id, lines, scene

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
}


VQA = {example.id: str(example.target) for example in scene("vqa_rad").examples}


FIRST = next(iter(VQA))


Made = tuple[str, bytes, Mapping[str, str]]
"""A file's name and content, and the arguments that it is read with."""


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
    "JSON lines": lambda: ("a.jsonl", lines(rows()), {}),
    "JSON lines of one reply": lambda: ("a.json", lines(rows()[:1]), {}),
    "a JSON list": lambda: ("a.json", json.dumps(rows(), indent=1).encode(), {}),
    "a JSON object of texts by id": lambda: ("a.json", json.dumps(VQA).encode(), {}),
    "a JSON table as pandas writes it by default": lambda: ("a.json", pd.DataFrame(rows()).to_json().encode(), {}),
    "a JSON table as pandas splits it": lambda: ("a.json", pd.DataFrame(rows()).to_json(orient="split").encode(), {}),
    "a JSON object of lists": lambda: ("a.json", json.dumps({"qid": list(VQA), "text": list(VQA.values())}).encode(), {"id": "qid"}),
    "JSON lines called .json": lambda: ("a.json", lines(rows()), {}),
    "CSV": lambda: ("a.csv", table(rows(), "to_csv"), {}),
    "CSV with pandas's row numbers before it": lambda: ("a.csv", pd.DataFrame(rows()).to_csv().encode(), {}),
    "TSV": lambda: ("a.tsv", table(rows(), "to_csv", sep="\t"), {}),
    "Parquet": lambda: ("a.parquet", table(rows(), "to_parquet"), {}),
    "Excel": lambda: ("a.xlsx", table(rows(), "to_excel"), {}),
    "JSON lines, gzipped": lambda: ("a.jsonl.gz", gzip.compress(lines(rows())), {}),
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
        lines([{"custom_id": name, "response": {"choices": [{"text": text}]}} for name, text in VQA.items()]),
        {"id": "custom_id", "text": "response.choices.0.text"},
    ),
    "ids that pandas made 10.0": lambda: ("a.csv", float_ids(), {}),
    "a column idx beside id": lambda: ("a.jsonl", lines(rows(idx=3)), {}),
    "a column of any name beside": lambda: (
        "a.jsonl",
        lines(rows(Model="m", Error=1, texts="x", ids=1, finished=True)),
        {},
    ),
    "end tokens behind the text": lambda: ("a.jsonl", lines([{"id": n, "text": f"<s> {t}</s><pad>\n<pad>"} for n, t in VQA.items()]), {}),
    "replies to other requests, with --ignore-extra": lambda: (
        "a.jsonl",
        lines([*rows(), {"id": "zebra", "text": "stripes"}]),
        {"ignore_extra": "yes"},
    ),
    "replies to other requests": lambda: ("a.jsonl", lines([*rows(), {"id": "zebra", "text": "stripes"}]), {}),
    "no column id": lambda: ("a.csv", b"qid,text\n1,yes\n", {}),
    "a column that is not there": lambda: ("a.csv", b"qid,text\n1,yes\n", {"id": "qd"}),
    "a misspelt field of scores": lambda: ("a.jsonl", lines([{"id": FIRST, "text": "a", "choiceLogProbs": [0]}]), {}),
    "two replies to one request": lambda: ("a.jsonl", lines([*rows(), *rows()]), {}),
    "two ids that are one number": lambda: ("a.csv", f"id,text\n{FIRST},yes\n{FIRST}.0,no\n".encode(), {}),
    "one key twice in an object": lambda: ("a.json", b'[{"id": "1", "text": "a", "text": "b"}]', {}),
    "a truncated Parquet file": lambda: ("a.parquet", table(rows(), "to_parquet")[:-20], {}),
    "truncated gzip": lambda: ("a.jsonl.gz", gzip.compress(lines(rows()))[:-9], {}),
    "an unclosed quote": lambda: ("a.csv", b'id,text\n1,"yes\n2,no\n', {}),
    "UTF-16": lambda: ("a.csv", "id,text\n1,yes\n".encode("utf-16"), {}),
    "an empty file": lambda: ("a.csv", b"", {}),
}

_ZEROS = "ids that a spreadsheet took the zeros from"


def test_every_row_of_the_table_is_tried() -> None:
    """But for the one that every file of test_scored_replies.py is."""
    assert set(WHAT_RUNS["Replies"]) == {*TEXTS, _ZEROS}


@pytest.mark.parametrize("kind", TEXTS)
def test_a_file_of_replies(tmp_path: Path, kind: str) -> None:
    name, content, arguments = TEXTS[kind]()
    path, outcome = tmp_path / name, WHAT_RUNS["Replies"][kind]
    path.write_bytes(content)
    if outcome == "runs":
        found = {name: reply.text for name, reply in by_id(path, arguments, scene("vqa_rad")).items() if reply.error is None}
        assert found == ({FIRST: VQA[FIRST]} if "one reply" in kind else VQA)
        return
    with pytest.raises(HarnessError) as refused:
        by_id(path, arguments, scene("vqa_rad"))
    assert outcome in str(refused.value)


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
    path.write_bytes(lines({"id": name, "text": "a", "model": of} for name, of in zip(list(VQA)[:2], models_of, strict=True)))
    info = models.open_model(str(path), {}).for_task(scene("vqa_rad")).info
    assert (info.name, info.revision, info.note) == ("a", revision, note)


def test_of_data_under_an_agreement_no_id_stands_in_the_note(tmp_path: Path) -> None:
    place = scene("mednli")
    path = tmp_path / "a.jsonl"
    path.write_bytes(lines([{"id": place.examples[0].id, "text": "neutral"}, {"id": "zebra", "text": "neutral"}]))
    assert models.open_model(str(path), {"ignore_extra": "yes"}).for_task(place).info.note == "replies to other ids, left out: 1"


def test_an_unknown_id_says_what_an_id_is_and_that_the_sample_is_invented(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(lines([{"id": "zebra", "text": "a"}]))
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
