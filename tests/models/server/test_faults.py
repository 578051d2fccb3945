"""A server that fails in every way: one table of behaviours and what becomes of each; nothing is lost or scored as wrong."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

import pytest

from harness import models
from harness.errors import ModelError
from harness.models.server.faults import chain, of_body, words
from harness.types import Image, Input

STOP = {"index": 0, "message": {"content": "no"}, "finish_reason": "stop"}


def error(message: str, **more: Any) -> dict[str, Any]:
    return {"error": {"message": message, **more}}


def ended(reason: str, content: Any = "no", **more: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "message": {"content": content}, "finish_reason": reason, **more}]}


@dataclass(frozen=True, kw_only=True)
class Case:
    """What a server does to one of its requests, and what becomes of that one."""

    does: tuple[int, Any] | tuple[int, Any, dict[str, str]]
    outcome: str
    """``answered``, ``refused``, ``failed``; ``request``: failed, and that is the request's own."""
    says: str = ""
    tried: int = 1
    """Of three tries."""
    text: str = ""


CASES: dict[str, Case] = {
    # Passing faults: asked again.
    "429": Case(does=(429, error("slow down")), outcome="failed", says="HTTP 429: slow down (tried 3 times)", tried=3),
    "500": Case(does=(500, error("oops", type="server_error")), outcome="failed", says="HTTP 500 (server_error): oops", tried=3),
    "503 of a proxy": Case(
        does=(503, b"<html><head><title>503 Busy</title></head><body>x</body></html>", {"Content-Type": "text/html"}),
        outcome="failed",
        says="HTTP 503: 503 Busy",
        tried=3,
    ),
    "408": Case(does=(408, {"detail": "too slow"}), outcome="failed", says="HTTP 408: too slow", tried=3),
    "cut-off JSON": Case(does=(200, b'{"id": "1", "choices": [{"mess'), outcome="failed", says="the reply: not JSON", tried=3),
    "connection cut": Case(does=(200, b"{", {"Content-Length": "1000"}), outcome="failed", says="peer closed connection", tried=3),
    "no choices": Case(does=(200, {"choices": []}), outcome="failed", says="the reply has no choices", tried=3),
    "choices of a wrong type": Case(does=(200, {"choices": "yes"}), outcome="failed", says="the reply has no choices", tried=3),
    "content of a wrong type": Case(does=(200, ended("stop", [1])), outcome="failed", says="content is a list", tried=3),
    "no JSON object": Case(does=(200, b'"yes"'), outcome="failed", says="the reply has no choices", tried=3),
    "a web page": Case(does=(200, b"<html>hello</html>", {"Content-Type": "text/html"}), outcome="failed", says="no choices", tried=3),
    # Good statuses that are no answers.
    "ended by an error": Case(does=(200, ended("error")), outcome="failed", says="finish_reason 'error'", tried=3),
    "ended by an error, null": Case(does=(200, ended("error", None)), outcome="failed", says="finish_reason 'error'", tried=3),
    "aborted": Case(does=(200, ended("abort")), outcome="failed", says="finish_reason 'abort'", tried=3),
    "an error in the body": Case(
        does=(200, error("provider is down", code=502)), outcome="failed", says="HTTP 502: provider is down", tried=3
    ),
    "an error in the choice": Case(
        does=(200, ended("error", "", error={"message": "cut off upstream", "code": "oops"})),
        outcome="failed",
        says="error (oops): cut off upstream",
        tried=3,
    ),
    "limited, in a good body": Case(does=(200, error("slow", code="rate_limit_exceeded")), outcome="failed", says="error (rate", tried=3),
    "no message": Case(does=(200, {"choices": [{"finish_reason": "stop"}]}), outcome="failed", says="has no message", tried=3),
    "an error in words": Case(does=(200, {"error": "upstream gone"}), outcome="failed", says="error: upstream gone", tried=3),
    "used up, in a good body": Case(does=(200, error("Insufficient credits", code=402)), outcome="failed", says="HTTP 402"),
    # Never tried again.
    "an unknown model, with 400": Case(
        does=(400, error("no such model", code="model_not_found")), outcome="failed", says="HTTP 400 (model_not_found)"
    ),
    "quota": Case(
        does=(429, error("You exceeded your current quota", code="insufficient_quota", type="insufficient_quota")),
        outcome="failed",
        says="HTTP 429 (insufficient_quota): You exceeded your current quota",
    ),
    "billing": Case(does=(429, error("limit", code="billing_hard_limit_reached")), outcome="failed", says="billing_hard_limit_reached"),
    "a minute's quota": Case(
        does=(429, error("You exceeded your current quota. Please retry in 2s.", status="RESOURCE_EXHAUSTED")),
        outcome="failed",
        says="You exceeded your current quota",
        tried=3,
    ),
    "a wait of hours": Case(does=(429, error("slow"), {"Retry-After": "7200"}), outcome="failed", says="asks to wait 7200 s"),
    "401": Case(does=(401, error("no key")), outcome="failed", says="HTTP 401: no key"),
    "403": Case(does=(403, {"message": "not yours"}), outcome="failed", says="HTTP 403: not yours"),
    "404": Case(does=(404, {"detail": "nothing here"}), outcome="failed", says="HTTP 404: nothing here"),
    "400": Case(does=(400, error("bad option")), outcome="failed", says="HTTP 400: bad option"),
    "422": Case(
        does=(422, {"detail": [{"loc": ["body", "stop"], "msg": "too many", "type": "value_error"}]}),
        outcome="failed",
        says="HTTP 422: body.stop: too many",
    ),
    # The request's own.
    "too long": Case(
        does=(400, error("This model's maximum context length is 4096 tokens.", code="context_length_exceeded")),
        outcome="request",
        says="maximum context length is 4096",
    ),
    "too long for llama.cpp": Case(
        does=(400, error("the request exceeds the available context size", type="exceed_context_size_error")), outcome="request"
    ),
    "too long for vLLM": Case(does=(400, {"message": "The prompt is longer than the maximum model length of 2048"}), outcome="request"),
    "too large": Case(does=(413, b"Request Entity Too Large", {"Content-Type": "text/plain"}), outcome="request", says="Entity Too Large"),
    "too long for TGI": Case(
        does=(422, {"error": "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 4000 `inputs` tokens"}),
        outcome="request",
    ),
    "too long for Gemini": Case(
        does=(400, error("The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).")), outcome="request"
    ),
    "too long for xAI": Case(
        does=(400, error("This model's maximum prompt length is 131072 but the request contains 537812 tokens.")), outcome="request"
    ),
    "too long for DashScope": Case(does=(400, error("Range of input length should be [1, 129024]")), outcome="request"),
    "a picture too large for Anthropic": Case(
        does=(400, error("At least one of the image dimensions exceed max allowed size: 8000 pixels")),
        outcome="request",
        says="8000 pixels. -a max_pixels=N sends smaller pictures, -a min_pixels=N larger ones",
    ),
    "a picture of too many bytes": Case(
        does=(400, error("image exceeds 5 MB maximum: 6291456 bytes > 5242880 bytes")), outcome="request", says="-a max_pixels=N"
    ),
    "a picture too small for Qwen": Case(
        does=(400, error("height:20 or width:20 must be larger than factor:28")), outcome="request", says="-a min_pixels=N larger ones"
    ),
    "a picture too large": Case(does=(404, error("the image is too large")), outcome="request"),
    # Refusals: kept with their reason and text.
    "refused": Case(
        does=(200, {"choices": [STOP | {"message": {"content": None, "refusal": "I cannot help with that."}}]}),
        outcome="refused",
        says="I cannot help with that.",
    ),
    "filtered": Case(does=(200, ended("content_filter", None)), outcome="refused", says="finish_reason content_filter"),
    "filtered half-way": Case(
        does=(200, ended("content_filter", "It may", content_filter_results={"hate": {"filtered": True}, "violence": {"filtered": False}})),
        outcome="refused",
        says="finish_reason content_filter: hate",
        text="It may",
    ),
    "filtered with 400": Case(
        does=(400, error("The response was filtered", code="content_filter")),
        outcome="refused",
        says="HTTP 400 (content_filter): The response was filtered",
    ),
    "against the policy": Case(does=(400, error("rejected", code="content_policy_violation")), outcome="refused"),
    "moderated with 403": Case(
        does=(403, error("Input was flagged", code=403, metadata={"reasons": ["violence"], "flagged_input": "x"})),
        outcome="refused",
        says="HTTP 403 (moderation): Input was flagged (violence)",
    ),
    "filtered, without a message": Case(
        does=(200, {"choices": [{"finish_reason": "content_filter: PROHIBITED_CONTENT"}]}),
        outcome="refused",
        says="finish_reason content_filter",
    ),
    # Answers.
    "stop": Case(does=(200, ended("stop")), outcome="answered", text="no"),
    "length": Case(does=(200, ended("length")), outcome="answered", text="no"),
    "eos": Case(does=(200, ended("eos_token")), outcome="answered", text="no"),
    "STOP": Case(does=(200, ended("STOP")), outcome="answered", text="no"),
    "no reason": Case(does=(200, {"choices": [{"message": {"content": "no"}}]}), outcome="answered", text="no"),
    "an empty refusal": Case(
        does=(200, {"choices": [STOP | {"message": {"content": "no", "refusal": ""}}]}), outcome="answered", text="no"
    ),
    "an empty error": Case(does=(200, ended("stop") | {"error": None}), outcome="answered", text="no"),
}


