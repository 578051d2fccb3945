"""Scoring by a decoder of its own, after what an encoder has read: an answer is a whole text, to the token that ends it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from harness.models.hf.encoded import Encoded
from harness.models.hf.generation import to_device
from harness.models.hf.loading import Loaded
from harness.models.hf.memory import learns_prompt
from harness.models.hf.passes import NOTHING, table
from harness.models.hf.prompting import Prompter
from harness.models.hf.writings import targets
from harness.models.sums import total
from harness.types import Request


def by_decoder(loaded: Loaded, prompter: Prompter, encoded: Encoded, requests: Sequence[Request]) -> list[tuple[float, ...]]:
    """Answers one after another after what the encoder read once."""
    from transformers.modeling_outputs import BaseModelOutput

    inputs = to_device(encoded, loaded)
    if learns_prompt(loaded.model):  # which stands before what the encoder reads, each time
        given = {"input_ids": inputs["input_ids"]}
    else:
        hidden = loaded.model.get_encoder()(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"]).last_hidden_state
        given = {"encoder_outputs": BaseModelOutput(last_hidden_state=hidden)}
    forced = loaded.model.generation_config.forced_bos_token_id
    ways = [
        [targets(prompter.tokenizer, choice, request.item.choices, forced=forced) for choice in request.item.choices]
        for request in requests
    ]
    log_probs: list[list[list[float]]] = [[[] for _ in own] for own in ways]
    for number in range(max(map(len, ways))):
        for way in range(max(len(own[number]) for own in ways if number < len(own))):
            rows = [own[number][way] if number < len(own) and way < len(own[number]) else () for own in ways]
            labels = table(rows, loaded.device)
            known = labels != NOTHING
            output = loaded.model(
                **given,
                attention_mask=inputs["attention_mask"],
                decoder_input_ids=_shifted(labels, loaded.model),
                use_cache=False,
            )
            logs = output.logits.float().log_softmax(dim=-1).gather(2, labels.clamp(min=0)[..., None])[..., 0]
            if forced is not None:
                known = known & (torch.arange(labels.shape[1], device=labels.device) > 0)  # what is forced is certain
            for row, value in enumerate((logs * known).sum(dim=1).tolist()):
                if rows[row]:
                    log_probs[row][number].append(value)
    return [tuple(min(total(values), 0.0) for values in own) for own in log_probs]


def _shifted(labels: torch.Tensor, model: Any) -> torch.Tensor:
    own = model.generation_config
    start = own.decoder_start_token_id if own.decoder_start_token_id is not None else own.bos_token_id
    begin = torch.full_like(labels[:, :1], start)
    return torch.cat([begin, labels[:, :-1].clamp(min=0)], dim=1)
