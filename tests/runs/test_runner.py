"""The runner: fixed batches, isolated failures, nothing asked twice, nothing lost that was answered."""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from harness.errors import CorruptData, Interrupted, ModelError
from harness.runs.journal import Journal
from harness.runs.runner import Asked, Progress, run
from harness.types import Decoding, Input, ModelInfo, Request, Response


class Scripted:
    """A model that says each request's id, remembers its batches, and fails where told to."""

    info = ModelInfo(name="scripted", kind="test", digest="1")

    def __init__(self, *, broken: frozenset[str] = frozenset(), dies_at: str = "") -> None:
        self.broken, self.dies_at = broken, dies_at
        self.batches: list[list[str]] = []

    def generate(self, requests: Sequence[Request]) -> Sequence[Response]:
        names = [request.id for request in requests]
        self.batches.append(names)
        if self.dies_at in names:
            raise KeyboardInterrupt
        if self.broken & set(names):
            raise ValueError(f"cannot read {sorted(self.broken & set(names))}")
        return [Response(text=name) for name in names]


def asked(n: int, choices: tuple[str, ...] = ()) -> list[Asked]:
    return [
        Asked(request=Request(id=str(i), prompt="?", item=Input(text="?", choices=choices), decoding=Decoding()), digest="d")
        for i in range(n)
    ]


@pytest.mark.parametrize("size", [1, 3, 100])
def test_replies_come_back_in_order_whatever_the_batch_size(tmp_path: Path, size: int) -> None:
    assert [reply.text for reply in run(Scripted(), asked(7), Journal(tmp_path), batch_size=size)] == list("0123456")


def test_a_finished_run_asks_nothing(tmp_path: Path) -> None:
    run(Scripted(), asked(7), Journal(tmp_path), batch_size=3)
    again = Scripted()
    assert [reply.text for reply in run(again, asked(7), Journal(tmp_path), batch_size=3)] == list("0123456")
    assert again.batches == []


def test_a_failure_is_asked_again_alone_and_nothing_else_is(tmp_path: Path) -> None:
    run(Scripted(broken=frozenset({"4"})), asked(8), Journal(tmp_path), batch_size=4)
    mended = Scripted()
    replies = run(mended, asked(8), Journal(tmp_path), batch_size=4)
    assert mended.batches == [["4"]]
    assert [reply.error for reply in replies] == [None] * 8


