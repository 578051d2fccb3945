"""What a user says about how a server is asked, and what a record says of it."""

from __future__ import annotations

import base64
import contextlib
import io
import json
from dataclasses import replace
from typing import Any

import pytest

import harness
from harness import models
from harness.console.runs import warnings_of
from harness.data import catalog
from harness.data import examples as loading
from harness.errors import UsageError
from harness.models.server import bodies, completions, replies, streams
from harness.models.server.faults import ErrorReply, Malformed
from harness.models.server.pictures import size_within
from harness.models.server.waits import Pace
from harness.runs.plan import Options, prepare
from harness.types import Image, Input
from tests.models.server.toys import good, question, refused, served, unless, unsupported, well


def test_a_record_says_how_it_was_asked_otherwise_and_is_the_same_run_again(serve: Any, evaluated: Any) -> None:
    """The model takes no limit by its older name and no temperature; what was learnt moves no digest, so that nothing is asked twice."""
    server = serve(served(unless(max_tokens=unsupported("max_tokens"), temperature=unsupported("temperature"))))
    first = evaluated(server, concurrency="1")
    assert first.record.counts.answered == 20
    assert first.record.prompting.adapted == {
        "temperature left to the model": 20,
        "the limit of an answer sent as max_completion_tokens": 20,
    }
    assert "temperature left to the model: 20 of 20 replies" in warnings_of(first.record)
    assert server.asked[-1]["max_completion_tokens"] == 16
    assert len(server.asked) == 22, "each refusal is met once"
    again = evaluated(server, concurrency="1")
    assert (again.folder, len(server.asked)) == (first.folder, 22)
    assert again.record.prompting.adapted == first.record.prompting.adapted
    plain = evaluated(serve(well))
    assert plain.record.prompting.adapted == {}
    assert "adapted" not in (plain.folder / "run.json").read_text()


def test_many_under_way_learn_a_refusal_together(serve: Any, opened: Any) -> None:
    server = serve(served(unless(max_tokens=unsupported("max_tokens"))))
    responses = opened(server, concurrency="8", retries="0").generate([question(str(number)) for number in range(32)])
    assert [response.text for response in responses] == ["yes"] * 32
    assert 33 <= len(server.asked) <= 40, "no more than were under way are refused"


def test_a_refusal_of_one_requests_own_teaches_nothing(serve: Any, opened: Any) -> None:
    said = "This model's maximum context length is 8 tokens; you requested 9 (5 in the messages, 4 in max_tokens), which is not supported"
    server = serve(served(lambda request: refused(said) if request["messages"][0]["content"] == "long" else good()))
    long, other = opened(server, concurrency="1").generate([question("long"), question("other")])
    assert (long.of_request, other.text, other.adapted) == (True, "yes", ())
    assert "max_tokens" in server.asked[-1]


def test_added_fields_and_a_thinking_switch_are_sent_with_every_request(serve: Any, opened: Any) -> None:
    server = serve(well)
    extra = '{"top_k": 20, "chat_template_kwargs": {"language": "en"}}'
    model = opened(server, extra_body=extra, thinking="no", temperature="none", max_tokens_field="max_completion_tokens")
    model.generate([question()])
    [asked] = server.asked
    assert asked == {
        "model": "tiny",
        "messages": [{"role": "user", "content": "why?"}],
        "max_completion_tokens": 64,
        "top_k": 20,
        "chat_template_kwargs": {"language": "en", "enable_thinking": False, "thinking": False},
    }
    assert model.info.arguments["extra_body"] == '{"chat_template_kwargs": {"language": "en"}, "top_k": 20}'
    assert (model.info.arguments["thinking"], model.info.arguments["temperature"]) == ("no", "none")


