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
from harness.errors import HarnessError
from harness.types import Response, Scene
from tests.models.asking import lines, requests, scene

WHAT_RUNS = {
    "Replies of other tools": {
        "OpenAI's batch of chats": "runs",
        "OpenAI's batch of responses, with thoughts": "runs",
        "Anthropic's batch of messages": "runs",
        "OpenAI's batch with requests that failed": "runs: 2 failed",
        "OpenAI's batch, its columns named": "runs",
        "replies in a list beside what is said of them": "runs",
        "replies by id under one name": "runs",
        "a JSON table as pandas writes it with its index for ids": "runs",
        "a JSON table with pandas's schema": "runs",
        "a null in the place of a text": "runs: 1 failed",
        "a text that a spreadsheet took for a formula": "runs, and says so",
        "lm-evaluation-harness's samples": "Perhaps: --id doc.id --text filtered_resps.0",
        "VLMEvalKit's workbook": "Perhaps: --id index --text prediction",
        "LLaVA's answers": "Perhaps: --id question_id",
        "objects that span lines": "write one per line (jq -c .)",
        "an OpenDocument sheet": "an OpenDocument file where a table is expected",
        "a pickled data frame": "a pickled Python object where a file of replies is expected",
        "ids as paths of pictures": "is the split's",
        "ids as a spreadsheet's formulas": "is the split's",
        "ids in powers of ten": "is the split's",
        "ids counted from 1": "Take 1 from each",
        "ids counted from 1, with --ignore-extra": "Take 1 from each",
        "an id of thousands of digits": "ids are none of vqa_rad's test split",
        "percent signs": "a percentage; write a share of one",
        "a list as NumPy prints it": "as NumPy prints an array; write it with commas",
        "probability of what is not a label": "does not say whose it is",
        "columns named by labels, with neither option": "or of scores --probabilities or --logits",
    }
}


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


Given = tuple[str, Callable[[], bytes], Mapping[str, str]]
TEXT = "response.body.choices[0].message.content"
CASES: Mapping[str, Given] = {
    "OpenAI's batch of chats": ("a.jsonl", lambda: lines(chat(*pair) for pair in VQA.items()), {}),
    "OpenAI's batch of responses, with thoughts": ("a.jsonl", lambda: lines(response(*pair) for pair in VQA.items()), {}),
    "Anthropic's batch of messages": ("a.jsonl", lambda: lines(message(*pair) for pair in VQA.items()), {}),
    "OpenAI's batch with requests that failed": ("a.jsonl", failed, {}),
    "OpenAI's batch, its columns named": (
        "a.jsonl",
        lambda: lines(chat(*pair) for pair in VQA.items()),
        {"id": "custom_id", "text": TEXT},
    ),
    "replies in a list beside what is said of them": ("a.json", lambda: json.dumps({"model": "m", "predictions": listed()}).encode(), {}),
    "replies by id under one name": ("a.json", lambda: json.dumps({"predictions": VQA}).encode(), {}),
    "a JSON table as pandas writes it with its index for ids": (
        "a.json",
        lambda: pd.DataFrame(listed()).set_index("id").to_json().encode(),
        {},
    ),
    "a JSON table with pandas's schema": ("a.json", lambda: pd.DataFrame(listed()).to_json(orient="table").encode(), {}),
    "a null in the place of a text": ("a.jsonl", lambda: lines([{"id": FIRST, "text": None}, *listed()[1:]]), {}),
    "a text that a spreadsheet took for a formula": (
        "a.csv",
        lambda: table(lambda name, text: {"id": name, "text": "#NAME?" if name == FIRST else text}),
        {},
    ),
    "lm-evaluation-harness's samples": (
        "a.jsonl",
        lambda: lines({"doc_id": 0, "doc": {"id": name}, "resps": [[text]], "filtered_resps": [text]} for name, text in VQA.items()),
        {},
    ),
    "VLMEvalKit's workbook": (
        "a.xlsx",
        lambda: table(lambda name, text: {"index": int(name), "answer": "a", "prediction": text}, "to_excel"),
        {},
    ),
    "LLaVA's answers": ("a.jsonl", lambda: lines({"question_id": int(name), "text": text} for name, text in VQA.items()), {}),
    "objects that span lines": ("a.jsonl", lambda: "\n".join(json.dumps(row, indent=2) for row in listed()).encode(), {}),
    "an OpenDocument sheet": ("a.ods", opened_document, {}),
    "a pickled data frame": ("a.pkl", lambda: b"\x80\x05\x95\0\0\0\0\0\0\0\0", {}),
    "ids as paths of pictures": ("a.csv", lambda: table(lambda name, text: {"id": f"images/{name}.png", "text": text}), {}),
    "ids as a spreadsheet's formulas": ("a.csv", lambda: table(lambda name, text: {"id": f'="{name}"', "text": text}), {}),
    "ids in powers of ten": ("a.csv", lambda: table(lambda name, text: {"id": f"{float(name):.1E}", "text": text}), {}),
    "ids counted from 1": ("pneumoniamnist.csv", shifted, {}),
    "ids counted from 1, with --ignore-extra": ("pneumoniamnist.csv", shifted, {"ignore_extra": "yes"}),
    "an id of thousands of digits": ("a.csv", lambda: b"id,text\n" + b"9" * 5000 + b",yes\n", {}),
    "percent signs": ("pneumoniamnist.csv", lambda: b"id,a,b\n0,75%,25%\n", {"probabilities": "a,b"}),
    "a list as NumPy prints it": ("pneumoniamnist.csv", lambda: b"id,p\n0,[0.75 0.25]\n", {"probabilities": "p"}),
    "probability of what is not a label": (
        "pneumoniamnist.csv",
        lambda: b"id,p_no_pneumonia\n0,0.75\n",
        {"probabilities": "p_no_pneumonia"},
    ),
    "columns named by labels, with neither option": ("pneumoniamnist.csv", lambda: b"id,normal,pneumonia\n0,0.75,0.25\n", {}),
}


