"""Servers as they are: each wants to be asked in its own manner, and answers in its own; the table says what becomes of a request.

The words of refusals are those that the services publish or that their users quote.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.models.server.toys import Case, events, good, holds, piece, refused, unless, unsupported


def streaming(request: dict[str, Any]) -> Any:
    if not request.get("stream"):
        return refused("This model only support stream mode, please enable the stream parameter to access the model. ")
    return events(piece("y"), piece("es", "stop"), {"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 2}})


def no_options(request: dict[str, Any]) -> Any:
    return unsupported("stream_options") if "stream_options" in request else events(piece("yes", "stop"))


def few(request: dict[str, Any]) -> Any:
    if request["top_logprobs"] > 5:
        return refused("Requested sample logprobs of 20, which is greater than max allowed: 5", param="top_logprobs")
    told = {"content": [{"token": "yes", "top_logprobs": [{"token": "yes", "logprob": -1.0}, {"token": "no", "logprob": -2.0}]}]}
    return good(logprobs=told)


def parts_alone(request: dict[str, Any]) -> Any:
    detail = {"loc": ["body", "messages", 0, "content"], "msg": "Input should be a valid list", "type": "list_type"}
    return (422, {"detail": [detail]}, {}) if isinstance(request["messages"][0]["content"], str) else good()


NO_TEMPERATURE = "runs: temperature left to the model"
NEWER_LIMIT = "runs: the limit of an answer sent as max_completion_tokens"
NEITHER = "runs: the limit of an answer sent as max_completion_tokens; temperature left to the model"
ONE_TEMPERATURE = refused(
    "Unsupported value: 'temperature' does not support 0.0 with this model. Only the default (1) value is supported.",
    param="temperature", code="unsupported_value",
)  # fmt: skip
USED = {"prompt_tokens": 7, "completion_tokens": 2}
COUNTED = {"prompt": 7, "completion": 2}
FIRST_TOKEN = {"scores": "first-token"}
THOUGHT = {"type": "thinking", "thinking": [{"type": "text", "text": "no, no"}]}
FILTERS = {"hate": {"filtered": False, "severity": "safe"}}
REASONED = [{"type": "reasoning", "summary": [{"type": "summary_text", "text": "no, no"}]}, {"type": "text", "text": "yes"}]
RAW = json.dumps({"error": {"message": "Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens' instead."}})

CASES: dict[str, Case] = {
    "vLLM: a chat": Case("runs", good() | {"usage": USED}, usage=COUNTED),
    "vLLM: `stop_reason` and `prompt_logprobs` beside the choice": Case("runs", good(stop_reason=2) | {"prompt_logprobs": None}),
    "vLLM: fewer likelihoods than 20 allowed": Case(
        "runs: scores from the 5 likeliest tokens in the place of 20", few, given=FIRST_TOKEN, scores=(-1.0, -2.0), asked=2
    ),
    "SGLang: thoughts in `reasoning_content`": Case(
        "runs", good(message={"content": "yes", "reasoning_content": "no, no", "tool_calls": None}, matched_stop=2), thinking="no, no"
    ),
    "llama.cpp: `timings` beside the choices": Case("runs", good() | {"timings": {"prompt_ms": 1.5}, "usage": USED}, usage=COUNTED),
    "Ollama: thoughts in `reasoning`": Case("runs", good(message={"content": "yes", "reasoning": "no, no"}), thinking="no, no"),
    "LM Studio: `stats`, and usage without details": Case("runs", good(logprobs=None) | {"stats": {}, "usage": USED}, usage=COUNTED),
    "TGI: a temperature of 0 refused": Case(
        NO_TEMPERATURE,
        unless(temperature=(422, {"error": "Input validation error: `temperature` must be strictly positive", "error_type": "v"}, {})),
        asked=2,
    ),
    "TGI: ended by `eos_token`": Case("runs", good(finish_reason="eos_token")),
    "OpenAI o-series: `max_tokens` and temperature refused": Case(
        NEITHER, unless(max_tokens=unsupported("max_tokens"), temperature=ONE_TEMPERATURE), asked=3
    ),
    "OpenAI o-series: a limit named by the user, temperature refused": Case(
        NEITHER,
        unless(max_tokens=unsupported("max_tokens"), temperature=ONE_TEMPERATURE),
        given={"max_tokens_field": "max_completion_tokens"},
        asked=2,
    ),
    "OpenAI gpt-5: every temperature refused": Case(NO_TEMPERATURE, unless(temperature=unsupported("temperature")), asked=2),
    "OpenAI: a temperature of 0.7 refused": Case(
        "Only the default (1) value is supported", unless(temperature=ONE_TEMPERATURE), decoding={"temperature": 0.7}
    ),
    "Azure: filters beside the choice": Case(
        "runs", good(content_filter_results=FILTERS) | {"prompt_filter_results": [{"prompt_index": 0}]}
    ),
    "Azure: an older version refuses the field that the user names": Case(
        "Unrecognized request argument supplied: max_completion_tokens",
        unless(max_completion_tokens=refused("Unrecognized request argument supplied: max_completion_tokens")),
        given={"max_tokens_field": "max_completion_tokens"},
    ),
    "OpenRouter: a provider's refusal within another error": Case(
        NEWER_LIMIT, unless(max_tokens=refused("Provider returned error", code=400, metadata={"raw": RAW})), asked=2
    ),
    "OpenRouter: thoughts in `reasoning_details` alone": Case(
        "runs",
        good(message={"content": "yes", "reasoning_details": [{"type": "reasoning.text", "text": "no, no"}, {"data": "a1b2"}]}),
        thinking="no, no",
    ),
    "OpenRouter: comments in a stream": Case(
        "runs",
        (200, b": OPENROUTER PROCESSING\n\n" + events(piece("yes", "stop"))[1], {"Content-Type": "text/event-stream"}),
        given={"stream": "yes"},
    ),
    "Bedrock gateway: temperature deprecated": Case(
        NO_TEMPERATURE,
        unless(temperature=(400, {"detail": "ValidationException: `temperature` is deprecated for this model."}, {})),
        asked=2,
    ),
    "Bedrock gateway: top_p beside temperature refused": Case(
        "runs: top_p left to the model",
        unless(top_p=refused("`temperature` and `top_p` cannot both be specified for this model. Please use only one.")),
        decoding={"temperature": 0.7},
        asked=2,
    ),
    "Bedrock gateway: a guardrail": Case(
        "refused: finish_reason guardrail_intervened", good("Sorry.", finish_reason="guardrail_intervened")
    ),
    "LiteLLM: a refusal in its own words": Case(
        NO_TEMPERATURE,
        unless(
            temperature=refused(
                "litellm.UnsupportedParamsError: O-series models don't support temperature=0.0. Only temperature=1 is supported. To drop"
                " unsupported openai params from the call, set `litellm.drop_params = True`"
            )
        ),
        asked=2,
    ),
    "LiteLLM: a refusal with status 500": Case(NEWER_LIMIT, unless(max_tokens=(500, unsupported("max_tokens")[1], {})), asked=2),
    "Moonshot: one temperature alone allowed": Case(
        NO_TEMPERATURE, unless(temperature=refused("invalid temperature: only 1 is allowed for this model")), asked=2
    ),
    "MiniMax: an interval without 0 for the temperature": Case(
        NO_TEMPERATURE, unless(temperature=refused("invalid params, param 'temperature' should be in (0, 1], (2013)")), asked=2
    ),
    "Zhipu: an interval without 0 for the temperature, in Chinese": Case(
        NO_TEMPERATURE, unless(temperature=refused("temperature参数非法: 取值范围 (0,1)", code="1210")), asked=2
    ),
    "Anthropic's gateway: one temperature beside thinking": Case(
        NO_TEMPERATURE, unless(temperature=refused("`temperature` may only be set to 1 when thinking is enabled.")), asked=2
    ),
    "OpenAI: no likelihoods of a reasoning model": Case(
        "leave -a scores=first-token out", refused("You are not allowed to request logprobs from this model"), given=FIRST_TOKEN
    ),
    "OpenAI: a model of another interface": Case(
        "The harness asks by chats and by completions only",
        refused("This model is only supported in v1/responses and not in v1/chat/completions.", 404, param="model"),
    ),
    "vLLM: a base model asked by a chat": Case(
        "A base model is asked with -a api=completions",
        refused("default chat template is no longer allowed, so you must provide a chat template if the tokenizer has none."),
    ),
    "vLLM: a limit beyond the context": Case(
        "Write shorter answers: --max-new-tokens N",
        refused("'max_tokens' or 'max_completion_tokens' is too large: 4096. (4096 > 2048 - 1049)", code=400),
    ),
    "Gemma: no role of a system": Case("--prompt-file in the place of --system-prompt", refused("System role not supported")),
    "a stream without empty lines between its events": Case(
        "runs",
        (200, events(piece("y"), piece("es", "stop"))[1].replace(b"\n\n", b"\n"), {"Content-Type": "text/event-stream"}),
        given={"stream": "yes"},
    ),
    "Mistral: thoughts and answer as parts": Case("runs", good([THOUGHT, {"type": "text", "text": "yes"}]), thinking="no, no"),
    "Mistral: an unknown field refused": Case(
        "runs: no seed sent",
        unless(seed=(422, {"detail": [{"type": "extra_forbidden", "loc": ["body", "seed"], "msg": "Extra inputs are not permitted"}]}, {})),
        decoding={"temperature": 0.7},
        asked=2,
    ),
    "Databricks: a summary of thoughts as a part": Case("runs", good(REASONED), thinking="no, no"),
    "xAI: stop sequences refused": Case(
        "runs: answers cut at stop sequences after they had come",
        lambda request: refused("Argument not supported on this model: stop") if "stop" in request else good("yes\nQuestion: and\n"),
        decoding={"stop": ("\n\n", "\n")},
        asked=2,
    ),
    "DashScope: streams alone": Case("runs", streaming, usage=COUNTED, asked=2),
    "a server that always streams": Case("runs", events(piece("yes", "stop"))),
    "a stream without usage options": Case("runs", no_options, given={"stream": "yes"}, asked=2),
    "a stream of parts": Case(
        "runs", events(piece([THOUGHT]), piece("ye"), piece("s"), piece("", "stop")), given={"stream": "yes"}, thinking="no, no"
    ),
    "a stream that ends without an end": Case(
        "the stream ended before the reply did", events(piece("ye"), end=""), given={"stream": "yes"}
    ),
    "a stream that is cut within an event": Case(
        "an event of the stream: not JSON", events(piece("ye"), '{"choi', end=""), given={"stream": "yes"}
    ),
    "a stream that ends by an error": Case(
        "HTTP 502: provider disconnected",
        events(piece("ye"), {"error": {"message": "provider disconnected", "code": 502}}),
        given={"stream": "yes"},
    ),
    "a server whose texts are lists of parts": Case("runs", parts_alone, asked=2),
    "a server that takes no pictures": Case(
        "unknown variant `image_url`, expected `text`",
        refused("Failed to deserialize the JSON body: messages[0]: unknown variant `image_url`, expected `text`"),
    ),
    "a limit that is too large": Case(
        "`max_tokens` must be less than or equal to `8`", refused("`max_tokens` must be less than or equal to `8`", param="max_tokens")
    ),
    "a login page": Case(
        "the reply has no choices; does the address lead to /v1?",
        (200, b"<!doctype html><title>Sign in</title>", {"Content-Type": "text/html"}),
    ),
}
WHAT_RUNS = {"Servers": CASES}


@pytest.mark.parametrize("name", CASES)
def test_a_server_is_asked_in_its_own_manner_or_says_why_not(serve: Any, opened: Any, name: str) -> None:
    holds(CASES[name], serve=serve, opened=opened)
