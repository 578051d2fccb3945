"""Weights, pictures and containers made of seeded noise: what the golden outputs in tests/golden/biomedgpt were computed from.

The reference was given the same weights. No entry is zero or one, so every parameter and every table matters.
"""

from __future__ import annotations

import io
import math
import re
import zlib
from argparse import Namespace
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from PIL import Image as Pillow

from harness.models.biomedgpt.positions import image_buckets, token_buckets
from harness.models.biomedgpt.settings import BLOCKS

VOCABULARY = 59457
LONGEST = 1024
TASK_SETTINGS: Mapping[str, Any] = {
    "code_dict_size": 8192,
    "num_bins": 1000,
    "max_src_length": 80,
    "max_object_length": 30,
    "patch_image_size": 256,
    "imagenet_default_mean_and_std": False,
    "unconstrained_training": False,
    "add_object": True,
    "prompt_type": "prev_output",
}
_SWITCHES = (
    "encoder_normalize_before decoder_normalize_before scale_attn scale_fc scale_heads layernorm_embedding patch_layernorm_embedding"
    " code_layernorm_embedding add_type_embedding no_scale_embedding share_all_embeddings disable_entangle"
).split()


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    width: int
    inner: int
    layers: tuple[int, int]
    """Encoder, decoder."""
    heads: int
    trunk: str
    grid: int = 42
    buckets: int = 256


MINI = Size(width=64, inner=128, layers=(2, 3), heads=4, trunk="resnet50", grid=16, buckets=32)
S = Size(width=256, inner=1024, layers=(4, 4), heads=4, trunk="resnet50")
M = Size(width=512, inner=2048, layers=(4, 4), heads=8, trunk="resnet101")
B = Size(width=768, inner=3072, layers=(6, 6), heads=12, trunk="resnet101")


def settings(size: Size) -> dict[str, Any]:
    """The trainer's options for a size, by its names."""
    sides = {
        f"{side}_{name}": value
        for side in ("encoder", "decoder")
        for name, value in (("embed_dim", size.width), ("ffn_embed_dim", size.inner), ("attention_heads", size.heads))
    }
    return {
        **sides,
        **dict.fromkeys(_SWITCHES, True),
        "encoder_layers": size.layers[0],
        "decoder_layers": size.layers[1],
        "resnet_type": size.trunk,
        "image_bucket_size": size.grid,
        "token_bucket_size": size.buckets,
        "attn_scale_factor": 2,
        "activation_fn": "gelu",
        "entangle_position_embedding": False,
    }


def weights(size: Size, seed: int, end_boost: float) -> dict[str, torch.Tensor]:
    """All tensors that the trainer stores for a size.

    Args:
        size: The architecture.
        seed: Mixed with each tensor's name.
        end_boost: How much likelier ``</s>`` is made, so that answers end.
    """
    made = {name: torch.from_numpy(_noise(name, shape, seed)) for name, shape in _shapes(size)}
    embedding = made["encoder.embed_tokens.weight"]
    bias = made["decoder.layer_norm.bias"]
    embedding[2] += end_boost * bias / bias.dot(bias)
    made["decoder.embed_tokens.weight"] = made["decoder.output_projection.weight"] = embedding
    tokens, patches = token_buckets(size.buckets), image_buckets(size.grid)
    for side in ("encoder", "decoder"):
        made |= {f"{side}.version": torch.tensor([3.0]), f"{side}.token_rp_bucket": tokens, f"{side}.image_rp_bucket": patches}
    made["decoder.image_position_idx"] = torch.zeros(1026, dtype=torch.long)
    counted = [name.removesuffix("running_var") for name in made if name.endswith("running_var")]
    return made | {f"{name}num_batches_tracked": torch.tensor(0) for name in counted}


def container(model: Mapping[str, torch.Tensor], size: Size, **more: Any) -> dict[str, Any]:
    """What the trainer saves around its weights; ``more`` are task settings, and ``ema`` the averaged weights."""
    ema = more.pop("ema", None)
    extra = {"val_loss": 0.5, "best": 0.5, "metrics": {}, "previous_training_time": 0.0}
    return {
        "args": None,
        "cfg": {"model": Namespace(**settings(size)), "task": {"_name": "vqa_gen", **TASK_SETTINGS, **more}},
        "model": dict(model),
        "criterion": None,
        "optimizer_history": [{"optimizer_name": "FairseqAdam", "num_updates": 0}],
        "task_state": {},
        "extra_state": extra if ema is None else {**extra, "ema": dict(ema)},
    }


