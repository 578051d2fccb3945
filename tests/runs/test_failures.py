"""Reasons of failure: what differs from request to request splits none, and nothing of entrusted data is told."""

from __future__ import annotations

import pytest

from harness.runs.facts import Failure
from harness.runs.failures import reasons, summary
from harness.types import Response


def failed(*messages: str) -> list[tuple[str, Response]]:
    """A failure per message; their ids are s-a, s-b and so on."""
    return [(f"s-{letter}", Response(error=message)) for letter, message in zip("abcdefghijklmnopqrstuvwxyz", messages, strict=False)]


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        (["ReadTimeout", "ReadTimeout"], "ReadTimeout"),
        (["cannot read s-a", "cannot read s-b"], "cannot read …"),
        (["cannot read ['12']", "cannot read ['7']"], "cannot read ['…']"),
        (["4,097 tokens, at most 4096", "5000 tokens, at most 4096"], "… tokens, at most …"),
        (["<Tensor at 0x7f10>", "<Tensor at 0x7f3c>"], "<Tensor at …>"),
        (["OSError: /tmp/a/1.png", "OSError: /tmp/b/2.png"], "OSError: …"),
        (["HTTP 503, request req_81aa7", "HTTP 503, request req_99b1c"], "HTTP 503, request …"),
        (["refused by 10.0.0.1:8000", "refused by 10.0.0.2:8001"], "refused by …"),
        (["two\nlines", "two  lines"], "two lines"),
        (["", ""], "no reason was given"),
    ],
)
def test_messages_of_one_cause_are_one_reason(messages: list[str], reason: str) -> None:
    assert reasons(failed(*messages)) == (Failure(reason=reason, n=2, first="s-a"),)


@pytest.mark.parametrize(
    "messages",
    [
        ["HTTP 429: wait", "HTTP 503: wait"],
        ["Error code: 400 - bad", "Error code: 500 - bad"],
        ["exit code 1", "exit code 137"],
        ["KeyError: 'image'", "KeyError: 'label'"],
    ],
)
def test_messages_of_two_causes_stay_two(messages: list[str]) -> None:
    assert [reason.reason for reason in reasons(failed(*messages))] == messages


def test_the_commonest_comes_first_and_answers_are_no_failures() -> None:
    replies = [*failed("rare", "often", "often"), ("x", Response(text="yes")), ("y", Response(refusal="no"))]
    found = reasons(replies)
    assert found == (Failure(reason="often", n=2, first="s-b"), Failure(reason="rare", n=1, first="s-a"))
    assert summary(found, most=1) == "2 × often (first: s-b); 1 × other reasons"


def test_many_reasons_are_ten_and_none_is_lost() -> None:
    found = reasons(failed(*"abcdefghijklmnop"))
    assert len(found) == 10
    assert found[-1] == Failure(reason="other reasons", n=7, first="s-j")
    assert sum(reason.n for reason in found) == 16


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("ValueError: cannot read 'Mr Smith, 61, has'", "ValueError ("),
        ("openai.BadRequestError: Error code: 400 - {'input': 'Mr Smith'}", "BadRequestError, code: 400 ("),
        ("HTTP 502 from the note of Mr Smith", "HTTP 502 ("),
        ("Smith: 61", "its words may hold"),
        ("", "its words may hold"),
    ],
)
def test_of_entrusted_data_kind_and_status_alone_are_told(message: str, told: str) -> None:
    (reason,) = reasons(failed(message), private=True, name=lambda identifier: f"hash of {len(identifier)}")
    assert reason.reason.startswith(told)
    assert "Smith" not in reason.reason
    assert "61" not in reason.reason
    assert reason.first == "hash of 3"
