"""What a network does with what stands before a token, found by trying it on a few: whether padding is masked, whether keys are kept."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch

_PADDING = 8
_TOLERANCE = {torch.float32: 1e-3}
_ROUGH = 0.1
"""Of the logits' own spread, on average: above what halves of precision lose, far below what an unmasked token does."""
_KEPT = ("past_key_values", "cache", "cache_params", "state", "rnn_state", "past_buckets_states", "mems")
"""What the library's networks call what they keep."""
_ATTENTION = frozenset({"DynamicLayer", "DynamicSlidingWindowLayer"})
"""Layers of a cache that hold keys and values by token. Any other holds a state, which cannot be taken back to an earlier token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """How a network may be asked."""

    together: bool = True
    """Whether several prompts can go through it at once: it keeps keys and values, and masks those of padding. One that keeps a state
    carries along what padding did to it, and may mix those of its prompts."""
    cached: bool = True
    """Whether it gives back keys and values that a further text can go on from; otherwise everything is read again for each answer."""
    keeps: bool = True
    """Whether it keeps anything at all from one token to the next; otherwise all is read again for every token that is written."""
    causal: bool = True
    """Whether a token is judged by those before it alone, so that one pass gives the probability of each token of an answer."""


@torch.inference_mode()
def remembers(model: Any, tokens: Sequence[int], *, pad: int) -> Memory:
    """Try a network; one that does not read text alone, or reads it with an encoder, is taken to do as all such do.

    Args:
        model: On its device, in its precision.
        tokens: At least two that stand for ordinary text.
        pad: The token that pads.
    """
    if model.config.is_encoder_decoder:
        return Memory()
    ids = torch.tensor([list(tokens)], device=model.device)
    ones = torch.ones_like(ids)
    try:
        alone = model(input_ids=ids, attention_mask=ones, use_cache=True)
    except (RuntimeError, ValueError, TypeError, IndexError, AttributeError, KeyError) as error:
        if isinstance(error, torch.OutOfMemoryError):
            raise
        return Memory()
    cached = is_kept(cache_of(alone), len(tokens))
    logits = alone.logits[0, -1].float()
    left = torch.cat([torch.full_like(ids[:, :1], pad).expand(-1, _PADDING), ids], dim=1)
    mask = torch.cat([torch.zeros_like(ones[:, :1]).expand(-1, _PADDING), ones], dim=1)
    padded = _tried(model, left, mask, place=-1)
    right = _tried(model, torch.cat([ids, ids[:, :1].expand(-1, _PADDING)], dim=1), None, place=-1 - _PADDING)
    keeps = getattr(model, "_is_stateful", False) or any(getattr(alone, name, None) is not None for name in _KEPT)
    near = _TOLERANCE.get(model.dtype, _ROUGH)
    return Memory(together=cached and _differs(logits, padded) <= near, cached=cached, keeps=keeps, causal=_differs(logits, right) <= near)


def is_kept(cache: Any, n: int) -> bool:
    """Whether a cache holds keys and values of n tokens, and nothing else."""
    layers = list(getattr(cache, "layers", None) or [])
    return bool(layers) and all(type(layer).__name__ in _ATTENTION for layer in layers) and int(cache.get_seq_length()) == n


def cache_name(model: Any) -> str:
    """What `forward` calls its cache; the library renamed it."""
    return "cache" if takes(model, "cache") else "past_key_values"


def cache_of(output: Any) -> Any:
    """The cache that came with an output."""
    cache = getattr(output, "cache", None)
    return cache if cache is not None else getattr(output, "past_key_values", None)


def takes(model: Any, name: str) -> bool:
    """Whether a network's `forward` has such an argument; one under a learned prompt counts its own places."""
    if name == "position_ids" and learns_prompt(model):
        return False
    return name in _arguments(type(unwrapped(model)).forward)


@lru_cache(maxsize=16)  # asked before every pass
def _arguments(forward: Callable[..., Any]) -> frozenset[str]:
    return frozenset(inspect.signature(forward).parameters)


def placed(model: Any, mask: torch.Tensor) -> dict[str, torch.Tensor]:
    """The positions of padded prompts, where a network is to be told; one that counts a picture's rows and columns does that itself."""
    counts = hasattr(core(model), "get_rope_index")
    return {"position_ids": positions(mask)} if takes(model, "position_ids") and not counts else {}


def positions(mask: torch.Tensor) -> torch.Tensor:
    """The place of each token among those that are not padding."""
    return (mask.long().cumsum(dim=-1) - 1).clamp(min=0)


def unwrapped(model: Any) -> Any:
    """The library's own model, under an adapter that could not be merged into it."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model


def core(model: Any) -> Any:
    """The network below the head, where models that see pictures keep what they know of positions."""
    own = unwrapped(model)
    return getattr(own, "model", own)


def rows_of(model: Any) -> int | None:
    """How many tokens a network has an embedding for; None where its own code does not say."""
    try:
        table = model.get_input_embeddings()
    except (NotImplementedError, AttributeError):
        return None
    rows = getattr(table, "num_embeddings", None) or getattr(getattr(table, "weight", None), "shape", (None,))[0]
    return None if rows is None else int(rows)


def learns_prompt(model: Any) -> bool:
    """Whether an adapter puts a prompt of its own, which was learned, before every other."""
    learned = getattr(model, "active_peft_config", None)
    return learned is not None and bool(learned.is_prompt_learning)


def _tried(model: Any, ids: torch.Tensor, mask: torch.Tensor | None, *, place: int) -> torch.Tensor | None:
    """The logits after one token; None where the network does not take the input."""
    given: dict[str, Any] = {"input_ids": ids, "use_cache": False}
    if mask is not None:
        given |= {"attention_mask": mask, **placed(model, mask)}
    try:
        return torch.as_tensor(model(**given).logits[0, place]).float()
    except (RuntimeError, ValueError, TypeError, IndexError) as error:
        if isinstance(error, torch.OutOfMemoryError):
            raise
        return None


def _differs(logits: torch.Tensor, other: torch.Tensor | None) -> float:
    """How far two rows of logits are apart on average, in parts of their spread."""
    if other is None:
        return float("inf")
    spread = logits.std().clamp(min=1e-6)
    return float(((logits - other).abs().mean() / spread).nan_to_num(nan=float("inf")))
