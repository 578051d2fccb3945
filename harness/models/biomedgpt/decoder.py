"""The decoder: one step serves whole prefixes, the hypotheses of a beam and the branches of a tree of answers.

New tokens are written into slots. Each has a position, and a mask says which slots it follows. So nothing is ever moved when a
beam search reorders its hypotheses, and a row's source is projected once however many hypotheses it has.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from harness.models.biomedgpt.encoder import PAD, Encoder, Source
from harness.models.biomedgpt.layers import DecoderLayer, KeyValues, Store, position_bias
from harness.models.biomedgpt.positions import LONGEST
from harness.models.biomedgpt.settings import Architecture


@dataclass(slots=True, kw_only=True)
class State:
    """What a step builds on: the source as each layer sees it, the tables of biases, and the slots written so far."""

    read: list[KeyValues]
    """One per layer, [B, H, S, d / H]."""
    read_bias: torch.Tensor
    """Between a position and the source, [H, positions, S]."""
    read_mask: torch.Tensor | None
    """-inf at padding, [B, 1, 1, S]; None without any."""
    own_bias: list[torch.Tensor]
    """Between two positions, one per layer, [H, positions, positions]."""
    written: list[Store]
    """One per layer."""
    positions: torch.Tensor
    """Position of every slot, int64 [B or 1, slots]."""

    def keep(self, rows: torch.Tensor) -> None:
        """Forget all rows but these."""
        self.read = [layer.keep(rows) for layer in self.read]
        if self.read_mask is not None:
            self.read_mask = self.read_mask[rows]
        for store in self.written:
            store.keep(rows)
        if len(self.positions) > 1:
            self.positions = self.positions[rows]

    def rewind(self, slots: int) -> None:
        """Forget all but the first slots."""
        self.positions = self.positions[:, :slots]
        for store in self.written:
            store.rewind(slots)


class Decoder(nn.Module):
    """Attribute names are those of the checkpoint."""

    token_rp_bucket: torch.Tensor

    def __init__(self, config: Architecture, embed_tokens: nn.Embedding) -> None:
        """Lay out the decoder around the encoder's token embedding, which is also the output projection."""
        super().__init__()
        width = config.width
        self.config = config
        self.embed_tokens = embed_tokens
        self.layernorm_embedding = nn.LayerNorm(width)
        self.embed_positions = nn.Embedding(LONGEST + 2, width)
        self.pos_ln = nn.LayerNorm(width)
        self.self_pos_q_linear = nn.Linear(width, width)
        self.self_pos_k_linear = nn.Linear(width, width)
        self.cross_pos_q_linear = nn.Linear(width, width)
        self.cross_pos_k_linear = nn.Linear(width, width)
        self.layers = nn.ModuleList(DecoderLayer(config) for _ in range(config.decoder_layers))
        self.layer_norm = nn.LayerNorm(width)
        self.token_rel_pos_table_list = nn.ModuleList(
            nn.Embedding(2 * config.token_buckets - 1, config.heads) for _ in range(config.decoder_layers)
        )
        self.register_buffer("token_rp_bucket", torch.empty(0, 0, dtype=torch.long), persistent=False)  # computed beside the weights

    def begin(self, source: Source, longest: int) -> State:
        """The state before the first token.

        Args:
            source: What was read.
            longest: How many positions may be needed, at most `LONGEST`.
        """
        places = self.pos_ln(self.embed_positions.weight[:longest])
        absolute = position_bias(self.self_pos_q_linear(places), self.self_pos_k_linear(places), self.config)
        buckets = self.token_rp_bucket[:longest, :longest]
        mask = None
        if source.padding.any():
            mask = source.hidden.new_zeros(source.padding.shape).masked_fill(source.padding, -torch.inf)[:, None, None]
        return State(
            read=[layer.encoder_attn.project(source.hidden) for layer in self.layers],  # type: ignore[operator, union-attr]
            read_bias=position_bias(self.cross_pos_q_linear(places), self.cross_pos_k_linear(source.positions), self.config),
            read_mask=mask,
            own_bias=[absolute + table(buckets).permute(2, 0, 1) for table in self.token_rel_pos_table_list],
            written=[Store() for _ in self.layers],
            positions=torch.empty(1, 0, dtype=torch.long, device=source.hidden.device),
        )

    def forward(self, tokens: torch.Tensor, positions: torch.Tensor, visible: torch.Tensor, state: State) -> torch.Tensor:
        """Write tokens into new slots.

        Args:
            tokens: int64 [B, T].
            positions: int64 [B or 1, T], below the ``longest`` of `begin`.
            visible: Which slots a token follows, itself included, bool [B or 1, T, slots + T]; at least one each.
            state: Grows by T slots.

        Returns:
            [B, T, d], ready for `logits`.
        """
        rows = max(len(positions), len(state.positions))
        state.positions = torch.cat([state.positions.expand(rows, -1), positions.expand(rows, -1)], dim=1)
        x = self.embed_tokens(tokens)
        if self.config.decoder_adds_positions:
            x = x + self.embed_positions(positions)
        x = self.layernorm_embedding(x)
        read_bias = state.read_bias[:, positions].transpose(0, 1)
        if state.read_mask is not None:
            read_bias = read_bias + state.read_mask
        for number, layer in enumerate(self.layers):
            own_bias = state.own_bias[number][:, positions[:, :, None], state.positions[:, None]].transpose(0, 1)
            own_bias = own_bias.masked_fill(~visible[:, None], -torch.inf)
            x = layer(x, state.written[number], own_bias, state.read[number], read_bias)
        return self.layer_norm(x)  # type: ignore[no-any-return]

    def logits(self, hidden: torch.Tensor, tokens: torch.Tensor | None = None) -> torch.Tensor:
        """[…, d] to single-precision logits over the vocabulary, or over some tokens, int64 [C], in their order."""
        weight = self.embed_tokens.weight if tokens is None else self.embed_tokens.weight[tokens]
        return functional.linear(hidden, weight).float()


class Network(nn.Module):
    """Encoder and decoder around one token embedding."""

    def __init__(self, config: Architecture) -> None:
        super().__init__()
        self.encoder = Encoder(config)
        self.decoder = Decoder(config, self.encoder.embed_tokens)

    def forward(self, tokens: torch.Tensor, pictures: torch.Tensor | None, written: torch.Tensor) -> torch.Tensor:
        """Logits [B, T, V] after each of the tokens written, int64 [B, T], `PAD` at the right of short rows."""
        source: Source = self.encoder(tokens, pictures)
        length = written.shape[1]
        before = torch.ones(length, length, dtype=torch.bool, device=written.device).tril()
        visible = before & (written != PAD)[:, None] | torch.eye(length, dtype=torch.bool, device=written.device)
        positions = torch.arange(length, device=written.device)[None]
        return self.decoder.logits(self.decoder(written, positions, visible, self.decoder.begin(source, length)))