def test_headers_are_sent_and_only_their_names_recorded(serve: Any, evaluated: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_KEY", "very-secret-9")
    server = serve(well)
    run = evaluated(server, headers="api-key: $AZURE_KEY|X-Title: my trial")
    assert (server.headers[0]["api-key"], server.headers[0]["x-title"]) == ("very-secret-9", "my trial")
    assert run.record.model.arguments["headers"] == "api-key; X-Title"
    evaluated(server, "mednli", headers='{"X-Title": "as an object", "api-key": "$AZURE_KEY"}')
    assert (server.headers[-1]["api-key"], server.headers[-1]["x-title"]) == ("very-secret-9", "as an object")
    assert all(word not in path.read_bytes() for path in run.folder.iterdir() for word in (b"very-secret-9", b"my trial"))


def test_another_secret_in_a_header_is_the_same_model_and_another_route_is_not(serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    server = serve(well)

    def identity(headers: str) -> str:
        backend: Any = models.open_model(f"openai:{server.address}", {"headers": headers})
        return str(backend.info.identity)

    monkeypatch.setenv("TOKEN", "one")
    one = identity("Authorization: $TOKEN")
    monkeypatch.setenv("TOKEN", "two")
    assert identity("Authorization: $TOKEN") == one
    assert identity("X-Route: a") != identity("X-Route: b")


def test_a_message_never_repeats_a_secret_header(serve: Any, opened: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "Bearer abc-123")
    server = serve(lambda request, number: (400, {"error": {"message": "no such token abc-123 (Bearer abc-123)"}}, {}))
    [response] = opened(server, headers="Authorization: $TOKEN").generate([question()])
    assert "abc-123" not in response.error
    assert "(the header Authorization)" in response.error


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"headers": "Authorization: Bearer abc"}, "put the value of Authorization into a variable"),
        ({"headers": "X-Api-Key: abc"}, "put the value of X-Api-Key into a variable"),
        ({"headers": "Authorization: $NOT_SET"}, r"\$NOT_SET, the value of Authorization, is not set"),
        ({"headers": "no colon"}, "headers as in 'X-Title: my run"),
        ({"headers": '{"X-A": 1}'}, "headers as in 'X-Title: my run"),
        ({"headers": '{"X-A"'}, "headers .it: not JSON"),
        ({"headers": "X-A: b\nX-B: c"}, "headers as in"),
        ({"headers": "Content-Type: text/plain"}, "without Content-Type, which the connection decides"),
        ({"headers": "X-A: 1|x-a: 2"}, "of which each is given once"),
        ({"extra_body": "top_k=20"}, "must be a JSON object such as"),
        ({"extra_body": "[1]"}, "must be a JSON object such as"),
        ({"extra_body": '{"a": NaN}'}, "must be a JSON object such as"),
        ({"extra_body": '{"a": 1, "a": 2}'}, "must be a JSON object such as"),
        ({"extra_body": '{"temperature": 1}'}, "without 'temperature', which the run decides: --temperature, or -a temperature=none"),
        ({"extra_body": '{"n": 2}'}, "without 'n', which the run decides"),
        ({"extra_body": '{"provider": {"api_key": "x"}}'}, "without 'api_key': it is recorded"),
        ({"max_tokens_field": "max tokens"}, "must be auto, none or a name"),
        ({"temperature": "0.5"}, "must be one of auto, none"),
        ({"stream": "maybe"}, "must be one of auto, yes, no"),
        ({"scores": "echo"}, "add -a api=completions"),
        ({"api": "completions", "thinking": "no"}, "a switch of chat templates"),
        ({"min_pixels": "10", "max_pixels": "9"}, "more than max_pixels=9"),
        ({"rpm": "0"}, "a number of at least 0.001"),
        ({"max_pixels": "0"}, "a whole number of at least 1"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_anything_is_sent(serve: Any, opened: Any, given: dict[str, str], why: str) -> None:
    server = serve(well)
    with pytest.raises(UsageError, match=why):
        opened(server, **given)
    assert server.paths == []


def test_what_a_run_asks_for_and_a_server_is_not_to_be_told_exclude_each_other(serve: Any, opened: Any) -> None:
    server = serve(well)
    with pytest.raises(UsageError, match=r"--temperature 0\.7 and --model-arg temperature=none exclude each other"):
        prepare(catalog.task("mednli"), opened(server, temperature="none"), Options(decoding={"temperature": 0.7}))
    with pytest.raises(UsageError, match="vqa_rad shows pictures, and api=completions reads text alone"):
        prepare(catalog.task("vqa_rad"), opened(server, api="completions"), Options())


def test_choices_of_a_base_model_are_scored_by_its_likelihoods(serve: Any, evaluated: Any) -> None:
    """MedNLI's labels as a base model of two words would find them: the metrics that need scores have them."""

    def answer(request: dict[str, Any], number: int) -> Any:
        if isinstance(request["prompt"], str):
            return 200, {"choices": [{"index": 0, "text": " entailment", "finish_reason": "stop"}]}, {}
        choices = []
        for index, text in enumerate(request["prompt"]):
            words = text.split(" ")
            tokens = [words[0], *(f" {word}" for word in words[1:])]
            told = {"tokens": tokens, "token_logprobs": [None, *(-1.0 if word == " entailment" else -9.0 for word in tokens[1:])]}
            choices.append({"index": index, "text": text, "finish_reason": "length", "logprobs": told})
        return 200, {"choices": choices}, {}

    run = evaluated(serve(answer), "mednli", api="completions", scores="echo")
    assert run.record.counts.answered == run.record.counts.examples
    assert run.record.model.scores == "softmax"
    [first, *_] = [json.loads(line) for line in (run.folder / "replies.jsonl").read_text().splitlines()]
    assert len(first["choice_log_probs"]) == 3
    choices = loading.load(catalog.task("mednli"), sample=True).examples[0].input.choices
    assert choices[first["choice_log_probs"].index(max(first["choice_log_probs"]))] == "entailment"


def png(width: int, height: int) -> bytes:
    from PIL import Image as PillowModule

    out = io.BytesIO()
    PillowModule.new("RGB", (width, height), (10, 20, 30)).save(out, format="PNG")
    return out.getvalue()


def sent(server: Any) -> tuple[int, int]:
    """Width and height of the last picture that came."""
    from PIL import Image as PillowModule

    url = server.asked[-1]["messages"][0]["content"][0]["image_url"]["url"]
    with PillowModule.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))) as opened:
        return opened.size


