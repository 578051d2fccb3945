"""How many tokens a device holds at once."""

from __future__ import annotations

import math

import torch

from harness.models.hf.checkpoint import Checkpoint
from harness.models.hf.loading import Loaded

_CPU_TOKENS = 16_384
_MOST_TOKENS = 1 << 20
_SHARE_OF_MEMORY = 0.5
_HIDDEN_STATES = 24
"""As many hidden states of a token as its activations are reckoned to take at once."""


def tokens_at_once(loaded: Loaded, checkpoint: Checkpoint) -> int:
    """Tokens that a device holds at once, a power of two: of its whole memory, so that a run is cut in the same way every time."""
    if loaded.device.type != "cuda":
        return _CPU_TOKENS
    config = checkpoint.config.get_text_config(decoder=True)
    width, layers, heads = (
        int(getattr(config, name, None) or usual)
        for name, usual in (("hidden_size", 4096), ("num_hidden_layers", 32), ("num_attention_heads", 32))
    )
    shared = int(getattr(config, "num_key_value_heads", None) or heads) / heads
    bytes_each = 2 if loaded.precision != "float32" else 4
    per_token = width * bytes_each * (2 * layers * shared + _HIDDEN_STATES)
    weights = sum(tensor.numel() * tensor.element_size() for tensor in loaded.model.parameters())
    free = torch.cuda.get_device_properties(loaded.device).total_memory - weights
    return int(min(_MOST_TOKENS, max(1024, 2 ** math.floor(math.log2(max(free * _SHARE_OF_MEMORY / per_token, 1))))))
