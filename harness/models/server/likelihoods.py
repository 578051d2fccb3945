"""Scores of the choices, from the likelihoods of the token with which an answer begins."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from harness.models.server.faults import Malformed
from harness.parsing import thinking
from harness.parsing.thinking import Pair

TOP = 20
"""The most likelihoods that servers give per token."""
_AROUND = " \t\r\n▁Ġ*_#`~\"'“”‘’([{<>}]):;.,$\\|-"
"""Blanks, line breaks, quotes, brackets and markup, which stand around an answer's first word in tokens and are not part of it."""


def scores(labels: Sequence[str], choice: Any, *, answer: str, thought: bool, tags: Sequence[Pair]) -> tuple[float, ...] | None:
    """The log-probability of each choice; None where the server gives no likelihoods, or none of those it gives names a choice.

    They are read at the token with which the answer begins: thoughts are passed over, and so is every token written of blanks and markup
    alone (a line break, ``**``, an opening bracket). A token counts for a choice where it begins that choice's label, or is its option
    letter, and for no other choice. What is not among the likeliest tokens has probability 0, which is a bound and not a measurement.

    Args:
        labels: The choices.
        choice: The server's, with its ``logprobs``.
        answer: What was written after the thoughts.
        thought: Whether thoughts came before it, here or in a field of their own.
        tags: What opens and closes a thought.

    Raises:
        Malformed: A likelihood is not a pair of token and number.
    """
    content = field(field(choice, "logprobs"), "content")
    if not isinstance(content, list) or not content:
        return None
    tokens = [_token(item) for item in content]
    place = _beginning(tokens, answer, tags) if thought else 0
    if place is None:
        return None
    while place < len(tokens) and not tokens[place].strip(_AROUND) and _named(tokens[place], labels) is None:
        place += 1
    return _totals(labels, field(content[place], "top_logprobs")) if place < len(tokens) else None


def field(value: Any, name: str) -> Any:
    """A field of what a server sent, which may be of any type; None where there is none."""
    return value.get(name) if isinstance(value, Mapping) else None


def _token(item: Any) -> str:
    token = field(item, "token")
    if not isinstance(token, str):
        raise Malformed("the reply's likelihoods are not pairs of token and number")
    return token


def _beginning(tokens: Sequence[str], answer: str, tags: Sequence[Pair]) -> int | None:
    """The place of the token in which the answer after a thought begins; None where it cannot be told."""
    written = "".join(tokens)
    parts = thinking.split(written, tags)
    if parts.place == "nowhere" or not answer:
        return None
    offset = written.rfind(parts.answer if parts.place == "after" else answer)
    if offset < 0:
        return None
    for place, token in enumerate(tokens):
        offset -= len(token)
        if offset < 0:
            return place
    return None


def _totals(labels: Sequence[str], likelihoods: Any) -> tuple[float, ...] | None:
    if not isinstance(likelihoods, list):
        return None
    totals = [0.0] * len(labels)
    for item in likelihoods:
        token, value = _token(item), field(item, "logprob")
        if not isinstance(value, int | float) or math.isnan(value):
            raise Malformed("the reply's likelihoods are not pairs of token and number")
        named = _named(token, labels)
        if named is not None:
            totals[named] += math.exp(min(0.0, float(value)))
    if not any(totals):
        return None
    return tuple(min(0.0, math.log(total)) if total > 0 else -math.inf for total in totals)


def _named(token: str, labels: Sequence[str]) -> int | None:
    """The one choice that a token stands for, as it is or without what stands around it."""
    for form in dict.fromkeys((token.strip().casefold(), token.strip(_AROUND).casefold())):
        if form and (places := _fitting(form, labels)):
            return places.pop() if len(places) == 1 else None
    return None


def _fitting(form: str, labels: Sequence[str]) -> set[int]:
    letters = {place for place in range(len(labels)) if len(labels) <= 26 and form == chr(ord("a") + place)}
    return letters | {place for place, label in enumerate(labels) if label.casefold().startswith(form)}