@pytest.mark.parametrize(
    ("size", "given", "arrives", "adapted"),
    [
        ((400, 300), {}, (400, 300), ()),
        ((400, 300), {"max_pixels": "30000"}, (200, 150), ("pictures scaled down to 30000 pixels",)),
        ((400, 300), {"max_pixels": "120000"}, (400, 300), ()),
        ((28, 28), {"min_pixels": "3136"}, (56, 56), ("pictures scaled up to 3136 pixels",)),
        ((28, 28), {"min_pixels": "784", "max_pixels": "784"}, (28, 28), ()),
    ],
)
def test_pictures_are_scaled_within_the_limits_and_that_is_kept(
    serve: Any, opened: Any, size: tuple[int, int], given: dict[str, str], arrives: tuple[int, int], adapted: Any
) -> None:
    server = serve(well)
    request = replace(question(), item=Input(text="why?", images=(Image(name="a.png", read=lambda: png(*size)),)))
    [response] = opened(server, **given).generate([request])
    assert (sent(server), response.adapted) == (arrives, adapted)


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1), (333, 777), (4096, 4096)])
@pytest.mark.parametrize("limit", [1, 28, 784, 1000, 1_000_003])
def test_a_size_is_within_its_limit_whatever_the_proportions(size: tuple[int, int], limit: int) -> None:
    width, height = size_within(*size, least=None, most=limit)
    assert 1 <= width * height <= limit or (width, height) == (1, 1)
    width, height = size_within(*size, least=limit, most=None)
    assert width * height >= limit


def test_requests_are_spread_over_the_minute(serve: Any, opened: Any, waited: list[float]) -> None:
    """30 a minute are one every two seconds; the clock stands still."""
    model = replace(opened(serve(well), rpm="30", concurrency="1"), clock=lambda: 100.0)
    model.generate([question(str(number)) for number in range(4)])
    assert waited == [2.0, 4.0, 6.0]
    pace = Pace(rpm=30)
    assert [pace.wait(now) for now in (0.0, 5.0, 5.5, 20.0)] == [0.0, 0.0, 1.5, 0.0]
    assert Pace(rpm=None).wait(3.0) == 0.0


ROLE = '{"choices": [{"delta": {"role": "assistant", "content": ""}}]}'
YES = '{"choices": [{"delta": {"content": "yes"}}]}'
WHOLE = '{"choices": [{"delta": {"content": "yes"}, "finish_reason": "stop"}]}'


@pytest.mark.parametrize(
    "text",
    [
        f"data: {WHOLE}\r\n\r\ndata: [DONE]\r\n\r\n",
        f"data:{YES}\n\ndata:[DONE]\n\n",
        f"event: message\nid: 1\ndata: {YES[:12]}\ndata: {YES[12:]}\n\ndata: [DONE]",
        f"\ufeff: hello\n\ndata: {ROLE}\n\ndata: {YES}\n\ndata: [DONE]\n",
        f"data: {ROLE}\n\ndata: {WHOLE}\n\n",
    ],
)
def test_a_stream_is_put_together_however_its_lines_are_written(text: str) -> None:
    assert streams.is_stream(text)
    assert streams.completion(text)["choices"][0]["message"]["content"] == "yes"


@pytest.mark.parametrize("text", ["data: [1]\n\n", 'data: {"choices": ["yes"]}\n\n', 'data: {"choices": []}\n\n', ": nothing\n\n"])
def test_a_stream_that_is_none_is_asked_for_again(text: str) -> None:
    with pytest.raises(Malformed):
        streams.completion(text)


