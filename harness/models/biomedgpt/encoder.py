"""The encoder: a picture's patches and a text as one sequence, whose places are told apart by biases on attention alone."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from harness.errors import UsageError
from harness.models.biomedgpt.layers import EncoderLayer, position_bias
from harness.models.biomedgpt.positions import LONGEST, n_image_buckets, patch_ids
from harness.models.biomedgpt.settings import Architecture
from harness.models.biomedgpt.trunk import FEATURES, STRIDE, Trunk

PAD = 1
"""The token that fills up short rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What the decoder may know of a batch: B rows of S places, patches first."""

    hidden: torch.Tensor
    """[B, S, d]."""
    positions: torch.Tensor
    """The normalised position embeddings, [S, d]; the same for all rows."""
    padding: torch.Tensor
    """True where a place holds nothing, bool [B, S]."""

    def keep(self, rows: torch.Tensor) -> Source:
        """Some of the rows."""
        return Source(hidden=self.hidden[rows], positions=self.positions, padding=self.padding[rows])


class Encoder(nn.Module):
    """Attribute names are those of the checkpoint."""

    token_rp_bucket: torch.Tensor
    image_rp_bucket: torch.Tensor

    def __init__(self, config: Architecture) -> None:
        super().__init__()
        width, side = config.width, config.image_buckets
        self.config = config
        self.side = side
        self.embed_tokens = nn.Embedding(config.vocabulary, width)
        self.layernorm_embedding = nn.LayerNorm(width)
        self.type_embedding = nn.Embedding(2, width)
        self.embed_images = Trunk(config.blocks, config.batch_norm_epsilon)
        self.image_proj = nn.Linear(FEATURES, width)
        self.patch_layernorm_embedding = nn.LayerNorm(width)
        self.embed_positions = nn.Embedding(LONGEST + 2, width)
        self.embed_image_positions = nn.Embedding(side * side + 1, width)
        self.pos_ln = nn.LayerNorm(width)
        self.image_pos_ln = nn.LayerNorm(width)
        self.pos_q_linear = nn.Linear(width, width)
        self.pos_k_linear = nn.Linear(width, width)
        self.layers = nn.ModuleList(EncoderLayer(config) for _ in range(config.encoder_layers))
        self.layer_norm = nn.LayerNorm(width)
        self.token_rel_pos_table_list = nn.ModuleList(
            nn.Embedding(2 * config.token_buckets - 1, config.heads) for _ in range(config.encoder_layers)
        )
        self.image_rel_pos_table_list = nn.ModuleList(
            nn.Embedding(n_image_buckets(side), config.heads) for _ in range(config.encoder_layers)
        )
        for table in ("token_rp_bucket", "image_rp_bucket"):  # computed beside the weights
            self.register_buffer(table, torch.empty(0, 0, dtype=torch.long), persistent=False)

    def forward(self, tokens: torch.Tensor, pictures: torch.Tensor | None) -> Source:
        """Read a batch.

        Args:
            tokens: int64 [B, T], `PAD` at the right of short rows.
            pictures: Normalised pixels [B, 3, s, s]; None for a text alone.

        Raises:
            UsageError: The pictures are larger than the grid of positions.
        """
        x = self.layernorm_embedding(self.embed_tokens(tokens) + self.type_embedding.weight[0])
        places = self.pos_ln(self.embed_positions.weight[: tokens.shape[1]])
        padding = tokens == PAD
        patches = torch.empty(0, dtype=torch.long, device=tokens.device)
        if pictures is not None:
            seen, patches = self._patches(pictures)
            x = torch.cat([seen, x], dim=1)
            places = torch.cat([self.image_pos_ln(self.embed_image_positions(patches)), places])
            padding = functional.pad(padding, (len(patches), 0))
        absolute = position_bias(self.pos_q_linear(places), self.pos_k_linear(places), self.config)
        # Only keys at padding are hidden; what padded places themselves come to is never looked at.
        hidden = x.new_zeros(padding.shape).masked_fill(padding, -torch.inf)[:, None, None] if padding.any() else None
        for number, layer in enumerate(self.layers):
            bias = self._with_relative(absolute, number, patches)[None]
            x = layer(x, bias if hidden is None else bias + hidden)
        return Source(hidden=self.layer_norm(x), positions=places, padding=padding)

    def _patches(self, pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Embedded patches [B, N, d] and their ids [N]."""
        features = self.embed_images(pictures)
        height, width = features.shape[-2:]
        if max(height, width) > self.side:
            raise UsageError(
                f"pictures of {pictures.shape[-1]} x {pictures.shape[-2]} pixels are larger than this checkpoint's grid of"
                f" {self.side} x {self.side} patches; pass -a image_size={self.side * STRIDE} or less."
            )
        embedded = self.image_proj(features.flatten(2).transpose(1, 2)) + self.type_embedding.weight[1]
        return self.patch_layernorm_embedding(embedded), patch_ids(height, width, self.side).to(pictures.device)

    def _with_relative(self, absolute: torch.Tensor, layer: int, patches: torch.Tensor) -> torch.Tensor:
        """The bias of all layers with what one adds between two patches and between two words; a patch and a word have nothing more."""
        bias = absolute.clone()
        n = len(patches)
        words = bias.shape[-1] - n
        buckets = self.token_rp_bucket[:words, :words]
        bias[:, n:, n:] += self.token_rel_pos_table_list[layer](buckets).permute(2, 0, 1)
        if n:
            buckets = self.image_rp_bucket[patches[:, None], patches]
            bias[:, :n, :n] += self.image_rel_pos_table_list[layer](buckets).permute(2, 0, 1)
        return bias
