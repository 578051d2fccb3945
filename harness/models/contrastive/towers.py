"""A network of two towers as every library's loader gives it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch


@dataclass(frozen=True, slots=True, kw_only=True)
class Towers:
    """A network of two towers, one for pictures and one for text."""

    name: str
    facts: Mapping[str, str]
    """What a record says of it."""
    read: Callable[[Sequence[Any]], Mapping[str, torch.Tensor]]
    """RGB pictures as the picture tower wants them, by the checkpoint's own preprocessing."""
    see: Callable[[Mapping[str, torch.Tensor]], torch.Tensor]
    """Embeddings of pictures, [B, d]."""
    understand: Callable[[Sequence[str]], torch.Tensor]
    """Embeddings of texts, [n, d]."""
    scale: float
    """What a cosine is multiplied by."""
    bias: float
    """What is added then; 0 for a network trained with softmax."""
    sigmoid: bool
    """Whether it was trained with a sigmoid for each pair of picture and text (SigLIP) instead of a softmax over a batch (CLIP)."""
    parameters: int
    device: torch.device
    dtype: torch.dtype
