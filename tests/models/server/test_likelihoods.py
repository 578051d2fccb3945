"""Scores from the likelihoods of an answer's first token: read where the answer begins, and none where nothing names a choice."""

from __future__ import annotations

from math import inf
from typing import Any

import pytest

from harness.models.server.faults import Malformed
from harness.models.server.likelihoods import scores
from harness.parsing.thinking import KNOWN
from tests.models.server.toys import completion, replied

YES_NO = {"yes": -0.1, " no": -2.5}
ELSE = {"the": -0.5, "it": -1.0}


def written(*tokens: tuple[str, dict[str, Any]]) -> Any:
    """A choice whose tokens were written one after another, each with the likeliest in its place."""
    content = [
        {"token": token, "top_logprobs": [{"token": other, "logprob": value} for other, value in likely.items()]}
        for token, likely in tokens
    ]
    return {"logprobs": {"content": content}}


def read(choice: Any, labels: tuple[str, ...] = ("yes", "no"), answer: str = "yes", thought: bool = False) -> tuple[float, ...] | None:
    return scores(labels, choice, answer=answer, thought=thought, tags=KNOWN)


FIRST = [
    ("the answer at once", [("yes", YES_NO)]),
    ("a line break", [("\n", ELSE), ("yes", YES_NO)]),
    ("blanks and bold", [(" ", ELSE), ("**", ELSE), ("yes", YES_NO), ("**", ELSE)]),
    ("a quote", [('"', ELSE), ("yes", YES_NO)]),
    ("an option letter in brackets", [("(", ELSE), ("A", {"A": -0.1, "B": -2.5})]),
    ("bold and word in one", [("**Yes", {"**Yes": -0.1, "**No": -2.5})]),
    ("a raw token of a vocabulary", [("▁yes", {"▁yes": -0.1, "▁no": -2.5})]),
]


@pytest.mark.parametrize("tokens", [tokens for _, tokens in FIRST], ids=[name for name, _ in FIRST])
def test_scores_are_read_where_the_answer_begins(tokens: Any) -> None:
    assert read(written(*tokens)) == pytest.approx((-0.1, -2.5))


THOUGHTS = [
    ("tags of one token", [("<think>", ELSE), ("no", ELSE), ("</think>", ELSE), ("\n\n", ELSE), ("yes", YES_NO)]),
    ("tags in pieces", [("<", ELSE), ("think", ELSE), (">no</", ELSE), ("think", ELSE), (">\n", ELSE), ("yes", YES_NO)]),
    ("a closing tag alone", [("no, ", ELSE), ("yes", ELSE), ("</think>", ELSE), ("yes", YES_NO), ("</s>", ELSE)]),
    ("a field of their own", [("no ", ELSE), ("or yes ", ELSE), ("yes", YES_NO)]),
    ("a field of their own, and tokens of the answer alone", [("\n", ELSE), ("yes", YES_NO)]),
]


@pytest.mark.parametrize("tokens", [tokens for _, tokens in THOUGHTS], ids=[name for name, _ in THOUGHTS])
def test_thoughts_are_passed_over(tokens: Any) -> None:
    assert read(written(*tokens), thought=True) == pytest.approx((-0.1, -2.5))


@pytest.mark.parametrize(
    "choice",
    [
        written(("the", ELSE)),
        written(("\n", ELSE), ("**", ELSE)),
        written(("<think>", ELSE), ("yes", YES_NO)),
        written(("yes", {})),
        written(),
        {"logprobs": None},
        {},
        {"logprobs": {"content": [{"token": "yes", "top_logprobs": None}]}},
    ],
)
def test_where_nothing_names_a_choice_there_are_no_scores(choice: Any) -> None:
    assert read(choice, thought="<think>" in str(choice)) is None


def test_tokens_of_one_choice_are_added_and_one_that_is_not_likely_has_none() -> None:
    """0.3 + 0.2 = 0.5, of which the logarithm is -0.6931."""
    assert read(written(("Yes", {"Yes": -1.20397, " yes": -1.60944, "x": -3.0}))) == pytest.approx((-0.6931, -inf), abs=1e-4)


def test_a_token_that_could_be_two_choices_counts_for_none() -> None:
    found = read(written(("kidney", {"kidney": -0.1, "liver": -3.0})), labels=("kidney-left", "kidney-right", "liver"))
    assert found == pytest.approx((-inf, -inf, -3.0))


def test_likelihoods_of_another_form_are_asked_for_again() -> None:
    with pytest.raises(Malformed):
        read(written(("yes", {"yes": "likely"})))
    with pytest.raises(Malformed):
        read(written(("yes", {"yes": float("nan")})))


def test_scores_reach_the_metrics(serve: Any, evaluated: Any) -> None:
    """Invented likelihoods: normal e^-0.5, pneumonia e^-1; the letter B is pneumonia's too."""
    top = [{"token": t, "logprob": p} for t, p in ((" normal", -0.5), (" pneu", -1.0), ("B", -2.0), ("the", -3.0))]
    more = {"logprobs": {"content": [{"token": " normal", "logprob": -0.5, "top_logprobs": top}]}}
    server = serve(lambda request, number: (200, completion("normal", **more), {}))
    run = evaluated(server, "pneumoniamnist", scores="first-token")
    assert server.asked[0]["top_logprobs"] == 20
    [auc] = [e for e in run.record.estimates if (e.metric, e.variant, e.slice) == ("auc", "medmnist", "all")]
    assert auc.value == 0.5, "the same scores for every picture"
    assert replied(run)[0]["choice_log_probs"] == pytest.approx([-0.5, -0.6867], abs=1e-4)


def test_replies_without_scores_leave_the_area_undefined(serve: Any, evaluated: Any) -> None:
    """Every second reply begins with a word that is no choice."""

    def answer(request: dict[str, Any], number: int) -> Any:
        token = " normal" if number % 2 else "The"
        more = {"logprobs": {"content": [{"token": token, "logprob": -0.5, "top_logprobs": [{"token": token, "logprob": -0.5}]}]}}
        return 200, completion("normal", **more), {}

    run = evaluated(serve(answer), "pneumoniamnist", scores="first-token")
    [auc] = [e for e in run.record.estimates if (e.metric, e.variant, e.slice) == ("auc", "medmnist", "all")]
    n = run.record.counts.examples
    assert (auc.value, auc.note) == (None, f"not computed: {n // 2} of {n} replies have no scores")
