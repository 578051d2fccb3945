"""A server that fails in every way: one table of behaviours and what becomes of each; nothing is lost or scored as wrong."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import pytest

from harness import models
from harness.errors import ModelError
from harness.models.server.faults import chain, of_body, words
from harness.types import Image, Input
from tests.models.server.toys import question, well

STOP = {"index": 0, "message": {"content": "no"}, "finish_reason": "stop"}


def error(message: str, **more: Any) -> dict[str, Any]:
    return {"error": {"message": message, **more}}


def ended(reason: str, content: Any = "no", **more: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "message": {"content": content}, "finish_reason": reason, **more}]}


Answer = tuple[int, Any] | tuple[int, Any, dict[str, str]]
Row = tuple[Answer, str] | tuple[Answer, str, str]
"""What a server does to one of its requests, what is said of that one, and what text is kept."""


class Case(NamedTuple):
    """A row, and what becomes of the request."""

    outcome: str
    """``answered``, ``refused``, ``failed``; ``request``: failed, and that is the request's own."""
    tried: int
    """Of three tries."""
    does: Answer
    says: str
    text: str = ""


PASSING: Mapping[str, Row] = {
    "429": ((429, error("slow down")), "HTTP 429: slow down (tried 3 times)"),
    "500": ((500, error("oops", type="server_error")), "HTTP 500 (server_error): oops"),
    "503 of a proxy": (
        (503, b"<html><head><title>503 Busy</title></head><body>x</body></html>", {"Content-Type": "text/html"}),
        "HTTP 503: 503 Busy",
    ),
    "408": ((408, {"detail": "too slow"}), "HTTP 408: too slow"),
    "cut-off JSON": ((200, b'{"id": "1", "choices": [{"mess'), "the reply: not JSON"),
    "connection cut": ((200, b"{", {"Content-Length": "1000"}), "peer closed connection"),
    "no choices": ((200, {"choices": []}), "the reply has no choices"),
    "choices of a wrong type": ((200, {"choices": "yes"}), "the reply has no choices"),
    "content of a wrong type": ((200, ended("stop", [1])), "content is a list"),
    "no JSON object": ((200, b'"yes"'), "the reply has no choices"),
    "a web page": ((200, b"<html>hello</html>", {"Content-Type": "text/html"}), "no choices"),
    "ended by an error": ((200, ended("error")), "finish_reason 'error'"),
    "ended by an error, null": ((200, ended("error", None)), "finish_reason 'error'"),
    "aborted": ((200, ended("abort")), "finish_reason 'abort'"),
    "an error in the body": ((200, error("provider is down", code=502)), "HTTP 502: provider is down"),
    "an error in the choice": (
        (200, ended("error", "", error={"message": "cut off upstream", "code": "oops"})),
        "error (oops): cut off upstream",
    ),
    "limited, in a good body": ((200, error("slow", code="rate_limit_exceeded")), "error (rate"),
    "no message": ((200, {"choices": [{"finish_reason": "stop"}]}), "has no message"),
    "an error in words": ((200, {"error": "upstream gone"}), "error: upstream gone"),
    "a minute's quota": (
        (429, error("You exceeded your current quota. Please retry in 2s.", status="RESOURCE_EXHAUSTED")),
        "You exceeded your current quota",
    ),
}
"""Asked again, three times in all; a good status among them that is no answer."""
FAILED: Mapping[str, Row] = {
    "used up, in a good body": ((200, error("Insufficient credits", code=402)), "HTTP 402"),
    "an unknown model, with 400": ((400, error("no such model", code="model_not_found")), "HTTP 400 (model_not_found)"),
    "quota": (
        (429, error("You exceeded your current quota", code="insufficient_quota", type="insufficient_quota")),
        "HTTP 429 (insufficient_quota): You exceeded your current quota",
    ),
    "billing": ((429, error("limit", code="billing_hard_limit_reached")), "billing_hard_limit_reached"),
    "a wait of hours": ((429, error("slow"), {"Retry-After": "7200"}), "asks to wait 7200 s"),
    "401": ((401, error("no key")), "HTTP 401: no key"),
    "403": ((403, {"message": "not yours"}), "HTTP 403: not yours"),
    "404": ((404, {"detail": "nothing here"}), "HTTP 404: nothing here"),
    "400": ((400, error("bad option")), "HTTP 400: bad option"),
    "422": ((422, {"detail": [{"loc": ["body", "stop"], "msg": "too many", "type": "value_error"}]}), "HTTP 422: body.stop: too many"),
}
"""Never tried again."""
REQUESTS_OWN: Mapping[str, Row] = {
    "too long": (
        (400, error("This model's maximum context length is 4096 tokens.", code="context_length_exceeded")),
        "maximum context length is 4096",
    ),
    "too long for llama.cpp": ((400, error("the request exceeds the available context size", type="exceed_context_size_error")), ""),
    "too long for vLLM": ((400, {"message": "The prompt is longer than the maximum model length of 2048"}), ""),
    "too large": ((413, b"Request Entity Too Large", {"Content-Type": "text/plain"}), "Entity Too Large"),
    "too long for TGI": (
        (422, {"error": "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 4000 `inputs` tokens"}),
        "",
    ),
    "too long for Gemini": ((400, error("The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).")), ""),
    "too long for xAI": ((400, error("This model's maximum prompt length is 131072 but the request contains 537812 tokens.")), ""),
    "too long for DashScope": ((400, error("Range of input length should be [1, 129024]")), ""),
    "a picture too large for Anthropic": (
        (400, error("At least one of the image dimensions exceed max allowed size: 8000 pixels")),
        "8000 pixels. -a max_pixels=N sends smaller pictures, -a min_pixels=N larger ones",
    ),
    "a picture of too many bytes": ((400, error("image exceeds 5 MB maximum: 6291456 bytes > 5242880 bytes")), "-a max_pixels=N"),
    "a picture too small for Qwen": ((400, error("height:20 or width:20 must be larger than factor:28")), "-a min_pixels=N larger ones"),
    "a picture too large": ((404, error("the image is too large")), ""),
}
"""The request's own."""
REFUSED: Mapping[str, Row] = {
    "refused": (
        (200, {"choices": [STOP | {"message": {"content": None, "refusal": "I cannot help with that."}}]}),
        "I cannot help with that.",
    ),
    "filtered": ((200, ended("content_filter", None)), "finish_reason content_filter"),
    "filtered half-way": (
        (200, ended("content_filter", "It may", content_filter_results={"hate": {"filtered": True}, "violence": {"filtered": False}})),
        "finish_reason content_filter: hate",
        "It may",
    ),
    "filtered with 400": (
        (400, error("The response was filtered", code="content_filter")),
        "HTTP 400 (content_filter): The response was filtered",
    ),
    "against the policy": ((400, error("rejected", code="content_policy_violation")), ""),
    "moderated with 403": (
        (403, error("Input was flagged", code=403, metadata={"reasons": ["violence"], "flagged_input": "x"})),
        "HTTP 403 (moderation): Input was flagged (violence)",
    ),
    "filtered, without a message": (
        (200, {"choices": [{"finish_reason": "content_filter: PROHIBITED_CONTENT"}]}),
        "finish_reason content_filter",
    ),
}
"""Kept with their reason and text."""
ANSWERED: Mapping[str, Any] = {
    "stop": ended("stop"),
    "length": ended("length"),
    "eos": ended("eos_token"),
    "STOP": ended("STOP"),
    "no reason": {"choices": [{"message": {"content": "no"}}]},
    "an empty refusal": {"choices": [STOP | {"message": {"content": "no", "refusal": ""}}]},
    "an empty error": ended("stop") | {"error": None},
}
"""Good statuses whose text is the answer."""
CASES: Mapping[str, Case] = {
    **{name: Case("failed", 3, *row) for name, row in PASSING.items()},
    **{name: Case("failed", 1, *row) for name, row in FAILED.items()},
    **{name: Case("request", 1, *row) for name, row in REQUESTS_OWN.items()},
    **{name: Case("refused", 1, *row) for name, row in REFUSED.items()},
    **{name: Case("answered", 1, (200, body), "", "no") for name, body in ANSWERED.items()},
}