def port(size: Size) -> dict[str, Any]:
    """The ``config.json`` of a folder in the layout of OFA's port to transformers."""
    return {
        "model_type": "ofa",
        "d_model": size.width,
        "encoder_ffn_dim": size.inner,
        "decoder_ffn_dim": size.inner,
        "encoder_layers": size.layers[0],
        "decoder_layers": size.layers[1],
        "encoder_attention_heads": size.heads,
        "decoder_attention_heads": size.heads,
        "resnet_type": size.trunk,
        "image_bucket_size": size.grid,
        "token_bucket_size": size.buckets,
    }


def port_name(name: str) -> str:
    """What that port calls a tensor."""
    for ours, theirs in (
        (".attn_ln.", ".self_attn_mid_layer_norm."),
        (".self_attn_ln.", ".self_attn_mid_layer_norm."),
        (".cross_attn_ln.", ".cross_attn_mid_layer_norm."),
        (".encoder_attn_layer_norm.", ".cross_attn_layer_norm."),
        (".encoder_attn.", ".cross_attn."),
        (".ffn_layernorm.", ".ffn_layer_norm."),
    ):
        name = name.replace(ours, theirs)
    return name


def halved(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """As half-precision training saves them: rounded, widened again, copies of the shared matrix apart."""
    return {name: tensor.half().float() if tensor.is_floating_point() else tensor for name, tensor in tensors.items()}


def thin(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Tensors of the same shapes, each large one a view into its own first few numbers, so that a file of them is small."""

    def view(own: torch.Tensor) -> torch.Tensor:
        """Each row begins one number after the row above it, so that no two are alike."""
        return own.flatten()[: len(own) + own[0].numel()].clone().as_strided(own.shape, (1, *own[0].contiguous().stride()))

    return {name: view(tensor) if tensor.is_floating_point() and tensor.numel() > 4096 else tensor for name, tensor in tensors.items()}


def pictures() -> dict[str, bytes]:
    """Three PNG files of blobs and noise: colour and wide; grey and larger than the input; colour with alpha and smaller."""
    draw = np.random.RandomState(20240601)

    def blobs(height: int, width: int, n: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
        rows, columns = np.mgrid[0:height, 0:width].astype(np.float64)
        field = np.zeros((height, width))
        for _ in range(n):
            row, column = draw.rand() * height, draw.rand() * width
            spread = (0.03 + 0.2 * draw.rand()) * min(height, width)
            field += draw.randn() * np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / (2 * spread * spread))
        field += 0.05 * draw.randn(height, width)
        levels: np.ndarray[Any, np.dtype[np.uint8]] = np.round((field - field.min()) / (field.max() - field.min()) * 255).astype(np.uint8)
        return levels

    def png(values: np.ndarray[Any, np.dtype[np.uint8]]) -> bytes:
        file = io.BytesIO()
        Pillow.fromarray(values).save(file, format="PNG")
        return file.getvalue()

    colour = np.stack([blobs(220, 300, 9) for _ in range(3)], axis=-1)
    grey = blobs(640, 512, 12)
    seen = np.stack([blobs(96, 96, 5) for _ in range(3)], axis=-1)
    return {"colour": png(colour), "grey": png(grey), "alpha": png(np.concatenate([seen, blobs(96, 96, 3)[..., None]], axis=-1))}


_NORM = re.compile(r"(layer_norm|layernorm\w*|_ln|bn\d|downsample\.1)\.(weight|bias|running_mean|running_var)")


def _noise(name: str, shape: tuple[int, ...], seed: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Numpy's old generator: its stream never changes."""
    normal = np.random.RandomState(zlib.crc32(name.encode()) ^ seed).standard_normal(shape).astype(np.float32)
    scale, shift = _spread(name, shape)
    values: np.ndarray[Any, np.dtype[np.float32]] = np.float32(scale) * normal
    if name.endswith("running_var"):
        values = np.exp(values)
    return values + np.float32(shift)


def _spread(name: str, shape: tuple[int, ...]) -> tuple[float, float]:
    """Deviation and mean of a tensor's entries."""
    norm = _NORM.search(name)
    if norm and norm.group(2) == "weight":
        return (0.1, 0.3) if ".bn3." in name else (0.2, 1.0)
    if norm:
        return 0.2, 0.0
    if name.endswith("c_attn"):
        return 0.3, 1.0
    if "embed_tokens" in name:
        return 4 / math.sqrt(shape[1]), 0.0
    for part, deviation in (("type_embedding", 0.1), ("positions", 1.0), ("rel_pos_table", 0.7)):
        if part in name:
            return deviation, 0.0
    if len(shape) == 4:
        return math.sqrt(2 / math.prod(shape[1:])), 0.0
    if len(shape) == 2:
        sharp = re.search(r"(q_proj|k_proj|pos_q_linear|pos_k_linear)\.weight$", name)
        return (1.6 if sharp else 1.0) / math.sqrt(shape[1]), 0.0
    return 0.1, 0.0


def _shapes(size: Size) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Name and shape of every number that is learned or measured, written down apart from the code under test."""
    width, grid = size.width, size.grid
    n_offsets = (2 * grid - 1) ** 2 + 3
    yield "encoder.embed_tokens.weight", (VOCABULARY, width)
    yield "encoder.type_embedding.weight", (2, width)
    yield from _trunk(BLOCKS[size.trunk])
    yield from _linear("encoder.image_proj", width, 1024)
    for side, n_layers in zip(("encoder", "decoder"), size.layers, strict=True):
        yield f"{side}.embed_positions.weight", (LONGEST + 2, width)
        yield f"{side}.embed_image_positions.weight", (grid * grid + 1, width)
        for layer in range(n_layers):
            yield f"{side}.token_rel_pos_table_list.{layer}.weight", (2 * size.buckets - 1, size.heads)
            yield f"{side}.image_rel_pos_table_list.{layer}.weight", (n_offsets, size.heads)
            yield from _layer(f"{side}.layers.{layer}", size, decoder=side == "decoder")
        seam = "patch_layernorm_embedding" if side == "encoder" else "code_layernorm_embedding"
        for norm in ("layernorm_embedding", seam, "pos_ln", "image_pos_ln", "layer_norm"):
            yield from _norm(f"{side}.{norm}", width)
        kinds = ("pos",) if side == "encoder" else ("self_pos", "cross_pos")
        for kind in kinds:
            yield from _linear(f"{side}.{kind}_q_linear", width, width)
            yield from _linear(f"{side}.{kind}_k_linear", width, width)


def _layer(name: str, size: Size, *, decoder: bool) -> Iterator[tuple[str, tuple[int, ...]]]:
    width = size.width
    for attention in ("self_attn", "encoder_attn") if decoder else ("self_attn",):
        yield f"{name}.{attention}.c_attn", (size.heads,)
        for part in ("k_proj", "v_proj", "q_proj", "out_proj"):
            yield from _linear(f"{name}.{attention}.{part}", width, width)
        yield from _norm(f"{name}.{attention}_layer_norm", width)
    for norm in ("self_attn_ln", "cross_attn_ln") if decoder else ("attn_ln",):
        yield from _norm(f"{name}.{norm}", width)
    yield from _linear(f"{name}.fc1", size.inner, width)
    yield from _linear(f"{name}.fc2", width, size.inner)
    yield from _norm(f"{name}.ffn_layernorm", size.inner)
    yield from _norm(f"{name}.final_layer_norm", width)


def _trunk(blocks: tuple[int, ...]) -> Iterator[tuple[str, tuple[int, ...]]]:
    trunk = "encoder.embed_images"
    yield f"{trunk}.conv1.weight", (64, 3, 7, 7)
    yield from _batch_norm(f"{trunk}.bn1", 64)
    wide = 64
    for stage, (n, inner) in enumerate(zip(blocks, (64, 128, 256), strict=True), start=1):
        for block in range(n):
            name = f"{trunk}.layer{stage}.{block}"
            yield f"{name}.conv1.weight", (inner, wide, 1, 1)
            yield f"{name}.conv2.weight", (inner, inner, 3, 3)
            yield f"{name}.conv3.weight", (4 * inner, inner, 1, 1)
            for number, channels in enumerate((inner, inner, 4 * inner), start=1):
                yield from _batch_norm(f"{name}.bn{number}", channels)
            if block == 0:
                yield f"{name}.downsample.0.weight", (4 * inner, wide, 1, 1)
                yield from _batch_norm(f"{name}.downsample.1", 4 * inner)
            wide = 4 * inner


def _norm(name: str, width: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield from ((f"{name}.{part}", (width,)) for part in ("weight", "bias"))


def _batch_norm(name: str, width: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield from ((f"{name}.{part}", (width,)) for part in ("weight", "bias", "running_mean", "running_var"))


def _linear(name: str, wide_out: int, wide_in: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield f"{name}.weight", (wide_out, wide_in)
    yield f"{name}.bias", (wide_out,)
