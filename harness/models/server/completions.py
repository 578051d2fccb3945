"""The completions interface: a text that goes on, and texts that are only read, token by token."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from harness.models.forms import LEADS, forms
from harness.models.server.faults import Malformed
from harness.models.sums import by_choice


class Unscored(Exception):
    """A server that has read a text and does not say how likely it found it."""


class Token(NamedTuple):
    """One token of a text that was read."""

    name: str
    """Its text, or its number where the server gives it."""
    log: float
    """Its log-probability behind all before it; 0 of the first, which nothing stands before."""


def as_chat(reply: Any) -> Any:
    """A completion as the chat that it would be, so that there is one way of reading replies."""
    if not isinstance(reply, Mapping) or not isinstance(reply.get("choices"), list):
        return reply
    return {**reply, "choices": [_as_turn(choice) for choice in reply["choices"]]}


def _as_turn(choice: Any) -> Any:
    if not isinstance(choice, Mapping) or "text" not in choice:
        return choice
    return {**choice, "message": {"content": choice["text"]}, "logprobs": {"content": _places(choice.get("logprobs"))}}


def _places(told: Any) -> list[Any] | None:
    """The likelihoods of each place in the chat's form; None where there are none."""
    if not isinstance(told, Mapping):
        return None
    if isinstance(told.get("content"), list):  # some servers give the chat's form here too
        return list(told["content"])
    tokens, likely = told.get("tokens"), told.get("top_logprobs")
    if not isinstance(tokens, list) or not isinstance(likely, list) or len(tokens) != len(likely):
        return None
    return [
        {
            "token": token,
            "top_logprobs": [{"token": name, "logprob": log} for name, log in place.items()] if isinstance(place, Mapping) else [],
        }
        for token, place in zip(tokens, likely, strict=True)
    ]


def texts(prompt: str, choices: Sequence[str]) -> list[str]:
    """What a server reads to score choices: the prompt, and the prompt with each writing of each choice behind it."""
    return [prompt, *(prompt + writing for choice in choices for writing in _writings(choice, choices))]


def _writings(choice: str, choices: Sequence[str]) -> list[str]:
    return [f"{lead}{form}" for form in forms(choice, choices) for lead in LEADS]


def choice_log_probs(reply: Any, read: Sequence[str], choices: Sequence[str], *, written: int) -> tuple[float, ...]:
    """The log-probability of each choice behind the prompt.

    A writing counts from the token in which it leaves the prompt. Where a tokeniser joins the prompt's end with a writing's beginning, that
    token counts whole, for each choice alike.

    Args:
        reply: To `read`.
        read: The `texts`.
        choices: Of the request.
        written: How many tokens were written behind each text.

    Raises:
        Unscored: The server gives no likelihoods of what it reads.
        Malformed: It gives them for other texts than it was sent.
    """
    given = reply.get("choices") if isinstance(reply, Mapping) else None
    ways = [_writings(choice, choices) for choice in choices]
    if not isinstance(given, list) or not all(isinstance(choice, Mapping) for choice in given):
        raise Malformed("the reply has no choices")
    if len(given) != len(read):
        raise Malformed(f"the reply has {len(given)} choices to {len(read)} texts")
    if not all(isinstance(choice.get("index", 0), int) for choice in given):
        raise Malformed("a choice of the reply has no number for its place")
    ordered = sorted(given, key=lambda choice: choice.get("index", 0))
    prompt, *rest = [_tokens(choice, text, written) for choice, text in zip(ordered, read, strict=True)]
    shared = min(_in_common(prompt, one) for one in rest)
    tails = iter([(tuple(token.name for token in one[shared:]), sum(token.log for token in one[shared:])) for one in rest])
    return by_choice([dict(next(tails) for _ in own) for own in ways])


def _in_common(one: Sequence[Token], other: Sequence[Token]) -> int:
    """How many tokens two texts begin with alike."""
    return next((place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a.name != b.name), min(len(one), len(other)))


def _tokens(choice: Mapping[str, Any], text: str, written: int) -> list[Token]:
    """The tokens of a text that was read."""
    if choice.get("prompt_logprobs") is not None:
        pairs = _told(choice["prompt_logprobs"])
    elif str(choice.get("text")).lstrip().startswith(text.strip()):  # a server that knows no echo gives what it wrote
        pairs = _echoed(choice.get("logprobs"))
        pairs = pairs[: len(pairs) - written]
    else:
        raise Unscored
    if not pairs:
        raise Unscored
    tokens = []
    for place, (name, log) in enumerate(pairs):
        if log is None and not place:
            log = 0.0
        if not isinstance(name, str) or isinstance(log, bool) or not isinstance(log, int | float) or math.isnan(log):
            raise Malformed("the reply's likelihoods are not pairs of token and number")
        tokens.append(Token(name, min(0.0, float(log))))
    return tokens


def _echoed(told: Any) -> list[tuple[Any, Any]]:
    """Tokens and likelihoods of an echo."""
    if not isinstance(told, Mapping) or not isinstance(told.get("tokens"), list) or not isinstance(told.get("token_logprobs"), list):
        raise Unscored
    if len(told["tokens"]) != len(told["token_logprobs"]):
        raise Malformed("the reply has not one likelihood for each token")
    return list(zip(told["tokens"], told["token_logprobs"], strict=True))


def _told(places: Any) -> list[tuple[Any, Any]]:
    """Tokens, by number, and likelihoods of vLLM's ``prompt_logprobs``: nothing for the first, one token for each other."""
    if not isinstance(places, list):
        raise Unscored
    pairs: list[tuple[Any, Any]] = []
    for place in places:
        if place is None:
            pairs.append(("", None))
        elif isinstance(place, Mapping) and len(place) == 1:
            [(name, told)] = place.items()
            pairs.append((name, told.get("logprob") if isinstance(told, Mapping) else told))
        else:
            raise Malformed("the reply's prompt_logprobs are not one token in each place")
    return pairs