def behaving(case: Case) -> tuple[int, Any, dict[str, str]]:
    status, body, *headers = case.does
    return status, body, headers[0] if headers else {}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_a_server_does_to_one_request_is_that_requests_alone(serve: Any, well: Any, opened: Any, question: Any, case: Case) -> None:
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


PASSING = [name for name, case in CASES.items() if case.tried == 3]


@pytest.mark.parametrize("name", PASSING)
def test_a_fault_that_passes_costs_another_try_and_nothing_else(serve: Any, well: Any, opened: Any, question: Any, name: str) -> None:
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
def test_a_fault_that_stays_is_a_failure_and_is_asked_again_by_the_next_run(serve: Any, well: Any, evaluated: Any, name: str) -> None:
    server = serve(lambda request, number: behaving(CASES[name]) if number == 4 else well(request, number))
    first = evaluated(server, concurrency="1")
    assert (first.record.counts.failed, first.record.counts.answered, first.record.status) == (1, 19, "partial")
    second = evaluated(server, concurrency="1")
    assert (second.record.counts.failed, second.record.status) == (0, "complete")
    assert len(server.asked) == 21


def test_refused_replies_are_counted_and_not_asked_again(serve: Any, well: Any, evaluated: Any) -> None:
    server = serve(lambda request, number: behaving(CASES["filtered half-way"]) if number == 4 else well(request, number))
    assert evaluated(server).record.counts.refused == 1
    assert evaluated(server).record.counts.refused == 1
    assert len(server.asked) == 20