def behaving(case: Case) -> tuple[int, Any, dict[str, str]]:
    status, body, *headers = case.does
    return status, body, headers[0] if headers else {}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_a_server_does_to_one_request_is_that_requests_alone(serve: Any, opened: Any, case: Case) -> None:
    def answer(request: dict[str, Any], number: int) -> Any:
        return behaving(case) if request["messages"][0]["content"] == "this" else well(request, number)

    server = serve(answer)
    model = opened(server, retries="2", concurrency="2", timeout="5")
    before, this, after = model.generate([question("before"), question("this"), question("after")])
    assert (before.text, after.text) == ("yes", "yes")
    outcome = "refused" if this.refusal else "answered" if this.error is None else "request" if this.of_request else "failed"
    assert outcome == case.outcome
    assert case.says in (this.refusal or this.error or "")
    assert this.text == case.text
    assert len(server.asked) == 2 + case.tried


@pytest.mark.parametrize("name", PASSING)
def test_a_fault_that_passes_costs_another_try_and_nothing_else(serve: Any, opened: Any, name: str) -> None:
    met: set[str] = set()

    def answer(request: dict[str, Any], number: int) -> Any:
        asked = request["messages"][0]["content"]
        if int(asked) % 3 or asked in met:
            return well(request, number)
        met.add(asked)
        return behaving(CASES[name])

    server = serve(answer)
    responses = opened(server, retries="1", timeout="5", concurrency="4").generate([question(str(number)) for number in range(9)])
    assert [response.text for response in responses] == ["yes"] * 9
    assert len(server.asked) == 12


@pytest.mark.parametrize("name", ["500", "connection cut", "ended by an error", "401", "404", "400", "too long"])
def test_a_fault_that_stays_is_a_failure_and_is_asked_again_by_the_next_run(serve: Any, evaluated: Any, name: str) -> None:
    server = serve(lambda request, number: behaving(CASES[name]) if number == 4 else well(request, number))
    first = evaluated(server, concurrency="1")
    assert (first.record.counts.failed, first.record.counts.answered, first.record.status) == (1, 19, "partial")
    second = evaluated(server, concurrency="1")
    assert (second.record.counts.failed, second.record.status) == (0, "complete")
    assert len(server.asked) == 21


