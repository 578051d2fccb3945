"""The journal: what was answered survives whatever happens to the process."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from harness.errors import CorruptData, Unwritable
from harness.runs.journal import Journal, reply_digest
from harness.runs.questions import digesting
from harness.types import Decoding, Input, Request, Response

REQUEST = Request(id="1", prompt="Is it?", item=Input(text="Is it?", choices=("no", "yes")), decoding=Decoding())


@pytest.mark.parametrize(
    "response",
    [
        Response(),
        Response(text="yes", choice_log_probs=(-math.inf, 0.0), thinking="hm", finish="length", usage={"prompt": 0}, seconds=0.0),
        Response(error=""),
        Response(text="half a rep", error="cut off", of_request=True),
        Response(refusal="content_filter"),
        Response(text="I cannot", refusal=" "),
        Response(choice_log_probs=()),
        Response(text="naïve\n\r\u2028\x00\ud800", finish="stop"),
    ],
    ids=["empty", "whole", "a failure without a word", "a failure with a text", "refused", "refused with a text", "no scores", "text"],
)
def test_every_field_is_read_as_it_was_written(tmp_path: Path, response: Response) -> None:
    Journal(tmp_path).append([(("1", "d"), response), (("2", "d"), Response(text="fine"))])
    assert Journal(tmp_path).read() == {("1", "d"): response, ("2", "d"): Response(text="fine")}


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_score_that_json_cannot_hold_is_never_written_as_another(tmp_path: Path, value: float) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        Journal(tmp_path).append([(("1", "d"), Response(choice_log_probs=(value,)))])


def test_a_journal_that_cannot_be_written_is_named_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "results").write_text("a file in its place")
    with pytest.raises(
        Unwritable,
        match=r"results/\S+\.jsonl: cannot be written \(Not a directory: .*results is a file where a folder is needed\).*--results",
    ):
        Journal(tmp_path / "results").append([(("1", "d"), Response())])


def test_a_journal_is_plain_json_without_nan_or_infinity(tmp_path: Path) -> None:
    Journal(tmp_path).append([(("1", "d"), Response(choice_log_probs=(-math.inf, 0.0)))])
    line = (tmp_path / "replies.jsonl").read_text()
    assert "Infinity" not in line
    assert json.loads(line) == {"id": "1", "request": "d", "text": "", "choice_log_probs": [None, 0.0]}


def test_the_first_success_counts_and_a_failure_never_does(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    for response in (Response(error="down"), Response(text="first"), Response(text="second"), Response(error="down again")):
        journal.append([(("1", "d"), response)])
    assert journal.read()[("1", "d")].text == "first"


@pytest.mark.parametrize("cut", [1, 5, 20], ids="{} bytes lost".format)
def test_a_cut_off_last_line_is_ignored_and_repaired(tmp_path: Path, cut: int) -> None:
    journal = Journal(tmp_path)
    journal.append([(("1", "d"), Response(text="whole")), (("2", "d"), Response(text="cut off"))])
    journal.path.write_bytes(journal.path.read_bytes()[:-cut])
    assert set(journal.read()) == {("1", "d")}
    journal.repair()
    journal.append([(("2", "d"), Response(text="again"))])
    assert journal.read()[("2", "d")].text == "again"


def test_a_damaged_line_inside_is_an_error_that_names_file_line_and_remedy(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.append([((str(i), "d"), Response(text="x")) for i in range(3)])
    lines = journal.path.read_text().splitlines()
    journal.path.write_text("\n".join([lines[0], lines[1][:10], lines[2]]) + "\n")
    with pytest.raises(CorruptData, match=r"replies.jsonl, line 2: not JSON at column 11 .* Remove that line"):
        journal.read()


def test_shards_are_read_together(tmp_path: Path) -> None:
    Journal(tmp_path, shard="0").append([(("1", "d"), Response(text="a"))])
    Journal(tmp_path, shard="1").append([(("2", "d"), Response(text="b"))])
    assert {key[0]: response.text for key, response in Journal(tmp_path).read().items()} == {"1": "a", "2": "b"}


@pytest.mark.parametrize(
    "changed",
    [
        replace(REQUEST, prompt="Is it? "),
        replace(REQUEST, item=Input(text="Is it?", choices=("yes", "no"))),
        replace(REQUEST, item=Input(text="Is it?", choices=("no", "yes"), context={"organ": "head"})),
        replace(REQUEST, decoding=Decoding(beams=2)),
    ],
    ids=["prompt", "choices", "context", "decoding"],
)
def test_whatever_changes_the_question_changes_its_digest(changed: Request) -> None:
    assert digesting("m")(changed, ["p"]) != digesting("m")(REQUEST, ["p"])


def test_pictures_and_model_are_part_of_the_question_and_the_id_is_not() -> None:
    digest = digesting("m")(REQUEST, ["p"])
    assert digesting("m")(REQUEST, ["q"]) != digest
    assert digesting("n")(REQUEST, ["p"]) != digest
    assert digesting("m")(replace(REQUEST, id="2"), ["p"]) == digest


@pytest.mark.parametrize(
    "other",
    [Response(text="yes "), Response(text="yes", choice_log_probs=(-1.0,)), Response(text="yes", error="late")],
    ids=["text", "scores", "failure"],
)
def test_a_reply_digest_covers_all_that_scoring_reads(other: Response) -> None:
    yes = Response(text="yes")
    assert reply_digest(other) != reply_digest(yes)
    assert reply_digest(replace(yes, seconds=3.0)) == reply_digest(yes)
