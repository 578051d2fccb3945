"""Attention and the two kinds of layer: pre-norm, with a second norm after every attention and inside every feed-forward part."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from harness.models.biomedgpt.settings import Architecture


@dataclass(frozen=True, slots=True)
class KeyValues:
    """What is attended to, [B, H, S, d / H] each."""

    keys: torch.Tensor
    values: torch.Tensor

    def keep(self, rows: torch.Tensor) -> KeyValues:
        """Those of some rows."""
        return KeyValues(self.keys[rows], self.values[rows])


class Store:
    """Keys and values that grow by a few places at a time, in buffers that double."""

    def __init__(self) -> None:
        self._buffers: KeyValues | None = None
        self._used = 0

    def append(self, new: KeyValues) -> KeyValues:
        """Add places at the end; returns all."""
        start, self._used = self._used, self._used + new.keys.shape[2]
        if self._buffers is None:
            self._buffers = new
            return new
        if self._used > self._buffers.keys.shape[2]:
            self._buffers = KeyValues(self._grown(self._buffers.keys, start), self._grown(self._buffers.values, start))
        self._buffers.keys[:, :, start : self._used] = new.keys
        self._buffers.values[:, :, start : self._used] = new.values
        return KeyValues(self._buffers.keys[:, :, : self._used], self._buffers.values[:, :, : self._used])

    def rewind(self, places: int) -> None:
        """Forget all but the first places."""
        self._used = places

    def keep(self, rows: torch.Tensor) -> None:
        """Forget all rows but these."""
        if self._buffers is not None:
            self._buffers = self._buffers.keep(rows)

    def _grown(self, buffer: torch.Tensor, used: int) -> torch.Tensor:
        room = buffer.new_empty(*buffer.shape[:2], 2 * self._used, buffer.shape[3])
        room[:, :, :used] = buffer[:, :, :used]
        return room


def split_heads(x: torch.Tensor, heads: int) -> torch.Tensor:
    """[…, S, d] to […, H, S, d / H]."""
    return x.view(*x.shape[:-1], heads, -1).transpose(-3, -2)


def logit_scale(config: Architecture) -> float:
    """What attention logits, those of content and those of position, are multiplied by."""
    return 1 / math.sqrt(config.attention_scale * config.width / config.heads)


def position_bias(queries: torch.Tensor, keys: torch.Tensor, config: Architecture) -> torch.Tensor:
    """What two places add to the attention between them, [H, T, S], from projected embeddings, [T, d] and [S, d]."""
    return split_heads(queries, config.heads) * logit_scale(config) @ split_heads(keys, config.heads).transpose(1, 2)


class Attention(nn.Module):
    """Attention with a bias on its logits and one learned factor on the output of each head."""

    def __init__(self, config: Architecture) -> None:
        super().__init__()
        self.heads = config.heads
        self.scale = logit_scale(config)
        self.c_attn = nn.Parameter(torch.ones(config.heads))
        self.k_proj = nn.Linear(config.width, config.width)
        self.v_proj = nn.Linear(config.width, config.width)
        self.q_proj = nn.Linear(config.width, config.width)
        self.out_proj = nn.Linear(config.width, config.width)

    def project(self, x: torch.Tensor) -> KeyValues:
        """Keys and values of what may be attended to, [B, S, d]."""
        return KeyValues(split_heads(self.k_proj(x), self.heads), split_heads(self.v_proj(x), self.heads))

    def forward(self, x: torch.Tensor, seen: KeyValues, bias: torch.Tensor) -> torch.Tensor:
        """Mix what is seen into each place.

        Args:
            x: Queries before their projection, [B, T, d].
            seen: Keys and values of S places.
            bias: Added to the logits, broadcast to [B, H, T, S]; -inf hides a place.
        """
        queries = split_heads(self.q_proj(x), self.heads)
        mixed = functional.scaled_dot_product_attention(queries, seen.keys, seen.values, attn_mask=bias, scale=self.scale)
        mixed = mixed * self.c_attn[:, None, None]
        return self.out_proj(mixed.transpose(1, 2).flatten(2))  # type: ignore[no-any-return]


class FeedForward(nn.Module):
    """The part of a layer that treats every place alone; a base of both layers, whose names are those of the checkpoint."""

    def __init__(self, config: Architecture) -> None:
        super().__init__()
        self.fc1 = nn.Linear(config.width, config.inner)
        self.fc2 = nn.Linear(config.inner, config.width)
        self.ffn_layernorm = nn.LayerNorm(config.inner)
        self.final_layer_norm = nn.LayerNorm(config.width)

    def feed(self, x: torch.Tensor) -> torch.Tensor:
        """[B, T, d] with its own transformation added."""
        inner = functional.gelu(self.fc1(self.final_layer_norm(x)))
        return x + self.fc2(self.ffn_layernorm(inner))  # type: ignore[no-any-return]


class EncoderLayer(FeedForward):
    """Self-attention over pictures and text, then the feed-forward part."""

    def __init__(self, config: Architecture) -> None:
        super().__init__(config)
        self.self_attn = Attention(config)
        self.self_attn_layer_norm = nn.LayerNorm(config.width)
        self.attn_ln = nn.LayerNorm(config.width)

    def forward(self, x: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        """[B, S, d] to [B, S, d]; bias as in `Attention.forward`."""
        inner = self.self_attn_layer_norm(x)
        return self.feed(x + self.attn_ln(self.self_attn(inner, self.self_attn.project(inner), bias)))


class DecoderLayer(FeedForward):
    """Attention over what was written, then over what was read, then the feed-forward part."""

    def __init__(self, config: Architecture) -> None:
        super().__init__(config)
        self.self_attn = Attention(config)
        self.self_attn_ln = nn.LayerNorm(config.width)
        self.self_attn_layer_norm = nn.LayerNorm(config.width)
        self.encoder_attn = Attention(config)
        self.encoder_attn_layer_norm = nn.LayerNorm(config.width)
        self.cross_attn_ln = nn.LayerNorm(config.width)

    def forward(self, x: torch.Tensor, written: Store, own_bias: torch.Tensor, read: KeyValues, read_bias: torch.Tensor) -> torch.Tensor:
        """[B, T, d] to [B, T, d].

        Args:
            x: The new tokens.
            written: This layer's keys and values of all tokens before; the new ones are added to it.
            own_bias: Broadcast to [B, H, T, tokens so far, the new ones included].
            read: The source's keys and values for this layer.
            read_bias: Broadcast to [B, H, T, S].
        """
        inner = self.self_attn_layer_norm(x)
        x = x + self.self_attn_ln(self.self_attn(inner, written.append(self.self_attn.project(inner)), own_bias))
        x = x + self.cross_attn_ln(self.encoder_attn(self.encoder_attn_layer_norm(x), read, read_bias))
        return self.feed(x)