def test_an_interrupted_run_goes_on_with_the_batch_that_was_in_flight(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(Scripted(dies_at="5"), asked(9), Journal(tmp_path), batch_size=2)
    rest = Scripted()
    run(rest, asked(9), Journal(tmp_path), batch_size=2)
    assert rest.batches == [["4", "5"], ["6", "7"], ["8"]]


def test_a_batch_of_which_the_disk_holds_a_part_is_asked_again_whole(tmp_path: Path) -> None:
    """Answers may depend on the batch; half a batch would not give those of an undisturbed run."""
    journal = Journal(tmp_path)
    run(Scripted(), asked(4), journal, batch_size=4)
    content = journal.path.read_bytes().splitlines(keepends=True)
    journal.path.write_bytes(b"".join(content[:2]) + content[2][:5])
    rest = Scripted()
    assert [reply.text for reply in run(rest, asked(4), journal, batch_size=4)] == list("0123")
    assert rest.batches == [["0", "1", "2", "3"]]


def test_a_model_that_fails_on_everything_stops_the_run_with_its_own_words(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"every one of the 10 requests: 10 × ValueError: cannot read \['…'\] \(first: 0\)"):
        run(Scripted(broken=frozenset("0123456789")), asked(10), Journal(tmp_path), batch_size=2)


def test_a_model_that_drops_a_response_breaks_its_contract(tmp_path: Path) -> None:
    class Short(Scripted):
        def generate(self, requests: Sequence[Request]) -> Sequence[Response]:
            return super().generate(requests)[1:]

    with pytest.raises(ModelError, match="2 responses to 3 requests"):
        run(Short(), asked(3), Journal(tmp_path), batch_size=3)


@pytest.mark.parametrize(
    ("scores", "message"),
    [((-1.0,), "1 choice_log_probs for 2 choices"), ((math.nan, -1.0), "no log-probability"), ((0.7, 0.3), "no log-probability")],
    ids=["too few", "NaN", "probabilities instead of logarithms"],
)
def test_scores_that_cannot_be_log_probabilities_are_failures(tmp_path: Path, scores: tuple[float, ...], message: str) -> None:
    class Scoring(Scripted):
        def generate(self, requests: Sequence[Request]) -> Sequence[Response]:
            return [Response(text="x")] * (len(requests) - 1) + [Response(choice_log_probs=scores)]

    replies = run(Scoring(), asked(3, ("no", "yes")), Journal(tmp_path), batch_size=3)
    assert replies[2].error is not None
    assert message in replies[2].error


def test_progress_counts_what_was_reused_and_what_failed(tmp_path: Path) -> None:
    run(Scripted(broken=frozenset({"1"})), asked(4), Journal(tmp_path), batch_size=2)
    seen: list[Progress] = []
    run(Scripted(broken=frozenset({"1"})), asked(4), Journal(tmp_path), batch_size=2, observe=seen.append)
    assert (seen[0].done, seen[0].total, seen[0].failed, seen[0].reused) == (4, 4, 1, 3)
    assert seen[-1].failed == 1


class Ahead(Scripted):
    """Keeps host and device apart, and wants its batches from the longest request to the shortest."""

    def partition(self, requests: Sequence[Request], size: int | None) -> Sequence[Sequence[int]]:
        order = sorted(range(len(requests)), key=lambda place: -int(requests[place].id))
        step = size or 3
        return [order[start : start + step] for start in range(0, len(order), step)]

    def prepare(self, requests: Sequence[Request]) -> Sequence[Request]:
        if "7" in self.broken and any(request.id == "7" for request in requests):
            raise OSError("no picture of 7")
        return requests

    def answer(self, prepared: Sequence[Request]) -> Sequence[Response]:
        return super().generate(prepared)

    def generate(self, requests: Sequence[Request]) -> Sequence[Response]:
        return self.answer(self.prepare(requests))


@pytest.mark.parametrize(("size", "batches"), [(None, ["876", "543", "210"]), (5, ["87654", "3210"])], ids=["its own size", "the user's"])
def test_a_model_cuts_its_batches_itself_and_replies_come_back_in_order(tmp_path: Path, size: int | None, batches: list[str]) -> None:
    model = Ahead()
    replies = run(model, asked(9), Journal(tmp_path), batch_size=size)
    assert [reply.text for reply in replies] == list("012345678")
    assert model.batches == [list(batch) for batch in batches]


def test_a_resume_repeats_the_models_own_batches(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(Ahead(dies_at="4"), asked(9), Journal(tmp_path), batch_size=None)
    rest = Ahead()
    assert [reply.text for reply in run(rest, asked(9), Journal(tmp_path), batch_size=None)] == list("012345678")
    assert rest.batches == [list("543"), list("210")]


def test_a_request_that_cannot_be_made_ready_fails_alone(tmp_path: Path) -> None:
    replies = run(Ahead(broken=frozenset({"7"})), asked(9), Journal(tmp_path), batch_size=None)
    assert [reply.error for reply in replies] == [None] * 7 + ["OSError: no picture of 7", None]


def test_batches_that_leave_a_request_out_break_the_contract(tmp_path: Path) -> None:
    class Forgetful(Ahead):
        def partition(self, requests: Sequence[Request], size: int | None) -> Sequence[Sequence[int]]:
            return super().partition(requests, size)[1:]

    with pytest.raises(ModelError, match="each of the 9 requests once"):
        run(Forgetful(), asked(9), Journal(tmp_path), batch_size=None)


def test_progress_counts_the_tokens_written_since_the_run_began(tmp_path: Path) -> None:
    class Counting(Scripted):
        def generate(self, requests: Sequence[Request]) -> Sequence[Response]:
            return [Response(text="x", usage={"prompt": 10, "completion": 3}) for _ in requests]

    seen: list[Progress] = []
    run(Counting(), asked(4), Journal(tmp_path), batch_size=2, observe=seen.append)
    assert [state.tokens for state in seen] == [0, 6, 12]


@pytest.mark.parametrize("size", [1, 4, 30, 64], ids="batches of {}".format)
def test_only_the_requests_at_fault_fail_and_a_bad_beginning_ends_no_run_whatever_the_batch_size(tmp_path: Path, size: int) -> None:
    replies = run(Scripted(broken=frozenset("012")), asked(30), Journal(tmp_path), batch_size=size)
    assert [reply.error for reply in replies] == [f"ValueError: cannot read ['{i}']" if i < 3 else None for i in range(30)]


class Down(Scripted):
    """A model that answers so many requests and then is gone."""

    def __init__(self, answers: int, *, of_request: bool = False) -> None:
        super().__init__()
        self.answers, self.of_request = answers, of_request

    def generate(self, requests: Sequence[Request]) -> Sequence[Response]:
        self.batches.append([request.id for request in requests])
        gone = Response(error="ConnectionError: refused", of_request=self.of_request)
        return [Response(text=request.id) if int(request.id) < self.answers else gone for request in requests]


@pytest.mark.parametrize(("size", "calls"), [(1, 30), (3, 10), (10, 3)])
def test_twenty_failures_in_a_row_end_a_run_and_keep_what_was_answered(tmp_path: Path, size: int, calls: int) -> None:
    model = Down(10)
    with pytest.raises(ModelError, match=r"given up after 20 failures in a row; \d+ of 100 requests.*20 × ConnectionError: refused|× Conn"):
        run(model, asked(100), Journal(tmp_path), batch_size=size)
    assert len(model.batches) == calls
    assert sum(reply.error is None for reply in Journal(tmp_path).read().values()) == 10


@pytest.mark.parametrize(
    ("model", "after"), [(Down(10, of_request=True), 20), (Down(10), 0), (Down(10), 91)], ids=["the requests' own", "never", "later"]
)
def test_what_does_not_tell_of_the_model_ends_no_run(tmp_path: Path, model: Down, after: int) -> None:
    replies = run(model, asked(100), Journal(tmp_path), batch_size=7, give_up_after=after)
    assert sum(reply.error is None for reply in replies) == 10


def test_a_run_that_ends_in_failures_is_partial_and_asking_them_again_in_vain_leaves_it_so(tmp_path: Path) -> None:
    run(Down(10), asked(40), Journal(tmp_path), batch_size=8, give_up_after=0)
    seen: list[Progress] = []
    again = Down(10)
    replies = run(again, asked(40), Journal(tmp_path), batch_size=5, observe=seen.append)
    assert sum(reply.error is None for reply in replies) == 10
    assert [len(batch) for batch in again.batches] == [5, 5, 5, 5]
    assert (seen[-1].gave_up, seen[-1].reused, seen[-1].asked, seen[-1].again) == (True, 10, 20, 10)


def test_what_was_never_asked_comes_before_what_failed(tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        run(Down(2), asked(30), Journal(tmp_path), batch_size=1)
    mended = Scripted()
    run(mended, asked(30), Journal(tmp_path), batch_size=1)
    assert [int(name) for (name,) in mended.batches] == [*range(22, 30), *range(2, 22)]


def test_what_the_halves_of_a_batch_answered_is_kept_where_a_later_half_is_fatal(tmp_path: Path) -> None:
    class Fatal(Scripted):
        def generate(self, requests: Sequence[Request]) -> Sequence[Response]:
            if [request.id for request in requests] == list("4567"):
                raise ModelError("gone")
            return super().generate(requests)

    with pytest.raises(ModelError, match="gone"):
        run(Fatal(broken=frozenset("1")), asked(8), Journal(tmp_path), batch_size=8)
    kept = {key[0]: reply.error is None for key, reply in Journal(tmp_path).read().items()}
    assert kept == {"0": True, "1": False, "2": True, "3": True}


class Served(Ahead):
    """Answers one by one, the last first, and breaks down or is stopped where told to."""

    def __init__(self, *, stops_after: int = 99, error: BaseException | None = None) -> None:
        super().__init__()
        self.left, self.error = stops_after, error

    def stream(self, prepared: Sequence[Request]) -> Generator[tuple[int, Response], None, None]:
        self.batches.append([request.id for request in prepared])
        for place in reversed(range(len(prepared))):
            if not self.left and self.error is not None:
                raise self.error
            self.left -= 1
            yield place, Response(text=prepared[place].id)


@pytest.mark.parametrize("error", [ModelError("gone"), KeyboardInterrupt()], ids=["breaks down", "is stopped"])
def test_independent_replies_are_kept_one_by_one_and_only_the_missing_asked(tmp_path: Path, error: BaseException) -> None:
    model = Served(stops_after=5, error=error)
    with pytest.raises(type(error)):
        run(model, asked(9), Journal(tmp_path), batch_size=9)
    assert {key[0] for key in Journal(tmp_path).read()} == set("01234")
    rest = Served()
    assert [reply.text for reply in run(rest, asked(9), Journal(tmp_path), batch_size=None)] == list("012345678")
    assert rest.batches == [list("8765")]


def test_an_exception_amid_independent_replies_costs_none_of_the_others(tmp_path: Path) -> None:
    model = Served(stops_after=5, error=ValueError("broken pipe"))
    replies = run(model, asked(9), Journal(tmp_path), batch_size=9)
    assert [reply.error for reply in replies] == [None] * 5 + ["ValueError: broken pipe"] * 4


def test_a_stream_that_leaves_a_request_out_breaks_its_contract(tmp_path: Path) -> None:
    class Leaky(Served):
        def stream(self, prepared: Sequence[Request]) -> Generator[tuple[int, Response], None, None]:
            yield from ((place, reply) for place, reply in super().stream(prepared) if reply.text != "3")

    with pytest.raises(ModelError, match=r"no response to 1 of 9 requests \(first: '3'\)"):
        run(Leaky(), asked(9), Journal(tmp_path), batch_size=9)
    assert len(Journal(tmp_path).read()) == 8


def test_failures_are_asked_again_in_the_batches_that_the_model_wants(tmp_path: Path) -> None:
    class Fragile(Ahead):
        def answer(self, prepared: Sequence[Request]) -> Sequence[Response]:
            super().answer(prepared)
            return [Response(error="late") if int(request.id) % 2 else Response(text="x") for request in prepared]

    run(Fragile(), asked(9), Journal(tmp_path), batch_size=None)
    mended = Ahead()
    run(mended, asked(9), Journal(tmp_path), batch_size=None)
    assert mended.batches == [list("753"), ["1"]]


def test_an_interrupted_run_says_what_is_kept_where_and_how_to_go_on(tmp_path: Path) -> None:
    with pytest.raises(Interrupted, match=r"4 of 9 replies are kept in .*replies.jsonl; the same command goes on") as stopped:
        run(Scripted(dies_at="5"), asked(9), Journal(tmp_path), batch_size=2)
    assert (stopped.value.exit_code, stopped.value.kept, stopped.value.total) == (130, 4, 9)


def test_a_model_that_nothing_proves_is_not_said_to_go_on(tmp_path: Path) -> None:
    class Nameless(Scripted):
        info = ModelInfo(name="nameless", kind="test")

    again = "the same command asks everything again, as nothing proves which model answered"
    with pytest.raises(Interrupted, match=f"4 of 9 replies are kept in .*; {again}"):
        run(Nameless(dies_at="5"), asked(9), Journal(tmp_path), batch_size=2)
    with pytest.raises(ModelError, match=f"4 replies are kept in .*; {again}"):
        run(Nameless(broken=frozenset("456")), asked(9), Journal(tmp_path), batch_size=1, give_up_after=3)


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (Response(text=None), "its text is None and must be a text"),  # type: ignore[arg-type]
        (Response(finish="eos"), "its finish is 'eos'"),  # type: ignore[arg-type]
        (Response(error=ValueError("x")), "its error is a ValueError"),  # type: ignore[arg-type]
        ("yes", "it is a str and must be a harness.types.Response"),
    ],
    ids=["no text", "another reason to stop", "an exception as its own message", "a bare text"],
)
def test_what_is_no_response_is_a_failure_and_not_a_reply(tmp_path: Path, response: Any, error: str) -> None:
    class Careless(Scripted):
        def generate(self, requests: Sequence[Request]) -> Sequence[Response]:
            return [response if request.id == "1" else Response(text="x") for request in requests]

    replies = run(Careless(), asked(3), Journal(tmp_path), batch_size=3)
    assert [reply.error is None for reply in replies] == [True, False, True]
    assert error in str(replies[1].error)


def test_numbers_of_any_library_are_kept_as_python_s_own(tmp_path: Path) -> None:
    class Numeric(Scripted):
        def generate(self, requests: Sequence[Request]) -> Sequence[Response]:
            scores = np.array([-0.5, -np.inf], dtype=np.float32)
            return [Response(choice_log_probs=tuple(scores), usage={"completion": cast("int", np.int64(3))}, seconds=float("nan"))] * len(
                requests
            )

    (reply,) = run(Numeric(), asked(1, ("no", "yes")), Journal(tmp_path), batch_size=1)
    assert reply == Response(choice_log_probs=(-0.5, -math.inf), usage={"completion": 3})
    assert list(Journal(tmp_path).read().values()) == [reply]


def test_an_unreadable_picture_is_the_request_s_own_failure(tmp_path: Path) -> None:
    class Looking(Scripted):
        def generate(self, requests: Sequence[Request]) -> Sequence[Response]:
            raise CorruptData(f"{requests[0].id}.png: not a readable picture")

    with pytest.raises(ModelError, match="every one of the 30 requests"):  # not after the first twenty
        run(Looking(), asked(30), Journal(tmp_path), batch_size=30)
    assert all(reply.of_request for reply in Journal(tmp_path).read().values())
