"""The layout of OFA's own port to transformers, in which the authors publish weights too: the same model under other names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_RENAMED = (
    (r"^(encoder\.layers\.\d+)\.self_attn_mid_layer_norm\.", r"\1.attn_ln."),
    (r"^(decoder\.layers\.\d+)\.self_attn_mid_layer_norm\.", r"\1.self_attn_ln."),
    (r"\.cross_attn_mid_layer_norm\.", ".cross_attn_ln."),
    (r"\.cross_attn_layer_norm\.", ".encoder_attn_layer_norm."),
    (r"\.cross_attn\.", ".encoder_attn."),
    (r"\.ffn_layer_norm\.", ".ffn_layernorm."),
)
"""How OFA's own port to transformers calls the same tensors."""


def reference_name(name: str) -> str:
    """The reference trainer's name of a tensor that the transformers layout calls ``name``."""
    for pattern, replacement in _RENAMED:
        name = re.sub(pattern, replacement, name)
    return name


def reference_settings(config: Mapping[str, Any]) -> dict[str, Any]:
    """A transformers configuration by the reference trainer's names; that layout knows one design of layer alone."""
    norm = config.get("normformer", True)
    return {
        "encoder_embed_dim": config.get("d_model"),
        "decoder_embed_dim": config.get("d_model"),
        "encoder_ffn_embed_dim": config.get("encoder_ffn_dim"),
        "decoder_ffn_embed_dim": config.get("decoder_ffn_dim"),
        "activation_fn": config.get("activation_function", "gelu"),
        "no_scale_embedding": not config.get("scale_embedding", False),
        "share_all_embeddings": config.get("share_decoder_input_output_embed", True),
        "encoder_normalize_before": config.get("encoder_normalize_before", config.get("normalize_before", True)),
        "decoder_normalize_before": config.get("decoder_normalize_before", config.get("normalize_before", True)),
        "disable_entangle": config.get("disable_entangle", True),
        **{name: config.get(name, norm) for name in ("scale_attn", "scale_fc", "scale_heads")},
        **{
            name: config.get(name, True)
            for name in ("layernorm_embedding", "patch_layernorm_embedding", "code_layernorm_embedding", "add_type_embedding")
        },
        **{
            name: config[name]
            for name in (
                "encoder_layers",
                "decoder_layers",
                "encoder_attention_heads",
                "decoder_attention_heads",
                "resnet_type",
                "image_bucket_size",
                "token_bucket_size",
                "attn_scale_factor",
                "entangle_position_embedding",
                "interpolate_position",
            )
            if name in config
        },
    }
