"""Replies as services, other harnesses, pandas and spreadsheets write them, by the shapes that their pages document."""

from __future__ import annotations

import io
import json
import math
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from harness import models
from tests.models.asking import File, lines, scene

VQA = {example.id: str(example.target) for example in scene("vqa_rad").examples}
FIRST, SECOND = list(VQA)[:2]


def table(of: Callable[[str, str], Mapping[str, Any]], write: str = "to_csv") -> bytes:
    buffer = io.BytesIO()
    getattr(pd.DataFrame([of(name, text) for name, text in VQA.items()]), write)(buffer, index=False)
    return buffer.getvalue()


def chat(name: str, text: str) -> dict[str, Any]:
    body = {"model": "gpt-x", "choices": [{"index": 0, "message": {"content": text}, "finish_reason": "stop"}]}
    return {"id": "batch_req_1", "custom_id": name, "response": {"status_code": 200, "body": body}, "error": None}


def failed() -> bytes:
    rows = {name: chat(name, text) for name, text in VQA.items()}
    rows[FIRST] = {"id": "1", "custom_id": FIRST, "response": None, "error": {"code": "batch_expired", "message": "expired"}}
    rows[SECOND]["response"] = {"status_code": 400, "body": {"error": {"message": "too long"}}}
    return lines(rows.values())


def response(name: str, text: str) -> dict[str, Any]:
    output = [
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "no, no"}]},
        {"type": "message", "content": [{"type": "output_text", "text": text}]},
    ]
    return {"custom_id": name, "response": {"status_code": 200, "body": {"status": "completed", "output": output}}}


def message(name: str, text: str) -> dict[str, Any]:
    return {
        "custom_id": name,
        "result": {"type": "succeeded", "message": {"content": [{"type": "text", "text": text}], "stop_reason": "end_turn"}},
    }


def opened_document() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", "<a/>")
    return buffer.getvalue()


def listed() -> list[dict[str, str]]:
    return [{"id": name, "text": text} for name, text in VQA.items()]


def shifted() -> bytes:
    return "\n".join(["id,text", *(f"{number},normal" for number in range(1, 201))]).encode()


TEXT = "response.body.choices[0].message.content"
FILES: Mapping[str, File] = {
    "OpenAI's batch of chats": File("runs", "a.jsonl", lines(chat(*pair) for pair in VQA.items())),
    "OpenAI's batch of responses, with thoughts": File("runs", "a.jsonl", lines(response(*pair) for pair in VQA.items())),
    "Anthropic's batch of messages": File("runs", "a.jsonl", lines(message(*pair) for pair in VQA.items())),
    "OpenAI's batch with requests that failed": File("runs: 2 failed", "a.jsonl", failed()),
    "OpenAI's batch, its columns named": File(
        "runs", "a.jsonl", lines(chat(*pair) for pair in VQA.items()), {"id": "custom_id", "text": TEXT}
    ),
    "replies in a list beside what is said of them": File("runs", "a.json", json.dumps({"model": "m", "predictions": listed()}).encode()),
    "replies by id under one name": File("runs", "a.json", json.dumps({"predictions": VQA}).encode()),
    "a JSON table as pandas writes it with its index for ids": File(
        "runs", "a.json", pd.DataFrame(listed()).set_index("id").to_json().encode()
    ),
    "a JSON table with pandas's schema": File("runs", "a.json", pd.DataFrame(listed()).to_json(orient="table").encode()),
    "a null in the place of a text": File("runs: 1 failed", "a.jsonl", lines([{"id": FIRST, "text": None}, *listed()[1:]])),
    "a text that a spreadsheet took for a formula": File(
        "runs, and says so", "a.csv", table(lambda name, text: {"id": name, "text": "#NAME?" if name == FIRST else text})
    ),
    "lm-evaluation-harness's samples": File(
        "Perhaps: --id doc.id --text filtered_resps.0",
        "a.jsonl",
        lines({"doc_id": 0, "doc": {"id": name}, "resps": [[text]], "filtered_resps": [text]} for name, text in VQA.items()),
    ),
    "VLMEvalKit's workbook": File(
        "Perhaps: --id index --text prediction",
        "a.xlsx",
        lambda: table(lambda name, text: {"index": int(name), "answer": "a", "prediction": text}, "to_excel"),
    ),
    "LLaVA's answers": File(
        "Perhaps: --id question_id", "a.jsonl", lines({"question_id": int(name), "text": text} for name, text in VQA.items())
    ),
    "objects that span lines": File(
        "write one per line (jq -c .)", "a.jsonl", "\n".join(json.dumps(row, indent=2) for row in listed()).encode()
    ),
    "an OpenDocument sheet": File("an OpenDocument file where a table is expected", "a.ods", opened_document()),
    "a pickled data frame": File("a pickled Python object where a file of replies is expected", "a.pkl", b"\x80\x05\x95\0\0\0\0\0\0\0\0"),
    "ids as paths of pictures": File("is the split's", "a.csv", table(lambda name, text: {"id": f"images/{name}.png", "text": text})),
    "ids as a spreadsheet's formulas": File("is the split's", "a.csv", table(lambda name, text: {"id": f'="{name}"', "text": text})),
    "ids in powers of ten": File("is the split's", "a.csv", table(lambda name, text: {"id": f"{float(name):.1E}", "text": text})),
    "ids counted from 1": File("Take 1 from each", "pneumoniamnist.csv", shifted()),
    "ids counted from 1, with --ignore-extra": File("Take 1 from each", "pneumoniamnist.csv", shifted(), {"ignore_extra": "yes"}),
    "an id of thousands of digits": File("ids are none of vqa_rad's test split", "a.csv", b"id,text\n" + b"9" * 5000 + b",yes\n"),
    "percent signs": File("a percentage; write a share of one", "pneumoniamnist.csv", b"id,a,b\n0,75%,25%\n", {"probabilities": "a,b"}),
    "a list as NumPy prints it": File(
        "as NumPy prints an array; write it with commas", "pneumoniamnist.csv", b"id,p\n0,[0.75 0.25]\n", {"probabilities": "p"}
    ),
    "probability of what is not a label": File(
        "does not say whose it is", "pneumoniamnist.csv", b"id,p_no_pneumonia\n0,0.75\n", {"probabilities": "p_no_pneumonia"}
    ),
    "columns named by labels, with neither option": File(
        "or of scores --probabilities or --logits", "pneumoniamnist.csv", b"id,normal,pneumonia\n0,0.75,0.25\n"
    ),
}
WHAT_RUNS = {"Replies of other tools": FILES}