def asked(path: Path, arguments: Mapping[str, str], of: Scene) -> tuple[dict[str, Response], str]:
    model = models.open_model(f"predictions:{path}", arguments).for_task(of)
    return dict(zip([example.id for example in of.examples], model.generate(requests(of)), strict=True)), model.info.note


def test_every_row_of_the_table_is_tried() -> None:
    assert set(CASES) == set(WHAT_RUNS["Replies of other tools"])


@pytest.mark.parametrize("kind", CASES)
def test_replies_that_another_tool_wrote(tmp_path: Path, kind: str) -> None:
    name, content, arguments = CASES[kind]
    outcome, of = WHAT_RUNS["Replies of other tools"][kind], scene("vqa_rad" if name.startswith("a.") else "pneumoniamnist")
    path = tmp_path / name
    path.write_bytes(content())
    if not outcome.startswith("runs"):
        with pytest.raises(HarnessError) as refused:
            asked(path, arguments, of)
        assert outcome in str(refused.value)
        return
    found, note = asked(path, arguments, of)
    expected = dict(VQA)
    if outcome == "runs, and says so":
        assert note == "texts that a library or a spreadsheet writes where there is none: 1 ('#NAME?')"
        expected[FIRST] = "#NAME?"
    expected |= dict.fromkeys([FIRST, SECOND][: int(outcome[6])] if "failed" in outcome else [], "")
    assert {name: reply.text for name, reply in found.items()} == expected
    assert [name for name, reply in found.items() if reply.error] == [name for name, text in expected.items() if not text]


def test_what_failed_at_a_service_has_failed_in_its_words(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(failed())
    found, note = asked(path, {}, scene("vqa_rad"))
    assert (found[FIRST].error, found[SECOND].error) == ("expired", "too long")
    assert note == "read as a batch service's output"


def test_thoughts_of_a_batch_are_none_of_the_answer(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(lines([response(FIRST, "yes")]))
    found, _ = asked(path, {}, scene("vqa_rad"))
    assert (found[FIRST].text, found[FIRST].thinking, found[FIRST].finish) == ("yes", "no, no", "stop")


def test_two_columns_of_which_one_denies_the_label_stand_in_their_order(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"id,p_not_pneumonia,p_pneumonia\n0,0.75,0.25\n")
    found, _ = asked(path, {"probabilities": "p_not_pneumonia,p_pneumonia"}, scene("pneumoniamnist"))
    assert tuple(map(math.exp, found["00000"].choice_log_probs or ())) == pytest.approx((0.75, 0.25))
