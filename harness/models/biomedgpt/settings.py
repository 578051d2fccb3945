"""What a checkpoint says about itself: the architecture that its weights need, and how it was trained to be asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.errors import CorruptData, UsageError

BLOCKS: Mapping[str, tuple[int, int, int]] = {"resnet50": (3, 4, 6), "resnet101": (3, 4, 23), "resnet152": (3, 8, 36)}
"""Blocks in the three stages of each image trunk."""

_ALWAYS = (
    "encoder_normalize_before",
    "decoder_normalize_before",
    "scale_attn",
    "scale_fc",
    "scale_heads",
    "layernorm_embedding",
    "patch_layernorm_embedding",
    "code_layernorm_embedding",
    "add_type_embedding",
    "no_scale_embedding",
    "share_all_embeddings",
)
_NEVER = ("scale_resids", "entangle_position_embedding", "interpolate_position", "adapter", "encoder_prompt", "decoder_prompt")


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """The sizes and switches that a network is built from."""

    width: int
    inner: int
    """Width between the two matrices of a feed-forward layer."""
    encoder_layers: int
    decoder_layers: int
    heads: int
    blocks: tuple[int, int, int]
    """Blocks in each stage of the image trunk."""
    image_buckets: int
    """Side of the grid of image positions, in patches."""
    token_buckets: int
    attention_scale: float = 2.0
    """Logits are divided by the square root of this times the width of a head."""
    decoder_adds_positions: bool = False
    """Whether position embeddings are added to the decoder's tokens: so unless the file sets ``disable_entangle``."""
    batch_norm_epsilon: float = 1e-5
    codes: int = 8192
    bins: int = 1000
    """Image codes and location bins at the end of the vocabulary."""

    @property
    def vocabulary(self) -> int:
        """Rows of the token embedding: 50,265 words and marks, then codes and bins."""
        return 50265 + self.codes + self.bins


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """How a checkpoint was trained to be asked; None where its file does not say."""

    task: str = ""
    image_size: int | None = None
    imagenet_normalisation: bool | None = None
    prompt_type: str | None = None
    add_object: bool | None = None
    unconstrained: bool | None = None
    max_source_words: int | None = None
    max_objects: int | None = None
    constraint_range: str | None = None
    """The tokens that may be written beside the four marks, as ``first,end``."""


def architecture(values: Mapping[str, Any], where: str) -> Architecture:
    """The architecture that a file's settings describe; a switch that is absent is off, as in the trainer that wrote it.

    Args:
        values: Settings by the names of the reference trainer.
        where: The file, for messages.

    Raises:
        UsageError: A switch asks for a part that no released checkpoint has; the message names it.
        CorruptData: A size is missing or is no number.
    """
    off = [name for name in _ALWAYS if not values.get(name)]
    on = [name for name in _NEVER if values.get(name)]
    if off or on:
        wrong = ", ".join([*(f"{name} is off" for name in off), *(f"{name} is on" for name in on)])
        raise UsageError(
            f"{where}: {wrong}. No released BiomedGPT checkpoint is built so and no result could be checked; such a model needs the code"
            " that trained it: let it answer an export (harness export) and score its replies (harness score)."
        )
    if values.get("activation_fn", "gelu") != "gelu":
        raise UsageError(f"{where}: activation_fn is '{values['activation_fn']}'; only gelu is known.")
    for one, other in (
        ("encoder_embed_dim", "decoder_embed_dim"),
        ("encoder_ffn_embed_dim", "decoder_ffn_embed_dim"),
        ("encoder_attention_heads", "decoder_attention_heads"),
    ):
        if _number(values, one, where) != _number(values, other, where):
            raise UsageError(f"{where}: {one} is {values[one]} and {other} is {values[other]}; they must be equal.")
    trunk = str(values.get("resnet_type", ""))
    if trunk not in BLOCKS:
        raise UsageError(f"{where}: resnet_type is '{trunk}'; known are {', '.join(BLOCKS)}.")
    built = Architecture(
        width=_number(values, "encoder_embed_dim", where),
        inner=_number(values, "encoder_ffn_embed_dim", where),
        encoder_layers=_number(values, "encoder_layers", where),
        decoder_layers=_number(values, "decoder_layers", where),
        heads=_number(values, "encoder_attention_heads", where),
        blocks=BLOCKS[trunk],
        image_buckets=_number(values, "image_bucket_size", where),
        token_buckets=_number(values, "token_bucket_size", where),
        attention_scale=float(values.get("attn_scale_factor", 2)),
        decoder_adds_positions=not values.get("disable_entangle"),
        batch_norm_epsilon=1e-3 if values.get("sync_bn") else 1e-5,
        codes=_number(values, "code_dict_size", where, default=8192),
        bins=_number(values, "num_bins", where, default=1000),
    )
    if built.width % built.heads:
        raise CorruptData(f"{where}: a width of {built.width} cannot be split into {built.heads} heads; the settings were edited.")
    return built


def training(values: Mapping[str, Any], task: str) -> Training:
    """How the file's settings say that its model is asked."""

    def number(name: str) -> int | None:
        value = values.get(name)
        return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None

    def switch(name: str) -> bool | None:
        return bool(values[name]) if name in values and values[name] is not None else None

    def text(name: str) -> str | None:
        return str(values[name]) if values.get(name) is not None else None

    return Training(
        task=task,
        image_size=number("patch_image_size"),
        imagenet_normalisation=switch("imagenet_default_mean_and_std"),
        prompt_type=text("prompt_type"),
        add_object=switch("add_object"),
        unconstrained=switch("unconstrained_training"),
        max_source_words=number("max_src_length"),
        max_objects=number("max_object_length"),
        constraint_range=text("constraint_range"),
    )


def _number(values: Mapping[str, Any], name: str, where: str, *, default: int | None = None) -> int:
    value = values.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
        raise CorruptData(f"{where}: its settings give {name} as {value!r}; it must be a number above 0. Is this a BiomedGPT checkpoint?")
    return value