def test_refused_replies_are_counted_and_not_asked_again(serve: Any, evaluated: Any) -> None:
    server = serve(lambda request, number: behaving(CASES["filtered half-way"]) if number == 4 else well(request, number))
    assert evaluated(server).record.counts.refused == 1
    assert evaluated(server).record.counts.refused == 1
    assert len(server.asked) == 20


def test_a_reply_that_takes_too_long_is_a_failure(serve: Any, evaluated: Any) -> None:
    late = threading.Event()

    def answer(request: dict[str, Any], number: int) -> Any:
        if number == 2:
            late.wait(5)
        return well(request, number)

    run = evaluated(serve(answer), timeout="0.5", concurrency="1")
    late.set()
    assert run.record.counts.failed == 1


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_refused_key_or_an_unknown_model_is_told_after_a_few_requests(serve: Any, opened: Any, status: int) -> None:
    server = serve(lambda request, number: (status, error("no"), {}))
    with pytest.raises(ModelError, match=r"Is \$OPENAI_API_KEY set, and is 'tiny' served there\?"):
        opened(server, concurrency="1").generate([question(str(number)) for number in range(30)])
    assert len(server.asked) == 8


def test_requests_turned_away_end_nothing_once_one_was_answered(serve: Any, opened: Any) -> None:
    server = serve(lambda request, number: well(request, number) if number == 1 else (403, error("no"), {}))
    responses = opened(server, concurrency="1").generate([question(str(number)) for number in range(30)])
    assert [response.error for response in responses] == [None] + ["HTTP 403: no"] * 29


def test_a_picture_that_cannot_be_read_fails_alone(serve: Any, opened: Any) -> None:
    def broken() -> bytes:
        raise OSError("the disk lost it")

    server = serve(well)
    asked = replace(question("this"), item=Input(text="this", images=(Image(name="a.png", read=broken),)))
    this, other = opened(server).generate([asked, question("other")])
    assert (this.error, this.of_request, other.text) == ("OSError: the disk lost it", True, "yes")


def test_a_prompt_that_no_server_can_be_sent_fails_alone(serve: Any, opened: Any) -> None:
    this, other = opened(serve(well)).generate([question("a lone \ud800"), question("other")])
    assert (this.of_request, other.text) == (True, "yes")
    assert "surrogates not allowed" in this.error


@pytest.mark.parametrize("key", ["sk-secret", "x"], ids=["a key", "any word"])
def test_a_message_never_repeats_the_key(serve: Any, opened: Any, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", key)
    server = serve(lambda request, number: (401, error(f"Incorrect API key, next in line: {key}."), {}))
    [response] = opened(server).generate([question()])
    assert response.error == ("HTTP 401: Incorrect API key, next in line: (the key). Is $OPENAI_API_KEY set, and is 'tiny' served there?")


def test_a_connection_that_fails_says_why(opened: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    backend: Any = models.open_model("openai:m", {"base_url": "http://127.0.0.1:9/v1", "retries": "0"})
    [response] = backend.generate([question()])
    assert response.error.startswith("APIConnectionError: Connection error - All connection attempts failed")
    assert "('127.0.0.1', 9)" in response.error


def test_the_innermost_cause_is_told() -> None:
    try:
        try:
            raise OSError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate has expired")
        except OSError as inner:
            raise ExceptionGroup("several", [inner]) from inner
    except ExceptionGroup as group:
        outer = RuntimeError("Connection error.")
        outer.__cause__ = group
    assert (
        chain(outer)
        == "RuntimeError: Connection error - several (1 sub-exception) - [SSL: CERTIFICATE_VERIFY_FAILED] certificate has expired"
    )


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"error": {"message": "a"}}, "a"),
        ({"error": "a"}, "a"),
        ({"detail": "a"}, "a"),
        ({"detail": [{"loc": ["body", "x"], "msg": "a"}, {"msg": "b"}]}, "body.x: a; b"),
        ({"message": "a\nb"}, "a b"),
        ({"object": "error", "message": "a", "code": 400}, "a"),
        ({"errors": ["a", "b"]}, "a; b"),
        ({"odd": 1}, '{"odd": 1}'),
        ({}, ""),
        ("plain words", "plain words"),
        ("<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1><hr>nginx</body></html>", "502 Bad Gateway"),
        ("<html><body>down for <b>now</b></body></html>", "down for now"),
        (None, ""),
        ({"error": {"message": "Provider returned error", "metadata": {"raw": "their words"}}}, "Provider returned error (their words)"),
    ],
)
def test_an_errors_own_words_are_shown_whatever_its_shape(body: Any, said: str) -> None:
    assert words(body) == said


def test_a_message_is_one_line_of_bounded_length() -> None:
    assert len(of_body(500, "long " * 1000, {}).message) == 400