def test_a_reply_that_takes_too_long_is_a_failure(serve: Any, well: Any, evaluated: Any) -> None:
    late = threading.Event()

    def answer(request: dict[str, Any], number: int) -> Any:
        if number == 2:
            late.wait(5)
        return well(request, number)

    run = evaluated(serve(answer), timeout="0.5", concurrency="1")
    late.set()
    assert run.record.counts.failed == 1


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_refused_key_or_an_unknown_model_is_told_after_a_few_requests(serve: Any, opened: Any, question: Any, status: int) -> None:
    server = serve(lambda request, number: (status, error("no"), {}))
    with pytest.raises(ModelError, match=r"Is \$OPENAI_API_KEY set, and is 'tiny' served there\?"):
        opened(server, concurrency="1").generate([question(str(number)) for number in range(30)])
    assert len(server.asked) == 8


def test_requests_turned_away_end_nothing_once_one_was_answered(serve: Any, well: Any, opened: Any, question: Any) -> None:
    server = serve(lambda request, number: well(request, number) if number == 1 else (403, error("no"), {}))
    responses = opened(server, concurrency="1").generate([question(str(number)) for number in range(30)])
    assert [response.error for response in responses] == [None] + ["HTTP 403: no"] * 29


def test_a_picture_that_cannot_be_read_fails_alone(serve: Any, well: Any, opened: Any, question: Any) -> None:
    from dataclasses import replace

    def broken() -> bytes:
        raise OSError("the disk lost it")

    server = serve(well)
    asked = replace(question("this"), item=Input(text="this", images=(Image(name="a.png", read=broken),)))
    this, other = opened(server).generate([asked, question("other")])
    assert (this.error, this.of_request, other.text) == ("OSError: the disk lost it", True, "yes")


def test_a_prompt_that_no_server_can_be_sent_fails_alone(serve: Any, well: Any, opened: Any, question: Any) -> None:
    this, other = opened(serve(well)).generate([question("a lone \ud800"), question("other")])
    assert (this.of_request, other.text) == (True, "yes")
    assert "surrogates not allowed" in this.error


@pytest.mark.parametrize("key", ["sk-secret", "x"], ids=["a key", "any word"])
def test_a_message_never_repeats_the_key(serve: Any, opened: Any, question: Any, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", key)
    server = serve(lambda request, number: (401, error(f"Incorrect API key, next in line: {key}."), {}))
    [response] = opened(server).generate([question()])
    assert response.error == ("HTTP 401: Incorrect API key, next in line: (the key). Is $OPENAI_API_KEY set, and is 'tiny' served there?")


def test_a_connection_that_fails_says_why(opened: Any, question: Any, monkeypatch: pytest.MonkeyPatch) -> None:
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
    assert len(of_body(500, "long " * 1000, {}).said) == 400