def test_likelihoods_of_a_stream_stand_one_behind_the_other() -> None:
    pieces = [{"choices": [{"delta": {"content": word}, "logprobs": {"content": [{"token": word}]}}]} for word in ("y", "es")]
    text = "".join(f"data: {json.dumps(piece)}\n\n" for piece in pieces) + "data: [DONE]\n\n"
    assert streams.completion(text)["choices"][0]["logprobs"] == {"content": [{"token": "y"}, {"token": "es"}]}


def test_a_model_that_is_asked_again_has_learnt(serve: Any, opened: Any) -> None:
    server = serve(served(unless(temperature=refused("temperature is not supported"))))
    model = opened(server)
    assert [model.generate([question()])[0].text for _ in range(3)] == ["yes"] * 3
    assert len(server.asked) == 4, "a refusal is met once, however many tasks a model is asked"


def test_python_says_arguments_in_its_own_types(serve: Any) -> None:
    server = serve(well)
    given: dict[str, Any] = {"extra_body": {"top_k": 20}, "headers": {"X-A": "b"}, "max_pixels": None, "concurrency": 2, "thinking": False}
    backend: Any = harness.open_model(f"openai:{server.address}", **given)
    assert backend.info.arguments["extra_body"] == '{"top_k": 20}'
    assert (backend.arguments.headers, backend.arguments.max_pixels) == ((("X-A", "b"),), None)
    assert (backend.arguments.concurrency, backend.arguments.thinking) == (2, "no")


@pytest.mark.parametrize("stream", ["no", "yes"])
def test_a_reply_without_end_is_given_up(serve: Any, opened: Any, monkeypatch: pytest.MonkeyPatch, stream: str) -> None:
    """A megabyte, where replies may have half of one."""
    monkeypatch.setattr(bodies, "LARGEST", 2**19)
    server = serve(lambda request, number: (200, b'{"choices": [' + b" " * 2**20, {}))
    [response] = opened(server, stream=stream, retries="0").generate([question()])
    assert "the reply goes on after 524,288 bytes; no answer is that long" in response.error


def test_what_is_sent_is_ours_alone(serve: Any, opened: Any) -> None:
    """The client library adds no field of its own."""
    server = serve(lambda request, number: (200, {"choices": [{"text": "yes", "finish_reason": "stop"}]}, {}))
    opened(server, api="completions").generate([question()])
    assert server.asked == [{"model": "tiny", "prompt": "why?", "max_tokens": 64, "temperature": 0.0}]


ODD: tuple[Any, ...] = (None, True, -1, 2.5, "text", [], [1], {}, {"a": 1}, [{"type": "text"}], {"content": [1]})


@pytest.mark.parametrize("name", ["index", "delta", "message", "text", "logprobs", "finish_reason", "usage", "error", "choices"])
def test_a_field_of_another_type_is_no_answer_or_passed_over_and_breaks_nothing(name: str) -> None:
    """Each field of a stream and of a whole reply in eleven wrong forms, beside one that is right."""
    sound = {"index": 0, "delta": {"content": "yes"}, "finish_reason": "stop"}
    for odd in ODD:
        event = {"choices": [sound], name: odd} if name in ("usage", "error", "choices") else {"choices": [sound | {name: odd}]}
        whole = json.loads(json.dumps(event).replace('"delta"', '"message"'))
        for reply in (lambda event=event: streams.completion(f"data: {json.dumps(event)}\n\ndata: [DONE]\n\n"), lambda whole=whole: whole):
            try:
                response = replies.read(question("why?", "yes", "no"), completions.as_chat(reply()), scores=True, seconds=0.0)
            except (Malformed, ErrorReply):
                continue
            assert isinstance(response.text, str)
            assert all(isinstance(count, int) and count >= 0 for count in response.usage.values())


@pytest.mark.parametrize("name", ["index", "text", "logprobs", "prompt_logprobs", "tokens", "token_logprobs"])
def test_an_echo_of_another_form_is_none(name: str) -> None:
    read = completions.texts("Is it?", ["yes", "no"])
    told = {"tokens": ["Is it?"], "token_logprobs": [None]}
    for odd in ODD:
        more = {"logprobs": told | {name: odd}} if name in told else {"logprobs": told, name: odd}
        given = {"choices": [{"index": number, "text": text, **more} for number, text in enumerate(read)]}
        with contextlib.suppress(Malformed, completions.Unscored):
            scores = completions.choice_log_probs(given, read, ["yes", "no"], written=0)
            assert len(scores) == 2
