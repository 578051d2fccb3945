"""Files of replies as people have them: what is read, what is refused, and in which words."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from harness import models
from harness.errors import UsageError
from harness.models.replies.reply import response_of
from tests.models.asking import File, lines, scene

VQA = {example.id: str(example.target) for example in scene("vqa_rad").examples}
FIRST = next(iter(VQA))


def table(rows: Any, write: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    getattr(pd.DataFrame(rows), write)(buffer, index=False, **options)
    return buffer.getvalue()


def rows(**more: Any) -> list[dict[str, Any]]:
    return [{"id": name, "text": text, **more} for name, text in VQA.items()]


def spreadsheet() -> bytes:
    lines = ["id;text;note", *(f'{name};"{text}";"seen\r\ntwice"' for name, text in VQA.items()), ";;"]
    return "\ufeff".encode() + "\r\n".join(lines).encode() + b"\r\n"


FILES: Mapping[str, File] = {
    "JSON lines": File("runs", "a.jsonl", lines(rows())),
    "JSON lines of one reply": File("runs", "a.json", lines(rows()[:1])),
    "a JSON list": File("runs", "a.json", json.dumps(rows(), indent=1).encode()),
    "a JSON object of texts by id": File("runs", "a.json", json.dumps(VQA).encode()),
    "a JSON table as pandas writes it by default": File("runs", "a.json", pd.DataFrame(rows()).to_json().encode()),
    "a JSON table as pandas splits it": File("runs", "a.json", pd.DataFrame(rows()).to_json(orient="split").encode()),
    "a JSON object of lists": File("runs", "a.json", json.dumps({"qid": list(VQA), "text": list(VQA.values())}).encode(), {"id": "qid"}),
    "JSON lines called .json": File("runs", "a.json", lines(rows())),
    "CSV": File("runs", "a.csv", table(rows(), "to_csv")),
    "CSV with pandas's row numbers before it": File("runs", "a.csv", pd.DataFrame(rows()).to_csv().encode()),
    "TSV": File("runs", "a.tsv", table(rows(), "to_csv", sep="\t")),
    "Parquet": File("runs", "a.parquet", lambda: table(rows(), "to_parquet")),
    "Excel": File("runs", "a.xlsx", lambda: table(rows(), "to_excel")),
    "JSON lines, gzipped": File("runs", "a.jsonl.gz", gzip.compress(lines(rows()))),
    "a JSON list, gzipped": File("runs", "a.json.gz", gzip.compress(json.dumps(rows()).encode())),
    "CSV, gzipped": File("runs", "a.csv.gz", gzip.compress(table(rows(), "to_csv"))),
    "CSV without an extension": File("runs", "replies", table(rows(), "to_csv")),
    "CSV of a European spreadsheet: semicolons, byte-order mark, carriage returns, a line break in a cell, an empty last row": File(
        "runs", "a.csv", spreadsheet()
    ),
    "JSON lines with a byte-order mark and carriage returns": File(
        "runs", "a.jsonl", b"\xef\xbb\xbf" + lines(rows()).replace(b"\n", b"\r\n")
    ),
    "other columns than id and text, named": File(
        "runs",
        "a.csv",
        table([{"qid": name, "answer": text, "text": "the question"} for name, text in VQA.items()], "to_csv"),
        {"id": "qid", "text": "answer"},
    ),
    "nested columns, named with dots": File(
        "runs",
        "a.jsonl",
        lines([{"custom_id": name, "response": {"choices": [{"text": text}]}} for name, text in VQA.items()]),
        {"id": "custom_id", "text": "response.choices.0.text"},
    ),
    "ids that pandas made 10.0": File("runs", "a.csv", table({"id": [float(name) for name in VQA], "text": list(VQA.values())}, "to_csv")),
    "a column idx beside id": File("runs", "a.jsonl", lines(rows(idx=3))),
    "a column of any name beside": File("runs", "a.jsonl", lines(rows(Model="m", Error=1, texts="x", ids=1, finished=True))),
    "end tokens behind the text": File("runs", "a.jsonl", lines([{"id": n, "text": f"<s> {t}</s><pad>\n<pad>"} for n, t in VQA.items()])),
    "replies to other requests, with --ignore-extra": File(
        "runs", "a.jsonl", lines([*rows(), {"id": "zebra", "text": "stripes"}]), {"ignore_extra": "yes"}
    ),
    "replies to other requests": File(
        "ids are none of vqa_rad's test split", "a.jsonl", lines([*rows(), {"id": "zebra", "text": "stripes"}])
    ),
    "no column id": File("no 'id' (there are: qid, text)", "a.csv", b"qid,text\n1,yes\n"),
    "a column that is not there": File("unknown column", "a.csv", b"qid,text\n1,yes\n", {"id": "qd"}),
    "columns called ID and Text": File("if 'id' is meant, call it so or name the column: -a id=ID", "a.csv", b"ID,Text\n1,yes\n"),
    "no column that holds an answer": File("name its column: --text", "a.csv", b"id,answer\n1,yes\n"),
    "a misspelt field of scores": File(
        "if 'choice_log_probs' is meant, call it so", "a.jsonl", lines([{"id": FIRST, "text": "a", "choiceLogProbs": [0]}])
    ),
    "two replies to one request": File("a second reply for id", "a.jsonl", lines([*rows(), *rows()])),
    "two ids that are one number": File("a second reply for id", "a.csv", f"id,text\n{FIRST},yes\n{FIRST}.0,no\n".encode()),
    "one key twice in an object": File("stands twice in one object", "a.json", b'[{"id": "1", "text": "a", "text": "b"}]'),
    "a truncated Parquet file": File("not a whole Parquet file", "a.parquet", lambda: table(rows(), "to_parquet")[:-20]),
    "a CSV called .parquet": File("not a Parquet file", "a.parquet", table(rows(), "to_csv")),
    "truncated gzip": File("cannot be unpacked", "a.jsonl.gz", gzip.compress(lines(rows()))[:-9]),
    "an unclosed quote": File("begins with a quote that is never closed", "a.csv", b'id,text\n1,"yes\n2,no\n'),
    "another encoding": File("line 2: not UTF-8 at byte 46", "a.jsonl", b'{"id": "1", "text": "a"}\n{"id": "2", "text": "\xe9"}\n'),
    "UTF-16": File("UTF-16 text where a file of replies is expected", "a.csv", "id,text\n1,yes\n".encode("utf-16")),
    "an empty file": File("no reply in it", "a.csv", b""),
}
WHAT_RUNS = {"Replies": FILES}


@pytest.mark.parametrize("kind", FILES)
def test_a_file_of_replies(tmp_path: Path, kind: str) -> None:
    found = FILES[kind].read(tmp_path, scene("vqa_rad"))
    if found is not None:
        said = {name: reply.text for name, reply in found.items() if reply.error is None}
        assert said == ({FIRST: VQA[FIRST]} if "one reply" in kind else VQA)


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
    whose = r"1 of 1 ids are none of meqsum's test split \(first: 'zebra'; an id of the split: '71'\)"
    what = r"An id is the question's row in the sheet.*This is the invented sample: pass --data-root DIR"
    with pytest.raises(UsageError, match=rf"{whose}\. {what}"):
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
