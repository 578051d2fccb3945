"""OpenAI-compatible servers that answer well: what is asked, and what is made of the replies."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from typing import Any

import pytest

from harness import models
from harness.console.runs import warnings_of
from harness.data import catalog
from harness.errors import UsageError
from harness.runs.facts import Counts, Tokens
from harness.runs.plan import Options, prepare
from harness.types import Streaming
from tests.models.server.toys import completion, question, well


def test_every_question_is_asked_with_its_picture(serve: Any, evaluated: Any) -> None:
    server = serve(well)
    run = evaluated(server)
    assert run.record.counts == Counts(examples=20, answered=20, unparsed=0, empty=0, refused=0, failed=0, skipped=0)
    assert run.record.model.name == "tiny"
    assert len(server.asked) == 20
    picture, text = server.asked[0]["messages"][0]["content"]
    assert picture["image_url"]["url"].startswith("data:image/")
    assert text["text"].endswith("Answer with a single word or a short phrase.")
    assert (server.asked[0]["max_tokens"], server.asked[0]["temperature"]) == (16, 0.0)


def test_tokens_are_counted_and_their_cost_is_worked_out(serve: Any, evaluated: Any) -> None:
    """20 replies of 7 and 2 tokens: 140 x 3 + 40 x 10 per million."""
    run = evaluated(serve(well), price_in="3", price_out="10")
    assert run.record.prompting.tokens == Tokens(prompt=140, completion=40, cost=0.00082)
    uncounted = serve(lambda request, number: (200, completion("yes") | {"usage": None}, {}))
    assert evaluated(uncounted, "pneumoniamnist").record.prompting.tokens is None


def test_text_tasks_are_plain_messages(serve: Any, evaluated: Any) -> None:
    server = serve(well)
    evaluated(server, "mednli")
    assert isinstance(server.asked[0]["messages"][0]["content"], str)


def test_nothing_said_is_empty_and_a_budget_that_ran_out_is_seen(serve: Any, evaluated: Any) -> None:
    run = evaluated(
        serve(lambda request, number: (200, completion(None if number % 2 else "<think>it may be", finish_reason="length"), {}))
    )
    assert run.record.counts.answered == 0
    assert run.record.counts.empty + run.record.counts.unparsed == 20
    assert run.record.prompting.cut == 20
    assert "20 of 20 replies ended at the limit of 16 tokens; --max-new-tokens gives them more" in warnings_of(run.record)
    [accuracy] = [e for e in run.record.estimates if (e.metric, e.variant, e.slice) == ("exact_match", "canonical", "all")]
    assert (accuracy.value, accuracy.n) == (0.0, 20)


@pytest.mark.parametrize(
    ("message", "given", "text", "thinking"),
    [
        ({"content": "<think>no, no</think>yes"}, {}, "yes", "no, no"),
        ({"content": "[THINK]no, no[/THINK]yes"}, {}, "yes", "no, no"),
        ({"content": "yes", "reasoning_content": "no, no"}, {}, "yes", "no, no"),
        ({"content": "<think>or not</think>yes", "reasoning": "no, no"}, {}, "yes", "no, no\nor not"),
        (
            {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "no, no"}]}, {"type": "text", "text": "yes"}]},
            {},
            "yes",
            "no, no",
        ),
        ({"content": "<a>no, no</a>yes"}, {"thinking_tags": "<a>|</a>"}, "yes", "no, no"),
    ],
)
def test_thoughts_are_set_apart(serve: Any, opened: Any, message: dict[str, Any], given: dict[str, str], text: str, thinking: str) -> None:
    model = opened(serve(lambda request, number: (200, completion(None, message=message), {})), **given)
    [response] = model.generate([question()])
    assert (response.text, response.thinking) == (text, thinking)


def test_many_requests_are_under_way_at_once(serve: Any, evaluated: Any) -> None:
    """Four wait for each other: fewer at once would never get through."""
    together = threading.Barrier(4, timeout=20)

    def answer(request: dict[str, Any], number: int) -> Any:
        together.wait()
        return well(request, number)

    assert evaluated(serve(answer), concurrency="4").record.counts.answered == 20


def test_replies_are_streamed_as_they_arrive_whatever_their_order(serve: Any, opened: Any) -> None:
    """The first waits until the second's reply was handed on."""
    second = threading.Event()

    def answer(request: dict[str, Any], number: int) -> Any:
        if request["messages"][0]["content"] == "first":
            second.wait(20)
        return 200, completion(request["messages"][0]["content"]), {}

    model = opened(serve(answer), concurrency="2")
    assert isinstance(model, Streaming)
    replies = model.stream(model.prepare([question("first"), question("second"), question("third")]))
    arrived = [next(replies)]
    second.set()
    arrived += replies
    assert arrived[0][0] == 1
    assert {place: response.text for place, response in arrived} == {0: "first", 1: "second", 2: "third"}


def test_a_stream_that_is_closed_ends_what_is_under_way_and_asks_nothing_more(serve: Any, opened: Any) -> None:
    server = serve(well)
    model = opened(server, concurrency="2")
    replies = model.stream(model.prepare([question(str(number)) for number in range(1000)]))
    assert next(replies)[1].text == "yes"
    replies.close()
    assert len(server.asked) <= 4


def test_an_interruption_ends_what_is_under_way_and_is_passed_on(serve: Any, opened: Any) -> None:
    """The third request brings a signal about, and is never answered."""
    main, never = threading.get_ident(), threading.Event()

    class Stop(KeyboardInterrupt):
        pass

    def stop(*arguments: Any) -> None:
        raise Stop

    def answer(request: dict[str, Any], number: int) -> Any:
        if number == 3:
            signal.pthread_kill(main, signal.SIGUSR1)
            never.wait(20)
        return well(request, number)

    before = signal.signal(signal.SIGUSR1, stop)
    try:
        model = opened(serve(answer), concurrency="1")
        with pytest.raises(Stop):
            list(model.stream(model.prepare([question(str(number)) for number in range(9)])))
        arrived = model.stream(model.prepare([question("again")]))
        assert next(arrived)[1].text == "yes"
        arrived.close()
    finally:
        signal.signal(signal.SIGUSR1, before)
        never.set()


def test_the_key_comes_from_the_environment_and_is_never_recorded(serve: Any, evaluated: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret\n")
    run = evaluated(serve(well))
    assert all(b"sk-secret" not in path.read_bytes() for path in run.folder.iterdir())
    monkeypatch.setenv("OPENAI_API_KEY", "sk-sécret")
    with pytest.raises(UsageError, match=r"\$OPENAI_API_KEY holds signs that no key has"):
        models.open_model("openai:m", {})


def test_a_beam_search_is_refused(serve: Any, opened: Callable[..., Any]) -> None:
    with pytest.raises(UsageError, match="servers have no beam search"):
        prepare(catalog.task("pneumoniamnist"), opened(serve(well)), Options(decoding={"beams": 3}))
