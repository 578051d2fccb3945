"""Servers as they are: each wants to be asked in its own manner, and answers in its own; the table says what becomes of a request.

The words of refusals are those that the services publish or that their users quote.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.models.server.toys import Case, always, events, good, holds, piece, refused

WHAT_RUNS = {
    "Servers": {
        "vLLM: a chat": "runs",
        "vLLM: `stop_reason` and `prompt_logprobs` beside the choice": "runs",
        "vLLM: fewer likelihoods than 20 allowed": "runs: scores from the 5 likeliest tokens in the place of 20",
        "SGLang: thoughts in `reasoning_content`": "runs",
        "llama.cpp: `timings` beside the choices": "runs",
        "Ollama: thoughts in `reasoning`": "runs",
        "LM Studio: `stats`, and usage without details": "runs",
        "TGI: a temperature of 0 refused": "runs: temperature left to the model",
        "TGI: ended by `eos_token`": "runs",
        "OpenAI o-series: `max_tokens` and temperature refused": (
            "runs: the limit of an answer sent as max_completion_tokens; temperature left to the model"
        ),
        "OpenAI o-series: a limit named by the user, temperature refused": (
            "runs: the limit of an answer sent as max_completion_tokens; temperature left to the model"
        ),
        "OpenAI gpt-5: every temperature refused": "runs: temperature left to the model",
        "OpenAI: a temperature of 0.7 refused": "Only the default (1) value is supported",
        "Azure: filters beside the choice": "runs",
        "Azure: an older version refuses the field that the user names": "Unrecognized request argument supplied: max_completion_tokens",
        "OpenRouter: a provider's refusal within another error": "runs: the limit of an answer sent as max_completion_tokens",
        "OpenRouter: thoughts in `reasoning_details` alone": "runs",
        "OpenRouter: comments in a stream": "runs",
        "Bedrock gateway: temperature deprecated": "runs: temperature left to the model",
        "Bedrock gateway: top_p beside temperature refused": "runs: top_p left to the model",
        "Bedrock gateway: a guardrail": "refused: finish_reason guardrail_intervened",
        "LiteLLM: a refusal in its own words": "runs: temperature left to the model",
        "LiteLLM: a refusal with status 500": "runs: the limit of an answer sent as max_completion_tokens",
        "Moonshot: one temperature alone allowed": "runs: temperature left to the model",
        "MiniMax: an interval without 0 for the temperature": "runs: temperature left to the model",
        "Zhipu: an interval without 0 for the temperature, in Chinese": "runs: temperature left to the model",
        "Anthropic's gateway: one temperature beside thinking": "runs: temperature left to the model",
        "OpenAI: no likelihoods of a reasoning model": "leave -a scores=first-token out",
        "OpenAI: a model of another interface": "The harness asks by chats and by completions only",
        "vLLM: a base model asked by a chat": "A base model is asked with -a api=completions",
        "vLLM: a limit beyond the context": "Write shorter answers: --max-new-tokens N",
        "Gemma: no role of a system": "--prompt-file in the place of --system-prompt",
        "a stream without empty lines between its events": "runs",
        "Mistral: thoughts and answer as parts": "runs",
        "Mistral: an unknown field refused": "runs: no seed sent",
        "Databricks: a summary of thoughts as a part": "runs",
        "xAI: stop sequences refused": "runs: answers cut at stop sequences after they had come",
        "DashScope: streams alone": "runs",
        "a server that always streams": "runs",
        "a stream without usage options": "runs",
        "a stream of parts": "runs",
        "a stream that ends without an end": "the stream ended before the reply did",
        "a stream that is cut within an event": "an event of the stream: not JSON",
        "a stream that ends by an error": "HTTP 502: provider disconnected",
        "a server whose texts are lists of parts": "runs",
        "a server that takes no pictures": "unknown variant `image_url`, expected `text`",
        "a limit that is too large": "`max_tokens` must be less than or equal to `8`",
        "a login page": "the reply has no choices; does the address lead to /v1?",
    }
}


def unless(*fields: str, answer: Callable[[str], Any]) -> Callable[[dict[str, Any]], Any]:
    """Refuses the first of some fields that is there, and otherwise answers."""

    def does(request: dict[str, Any]) -> Any:
        there = next((name for name in fields if name in request), "")
        return answer(there) if there else (200, good(), {})

    return does


def unsupported(name: str) -> Any:
    instead = " Use 'max_completion_tokens' instead." if name == "max_tokens" else ""
    said = f"Unsupported parameter: '{name}' is not supported with this model.{instead}"
    return refused(said, param=name, code="unsupported_parameter")


def one_temperature(name: str) -> Any:
    said = f"Unsupported value: '{name}' does not support 0.0 with this model. Only the default (1) value is supported."
    return refused(said, param=name, code="unsupported_value") if name == "temperature" else unsupported(name)


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
    return 200, good(logprobs=told), {}


def parts_alone(request: dict[str, Any]) -> Any:
    if isinstance(request["messages"][0]["content"], str):
        return (
            422,
            {"detail": [{"loc": ["body", "messages", 0, "content"], "msg": "Input should be a valid list", "type": "list_type"}]},
            {},
        )
    return 200, good(), {}


USED = {"prompt_tokens": 7, "completion_tokens": 2}
COUNTED = {"prompt": 7, "completion": 2}
FIRST_TOKEN = {"scores": "first-token"}
THOUGHT = {"type": "thinking", "thinking": [{"type": "text", "text": "no, no"}]}
FILTERS = {"hate": {"filtered": False, "severity": "safe"}}
REASONED = [{"type": "reasoning", "summary": [{"type": "summary_text", "text": "no, no"}]}, {"type": "text", "text": "yes"}]
RAW = json.dumps({"error": {"message": "Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens' instead."}})

CASES: dict[str, Case] = {
    "vLLM: a chat": Case(does=always(good() | {"usage": USED}), usage=COUNTED),
    "vLLM: `stop_reason` and `prompt_logprobs` beside the choice": Case(does=always(good(stop_reason=2) | {"prompt_logprobs": None})),
    "vLLM: fewer likelihoods than 20 allowed": Case(does=few, given=FIRST_TOKEN, scores=(-1.0, -2.0), asked=2),
    "SGLang: thoughts in `reasoning_content`": Case(
        does=always(good(message={"content": "yes", "reasoning_content": "no, no", "tool_calls": None}, matched_stop=2)), thinking="no, no"
    ),
    "llama.cpp: `timings` beside the choices": Case(does=always(good() | {"timings": {"prompt_ms": 1.5}, "usage": USED}), usage=COUNTED),
    "Ollama: thoughts in `reasoning`": Case(does=always(good(message={"content": "yes", "reasoning": "no, no"})), thinking="no, no"),
    "LM Studio: `stats`, and usage without details": Case(does=always(good(logprobs=None) | {"stats": {}, "usage": USED}), usage=COUNTED),
    "TGI: a temperature of 0 refused": Case(
        does=unless(
            "temperature",
            answer=lambda name: (422, {"error": "Input validation error: `temperature` must be strictly positive", "error_type": "v"}, {}),
        ),
        asked=2,
    ),
    "TGI: ended by `eos_token`": Case(does=always(good(finish_reason="eos_token"))),
    "OpenAI o-series: `max_tokens` and temperature refused": Case(
        does=unless("max_tokens", "temperature", answer=one_temperature), asked=3
    ),
    "OpenAI o-series: a limit named by the user, temperature refused": Case(
        does=unless("max_tokens", "temperature", answer=one_temperature), given={"max_tokens_field": "max_completion_tokens"}, asked=2
    ),
    "OpenAI gpt-5: every temperature refused": Case(does=unless("temperature", answer=unsupported), asked=2),
    "OpenAI: a temperature of 0.7 refused": Case(does=unless("temperature", answer=one_temperature), decoding={"temperature": 0.7}),
    "Azure: filters beside the choice": Case(
        does=always(good(content_filter_results=FILTERS) | {"prompt_filter_results": [{"prompt_index": 0}]})
    ),
    "Azure: an older version refuses the field that the user names": Case(
        does=unless("max_completion_tokens", answer=lambda name: refused(f"Unrecognized request argument supplied: {name}")),
        given={"max_tokens_field": "max_completion_tokens"},
    ),
    "OpenRouter: a provider's refusal within another error": Case(
        does=unless("max_tokens", answer=lambda name: refused("Provider returned error", code=400, metadata={"raw": RAW})), asked=2
    ),
    "OpenRouter: thoughts in `reasoning_details` alone": Case(
        does=always(
            good(message={"content": "yes", "reasoning_details": [{"type": "reasoning.text", "text": "no, no"}, {"data": "a1b2"}]})
        ),
        thinking="no, no",
    ),
    "OpenRouter: comments in a stream": Case(
        does=always((200, b": OPENROUTER PROCESSING\n\n" + events(piece("yes", "stop"))[1], {"Content-Type": "text/event-stream"})),
        given={"stream": "yes"},
    ),
    "Bedrock gateway: temperature deprecated": Case(
        does=unless(
            "temperature", answer=lambda name: (400, {"detail": f"ValidationException: `{name}` is deprecated for this model."}, {})
        ),
        asked=2,
    ),
    "Bedrock gateway: top_p beside temperature refused": Case(
        does=unless(
            "top_p",
            answer=lambda name: refused("`temperature` and `top_p` cannot both be specified for this model. Please use only one."),
        ),
        decoding={"temperature": 0.7},
        asked=2,
    ),
    "Bedrock gateway: a guardrail": Case(does=always(good("Sorry.", finish_reason="guardrail_intervened"))),
    "LiteLLM: a refusal in its own words": Case(
        does=unless(
            "temperature",
            answer=lambda name: refused(
                "litellm.UnsupportedParamsError: O-series models don't support temperature=0.0. Only temperature=1 is supported. To drop"
                " unsupported openai params from the call, set `litellm.drop_params = True`"
            ),
        ),
        asked=2,
    ),
    "LiteLLM: a refusal with status 500": Case(
        does=unless("max_tokens", answer=lambda name: (500, unsupported(name)[1], {})),
        asked=2,
    ),
    "Moonshot: one temperature alone allowed": Case(
        does=unless("temperature", answer=lambda name: refused("invalid temperature: only 1 is allowed for this model")), asked=2
    ),
    "MiniMax: an interval without 0 for the temperature": Case(
        does=unless("temperature", answer=lambda name: refused(f"invalid params, param '{name}' should be in (0, 1], (2013)")), asked=2
    ),
    "Zhipu: an interval without 0 for the temperature, in Chinese": Case(
        does=unless("temperature", answer=lambda name: refused(f"{name}参数非法: 取值范围 (0,1)", code="1210")), asked=2
    ),
    "Anthropic's gateway: one temperature beside thinking": Case(
        does=unless("temperature", answer=lambda name: refused(f"`{name}` may only be set to 1 when thinking is enabled.")), asked=2
    ),
    "OpenAI: no likelihoods of a reasoning model": Case(
        does=always(refused("You are not allowed to request logprobs from this model")), given=FIRST_TOKEN
    ),
    "OpenAI: a model of another interface": Case(
        does=always(refused("This model is only supported in v1/responses and not in v1/chat/completions.", 404, param="model"))
    ),
    "vLLM: a base model asked by a chat": Case(
        does=always(refused("default chat template is no longer allowed, so you must provide a chat template if the tokenizer has none."))
    ),
    "vLLM: a limit beyond the context": Case(
        does=always(refused("'max_tokens' or 'max_completion_tokens' is too large: 4096. (4096 > 2048 - 1049)", code=400))
    ),
    "Gemma: no role of a system": Case(does=always(refused("System role not supported"))),
    "a stream without empty lines between its events": Case(
        does=always((200, events(piece("y"), piece("es", "stop"))[1].replace(b"\n\n", b"\n"), {"Content-Type": "text/event-stream"})),
        given={"stream": "yes"},
    ),
    "Mistral: thoughts and answer as parts": Case(
        does=always(good([THOUGHT, {"type": "text", "text": "yes"}])),
        thinking="no, no",
    ),
    "Mistral: an unknown field refused": Case(
        does=unless(
            "seed",
            answer=lambda name: (
                422,
                {"detail": [{"type": "extra_forbidden", "loc": ["body", name], "msg": "Extra inputs are not permitted"}]},
                {},
            ),
        ),
        decoding={"temperature": 0.7},
        asked=2,
    ),
    "Databricks: a summary of thoughts as a part": Case(does=always(good(REASONED)), thinking="no, no"),
    "xAI: stop sequences refused": Case(
        does=lambda request: (
            refused("Argument not supported on this model: stop") if "stop" in request else (200, good("yes\nQuestion: and\n"), {})
        ),
        decoding={"stop": ("\n\n", "\n")},
        asked=2,
    ),
    "DashScope: streams alone": Case(does=streaming, usage=COUNTED, asked=2),
    "a server that always streams": Case(does=always(events(piece("yes", "stop")))),
    "a stream without usage options": Case(does=no_options, given={"stream": "yes"}, asked=2),
    "a stream of parts": Case(
        does=always(events(piece([THOUGHT]), piece("ye"), piece("s"), piece("", "stop"))),
        given={"stream": "yes"},
        thinking="no, no",
    ),
    "a stream that ends without an end": Case(does=always(events(piece("ye"), end="")), given={"stream": "yes"}),
    "a stream that is cut within an event": Case(does=always(events(piece("ye"), '{"choi', end="")), given={"stream": "yes"}),
    "a stream that ends by an error": Case(
        does=always(events(piece("ye"), {"error": {"message": "provider disconnected", "code": 502}})), given={"stream": "yes"}
    ),
    "a server whose texts are lists of parts": Case(does=parts_alone, asked=2),
    "a server that takes no pictures": Case(
        does=always(refused("Failed to deserialize the JSON body: messages[0]: unknown variant `image_url`, expected `text`"))
    ),
    "a limit that is too large": Case(does=always(refused("`max_tokens` must be less than or equal to `8`", param="max_tokens"))),
    "a login page": Case(does=always((200, b"<!doctype html><title>Sign in</title>", {"Content-Type": "text/html"}))),
}


def test_every_row_has_a_server_and_every_server_a_row() -> None:
    assert set(CASES) == set(WHAT_RUNS["Servers"])
    assert len(CASES) >= 40


@pytest.mark.parametrize("name", CASES)
def test_a_server_is_asked_in_its_own_manner_or_says_why_not(serve: Any, opened: Any, question: Any, name: str) -> None:
    holds(CASES[name], WHAT_RUNS["Servers"][name], serve=serve, opened=opened, question=question)
