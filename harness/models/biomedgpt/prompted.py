"""Prompts written by the decoder before it answers: one pass for a batch, and what their own probability is where a score counts it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from harness.models.biomedgpt.decoder import Decoder, State
from harness.models.biomedgpt.encoder import Source
from harness.models.biomedgpt.positions import LONGEST
from harness.models.biomedgpt.vocabulary import PAD

_LOGITS_AT_ONCE = 64
"""Rows of logits over the whole vocabulary that are held at a time while a prompt is scored."""


@dataclass(frozen=True, slots=True)
class Prompted:
    """A decoder after the prompts of a batch; they stand at the right of W slots."""

    state: State
    hidden: torch.Tensor
    """[B, W, d]."""
    tokens: torch.Tensor
    """[B, W]."""
    offsets: torch.Tensor
    """First slot of each prompt, int64 [B]."""
    used: torch.Tensor
    """Whether a slot holds a token of the prompt, bool [B, W]."""


def write_prompts(decoder: Decoder, source: Source, prompts: Sequence[Sequence[int]], longest: int) -> Prompted:
    """Write each row's prompt in one pass.

    Args:
        decoder: Whose state it becomes.
        source: What was read.
        prompts: Token ids from `BEGIN` on, one per row.
        longest: Positions that will be needed in all.
    """
    device = source.hidden.device
    width = max(map(len, prompts))
    tokens = torch.tensor([[PAD] * (width - len(prompt)) + list(prompt) for prompt in prompts], device=device)
    offsets = torch.tensor([width - len(prompt) for prompt in prompts], device=device)
    slots = torch.arange(width, device=device)
    used = slots >= offsets[:, None]
    # A slot before the prompt sees itself alone, because a softmax over nothing is not a number.
    visible = (slots[:, None] >= slots) & used[:, None] | torch.eye(width, dtype=torch.bool, device=device)
    positions = (slots - offsets[:, None]).clamp(min=0)
    if not offsets.any():
        visible, positions = visible[:1], positions[:1]
    state = decoder.begin(source, min(longest, LONGEST))
    hidden = decoder(tokens, positions, visible, state)
    return Prompted(state, hidden, tokens, offsets, used)


def prompt_scores(decoder: Decoder, prompted: Prompted) -> torch.Tensor:
    """Natural logarithm of the probability of each prompt after its first token, over the whole vocabulary, [B]."""
    width = prompted.tokens.shape[1]
    scores = torch.zeros(len(prompted.tokens), device=prompted.hidden.device)
    rows, slots = prompted.used[:, : width - 1].nonzero(as_tuple=True)
    for start in range(0, len(rows), _LOGITS_AT_ONCE):
        some_rows, some_slots = rows[start : start + _LOGITS_AT_ONCE], slots[start : start + _LOGITS_AT_ONCE]
        log_probs = decoder.logits(prompted.hidden[some_rows, some_slots]).log_softmax(dim=-1)
        following = prompted.tokens[some_rows, some_slots + 1]
        scores.index_add_(0, some_rows, log_probs.gather(1, following[:, None])[:, 0])
    return scores