@pytest.mark.parametrize("kind", FILES)
def test_replies_that_another_tool_wrote(tmp_path: Path, kind: str) -> None:
    file = FILES[kind]
    found = file.read(tmp_path, scene("vqa_rad" if file.name.startswith("a.") else "pneumoniamnist"))
    if found is not None:
        expected = {**VQA, **({FIRST: "#NAME?"} if "says so" in file.outcome else {})}
        expected |= dict.fromkeys([FIRST, SECOND][: int(file.outcome[6])] if "failed" in file.outcome else [], "")
        assert {name: reply.text for name, reply in found.items()} == expected
        assert [name for name, reply in found.items() if reply.error] == [name for name, text in expected.items() if not text]


@pytest.mark.parametrize(
    ("kind", "note"),
    [
        ("a text that a spreadsheet took for a formula", "texts that a library or a spreadsheet writes where there is none: 1 ('#NAME?')"),
        ("OpenAI's batch of chats", "read as a batch service's output"),
    ],
)
def test_what_was_read_of_another_tool_is_said(tmp_path: Path, kind: str, note: str) -> None:
    FILES[kind].read(tmp_path, scene("vqa_rad"))
    assert models.open_model(f"predictions:{tmp_path / FILES[kind].name}", {}).for_task(scene("vqa_rad")).info.note == note


def test_what_failed_at_a_service_has_failed_in_its_words(tmp_path: Path) -> None:
    found = FILES["OpenAI's batch with requests that failed"].read(tmp_path, scene("vqa_rad")) or {}
    assert (found[FIRST].error, found[SECOND].error) == ("expired", "too long")


def test_thoughts_of_a_batch_are_none_of_the_answer(tmp_path: Path) -> None:
    found = FILES["OpenAI's batch of responses, with thoughts"].read(tmp_path, scene("vqa_rad")) or {}
    assert (found[FIRST].text, found[FIRST].thinking, found[FIRST].finish) == (VQA[FIRST], "no, no", "stop")


def test_two_columns_of_which_one_denies_the_label_stand_in_their_order(tmp_path: Path) -> None:
    given = {"probabilities": "p_not_pneumonia,p_pneumonia"}
    file = File("runs", "a.csv", b"id,p_not_pneumonia,p_pneumonia\n0,0.75,0.25\n", given)
    found = file.read(tmp_path, scene("pneumoniamnist")) or {}
    assert tuple(map(math.exp, found["00000"].choice_log_probs or ())) == pytest.approx((0.75, 0.25))
