"""Prompts as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """A batch as the network reads it."""

    inputs: dict[str, torch.Tensor]
    """``input_ids`` and ``attention_mask``, [B, L], padded on the left unless an encoder reads them; pictures as their processor
    gives them."""
    thinking: Sequence[bool]
    """Whether a prompt ends within a thought."""

    @property
    def rows(self) -> list[list[int]]:
        """The tokens of each prompt, without padding."""
        pairs = zip(self.inputs["input_ids"].tolist(), self.inputs["attention_mask"].tolist(), strict=True)
        return [[token for token, real in zip(ids, mask, strict=True) if real] for ids, mask in pairs]

    @property
    def lengths(self) -> list[int]:
        """Tokens of each prompt."""
        return [int(n) for n in self.inputs["attention_mask"].sum(dim=1).tolist()]
