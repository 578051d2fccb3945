"""Passes of a network over prompts and what may follow them, for scoring: with keys and values that are kept, or over everything again."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch

from harness.models.hf.encoded import Encoded
from harness.models.hf.generation import Prompted, is_plain, to_device
from harness.models.hf.loading import Loaded
from harness.models.hf.memory import cache_name, cache_of, core, placed, positions, takes
from harness.models.hf.writings import Tokens

NOTHING = -100
"""Where a table of tokens has none."""


def extended(encoded: Encoded, before: Sequence[Tokens], *, pad: int) -> Encoded:
    """Prompts with what was written after them, padded on the left again; what else a token has is as the prompt's last one has it."""
    ids = encoded.inputs["input_ids"]
    most = max(map(len, before))
    added = torch.tensor([[*[pad] * (most - len(own)), *own] for own in before], dtype=ids.dtype)
    real = torch.tensor([[0] * (most - len(own)) + [1] * len(own) for own in before])
    inputs = {}
    for name, tensor in encoded.inputs.items():
        if tensor.shape[:2] != ids.shape:
            inputs[name] = tensor
            continue
        more = added if name == "input_ids" else tensor[:, -1:].expand(-1, most, *tensor.shape[2:])
        if name == "attention_mask":
            more = real.to(tensor.dtype)
        whole = torch.cat([tensor, more.to(tensor.dtype)], dim=1)
        n = ids.shape[1]
        # A row whose thought is shorter than the longest has its padding moved to the front.
        moved = [[*range(n, n + most - len(own)), *range(n), *range(n + most - len(own), n + most)] for own in before]
        inputs[name] = torch.stack([whole[row, places] for row, places in enumerate(moved)])
    mask = inputs["attention_mask"]
    for row, own in enumerate(before):
        mask[row, : most - len(own)] = 0
    return replace(encoded, inputs=inputs)


def read(loaded: Loaded, encoded: Encoded) -> Prompted:
    """The prompts, read for scoring alone."""
    inputs = to_device(encoded, loaded)
    output = loaded.model(**inputs, **placed(loaded.model, inputs["attention_mask"]), use_cache=True)
    return Prompted(cache=cache_of(output), logits=output.logits[:, -1].float())


def after_cache(loaded: Loaded, encoded: Encoded, prompted: Prompted, due: Mapping[int, Tokens]) -> dict[int, float]:
    """The log-probability of each writing's tokens after its first."""
    mask = encoded.inputs["attention_mask"].to(loaded.device)
    mask = mask[:, : prompted.cache.get_seq_length()]
    tokens = table([due.get(row, ()) for row in range(len(mask))], loaded.device)
    known = tokens != NOTHING
    inputs = tokens[:, :-1].clamp(min=0)
    whole = torch.cat([mask, known[:, :-1].to(mask.dtype)], dim=1)
    plain = is_plain(prompted.cache)
    cache = prompted.cache if plain else copy.deepcopy(prompted.cache)
    options: dict[str, Any] = {cache_name(loaded.model): cache}
    if takes(loaded.model, "position_ids"):
        options["position_ids"] = _after(loaded.model, whole, inputs.shape[1])
    output = loaded.model(input_ids=inputs, attention_mask=whole, use_cache=True, **options)
    if plain:
        cache.crop(-inputs.shape[1])
    logs = output.logits.float().log_softmax(dim=-1)
    later = logs.gather(2, tokens[:, 1:, None].clamp(min=0))[..., 0]
    totals = (later * known[:, 1:]).sum(dim=1).tolist()
    return {row: totals[row] for row in due}


def whole_texts(
    loaded: Loaded, encoded: Encoded, prompt: Sequence[int], answers: Sequence[Tokens], pictures: Mapping[str, torch.Tensor]
) -> list[torch.Tensor]:
    """The logits from a prompt's last token on, [tokens of the answer + 1 or more, V], for each answer; with pictures, one at a time."""
    if pictures and len(answers) > 1:
        return [whole_texts(loaded, encoded, prompt, [answer], pictures)[0] for answer in answers]
    width = max(map(len, answers))
    rows = [[*prompt, *answer, *[prompt[-1]] * (width - len(answer))] for answer in answers]
    ids = torch.tensor(rows, device=loaded.device)
    inputs: dict[str, torch.Tensor] = {"input_ids": ids}
    for name, tensor in to_device(replace(encoded, inputs=dict(pictures)), loaded).items():
        n = tensor.shape[1] if tensor.dim() > 1 else 0
        own = n == len(prompt) and name in _by_token(encoded)
        inputs[name] = torch.cat([tensor, tensor[:, -1:].expand(-1, width, *tensor.shape[2:])], dim=1) if own else tensor
    inputs["attention_mask"] = torch.ones_like(ids)
    output = loaded.model(**inputs, use_cache=False)
    # Counted from the end: a prompt that an adapter learned stands before all of it.
    return [logits.float() for logits in output.logits[:, -width - 1 :]]


def pictures_of(encoded: Encoded) -> dict[str, torch.Tensor]:
    """What a lone request gives the network beside its tokens; empty where it gives nothing else."""
    beside_tokens = {name: tensor for name, tensor in encoded.inputs.items() if name not in ("input_ids", "attention_mask")}
    return beside_tokens if any(name not in _by_token(encoded) for name in beside_tokens) else {}


def _by_token(encoded: Encoded) -> frozenset[str]:
    """The inputs that have one value or row of values per token."""
    shape = encoded.inputs["input_ids"].shape
    return frozenset(name for name, tensor in encoded.inputs.items() if tensor.shape[:2] == shape)


def table(rows: Sequence[Sequence[int]], device: torch.device) -> torch.Tensor:
    """Rows of tokens padded on the right, [B, longest]; at least one column."""
    width = max(1, *(len(row) for row in rows)) if rows else 1
    return torch.tensor([[*row, *[NOTHING] * (width - len(row))] for row in rows], device=device)


def _after(model: Any, whole: torch.Tensor, n: int) -> torch.Tensor:
    """Positions of the last n tokens; a model that counts a picture's rows and columns adds how far its text is shifted by them."""
    places = positions(whole)[:, -n:]
    shift = getattr(core(model), "rope_deltas", None)
    return places if shift is None else (places[None] + shift.to(places.device)).expand(3, -1, -1)
