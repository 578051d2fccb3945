"""Base models behind servers, asked by completions: what is written, and how likely each choice is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest

from tests.models.server.toys import Case, events, holds, refused, written

ECHO = {"api": "completions", "scores": "echo"}


def echoed(request: Mapping[str, Any], *, written: int = 0) -> dict[str, Any]:
    """A toy of a base model, whose words are tokens with the blank before them: " yes" has e^-1, " no" e^-2, all else e^-8.

    "yes" is written as " yes", or in three other ways of one token with e^-8 each: log(e^-1 + 3 e^-8) = -0.9973; "no": -1.9926.
    """
    choices = []
    for index, text in enumerate(request["prompt"]):
        words = re.findall(r" ?\w+|\s|[^\w\s]", text)
        logs = [None, *[{" yes": -1.0, " no": -2.0}.get(word, -8.0) for word in words[1:]]]
        more = [" …"] * written
        told = {"tokens": words + more, "token_logprobs": logs + [-0.1] * written}
        choices.append({"index": index, "text": text + "".join(more), "finish_reason": "length", "logprobs": told})
    return {"choices": choices[::-1]}


def prompt_logprobs(request: Mapping[str, Any]) -> dict[str, Any]:
    """The same model's likelihoods in vLLM's other form."""
    choices = echoed(request)["choices"]
    for choice in choices:
        told = choice.pop("logprobs")
        pairs = zip(told["tokens"], told["token_logprobs"], strict=True)
        places = [None if log is None else {word.encode().hex(): {"logprob": log, "decoded_token": word}} for word, log in pairs]
        choice |= {"text": "…", "prompt_logprobs": places}
    return {"choices": choices}


def base(request: dict[str, Any]) -> Any:
    return echoed(request) if isinstance(request["prompt"], list) else written("yes")


def least_one(request: dict[str, Any]) -> Any:
    if request["max_tokens"] == 0:
        return refused("max_tokens must be at least 1, got 0.")
    return echoed(request, written=1) if isinstance(request["prompt"], list) else written("yes")


def without_echo(request: dict[str, Any]) -> Any:
    if "echo" in request:
        return refused("echo is not supported", param="echo")
    return prompt_logprobs(request) if isinstance(request["prompt"], list) else written("yes")


def never_echoes(request: dict[str, Any]) -> Any:
    texts = request["prompt"] if isinstance(request["prompt"], list) else [""]
    told = {"tokens": ["yes"], "token_logprobs": [-1.0]}
    return {"choices": [{"index": n, "text": "yes", "finish_reason": "stop", "logprobs": told} for n in range(len(texts))]}


def first_tokens(request: dict[str, Any]) -> Any:
    assert request["logprobs"] == 20
    return written("yes", logprobs={"tokens": ["yes"], "token_logprobs": [-1.0], "top_logprobs": [{"yes": -1.0, "no": -2.0}]})


CASES: dict[str, Case] = {
    "completions: a chat model": Case(
        "Leave -a api=completions out to ask by chats",
        refused("This is a chat model and not supported in the v1/completions endpoint.", 404),
        given={"api": "completions"},
    ),
    "completions: a base model": Case("runs", base, given={"api": "completions"}),
    "completions: a stream": Case(
        "runs",
        events({"choices": [{"index": 0, "text": "y"}]}, {"choices": [{"index": 0, "text": "es", "finish_reason": "stop"}]}),
        given={"api": "completions", "stream": "yes"},
    ),
    "completions: likelihoods of the first token": Case(
        "runs", first_tokens, given={"api": "completions", "scores": "first-token"}, scores=(-1.0, -2.0)
    ),
    "completions: choices echoed": Case("runs", base, given=ECHO, scores=(-0.9973, -1.9926), asked=2),
    "completions: an echo of at least one token": Case("runs", least_one, given=ECHO, scores=(-0.9973, -1.9926), asked=4),
    "completions: vLLM's prompt_logprobs in the place of an echo": Case(
        "runs", without_echo, given=ECHO, scores=(-0.9973, -1.9926), asked=4
    ),
    "completions: no echo": Case("neither as an echo nor as prompt_logprobs", never_echoes, given=ECHO, asked=4),
}
WHAT_RUNS = {"Servers": CASES}


@pytest.mark.parametrize("name", CASES)
def test_a_base_model_is_asked_as_its_server_takes_it_or_says_why_not(serve: Any, opened: Any, name: str) -> None:
    holds(CASES[name], serve=serve, opened=opened)
