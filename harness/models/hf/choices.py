"""Scoring: one log-probability for each answer that may be given, summed over the ways in which the model would write it.

An answer is scored where it is written: after the prompt's own tokens, or after the thought that the model wrote there. The prompt is read
once for all answers where its keys and values can be kept, and again for each where a network keeps a state instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch

from harness.models.hf.decoder import by_decoder
from harness.models.hf.encoded import Encoded
from harness.models.hf.generation import Prompted, Written
from harness.models.hf.loading import Loaded
from harness.models.hf.passes import after_cache, extended, pictures_of, read, whole_texts
from harness.models.hf.prompting import Prompter
from harness.models.hf.writings import Tokens
from harness.models.sums import by_choice, total
from harness.types import Request

_NEGLIGIBLE = 16.0
"""Nepers below a choice's probability at which another writing of it adds nothing to a single-precision number."""


@dataclass(slots=True, kw_only=True)
class _Choice:
    """One answer of one request."""

    left: list[Tokens]
    """Its writings, the likeliest first token last."""
    log_probs: dict[Tokens, float] = field(default_factory=dict)
    """Log-probabilities of those that were computed."""


def choice_log_probs(
    loaded: Loaded,
    prompter: Prompter,
    encoded: Encoded,
    requests: Sequence[Request],
    written: Sequence[Written],
    prompted: Prompted | None,
) -> list[tuple[float, ...] | None]:
    """For each request, the natural logarithm of the probability that its answer begins with each choice, in their order.

    Where a choice begins another ("no", "no finding"), its own probability is that of the answer not going on to the other. An
    encoder-decoder's answer is a whole text: there, the token that ends it counts too. A reply that is a thought and nothing else has no
    scores: what would have followed is not known.

    Args:
        loaded: The network.
        prompter: Its tokeniser.
        encoded: The prompts, as they were read.
        requests: Of at least one choice each.
        written: What was written after each prompt.
        prompted: What the network still knows of the prompts; None reads them again.
    """
    if loaded.model.config.is_encoder_decoder:
        scores = by_decoder(loaded, prompter, encoded, requests)
        # A decoder that thinks is rare enough not to be read a second time behind its thought.
        return [own if one.before == () else None for own, one in zip(scores, written, strict=True)]
    before = [one.before or () for one in written]
    if any(before):
        encoded, prompted = extended(encoded, before, pad=prompter.pad), None
    if loaded.memory.cached:
        scores = _by_cache(loaded, prompter, encoded, requests, prompted or read(loaded, encoded))
    else:
        scores = _by_whole_texts(loaded, prompter, encoded, requests)
    return [None if one.before is None else own for own, one in zip(scores, written, strict=True)]


def _by_cache(
    loaded: Loaded, prompter: Prompter, encoded: Encoded, requests: Sequence[Request], prompted: Prompted
) -> list[tuple[float, ...]]:
    """Writings one after another, each over all rows, after the prompts' keys and values."""
    first = prompted.logits.float().log_softmax(dim=-1).cpu()
    choices_by_row = [_choices(prompter, request, own) for request, own in zip(requests, first, strict=True)]
    for number in range(max(map(len, choices_by_row))):
        while True:
            due = {row: tokens for row, own in enumerate(choices_by_row) if number < len(own) and (tokens := _due(own[number], first[row]))}
            if not due:
                break
            tails = after_cache(loaded, encoded, prompted, due)
            for row, tokens in due.items():
                choices_by_row[row][number].log_probs[tokens] = float(first[row, tokens[0]]) + tails[row]
    return [by_choice([choice.log_probs for choice in own]) for own in choices_by_row]


def _by_whole_texts(loaded: Loaded, prompter: Prompter, encoded: Encoded, requests: Sequence[Request]) -> list[tuple[float, ...]]:
    """Every prompt alone and whole before every writing."""
    scores = []
    for row, request in enumerate(requests):
        pictures = pictures_of(encoded) if len(requests) == 1 else {}
        prompt = encoded.rows[row]
        first = whole_texts(loaded, encoded, prompt, [()], pictures)[0][-1].log_softmax(dim=-1).cpu()
        own = _choices(prompter, request, first)
        while due := {number: tokens for number, choice in enumerate(own) if (tokens := _due(choice, first))}:
            # What an answer is padded with stands after it, and a causal network has not seen it yet.
            logits = whole_texts(loaded, encoded, prompt, list(due.values()), pictures)
            for (number, tokens), logs in zip(due.items(), logits, strict=True):
                steps = logs[: len(tokens)].log_softmax(dim=-1).cpu()
                own[number].log_probs[tokens] = sum(float(steps[place, token]) for place, token in enumerate(tokens))
        scores.append(by_choice([choice.log_probs for choice in own]))
    return scores


def _choices(prompter: Prompter, request: Request, first: torch.Tensor) -> list[_Choice]:
    """The choices with their writings in the order in which they are computed."""
    choices = request.item.choices
    with_writings = []
    for choice in choices:
        ways = prompter.written(choice, choices)
        with_writings.append(_Choice(left=sorted(ways, key=lambda tokens: (float(first[tokens[0]]), tokens))))
    return with_writings


def _due(choice: _Choice, first: torch.Tensor) -> Tokens | None:
    """The next writing that needs the network, once those of a single token are taken; None where no other can add anything."""
    while choice.left:
        tokens = choice.left.pop()
        begins = float(first[tokens[0]])
        if choice.log_probs and begins < total(choice.log_probs.values()) - _NEGLIGIBLE:
            choice.left.clear()
            return None
        if len(tokens) > 1:
            return tokens
        choice.log_probs[tokens] = begins
    return None
