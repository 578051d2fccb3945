"""The runner: fixed batches, isolated failures, nothing asked twice."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import pytest

from harness.errors import ModelError
from harness.journal import Journal
from harness.runner import Asked, Progress, run
from harness.types import Decoding, Input, ModelInfo, Request, Response


class Scripted:
    """A model that says each request's id, remembers its batches, and fails where told to."""

    info = ModelInfo(name="scripted", kind="test")

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


def test_only_the_request_at_fault_fails(tmp_path: Path) -> None:
    replies = run(Scripted(broken=frozenset({"4"})), asked(8), Journal(tmp_path), batch_size=8)
    assert [reply.error is not None for reply in replies] == [i == 4 for i in range(8)]
    assert replies[4].error == "ValueError: cannot read ['4']"


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
    with pytest.raises(ModelError, match=r"every one of the first 2 requests.*ValueError: cannot read"):
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
